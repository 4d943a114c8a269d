"""What is suggested for models that leave shapes open: it carries an inference, taken by --shape as it stands."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.open_shape_models import KINDS, cube, fails_in_ones, impossible, model_of, parameter

from ovtui.engine.errors import SetupError
from ovtui.engine.model import shape_search
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.open_shapes import OpenInput
from ovtui.engine.model.ports import shape_lists_by_port
from ovtui.engine.model.read_model import read_model
from ovtui.engine.model.shape_suggestion import Candidates, option_text
from ovtui.engine.model.shape_trial_child import Ended, Failed, Question, Report, Tries, Works, search
from ovtui.settings.schema.settings import Settings

EXPECTED = {
    "picture": "[1,3,224,224]",
    "picture_last_channels": "[1,224,224,3]",
    "grey_picture": "[1,1,224,224]",
    "line_of_text": "[1,3,48,320]",
    "bert": "[1,128]",
    "sound": "[1,16000]",
    "rows_of_37": "[1,37]",
    "columns_of_300": "[1,300,128]",
    "recurrent": "samples[1,512],h[2,1,64],c[2,1,64]",
    "speech": "input[1,512],state[2,1,128]",
    "caches": "[1,4,0,8],tokens[1,128]",
    "bounded": "[2,3,64,48]",
    "any_rank": "[1,3,224,37]",
    "any_rank_of_tokens": "[1,128]",
    "only_a_batch_of_four": "[4,3,8,8]",
    "pair": "image[1,3,224,224],scale[1,2]",
}


def saved(model: ov.Model, folder: Path) -> str:
    path = folder / "model.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    return str(path)


def reports(model: str, *, defaults: bool = False, skip: tuple[str, ...] = (), **settings: str | int) -> list[Report]:
    found: list[Report] = []
    search(Question(Settings(model=model, **settings), [*skip], defaults, 0), found.append)
    return found


def carries_an_inference(settings: Settings) -> bool:
    model = read_model(ov.Core(), settings)
    assert not model.is_dynamic() or settings.shape == ""
    request = ov.Core().compile_model(model, "CPU").create_infer_request()
    inputs_for(settings, model).fill_new(request, 0)
    request.infer()
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_suggested_runs_as_it_stands(kind: str, tmp_path: Path) -> None:
    model = saved(KINDS[kind](), tmp_path)
    with pytest.raises(SetupError, match=r"dynamic shape.*give them with --shape"):
        read_model(ov.Core(), Settings(model=model))
    suggested = reports(model)[-1]
    assert isinstance(suggested, Works)
    assert suggested.shape == EXPECTED[kind]
    assert carries_an_inference(Settings(model=model, shape=suggested.shape))


def test_what_was_given_is_part_of_what_is_suggested(tmp_path: Path) -> None:
    model = saved(KINDS["pair"](), tmp_path)
    given = reports(model, shape="image[2,3,8,?],scale[2,2]")[-1]
    assert given == Works("image[2,3,8,224],scale[2,2]")
    assert carries_an_inference(Settings(model=model, shape=given.shape))
    batch = reports(model, batch_size=4)[-1]
    assert batch == Works("image[4,3,224,224]")
    assert carries_an_inference(Settings(model=model, batch_size=4, shape=batch.shape))


def test_what_the_batch_size_has_set_is_the_batch(tmp_path: Path) -> None:
    """[3,?,128] may be three layers of a recurrent state, whose batch is second."""
    model = saved(KINDS["columns_of_300"](), tmp_path)
    assert reports(model, batch_size=3)[-1] == Works("[3,300,128]")
    x = parameter("[?,?,16]", np.float32, "x")
    assert reports(saved(model_of(x, x), tmp_path), batch_size=3)[-1] == Works("[3,128,16]")


def test_where_no_shape_fits_none_is_suggested(tmp_path: Path) -> None:
    found = reports(saved(impossible(), tmp_path))
    assert isinstance(found[-1], Ended)
    reasons = [each.reason for each in found if isinstance(each, Failed)]
    assert len(reasons) == sum(isinstance(each, Tries) for each in found) > 20
    assert "doesn't match" in reasons[0]


def test_chosen_shapes_are_tried_first_and_told_from_others(tmp_path: Path) -> None:
    wrong, right = tmp_path / "wrong", tmp_path / "right"
    wrong.mkdir()
    right.mkdir()
    found = reports(saved(fails_in_ones(), wrong), defaults=True)
    assert found[0] == Tries("[1,3]")
    assert found[-1] == Works("[4,3]")
    fine = parameter("[?,3]", np.float32, "x")
    assert reports(saved(model_of(fine, fine), right), defaults=True)[-1] == Works("[1,3]", default=True)


def test_what_is_passed_over_is_not_tried(tmp_path: Path) -> None:
    found = reports(saved(KINDS["sound"](), tmp_path), skip=("[1,16000]",))
    assert found == [Tries("[1,512]"), Works("[1,512]")]


def test_usual_sizes_come_first_and_equal_dimensions_stay_equal() -> None:
    def shapes(*inputs: OpenInput, agreeing: tuple[set[tuple[int, int]], ...] = ()) -> list[dict[int, tuple[int, ...]]]:
        return list(Candidates(list(inputs), agreeing))

    image = OpenInput(0, "image", "f32", [(0, -1), (3, 3), (0, -1), (0, -1)])
    assert [found[0] for found in shapes(image)[:3]] == [(1, 3, 224, 224), (1, 3, 640, 640), (1, 3, 320, 320)]
    assert len(shapes(image)) == len({tuple(found[0]) for found in shapes(image)})
    left, right = (OpenInput(index, name, "f32", [(1, 1), (0, -1), (0, -1)]) for index, name in enumerate("ab"))
    usual = shapes(left, right, agreeing=({(0, 2), (1, 1)},))[:40]
    assert all(found[0][2] == found[1][1] for found in usual)
    bounded = OpenInput(0, "tokens", "i64", [(1, 4), (5, 12)])
    assert {size for found in shapes(bounded) for size in found[0][1:]} <= set(range(5, 13))


def test_a_name_stands_where_a_shape_is_not_that_of_most() -> None:
    names = {"first_long_name": "[?,?]", "second_long_name": "[?,?]", "c": "[2,2]", "third_long_name": "[?,?]"}
    inputs = [parameter(shape, np.float32, name) for name, shape in names.items()]
    model, most = model_of(inputs, *inputs), (1, 1_000_000)
    assert option_text(model, {0: most, 1: most, 3: most}) == "[1,1000000]"
    assert option_text(model, {0: most, 1: most, 3: (1, 7)}) == "[1,1000000],third_long_name[1,7]"
    plain = "first_long_name[1,7],second_long_name[1,7]"
    assert option_text(model, {0: (1, 7), 1: (1, 7)}) == plain  # one without a name would count for the third
    assert option_text(model, {0: (1, 2), 1: (1, 3), 3: (1, 4)}) == (
        "first_long_name[1,2],second_long_name[1,3],third_long_name[1,4]"
    )


def test_names_are_quoted_as_the_option_takes_them() -> None:
    names = ["serving:0", "x[1]", 'say "it\'s", twice', " a b "]
    inputs = [parameter("[?,?]", np.float32, name) for name in names]
    model = model_of(inputs, *inputs)
    shapes = {index: (1, index + 2) for index in range(len(names))}
    given = shape_lists_by_port(option_text(model, shapes), model, "--shape")
    assert {index: tuple(lists[0].to_shape()) for index, lists in given.items()} == shapes


def test_what_takes_too_much_memory_fails_by_itself(tmp_path: Path) -> None:
    found = shape_search.search(Settings(model=saved(cube(), tmp_path)), defaults=False, limit_s=60, step_s=30)
    assert found.works == "[1,512]"
    assert next(iter(found.tried)) == "[1,16000]"
