"""What a request holds: its data shape, as a text for people, and its items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import msgspec
import openvino as ov

from ovtui.engine.model.decoder_ports import text_inputs
from ovtui.engine.model.inputs import Inputs, Shapes, inputs_for
from ovtui.engine.model.layouts import batch_axis, given_layouts
from ovtui.engine.model.ports import shape_text
from ovtui.engine.model.preparations import input_preparations, preparation_notes
from ovtui.records.data_shapes import SHAPES
from ovtui.records.events import Compiled, DataShape, InputPreparation
from ovtui.settings.schema.settings import Settings

_COLOURS = 4
"""A picture has at most so many channels, and more rows and columns."""

_MAX_TEXT = 65_536
"""Characters of all data shapes: an event has to fit into a message of 128 KiB."""


@dataclass(frozen=True, slots=True)
class RequestContent:
    items: int | None = None
    """As in the event Compiled, like the following two."""
    items_deduced: bool = False
    data_shapes: list[DataShape] = field(default_factory=list)
    note: str = ""
    """Why there are no data shapes although the settings give them; else empty."""
    preparations: list[InputPreparation] = field(default_factory=list)
    """What becomes of each input's data."""

    def told_in(self, event: Compiled) -> Compiled:
        return msgspec.structs.replace(
            event,
            inputs=self.preparations,
            data_shapes=self.data_shapes,
            items=self.items,
            items_deduced=self.items_deduced,
        )

    @property
    def new_shapes(self) -> set[int]:
        """The index of each different data shape."""
        first: dict[str, int] = {}
        for index, shape in enumerate(self.data_shapes):
            first.setdefault(shape.text, index)
        return set(first.values())


def inputs_with_content(settings: Settings, model: ov.Model | ov.CompiledModel) -> tuple[Inputs, RequestContent]:
    """`inputs_for`, and what it gives to the requests, with notes on that. Raises UsageError."""
    inputs = inputs_for(settings, model)
    content = request_content(settings, model, inputs)
    prepared = input_preparations(model, settings, inputs)
    inputs.notes[:0] = preparation_notes(prepared)
    if content.note:
        inputs.notes.append(("warning", content.note))
    return inputs, replace(content, preparations=prepared)


def request_content(settings: Settings, model: ov.Model | ov.CompiledModel, inputs: Inputs) -> RequestContent:
    """`inputs`: what the requests are filled with. The batch dimension is that which a layout names (the model's own,
    `--layout`), that of `--batch-size`, the first one of a language model's inputs, or else, deduced, the first one
    of a picture, or an open one. Others do not tell it: a first dimension may be a sequence's, too."""
    turns = inputs.turns or [{n: _static(port) for n, port in enumerate(model.inputs)}]
    items, deduced = _items(settings, model, inputs, turns)
    same = items[0] if len(set(items)) == 1 else None
    if not inputs.turns:
        return RequestContent(same, deduced)
    texts = _texts(model, inputs, turns)
    if len(turns) > SHAPES or sum(map(len, texts)) > _MAX_TEXT:
        note = (
            f"--data-shape gives {len(turns)} shapes, more than are told apart (at most {SHAPES}): "
            "none has a latency of its own"
        )
        return RequestContent(same, deduced, note=note)
    return RequestContent(same, deduced, [DataShape(text, each) for text, each in zip(texts, items, strict=True)])


def _texts(model: ov.Model | ov.CompiledModel, inputs: Inputs, turns: Sequence[Shapes]) -> list[str]:
    """Of the inputs whose shapes the settings give and change; without names where the shapes leave no doubt."""
    dynamic = [n for n, port in enumerate(model.inputs) if port.partial_shape.is_dynamic]
    given = [n for n in inputs.given_shapes if n in dynamic] or inputs.given_shapes
    changing = [n for n in given if len({turn[n] for turn in turns}) > 1] or given
    if len(changing) == 1 and len(dynamic) <= 1:
        return [f"[{','.join(map(str, turn[changing[0]]))}]" for turn in turns]
    return [shape_text(model, {n: turn[n] for n in changing}) for turn in turns]


def _static(port: ov.Output) -> tuple[int, ...]:
    """Empty where it is dynamic."""
    return () if port.partial_shape.is_dynamic else tuple(int(dim) for dim in port.shape)


def _items(
    settings: Settings, model: ov.Model | ov.CompiledModel, inputs: Inputs, turns: Sequence[Shapes]
) -> tuple[list[int | None], bool]:
    """Items of a request in each turn, and whether they are deduced."""
    if inputs.past is not None:
        batches = inputs.past.batches[: len(turns)] if inputs.turns else inputs.past.batches
        return ([*batches] if inputs.turns or len(set(batches)) == 1 else [None]), False
    if settings.batch_size and not inputs.turns:
        return [settings.batch_size], False
    named = _named_dimensions(settings, model) or dict.fromkeys(text_inputs(model), 0)
    if named:
        return [_agreed(turn[n][at % len(turn[n])] for n, at in named.items() if turn.get(n)) for turn in turns], False
    likely = [n for n, port in enumerate(model.inputs) if _opens_with_batch(port.partial_shape)]
    deduced = [_agreed(shape[0] for n, shape in turn.items() if n in likely or _is_picture(shape)) for turn in turns]
    return list(deduced), any(items is not None for items in deduced)


def _named_dimensions(settings: Settings, model: ov.Model | ov.CompiledModel) -> dict[int, int]:
    """The batch dimension by input index, of the inputs whose layout names one."""
    found, given = {}, given_layouts(model, settings)
    for index, port in enumerate(model.inputs):
        at = batch_axis(port, ov.Layout(given[index]) if index in given else None)
        if at is not None:
            found[index] = at
    return found


def _opens_with_batch(shape: ov.PartialShape) -> bool:
    """Whether an open first dimension is the batch's: of three dimensions a sequence may come first, [?,1,64]."""
    if shape.rank.is_dynamic or len(shape) < 2 or shape[0].is_static:
        return False
    return len(shape) != 3 or (shape[1].is_static and shape[1].get_length() > 1)


def _is_picture(shape: tuple[int, ...]) -> bool:
    if len(shape) != 4:
        return False
    _, first, second, third = shape
    return first <= _COLOURS < min(second, third) or third <= _COLOURS < min(first, second)


def _agreed(sizes: Iterable[int]) -> int | None:
    """The size that all of them have; None without one."""
    found = set(sizes)
    return found.pop() if len(found) == 1 else None
