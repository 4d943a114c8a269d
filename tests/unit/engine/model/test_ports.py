"""Which inputs of a model the parts of an option mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.ports import (
    lists_by_port,
    paths_by_port,
    shape_lists_by_port,
    shape_text,
    shapes_by_port,
    values_by_port,
)
from ovtui.engine.model.read_model import read_model
from ovtui.settings.changes import convert

ODD_NAMES = (
    "serving_default_x:0",
    "/model/Add[0]",
    "a, b",
    'it\'s "so"',
    "back\\slash",
    "é=1",
    "x",
    "x[1]",
    "tab\there",
    "\u202eabc",
    "c\u3000",
)


def model_of(shapes: dict[str, list[int]]) -> ov.Model:
    inputs = [op.parameter(ov.PartialShape(shape), np.float32, name=name) for name, shape in shapes.items()]
    for node in inputs:
        node.output(0).set_names({node.friendly_name})
    return ov.Model([op.result(op.relu(node)) for node in inputs], inputs, "model")


IMAGE_AND_RATE = {"image": [1, 3, -1, -1], "rate": [], "table": [7, 5]}


def test_values_find_their_inputs() -> None:
    model = model_of({"image": [1, 3, 4, 6], "mask": [1, 2]})
    assert values_by_port("a/b.png", model, "--input") == {0: "a/b.png"}
    assert values_by_port("mask:m.npy,image:i.png", model, "--input") == {1: "m.npy", 0: "i.png"}
    assert values_by_port("image[NHWC]", model, "--layout") == {0: "NHWC"}
    assert values_by_port("[1,2]", model, "--mean-values") == {0: "1,2", 1: "1,2"}
    assert values_by_port("mask:u8,[f32]", model, "--x") == {0: "f32", 1: "u8"}
    assert lists_by_port("image[1,3][2,3],mask[4]", model, "--x") == {0: ["1,3", "2,3"], 1: ["4"]}
    assert lists_by_port("image[1],[2]", model, "--x") == lists_by_port("[2],image[1]", model, "--x")


def test_shapes_for_the_inputs_one_after_another() -> None:
    model = model_of({"left": [-1, 8], "right": [-1, 4]})
    assert shapes_by_port("[1,8],[1,4],[2,8],[2,4]", model, "--data-shape") == {
        0: [(1, 8), (2, 8)],
        1: [(1, 4), (2, 4)],
    }
    assert shapes_by_port("[1,8],[2,8]", model_of({"left": [-1, 8]}), "--data-shape") == {0: [(1, 8), (2, 8)]}
    with pytest.raises(UsageError, match="does not fit the input right"):
        shapes_by_port("[1,8],[1,8]", model, "--data-shape")
    with pytest.raises(UsageError, match="brackets without a name stand twice"):
        shape_lists_by_port("[1,8],[1,4]", model, "--shape")


def test_several_files_for_one_input() -> None:
    model = model_of({"image": [1, 3, 4, 6], "mask": [1, 2]})
    assert paths_by_port("image[a.png][b, c.png],mask:m.npy", model) == {0: ["a.png", "b, c.png"], 1: ["m.npy"]}
    assert paths_by_port("[a.png][b.png]", model) == {0: ["a.png", "b.png"], 1: ["a.png", "b.png"]}
    assert paths_by_port("[a.npy],mask:m.npy", model) == {0: ["a.npy"], 1: ["m.npy"]}
    with pytest.raises(UsageError, match="stand side by side, and an input has one value"):
        values_by_port("image[NCHW][NHWC]", model, "--layout")


def test_a_tensor_s_name_goes_before_a_node_s() -> None:
    model = model_of({"a": [1], "b": [2]})
    model.inputs[0].get_node().set_friendly_name("b")
    assert values_by_port("b:x", model, "--x") == {1: "x"}
    model.inputs[1].set_names({"c"})
    assert values_by_port("b:x,c:y", model, "--x") == {0: "x", 1: "y"}


def test_shapes_of_any_names_are_put_into_force(tmp_path: Path) -> None:
    model = model_of({name: [-1, 3] for name in ODD_NAMES})
    ov.save_model(model, tmp_path / "odd.xml")
    shapes = {index: (index + 1, 3) for index in range(len(ODD_NAMES))}
    text = shape_text(model, shapes)
    assert text.isprintable()  # else a terminal shows, and a person copies, something else
    for index, shape in shapes.items():  # the order of the inputs may be another in the file
        assert shapes_by_port(text, model, "--data-shape")[index] == [shape]
    read = read_model(ov.Core(), convert({"model": str(tmp_path / "odd.xml"), "shape": text}))
    by_name = {min(port.names): tuple(port.shape) for port in read.inputs}
    assert by_name == {name: (index + 1, 3) for index, name in enumerate(ODD_NAMES)}


def test_data_shapes_are_needed_for_dynamic_inputs_only() -> None:
    model = model_of(IMAGE_AND_RATE)
    expected = {0: [(1, 3, 8, 8)], 1: [()], 2: [(7, 5)]}
    for text in ("image[1,3,8,8]", "[1,3,8,8]", "image[1,3,8,8],rate[]", "rate[],[1,3,8,8]", "table[7,5],[1,3,8,8]"):
        assert shapes_by_port(text, model, "--data-shape") == expected
    items = inputs_for(convert({"data_shape": "[1,3,8,8][1,3,4,4]"}), model)._items
    assert [[array.shape for array in item] for item in items] == [
        [(1, 3, 8, 8), (), (7, 5)], [(1, 3, 4, 4), (), (7, 5)],
    ]  # fmt: skip


def test_shapes_in_turn_of_different_number_are_cycled() -> None:
    model = model_of({"a": [-1], "b": [-1, 2]})
    items = inputs_for(convert({"data_shape": "a[1][2],b[1,2][2,2][3,2]"}), model)._items
    assert [[array.shape for array in item] for item in items] == [
        [(1,), (1, 2)], [(2,), (2, 2)], [(1,), (3, 2)],
    ]  # fmt: skip


def test_shapes_without_a_name_go_where_they_fit() -> None:
    def meant(text: str, shapes: dict[str, list[int]]) -> dict[int, list[str]]:
        found = shape_lists_by_port(text, model_of(shapes), "--shape")
        return {index: [str(each).replace(" ", "") for each in lists] for index, lists in found.items()}

    assert meant("[1,3,9,9]", IMAGE_AND_RATE) == {0: ["[1,3,9,9]"]}
    assert meant("[2,3]", {"a": [-1, 3], "b": [-1, 3], "c": [-1, 4]}) == {0: ["[2,3]"], 1: ["[2,3]"]}
    assert meant("a[5,3],[2,3]", {"a": [-1, 3], "b": [-1, 3]}) == {0: ["[5,3]"], 1: ["[2,3]"]}
    assert meant("[1,3,320,320]", {"a": [1, 3, 224, 224], "b": [1, 9]}) == {0: ["[1,3,320,320]"]}
    assert meant("[?,1..8]", {"a": [1, 8]}) == {0: ["[?,1..8]"]}
    assert meant("past[2,4,0,8]", {"ids": [-1, 1], "past": [-1, 4, -1, 8]}) == {1: ["[2,4,0,8]"]}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"data_shape": "[1,3,8]"}, r"\[1,3,8\] fits no input that is left: image \[1,3,\?,\?\], rate \[\] and table"),
        ({"data_shape": "rate[]"}, r"no shape for the input image \[1,3,\?,\?\]"),
        ({"data_shape": "rate[1],[1,3,8,8]"}, r"\[1\] does not fit the input rate \[\]"),
        ({"data_shape": "table[7,6],[1,3,8,8]"}, r"\[7,6\] does not fit the input table \[7,5\]"),
        ({"data_shape": "[1,4,8,8]"}, r"\[1,4,8,8\] does not fit the input image"),
        ({"data_shape": "[1,3,0,8]"}, "has a dimension of 0"),
        ({"data_shape": "[0,3,8,8]"}, "has a dimension of 0"),
        ({"data_shape": "[1,3,-2,8]"}, "negative"),
        ({"data_shape": "[1,3,?,8]"}, "is open; data has a size"),
        ({"data_shape": "[1,3,8,8],[1,3,9,9]"}, r"the model has 3; .* in turn: \[1,3,8,8\]\[1,3,9,9\]"),
        ({"data_shape": "image[1,3,8,8],image[1,3,9,9]"}, "the input image is given twice"),
        ({"data_shape": "image[1,3,8,99999999999999999999]"}, "'99999999999999999999' is no dimension"),
        ({"data_shape": "image[1,3,8,8"}, "']' is missing behind"),
        ({"data_shape": "imgae[1,3,8,8]"}, r"no input 'imgae' \(did you mean 'image'\?\)"),
        ({"data_shape": '""[1]'}, "the name .* is empty"),
        ({"input": "image:a.npy,image:b.npy"}, "the input image is given twice"),
        ({"input": "a.npy,image:b.npy"}, "the input image is given twice, with its name and without"),
        ({"input": "C:gone"}, r"no input 'C'; its inputs are .*; and no file is called C:gone"),
        ({"input": "image:"}, "a value is missing"),
        ({"input": "'image:x"}, "is not closed"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(settings: dict[str, str], text: str) -> None:
    with pytest.raises(UsageError, match=text) as caught:
        inputs_for(convert(settings), model_of(IMAGE_AND_RATE))
    assert "\n" not in str(caught.value)


def test_a_model_of_many_inputs_is_not_listed() -> None:
    model = model_of({f"past.{n}": [1, n + 1] for n in range(49)})
    with pytest.raises(UsageError) as caught:
        values_by_port("past.4x:u8", model, "--input-precision")
    assert str(caught.value) == (
        "--input-precision: the model has no input 'past.4x' (did you mean 'past.4'?) among its 49; "
        "ovtui inspect MODEL lists them"
    )
    with pytest.raises(SetupError, match=r"past.0 .*, past.3 .1,4. and 45 more"):
        shape_lists_by_port("[1,2,3]", model, "--shape")


@pytest.mark.parametrize("name", ["C:x.npy", "a, b:c.npy", "a[1].npy", "it's.npy", '"q".npy', "back\\slash.npy"])
def test_a_file_of_any_name_is_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / name, np.ones((2, 2), np.float32))
    model = model_of({"x:0": [2, 2], "a": [1]})
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    for text in (name, quoted, f"x:0:{name}", f'"x:0":{quoted}', f"a:{quoted},x:0:{name}"):
        assert Path(values_by_port(text, model, "--input")[0 if not text.startswith("a:") else 1]).is_file()
    inputs_for(convert({"input": f"x:0:{name}"}), model)


def test_shape_and_data_shape_work_together(tmp_path: Path) -> None:
    ov.save_model(model_of({"image": [-1, 3, -1, -1]}), tmp_path / "m.xml")
    settings = convert({"model": str(tmp_path / "m.xml"), "shape": "[1,3,?,32]", "data_shape": "[1,3,8,32]"})
    model = read_model(ov.Core(), settings)
    assert [array.shape for array in inputs_for(settings, model)._items[0]] == [(1, 3, 8, 32)]
    other = convert({"model": str(tmp_path / "m.xml"), "shape": "[1,3,?,32]", "data_shape": "[1,3,8,16]"})
    with pytest.raises(UsageError, match=r"\[1,3,8,16\] does not fit the input image \[1,3,\?,32\]"):
        inputs_for(other, read_model(ov.Core(), other))


@pytest.mark.parametrize(
    ("shape", "data", "way_out"),
    [
        ([1, 3, -1, -1], "[4,3,8,8]", "; --shape '[?,3,?,?]' opens its first dimension"),
        ([1, 3, -1, -1], "[1,4,8,8]", ""),
        ([1, 3, -1, -1], "[4,4,8,8]", ""),
    ],
)
def test_data_of_another_batch_is_told_how_to_open_it(shape: list[int], data: str, way_out: str) -> None:
    with pytest.raises(UsageError) as caught:
        shapes_by_port(data, model_of({"x": shape}), "--data-shape")
    assert str(caught.value).endswith(f"does not fit the input x [1,3,?,?]{way_out}")
