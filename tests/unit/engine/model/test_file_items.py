"""--data-shape files: each file tells the shape of an input that the model leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from PIL import Image

from ovtui.engine.errors import UsageError
from ovtui.engine.model.file_items import gives_shapes
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.layouts import set_layouts
from ovtui.engine.model.ports import paths_by_port
from ovtui.settings.changes import convert
from ovtui.settings.schema.settings import Settings


def model_of(**shapes: str) -> ov.Model:
    inputs = [op.parameter(ov.PartialShape(shape), np.float32, name=name) for name, shape in shapes.items()]
    for each in inputs:
        each.output(0).set_names({each.get_friendly_name()})
    return ov.Model([op.result(op.relu(each)) for each in inputs], inputs, "open")


def given(files: str, **more: Any) -> Settings:
    return convert({"input": files, "data_shape": "files", **more})


def array(path: Path, *shape: int) -> Path:
    np.save(path, np.arange(int(np.prod(shape)), dtype=np.float32).reshape(shape))
    return path


def test_each_array_has_its_own_shape(tmp_path: Path) -> None:
    array(tmp_path / "a.npy", 4, 3)
    array(tmp_path / "b.npy", 2, 3)
    array(tmp_path / "c.npy", 3)  # one item without the first dimension
    inputs = inputs_for(given(str(tmp_path)), model_of(rows="[?,3]"))
    assert inputs.turns == [{0: (4, 3)}, {0: (2, 3)}, {0: (1, 3)}]
    assert inputs.count == 3
    request = ov.Core().compile_model(model_of(rows="[?,3]"), "CPU").create_infer_request()
    seen = []
    for _ in range(4):
        inputs.fill_next(request)
        seen.append(request.get_input_tensor(0).data.tolist())
    assert [len(each) for each in seen] == [4, 2, 1, 4]
    assert seen[1] == [[0, 1, 2], [3, 4, 5]]


def test_one_shape_alone_for_the_profile_of_layers(tmp_path: Path) -> None:
    array(tmp_path / "a.npy", 4, 3)
    array(tmp_path / "b.npy", 2, 3)
    inputs = inputs_for(given(str(tmp_path)), model_of(rows="[?,3]"))
    inputs.keep_first()
    request = ov.Core().compile_model(model_of(rows="[?,3]"), "CPU").create_infer_request()
    for _ in range(2):
        inputs.fill_next(request)
        assert list(request.get_input_tensor(0).shape) == [4, 3]
    assert (inputs.count, inputs.turns) == (1, [{0: (4, 3)}])


def test_two_inputs_go_round_each_on_its_own(tmp_path: Path) -> None:
    names = {name: array(tmp_path / f"{name}.npy", *shape) for name, shape in (("l", (2, 3)), ("r", (5,)), ("s", (6,)))}
    inputs = inputs_for(
        given(f"left:{names['l']},right[{names['r']}][{names['s']}]"), model_of(left="[?,3]", right="[?]")
    )
    assert inputs.turns == [{0: (2, 3), 1: (5,)}, {0: (2, 3), 1: (6,)}]


def test_pictures_keep_their_size_and_stand_upright(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), (9, 8, 7)).save(tmp_path / "0.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 20)).save(tmp_path / "1.jpg", exif=exif)
    settings = given(str(tmp_path), layout="NCHW", color="bgr")
    inputs = inputs_for(settings, model_of(image="[?,3,?,?]"))
    assert inputs.turns == [{0: (1, 3, 20, 30)}, {0: (1, 3, 30, 20)}]
    fixed = inputs_for(settings, model_of(image="[2,3,8,?]"))  # what the model fixes is not the file's to tell
    assert fixed.turns == [{0: (2, 3, 8, 30)}, {0: (2, 3, 8, 20)}]


@pytest.mark.parametrize(
    ("shape", "ending", "tells"),
    [("[?,3]", "npy", True), ("[2,3]", "npy", False), ("[?,3]", "bin", False), ("[1..4,3]", "npy", True)],
)
def test_what_tells_a_shape(shape: str, ending: str, tells: bool, tmp_path: Path) -> None:
    path = tmp_path / f"rows.{ending}"
    if ending == "npy":
        array(path, 2, 3)
    else:
        path.write_bytes(bytes(24))
    assert gives_shapes(given(str(path)), model_of(rows=shape)) is tells
    assert not gives_shapes(convert({"input": str(path)}), model_of(rows=shape))


def test_what_is_refused(tmp_path: Path) -> None:
    path, other = array(tmp_path / "a.npy", 2, 4), array(tmp_path / "b.npy", 2, 3)
    with pytest.raises(UsageError, match=r"a\.npy: its shape \[2,4\] does not fit the input rows \[\?,3\]"):
        inputs_for(given(str(path)), model_of(rows="[?,3]"))
    with pytest.raises(UsageError, match=r"no file tells the shape of right \[\?,5\]"):
        inputs_for(given(f"left:{other}"), model_of(left="[?,3]", right="[?,5]"))
    with pytest.raises(UsageError, match="--data-shape files: there are no files"):
        inputs_for(convert({"data_shape": "files"}), model_of(rows="[?,3]"))
    (tmp_path / "c.npy").write_bytes(b"no array")
    with pytest.raises(UsageError, match=r"c\.npy: cannot be read"):
        inputs_for(given(str(tmp_path / "c.npy")), model_of(rows="[?,3]"))
    (tmp_path / "d.png").write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"d\.png: cannot be read"):
        inputs_for(given(str(tmp_path / "d.png"), layout="NCHW"), model_of(image="[?,3,?,?]"))
    two = array(tmp_path / "two.npy", 1, 3)
    with pytest.raises(UsageError, match="--fill-inputs kept: data of several shapes"):
        inputs_for(given(f"rows[{other}][{two}]", fill_inputs="kept"), model_of(rows="[?,3]"))


def test_a_layout_of_the_model_says_where_the_sides_are(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "0.png")
    model = model_of(image="[1,?,?,3]")
    set_layouts(model, convert({"layout": "NHWC"}))
    assert inputs_for(given(str(tmp_path / "0.png")), model).turns == [{0: (1, 20, 30, 3)}]


def test_files_without_names_are_dealt_out() -> None:
    two = model_of(left="[1,3]", right="[1,3]")
    assert paths_by_port("[a.npy],[b.npy]", two) == {0: ["a.npy"], 1: ["b.npy"]}
    assert paths_by_port("[d],[c],[b],[a]", two) == {0: ["b", "d"], 1: ["a", "c"]}
    assert paths_by_port("[b.npy],[a.npy]", model_of(rows="[1,3]")) == {0: ["a.npy", "b.npy"]}
    with pytest.raises(UsageError, match="3 files with commas are for the inputs one after another"):
        paths_by_port("[a],[b],[c]", two)
