"""A model without inputs: all that it computes from is constant. It runs; a setting of its inputs is wrong use."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.errors import UsageError
from ovtui.settings.schema.port_types import PICTURES_U8
from ovtui.settings.schema.settings import Settings, fields

_OF_INPUTS = (
    "input", "shape", "data_shape", "batch_size", "layout", "mean_values", "scale_values", "input_precision",
)  # fmt: skip


def refuse_settings_of_inputs(model: ov.Model | ov.CompiledModel, settings: Settings) -> None:
    """Raises UsageError where the settings say something of the inputs of a model that has none."""
    if model.inputs:
        return
    for name in _OF_INPUTS:
        field = fields()[name]
        if getattr(settings, name) not in (field.default, PICTURES_U8):  # a rule for inputs there may be
            flag = next(flag for flag in field.spec.flags if flag.startswith("--"))
            raise UsageError(f"{flag}: the model has no inputs, so there is nothing to set it for")
