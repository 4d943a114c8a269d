"""A model that leaves nothing but its batch open runs with 1; what else is open needs shapes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from harness.open_shape_models import model_of, only_a_batch_of_four, parameter, speech_in_one_batch

from ovtui.engine.model.open_shapes import OpenShapes, agreeing_dims
from ovtui.engine.model.read_model import read_model
from ovtui.settings.changes import convert


def read(model: ov.Model, folder: Path, **settings: Any) -> tuple[list[str], list[str]]:
    """The shapes with which it runs, and what is noted."""
    path = folder / "model.xml"
    ov.save_model(model, path, compress_to_fp16=False)
    notes: list[tuple[Any, str]] = []
    found = read_model(ov.Core(), convert({"model": str(path), **settings}), notes)
    return [str(port.partial_shape).replace(" ", "") for port in found.inputs], [text for _, text in notes]


def passing(*shapes: tuple[str, Any], layouts: tuple[str, ...] = ()) -> ov.Model:
    """A model that returns its inputs, called a, b, c."""
    inputs = [parameter(shape, kind, name) for (shape, kind), name in zip(shapes, "abc", strict=False)]
    for node, layout in zip(inputs, layouts, strict=False):
        node.set_layout(ov.Layout(layout))
    return model_of(inputs, *inputs)


@pytest.mark.parametrize(
    ("model", "shapes", "said"),
    [
        (passing(("[?,76,32,1]", np.float32)), ["[1,76,32,1]"], "a [?,76,32,1] runs with 1"),
        (passing(("[?,64]", np.int64)), ["[1,64]"], "a [?,64] runs with 1"),
        (passing(("[3..8,64]", np.int64)), ["[3,64]"], "a [3..8,64] runs with 3"),
        (passing(("[?]", ov.Type.string)), ["[1]"], "a [?] runs with 1"),
        (
            passing(("[?,8]", np.float32), ("[4,2]", np.float32), ("[?,3,8,8]", np.float32)),
            ["[1,8]", "[4,2]", "[1,3,8,8]"],
            "a [?,8] and c [?,3,8,8] run with 1",
        ),
        (passing(("[8,?,2]", np.float32), layouts=("CNW",)), ["[8,1,2]"], "a [8,?,2] runs with 1"),
        (passing(("[?]", np.float32), layouts=("N",)), ["[1]"], "a [?] runs with 1"),
        (speech_in_one_batch(), ["[1,512]", "[2,1,128]", "[]"], "input [?,512] and state [2,?,128] run with 1"),
    ],
)
def test_only_the_batch_is_open(model: ov.Model, shapes: list[str], said: str, tmp_path: Path) -> None:
    assert read(model, tmp_path) == (shapes, [f"batch left open by the model: {said}; -b N gives another"])


@pytest.mark.parametrize(
    "model",
    [
        passing(("[?]", np.float32)),
        passing(("[?,?]", np.int64)),
        passing(("[8,?]", np.float32)),
        passing(("[...]", np.float32)),
        passing(("[?,8]", np.float32), ("[2,?,8]", np.float32)),
        passing(("[?,8]", np.float32), layouts=("CN",)),
        only_a_batch_of_four(),
    ],
)
def test_what_is_not_known_to_be_a_batch_is_asked_for(model: ov.Model, tmp_path: Path) -> None:
    with pytest.raises(OpenShapes):
        read(model, tmp_path)
    assert read(model, tmp_path, data_shape="[1,8]")[1] == []


def test_a_batch_that_is_given_is_not_told_of(tmp_path: Path) -> None:
    assert read(passing(("[?,8]", np.float32)), tmp_path, batch_size=3) == (["[3,8]"], ["batch 3: a [3,8]"])
    assert read(passing(("[?,8]", np.float32)), tmp_path, shape="[2,8]") == (["[2,8]"], [])


def test_what_openvino_finds_equal_leaves_the_model_as_it_is() -> None:
    model = speech_in_one_batch()
    assert agreeing_dims(model) == [{(0, 0), (1, 1)}]
    assert [str(port.partial_shape) for port in model.inputs] == ["[?,512]", "[2,?,128]", "[]"]


def test_a_sentence_names_few_of_many(tmp_path: Path) -> None:
    names = [f"x{n}" for n in range(49)]
    inputs = [parameter("[?,?]", np.float32, name) for name in names]
    with pytest.raises(OpenShapes) as raised:
        read(model_of(inputs, *inputs), tmp_path)
    listed = "x0 [?,?], x1 [?,?], x2 [?,?], x3 [?,?] and 45 more (ovtui inspect MODEL lists them)"
    assert f"{listed}; give them with --shape" in str(raised.value)
