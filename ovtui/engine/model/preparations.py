"""What becomes of each input's data on its way to the model, put together for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import openvino as ov

from ovtui.engine.model.input_files import DataFacts
from ovtui.engine.model.inputs import Inputs
from ovtui.engine.model.ports import port_name
from ovtui.engine.model.preprocessing import known_layouts, lost_in_conversion, steps_of
from ovtui.records.descriptions import InputPreparation, preparation_text
from ovtui.records.events import Severity
from ovtui.settings.schema.settings import Settings

MAX_TOLD = 200
"""Inputs: each takes some 300 bytes of a message, which has at most 128 KiB."""


def input_preparations(
    model: ov.Model | ov.CompiledModel, settings: Settings, inputs: Inputs | None = None
) -> list[InputPreparation]:
    """Of each input of a model that `read_model` gave, or of a blob, of the first MAX_TOLD. Without `inputs` the data
    is random."""
    found = []
    for index, (letters, origin) in islice(enumerate(known_layouts(model, settings)), MAX_TOLD):
        port = model.inputs[index]
        facts = inputs.facts.get(index) if inputs is not None else None
        facts = facts or DataFacts(kinds={"random"})
        steps = steps_of(port)
        if facts.layout and facts.layout != letters:
            letters, origin = facts.layout, "guessed"
        found.append(
            InputPreparation(
                input=port_name(port),
                data=next(iter(facts.kinds)) if len(facts.kinds) == 1 else "mixed",
                files=facts.files,
                file=facts.first,
                picture_size=next(iter(facts.sizes), None),
                picture_sizes=len(facts.sizes),
                resized_to=list(facts.resized_to),
                color=facts.order,
                remarks=list(facts.remarks),
                layout=letters,
                layout_from=origin,
                tensor_type=port.element_type.get_type_name(),
                model_type=steps.model_type,
                mean=steps.mean,
                scale=steps.scale,
                loses=lost_in_conversion(port.element_type.get_type_name(), steps),
            )
        )
    return found


def preparation_notes(prepared: Iterable[InputPreparation]) -> Iterator[tuple[Severity, str]]:
    """What a person need be told of it, as notes."""
    for each in prepared:
        if not each.is_plain:
            yield "info", f"input {each.input}: {preparation_text(each)}"
        if each.loses:
            yield "warning", f"input {each.input}: in the model {each.loses}"
