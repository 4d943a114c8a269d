"""What is said of the requests of a model: their data shapes and their items."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op
import pytest

from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.read_model import read_model
from ovtui.engine.model.request_content import RequestContent, request_content
from ovtui.records.data_shapes import SHAPES
from ovtui.settings.changes import convert


@pytest.fixture
def content(tmp_path: Any) -> Any:
    """`content({input: partial shape}, **settings)`."""

    def of(ports: dict[str, list[int]], layouts: dict[str, str] | None = None, **values: Any) -> RequestContent:
        made = [op.parameter(shape, np.float32, name=name) for name, shape in ports.items()]
        for port, name in zip(made, ports, strict=True):
            port.output(0).set_names({name})
            if layouts and name in layouts:
                port.set_layout(ov.Layout(layouts[name]))
        path = tmp_path / "model.xml"
        ov.save_model(ov.Model([op.result(op.relu(port)) for port in made], made, "m"), path)
        settings = convert({"model": str(path), **values})
        model = read_model(ov.Core(), settings)
        return request_content(settings, model, inputs_for(settings, model))

    return of


PICTURE = {"image": [-1, 3, -1, -1]}


def test_one_dynamic_input_needs_no_name(content: Any) -> None:
    shapes = content(PICTURE, data_shape="[1,3,64,64][4,3,32,32][1,3,64,64]").data_shapes
    assert [(shape.text, shape.items) for shape in shapes] == [
        ("[1,3,64,64]", 1), ("[4,3,32,32]", 4), ("[1,3,64,64]", 1)
    ]  # fmt: skip


def test_of_several_inputs_those_are_named_that_change(content: Any) -> None:
    ports = {"image": [1, 3, -1, -1], "mask": [1, -1], "rest": [1, -1]}
    text = "image[1,3,8,8][1,3,16,16],mask[1,4],rest[1,5][1,6]"
    shapes = content(ports, data_shape=text).data_shapes
    assert [shape.text for shape in shapes] == ["image[1,3,8,8],rest[1,5]", "image[1,3,16,16],rest[1,6]"]
    one = content(ports, data_shape="image[1,3,8,8],mask[1,4],rest[1,5]").data_shapes
    assert [shape.text for shape in one] == ["image[1,3,8,8],mask[1,4],rest[1,5]"]


def test_the_same_shape_twice_is_prepared_for_once(content: Any) -> None:
    assert content(PICTURE, data_shape="[1,3,64,64][1,3,32,32][1,3,64,64]").new_shapes == {0, 1}


def test_more_shapes_than_a_record_tells_apart_have_no_figures(content: Any) -> None:
    most = "".join(f"[1,3,{side},8]" for side in range(8, 8 + SHAPES))
    assert len(content(PICTURE, data_shape=most).data_shapes) == SHAPES
    found = content(PICTURE, data_shape=most + "[1,3,8,9]")
    assert (found.data_shapes, found.new_shapes) == ([], set())
    assert "257 shapes" in found.note


@pytest.mark.parametrize(
    ("shape", "given", "items"),
    [
        ([-1, 16], "[4,16][8,16]", [4, 8]),
        ([-1, 80, -1], "[2,80,9]", [2]),
        ([-1, 1, 64], "[100,1,64]", [None]),  # a sequence may come first
        ([-1, -1, 64], "[2,100,64]", [None]),
        ([4, -1], "[4,9]", [None]),
    ],
)
def test_an_open_first_dimension_is_deduced_to_be_the_batch(
    content: Any, shape: list[int], given: str, items: list[int | None]
) -> None:
    found = content({"in": shape}, data_shape=given)
    assert [each.items for each in found.data_shapes] == items
    assert found.items_deduced is (items != [None])


def test_names_are_quoted_as_the_option_has_them(content: Any) -> None:
    (shape,) = content({"a:0": [1, -1], "b": [1, -1]}, data_shape='"a:0"[1,3],b[1,4]').data_shapes
    assert shape.text == '"a:0"[1,3],b[1,4]'


@pytest.mark.parametrize(
    ("ports", "layouts", "values", "items", "deduced"),
    [
        (PICTURE, None, {"shape": "[4,3,32,32]"}, 4, True),
        ({"image": [-1, 32, 32, 3]}, None, {"shape": "[4,32,32,3]"}, 4, True),
        (PICTURE, None, {"shape": "[4,3,32,32]", "layout": "NCHW"}, 4, False),
        (PICTURE, {"image": "NCHW"}, {"shape": "[2,3,32,32]"}, 2, False),
        ({"image": [32, 3, 8, 16]}, {"image": "HWCN"}, {}, 16, False),
        (PICTURE, None, {"shape": "[1,3,32,32]", "batch_size": 8}, 8, False),
        ({"input_ids": [-1, -1], "attention_mask": [-1, -1]}, None, {"shape": "[8,16]"}, 8, False),
        # A first dimension alone is no batch: it may be that of a sequence, or of features.
        ({"sequence": [77, 1, 64]}, None, {}, None, False),
        ({"features": [64, 64]}, None, {}, None, False),
        ({"one": [4, 3, 32, 32], "two": [2, 3, 32, 32]}, None, {}, None, False),
    ],
)
def test_items_come_from_a_batch_dimension_that_is_one(
    content: Any, ports: Any, layouts: Any, values: Any, items: int | None, deduced: bool
) -> None:
    found = content(ports, layouts, **values)
    assert (found.items, found.items_deduced) == (items, deduced)
    assert found.data_shapes == []
