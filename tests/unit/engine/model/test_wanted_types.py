"""Element types as benchmark_app sets them: u8 for pictures without being told, and names of inputs and outputs in one
list."""

from __future__ import annotations

import itertools

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from openvino.tools.benchmark.utils.utils import get_inputs_info

from ovtui.engine.errors import UsageError
from ovtui.engine.model.layouts import PortLayout, is_picture_to_benchmark_app, layouts_of
from ovtui.engine.model.preprocessing import add_preprocessing
from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.guessed_layout import guessed_layout, sizes_of

SIZES = (1, 3, 4, 5, 16, "?", "1..3", "2..8")
SHAPES = [
    *itertools.product((1, 3, "?"), (1, 3, 4, 16, "?", "1..3"), (3, 16, "?"), (3, 4, 5, 16, "?", "2..8")),
    *itertools.product(SIZES, (3, 16, "?"), SIZES),
    (1, 3), (3,), (1, 3, 8, 8, 8),
]  # fmt: skip


def model_of(shape: tuple[int | str, ...], layout: str = "") -> ov.Model:
    image = op.parameter(ov.PartialShape(f"[{','.join(map(str, shape))}]"), np.float32, name="image")
    image.output(0).set_names({"image"})
    if layout:
        image.set_layout(ov.Layout(layout))
    scores = op.relu(image)
    scores.output(0).set_names({"scores"})
    return ov.Model([op.result(scores)], [image])


def agrees(shape: tuple[int | str, ...], layout: str = "", given: str = "") -> bool:
    model = model_of(shape, layout)
    infos, _ = get_inputs_info("", "", f"[{given}]" if given else "", "", "", "", model.inputs)
    (known,) = layouts_of(model, convert({"layout": given}))
    return is_picture_to_benchmark_app(model.inputs[0], known) == bool(infos[0].is_image)


def test_pictures_are_those_of_benchmark_app() -> None:
    pictures = [shape for shape in SHAPES if is_picture_to_benchmark_app(model_of(shape).inputs[0], PortLayout())]
    assert (1, 3, 16, 16) in pictures
    assert 20 < len(pictures) < len(SHAPES) / 2
    assert [shape for shape in SHAPES if not agrees(shape)] == []


def test_layouts_are_guessed_as_benchmark_app_does() -> None:
    for shape in SHAPES:
        infos, _ = get_inputs_info("", "", "", "", "", "", model_of(shape).inputs)
        theirs = str(infos[0].layout).strip("[]").replace(",", "").replace("...", "")
        assert guessed_layout(sizes_of(f"[{','.join(map(str, shape))}]")) == theirs, shape


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "CHW", "HWC", "NCDH", "N...", "N?HW", "HCW"])
def test_a_layout_goes_before_the_sizes(layout: str) -> None:
    for shape in ((1, 3, 16, 3), (3, 16, 3), (1, 16, 16, 3), (1, 3, 4, 4), (1, 1, 16, 16)):
        if len(shape) == len(layout) or "..." in layout:
            assert agrees(shape, layout)
            assert agrees(shape, given=layout)
            assert agrees(shape, "N..." if len(shape) == 4 else "", layout)


def types(model: ov.Model, **given: str) -> tuple[list[str], list[str]]:
    made = add_preprocessing(model, convert(given))
    return (
        [port.element_type.get_type_name() for port in made.inputs],
        [port.element_type.get_type_name() for port in made.outputs],
    )


def test_u8_pictures() -> None:
    picture, rows = (1, 3, 16, 16), (1, 32)
    assert types(model_of(picture), input_precision="u8-pictures") == (["u8"], ["f32"])
    assert types(model_of(rows), input_precision="u8-pictures") == (["f32"], ["f32"])
    assert types(model_of(picture), input_precision="U8-Pictures,image:f16") == (["f16"], ["f32"])
    with pytest.raises(SettingsError, match="output type: 'u8-pictures' is not one of"):
        convert({"output_precision": "u8-pictures"})


def test_names_of_both_sides_in_both_options() -> None:
    both = "image:u8,scores:f16"
    assert types(model_of((1, 32)), input_precision=both, output_precision=both) == (["u8"], ["f16"])
    alone = "f64,scores:f16"
    assert types(model_of((1, 32)), input_precision=alone, output_precision="scores:f16") == (["f64"], ["f16"])
    with pytest.raises(UsageError, match="--input-precision: the model has no input 'scores'"):
        types(model_of((1, 32)), input_precision=both)
    with pytest.raises(UsageError, match="the model has no input 'nowhere'"):
        types(model_of((1, 32)), input_precision="nowhere:u8", output_precision="nowhere:u8")


def test_a_name_of_a_tensor_goes_before_that_of_a_node() -> None:
    image = op.parameter([1, 8], np.float32, name="input")
    image.output(0).set_names({"image"})
    result = op.result(op.relu(image), name="image")
    result.output(0).set_names({"input"})
    both = "image:i32,input:i64"
    assert types(ov.Model([result], [image]), input_precision=both, output_precision=both) == (["i32"], ["i64"])
