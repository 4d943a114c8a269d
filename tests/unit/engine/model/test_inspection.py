"""What is told of a model is what a session would make of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import openvino as ov
import pytest
from harness.language_model import language_model
from harness.stateful_models import saved
from openvino import opset13 as op
from PIL import Image
from rig.nets import pointwise_net

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model import inspection
from ovtui.engine.model.shape_search import TOO_LONG, Search
from ovtui.records.descriptions import preparation_text
from ovtui.records.inspection import VERSION, Inspection
from ovtui.settings.schema.settings import Settings


@pytest.fixture(scope="module")
def core() -> ov.Core:
    return ov.Core()


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """What the processes that try shapes would have found, the next one first."""
    answers: list[Search] = []

    def search(settings: Settings, *, defaults: bool) -> Search:
        assert defaults == (answers[0].is_default or "ids" in answers[0].tried)
        return answers.pop(0)

    monkeypatch.setattr(inspection.shape_search, "search", search)
    return answers


def open_picture() -> ov.Model:
    model = pointwise_net()
    model.reshape([-1, 3, -1, -1])
    return model


def shapes(found: Inspection) -> list[tuple[str, str | None, str | None]]:
    return [(each.shape, each.request_shape, each.request_shape_from) for each in found.inputs]


def test_a_built_in_model(core: ov.Core) -> None:
    found = inspection.inspect_model(core, Settings(model="demo-cnn"))
    assert (found.schema, found.model, found.file, found.size_bytes) == (VERSION, "demo-cnn", None, None)
    assert (found.format, found.format_version, found.device) == ("built in", None, None)
    [image] = found.inputs
    assert (image.name, image.layout, image.layout_from, image.batch_dimension) == ("image", "NCHW", "model", 0)
    assert shapes(found) == [("[1,3,224,224]", "[1,3,224,224]", "model")]
    assert (found.needs, found.carried_inference, found.command) == (None, None, ["ovtui", "run", "demo-cnn"])


def test_shapes_say_where_they_are_from(core: ov.Core, tmp_path: Path, searched: list[Search]) -> None:
    model = saved(pointwise_net(), tmp_path)
    reshaped = inspection.inspect_model(core, Settings(model=model, shape="[2,3,16,16]"))
    assert shapes(reshaped) == [("[1,3,32,32]", "[2,3,16,16]", "--shape")]
    assert reshaped.settings == {"shape": "[2,3,16,16]"}
    assert reshaped.outputs[0].shape == "[2,16,16,16]"
    batched = inspection.inspect_model(core, Settings(model=model, batch_size=4))
    assert shapes(batched) == [("[1,3,32,32]", "[4,3,32,32]", "--batch-size")]
    size = Path(model).stat().st_size + Path(model).with_suffix(".bin").stat().st_size
    assert (batched.file, batched.size_bytes, batched.format_version) == (model, size, "11")
    image = saved(open_picture(), tmp_path)
    given = inspection.inspect_model(core, Settings(model=image, data_shape="[1,3,8,8][1,3,16,16]"))
    assert shapes(given) == [("[?,3,?,?]", "[1,3,8,8]", "--data-shape")]
    assert not searched


def test_open_shapes_come_with_what_works(core: ov.Core, tmp_path: Path, searched: list[Search]) -> None:
    image = saved(open_picture(), tmp_path)
    searched.append(Search(works="[1,3,64,48]", tried={"[1,3,64,48]": ""}))
    found = inspection.inspect_model(core, Settings(model=image))
    assert shapes(found) == [("[?,3,?,?]", "[1,3,64,48]", "suggestion")]
    assert "dynamic shape: x [?,3,?,?]" in str(found.needs)
    assert (found.carried_inference, found.command) == (True, ["ovtui", "run", image, "--shape", "[1,3,64,48]"])
    searched.append(Search(tried={"[1,3,8,8]": "too small"}))
    none = inspection.inspect_model(core, Settings(model=image))
    assert shapes(none) == [("[?,3,?,?]", None, None)]
    assert "too small" in str(none.needs)
    assert (none.carried_inference, none.command) == (False, None)


def test_shapes_that_ovtui_chooses_are_tried(core: ov.Core, tmp_path: Path, searched: list[Search]) -> None:
    model = saved(language_model(), tmp_path)
    searched += [Search(works="ids", is_default=True), Search(tried={"ids": TOO_LONG}, fatal=["ids"])]
    found, late = (inspection.inspect_model(core, Settings(model=model)) for _ in range(2))
    assert (found.carried_inference, late.carried_inference) == (True, None)
    assert found.command == late.command == ["ovtui", "run", model]
    names = {each.name: (each.request_shape, each.request_shape_from) for each in found.inputs}
    assert names["position_ids"] == ("[1,1]", "decoder")
    assert names["beam_idx"] == ("[1]", "decoder")
    assert [each.id for each in found.variables] == ["past.0.key", "past.0.value"]
    assert any("each request has 1 token" in note for note in found.notes)
    searched.append(Search(tried={"ids": "no past of 0"}))
    none = inspection.inspect_model(core, Settings(model=model))
    assert "no past of 0" in str(none.needs)
    assert (none.carried_inference, none.command, none.inputs[0].request_shape) == (False, None, None)
    works = "[3,5],beam_idx[3]"
    searched.append(Search(works=works, tried={"ids": "no past of 0", works: ""}))
    other = inspection.inspect_model(core, Settings(model=model))
    assert "no past of 0" in str(other.needs)
    assert other.inputs[0].request_shape == "[3,5]"
    assert other.command == ["ovtui", "run", model, "--shape", works]


def test_data_shapes_of_a_language_model(core: ov.Core, tmp_path: Path) -> None:
    found = inspection.inspect_model(
        core, Settings(model=saved(language_model(), tmp_path), data_shape="input_ids[2,7]")
    )
    assert [each.request_shape for each in found.inputs] == ["[2,7]", "[2,7]", "[2,7]", "[2]"]
    assert {each.request_shape_from for each in found.inputs} == {"--data-shape"}


def test_speech_with_given_shapes(core: ov.Core, silero_model: Path, tmp_path: Path, searched: list[Search]) -> None:
    np.save(tmp_path / "rate.npy", np.array(16000))
    rate = f"sr:{tmp_path / 'rate.npy'}"
    settings = Settings(model=str(silero_model), shape="input[1,576],state[2,1,128]", input=rate)
    found = inspection.inspect_model(core, settings)
    assert shapes(found) == [
        ("[?,?]", "[1,576]", "--shape"), ("[]", "[]", "model"), ("[2,?,128]", "[2,1,128]", "--shape"),
    ]  # fmt: skip
    assert (found.needs, found.settings) == (None, {"shape": settings.shape, "input": rate})
    searched.append(Search(works="input[1,576],state[2,1,128]"))
    half = inspection.inspect_model(core, msgspec.structs.replace(settings, shape="input[1,576]"))
    assert [each.request_shape_from for each in half.inputs] == ["--shape", "model", "suggestion"]


def test_what_becomes_of_the_data_is_told(core: ov.Core, tmp_path: Path) -> None:
    Image.new("RGB", (40, 20)).save(tmp_path / "cat.png")
    model = saved(pointwise_net(), tmp_path)
    settings = Settings(
        model=model, input=str(tmp_path / "cat.png"), input_precision="u8", mean_values="[1,2,3]", color="bgr"
    )
    prepared = inspection.inspect_model(core, settings).inputs[0].preparation
    assert prepared is not None
    assert preparation_text(prepared) == (
        "cat.png 40x20 → 32x32 bgr, NCHW (by the model), u8; in the model: to f32, minus 1 2 3"
    )


def test_the_data_says_how_many_strings_there_are(core: ov.Core, tmp_path: Path) -> None:
    text = op.parameter([-1, -1], ov.Type.string, name="text")
    model = saved(ov.Model([op.result(op.shape_of(text))], [text], "texts"), tmp_path)
    assert shapes(inspection.inspect_model(core, Settings(model=model))) == [("[?,?]", "[1,1]", "data")]
    np.save(tmp_path / "words.npy", np.array([["a", "b", "c"]]))
    given = inspection.inspect_model(core, Settings(model=model, input=str(tmp_path / "words.npy")))
    assert shapes(given) == [("[?,?]", "[1,3]", "data")]


def test_every_port_is_told_with_all_its_names(core: ov.Core, tmp_path: Path) -> None:
    node = op.parameter([2, 3], np.float32, name="node")
    node.output(0).set_names({'odd:[name], "quoted"'})
    scalar = op.parameter([], np.int64, name="rate")
    model = ov.Model([op.result(op.add(node, op.convert(scalar, np.float32)))], [node, scalar], "odd")
    found = inspection.inspect_model(core, Settings(model=saved(model, tmp_path)))
    assert found.inputs[0].names == sorted(['odd:[name], "quoted"', "node"])
    assert (found.inputs[1].shape, found.inputs[1].request_shape, found.inputs[1].type) == ("[]", "[]", "i64")
    text = found.inputs[0].option_name
    assert text == '"odd:[name], \\"quoted\\""'
    again = inspection.inspect_model(core, Settings(model=found.model, shape=f"{text}[4,3]"))
    assert again.inputs[0].request_shape == "[4,3]"


def test_a_compiled_model(core: ov.Core, tmp_path: Path) -> None:
    blob = tmp_path / "sum.blob"
    blob.write_bytes(core.compile_model(pointwise_net(), "CPU").export_model().getvalue())
    found = inspection.inspect_model(core, Settings(model=str(blob), device="CPU"))
    assert (found.format, found.device, shapes(found)) == (
        "compiled model", "CPU", [("[1,3,32,32]", "[1,3,32,32]", "blob")],
    )  # fmt: skip
    blob.write_bytes(bytes(4096))
    with pytest.raises(SetupError, match=r"sum\.blob: "):
        inspection.inspect_model(core, Settings(model=str(blob), device="CPU"))


def test_what_a_session_refuses_is_refused(core: ov.Core) -> None:
    with pytest.raises(UsageError, match="no such file"):
        inspection.inspect_model(core, Settings(model="demo-matmul", input="no-such.npy"))
    with pytest.raises(SetupError, match="no such model file"):
        inspection.inspect_model(core, Settings(model="no-such.xml"))
