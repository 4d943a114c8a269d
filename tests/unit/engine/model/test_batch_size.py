"""-b changes the batch dimension of the inputs that have one, and says which."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.stateful_models import decoder
from openvino import opset13 as op

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.batch_size import batch_text, output_shapes, put_batch_size, set_batch_size
from ovtui.engine.model.layouts import given_layouts, set_layouts
from ovtui.engine.model.ports import port_shape
from ovtui.engine.model.read_model import read_model, refuse_shapes_of_blob
from ovtui.settings.changes import convert


def parameter(name: str, shape: list[int], kind: ov.Type = ov.Type.f32) -> ov.Node:
    made = op.parameter(ov.PartialShape(shape), kind, name=name)
    made.output(0).set_names({name})
    return made


def independent(**shapes: list[int]) -> ov.Model:
    """Inputs that do not meet."""
    inputs = [parameter(name, shape) for name, shape in shapes.items()]
    return ov.Model([op.result(op.relu(each)) for each in inputs], inputs, "independent")


def voice_detector(n: int, rate: list[int] | None = None) -> ov.Model:
    """input [n,512], state [2,n,128] with the batch second, sr a scalar."""
    x, state = parameter("input", [n, 512]), parameter("state", [2, n, 128])
    sr = parameter("sr", rate or [], ov.Type.i64)
    hidden = op.matmul(x, op.constant(np.ones((512, 128), np.float32)), False, False)
    both = op.add(state, op.unsqueeze(hidden, op.constant(np.int64(0))))
    score = op.multiply(op.reduce_mean(both, np.array([0, 2], np.int64), False), op.convert(sr, np.float32))
    return ov.Model([op.result(score), op.result(op.tanh(both))], [x, state, sr], "vad")


def with_batch(model: ov.Model, size: int = 4, layout: str = "", **shapes: list[int]) -> tuple[list[str], str]:
    """The shapes of the inputs, and the note."""
    set_layouts(model, convert({"layout": layout}))
    wanted = {index: ov.PartialShape(shape) for index, shape in enumerate(shapes.values())}
    outputs = output_shapes(model)
    places = set_batch_size(model, size, layout)
    overruled = put_batch_size(wanted, places, size)
    model.reshape({model.inputs[index]: shape for index, shape in wanted.items()})
    note = batch_text(model, places, size, layout, outputs)
    return [port_shape(port) for port in model.inputs], note + (" (wins)" if overruled else "")


@pytest.mark.parametrize(
    ("model", "layout", "expected"),
    [
        (voice_detector(1), "", "[4,512] [2,1,128] []"),
        (voice_detector(1), "state[?N?]", "[4,512] [2,4,128] []"),
        (voice_detector(-1), "", "[4,512] [2,4,128] []"),
        (voice_detector(-1, [1]), "", "[4,512] [2,4,128] [1]"),
        (independent(image=[1, 3, 16, 16], gain=[3]), "", "[4,3,16,16] [3]"),
        (independent(image=[1, 3, 16, 16], threshold=[1]), "", "[4,3,16,16] [1]"),
        (independent(image=[-1, 3, 16, 16], text=[1, 77]), "", "[4,3,16,16] [4,77]"),
        (independent(image=[-1, 3, -1, -1], lengths=[-1]), "", "[4,3,?,?] [4]"),
        (independent(a=[8, 3, 16, 16], b=[8, 10], table=[8]), "", "[4,3,16,16] [4,10] [4]"),
        (independent(a=[8, 3, 16, 16], b=[1, 10]), "a[NCHW]", "[4,3,16,16] [1,10]"),
        (independent(x=[2, 128]), "", "[4,128]"),
        (independent(x=[1]), "", "[4]"),
        (independent(x=[80, 1, 7]), "?N?", "[80,4,7]"),
        (independent(x=[7, 80, 3], y=[3, 5]), "...N,y:N...", "[7,80,4] [4,5]"),
        (decoder(), "", "[4,?] [4,?] [4,?] [4]"),
    ],
)
def test_only_batch_dimensions_change(model: ov.Model, layout: str, expected: str) -> None:
    assert " ".join(with_batch(model, layout=layout)[0]) == expected


@pytest.mark.parametrize(
    "shapes", [{"x": [3, 16, 16]}, {"h": [2, 1, 128], "c": [2, 1, 128]}, {"x": [10, 1, 80]}, {"rate": []}, {"v": [9]}]
)
def test_a_model_in_which_no_batch_shows_is_refused(shapes: dict[str, list[int]]) -> None:
    model = independent(**shapes)
    with pytest.raises(UsageError, match="--batch-size 4: no batch dimension shows in the inputs"):
        with_batch(model)
    assert [port_shape(port) for port in model.inputs] == [f"[{','.join(map(str, s))}]" for s in shapes.values()]


def test_what_is_advised_can_be_given() -> None:
    with pytest.raises(UsageError) as caught:
        with_batch(independent(**{"x[0]": [10, 1, 80]}))
    text = str(caught.value)
    assert text.endswith("""name it with --layout '"x[0]"[?N?]'""")
    assert with_batch(independent(**{"x[0]": [10, 1, 80]}), layout='"x[0]"[?N?]')[0] == ["[10,4,80]"]


def test_a_layout_without_a_batch_keeps_its_input() -> None:
    assert with_batch(independent(a=[1, 4], b=[1, 5]), layout="b[?C]")[0] == ["[4,4]", "[1,5]"]


def test_the_model_s_own_layout_counts() -> None:
    model = independent(x=[7, 1, 5])
    model.inputs[0].get_node().set_layout(ov.Layout("TNC"))
    assert with_batch(model) == (["[7,4,5]"], "batch 4: x [7,4,5]")


def test_a_vector_that_follows_the_batch_changes_and_one_of_the_same_size_does_not() -> None:
    x, lengths, gain = parameter("x", [1, 4]), parameter("lengths", [1]), parameter("gain", [1])
    scaled = op.multiply(op.multiply(x, gain), op.unsqueeze(lengths, op.constant(np.int64(1))))
    both = op.concat([scaled, op.unsqueeze(lengths, op.constant(np.int64(1)))], 1)
    assert with_batch(ov.Model([op.result(both)], [x, lengths, gain], "lengths"))[0] == ["[4,4]", "[4]", "[1]"]


def test_a_state_whose_batch_is_second_changes_where_the_model_needs_it() -> None:
    x, state = parameter("x", [1, 128]), parameter("state", [2, 1, 128])
    first = op.gather(state, op.constant(np.int64(0)), op.constant(np.int64(0)))
    both = op.concat([x, first], 1)
    model = ov.Model([op.result(both)], [x, state], "lstm")
    assert with_batch(model) == (["[4,128]", "[2,4,128]"], "batch 4: x [4,128] and state [2,4,128]")


def test_it_says_what_has_changed_and_what_has_not() -> None:
    assert with_batch(independent(x=[1, 8]))[1] == "batch 4: x [4,8]"
    assert with_batch(voice_detector(1))[1] == (
        "batch 4: input [4,512]; state [2,1,128] and sr [] as they are; name a batch dimension with --layout "
        "'state[?N?]'"
    )
    assert with_batch(independent(image=[1, 3, 4, 4], gain=[3]))[1] == "batch 4: image [4,3,4,4]; gain [3] as it is"
    many = independent(**{f"x{n}": [1, n + 1] for n in range(9)})
    assert with_batch(many)[1] == "batch 4: x0 [4,1], x1 [4,2], x2 [4,3], x3 [4,4] and 5 more"


def test_outputs_that_join_the_items_are_told() -> None:
    x = parameter("x", [1, 8, 2])
    joined, kept = op.reshape(x, np.array([1, -1, 4]), False), op.relu(x)
    joined.output(0).set_names({"boxes"})
    model = ov.Model([op.result(joined), op.result(kept)], [x], "joins")
    assert with_batch(model)[1] == (
        "batch 4: x [4,8,2]; the output boxes [1,16,4] has no batch dimension, the items stand one behind the other"
    )


def test_the_batch_size_wins_over_the_shape() -> None:
    shapes, note = with_batch(voice_detector(-1), input=[2, 512], state=[2, 2, 128])
    assert shapes == ["[4,512]", "[2,4,128]", "[]"]
    assert note == "batch 4: input [4,512] and state [2,4,128]; sr [] as it is (wins)"
    assert "wins" not in with_batch(voice_detector(-1), input=[4, 512], state=[2, -1, 128])[1]


def test_dimensions_that_are_open_in_number_are_as_many_as_the_shape_says(tmp_path: Path) -> None:
    x = op.parameter(ov.PartialShape.dynamic(), np.float32, name="x")
    ov.save_model(ov.Model([op.result(op.relu(x))], [x], "any"), tmp_path / "any.xml")
    wanted = {"model": str(tmp_path / "any.xml"), "batch_size": "4"}
    assert port_shape(read_model(ov.Core(), convert({**wanted, "shape": "[1,3,8,8]"})).inputs[0]) == "[4,3,8,8]"
    with pytest.raises(UsageError, match="say with --shape how many dimensions"):
        read_model(ov.Core(), convert(wanted))


def test_a_model_that_is_made_for_one_item_says_so() -> None:
    x = parameter("x", [1, 8])
    model = ov.Model([op.result(op.reshape(x, np.array([1, 2, 4]), False))], [x], "fixed")
    with pytest.raises(SetupError, match="batch size 4 does not fit the model: ") as caught:
        with_batch(model)
    assert "\n" not in str(caught.value)


def test_strings_have_a_batch_too() -> None:
    for size in (-1, 1, 8):
        x = parameter("x", [size], ov.Type.string)
        assert with_batch(ov.Model([op.result(x)], [x], "strings"))[0] == ["[4]"]


def test_layouts_find_their_inputs() -> None:
    model = independent(**{"image": [1, 3, 4, 6], "mask": [1, 2], "a:0": [1, 4, 6, 3]})

    def letters(text: str) -> dict[int, str]:
        return given_layouts(model, convert({"layout": text}))

    assert letters("nchw") == letters("[N,C,H,W]") == letters("N,C,H,W") == {0: "NCHW", 2: "NCHW"}
    assert letters("NC,a:0:NHWC,image[N,C,H,W]") == {0: "NCHW", 1: "NC", 2: "NHWC"}
    assert letters("mask:?N") == {1: "?N"}
    assert letters("[N...]") == {0: "N...", 1: "N...", 2: "N..."}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NCHH", "'NCHH' is no layout"),
        ("image[N-HW]", "is no layout"),
        ("HW3", "is no layout"),
        ("image[NC]", "NC does not fit the input image .1,3,4,6.: write a letter for each of 4 dimensions"),
        ("NCDHW", "NCDHW: a letter for each dimension; no input has as many: image .* and mask"),
        ("image[NCHW],image[NHWC]", "the input image is given twice"),
        ("NC,NCHW", "is no layout"),
    ],
)
def test_a_layout_that_fits_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        given_layouts(independent(image=[1, 3, 4, 6], mask=[1, 2]), convert({"layout": text}))


def test_a_compiled_model_keeps_its_shapes() -> None:
    refuse_shapes_of_blob(convert({}))
    with pytest.raises(UsageError, match=r"^--batch-size: a compiled model"):
        refuse_shapes_of_blob(convert({"batch_size": 2}))
    with pytest.raises(UsageError, match=r"^--shape and --batch-size: a compiled model"):
        refuse_shapes_of_blob(convert({"shape": "[1]", "batch_size": 2}))
