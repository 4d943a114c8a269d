"""A model without inputs: read as it is, and nothing can be set of its inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine.errors import UsageError
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.read_model import read_model
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings


@pytest.fixture
def model_path(tmp_path: Path) -> Path:
    frozen = op.relu(op.constant(np.ones((1, 8), np.float32)))
    ov.save_model(ov.Model([op.result(frozen)], [], "none"), tmp_path / "none.xml")
    return tmp_path / "none.xml"


def test_it_is_read_and_takes_no_settings_of_inputs(model_path: Path) -> None:
    settings = Settings(model=str(model_path))
    model = read_model(ov.Core(), settings)
    assert inputs_for(settings, model).cycled is False
    pictures = with_changes(settings, {"input_precision": "u8-pictures"})  # of those that it has
    assert read_model(ov.Core(), pictures).inputs == []
    for change, flag in (
        ({"shape": "[1,8]"}, "--shape"), ({"data_shape": "[1,8]"}, "--data-shape"), ({"batch_size": 4}, "--batch-size"),
        ({"layout": "NC"}, "--layout"), ({"mean_values": "[1]"}, "--mean-values"), ({"input": "a.npy"}, "--input"),
        ({"input_precision": "u8"}, "--input-precision"), ({"scale_values": "[2]"}, "--scale-values"),
    ):  # fmt: skip
        with pytest.raises(UsageError) as refused:
            read_model(ov.Core(), with_changes(settings, change))
        assert str(refused.value) == f"{flag}: the model has no inputs, so there is nothing to set it for"
