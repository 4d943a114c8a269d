"""Input data of the infer requests. Random data (`random_items.py`) is filled in once for each infer request, so that
the load measures inference and not the making of numbers. Given items are cycled through, one for each request, and the
time of copying is recorded separately."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import openvino as ov

from ovtui.engine import free_memory
from ovtui.engine.errors import UsageError
from ovtui.engine.model.decoder_ports import DecoderPorts, decoder_ports, open_shapes_text
from ovtui.engine.model.element_types import (
    ElementType,
    convert,
    file_type,
    input_type,
    random_values,
    string_inputs,
    tensor_of,
    u1_note,
)
from ovtui.engine.model.file_items import (
    completed_shapes,
    file_items,
    files_by_input,
    input_port,
    items_by_shape,
    shapes_of_files,
)
from ovtui.engine.model.input_files import DataFacts, unused_files_text
from ovtui.engine.model.ports import port_name, port_shape, shapes_by_port
from ovtui.engine.model.random_items import ItemPool, RandomColumn, bytes_of
from ovtui.records.clock import now_ns
from ovtui.records.events import Severity
from ovtui.settings.schema.groups.inputs import FROM_FILES
from ovtui.settings.schema.settings import Settings

Shape = tuple[int, ...]
Shapes = dict[int, Shape]
"""Of one item, by input index."""


class Inputs:
    """Owner: the load thread. An item holds a tensor for each input, in the bytes that the model takes."""

    own_tensors = False
    """True: each infer request gets input tensors of ours, as benchmark_app does; False: its own are filled in. Ours
    are faster on a GPU (64x64 MatMul, one in flight, H100: 17,698/s against 13,531) and the same on the CPU. Under
    BATCH a tensor of ours would cost one more copy."""

    def __init__(self, items: Sequence[list[ov.Tensor]], cycled: bool, data_shapes: bool = False) -> None:
        """`data_shapes`: the items have the shapes of --data-shape in turn."""
        self.past: PastInputs | None = None
        """What a decoder's inputs say of its past; None for other models."""
        self.item = 0
        """The number of the item that was last filled in."""
        self._items = items
        self._next = itertools.cycle(enumerate(items))
        self.cycled = cycled
        """True when every request gets the next item; False when each infer request keeps the item of its index."""
        self.each = False
        """True when every request gets its item anew although it may be the same, as a tensor that an application
        holds (benchmark_app's full mode): it is set where that costs no copy more, else copied."""
        self.notes: list[tuple[Severity, str]] = []
        """Notes for the person on the data."""
        self.request_bytes = 0
        """What the input tensors of one infer request take; the largest where shapes take turns."""
        self.data_shape = 0
        """The record's `data_shape` of the item that was last filled in."""
        self._data_shapes = data_shapes
        self.facts: dict[int, DataFacts] = {}
        """What was found in the files of each input that has any."""
        self.turns: list[Shapes] = []
        """The shapes of --data-shape in turn: item n has the shapes n modulo their count."""
        self.given_shapes: list[int] = []
        """The inputs that --data-shape names."""

    @property
    def first_shapes(self) -> list[tuple[int, ...] | None]:
        """Of the first item, by input; None for an input that keeps its content."""
        return [None if array is None else tuple(array.shape) for array in self._items[0]]

    @property
    def count(self) -> int:
        """The items, each of which is used before one comes again."""
        return len(self._items)

    def fill_new(self, request: ov.InferRequest, number: int) -> None:
        """Fills in the input of a new infer request, the `number`-th of the pool."""
        item = self._items[number % len(self._items)]
        if self.own_tensors:
            for index, tensor in enumerate(item):
                _set_own_tensor(request, index, tensor)
        else:
            self._fill(request, item)

    def item_of(self, number: int) -> int:
        """The item that `fill_new` gives the `number`-th infer request of the pool."""
        return number % len(self._items)

    def fill_next(self, request: ov.InferRequest) -> int:
        """Fills in the next item before a request is started; returns how long that took, ns."""
        began_ns = now_ns()
        number, item = next(self._next)
        self.item = number
        if self.each and self.own_tensors and self.past is None:  # what follows a state is written into its tensor
            for index, tensor in enumerate(item):
                request.set_input_tensor(index, tensor)
        else:
            self._fill(request, item)
        if self._data_shapes:
            self.data_shape = number % len(self.turns) & 0xFF
        return now_ns() - began_ns

    def keep_first(self) -> None:
        """Leaves the first item alone, and its shapes."""
        self._items, self.turns = self._items[:1], self.turns[:1]
        self._next = itertools.cycle(enumerate(self._items))

    @staticmethod
    def _fill(request: ov.InferRequest, item: list[ov.Tensor]) -> None:
        for index, tensor in enumerate(item):
            _put(request, index, tensor)


class PastInputs:
    """The inputs of a decoder that say how much it has seen: masks and positions, which follow the length of its state.
    Owner: the load thread."""

    def __init__(self, decoder: DecoderPorts, following: list[tuple[int, ElementType, bool]], items: list[Any]) -> None:
        """`following`: index, type, and whether it is a mask (else positions), of each input to follow. `items`:
        (batch, tokens, shapes by index) of each item."""
        self._decoder = decoder
        self._following = following
        self._items = items
        self._ones: dict[ElementType, np.ndarray[Any, Any]] = {}
        self._in_use: list[np.ndarray[Any, Any]] = []
        """Shorter ones, which tensors of requests may still share: OpenVINO does not keep them alive."""

    @property
    def tokens(self) -> list[int]:
        """Of a sequence, by item."""
        return [tokens for _, tokens, _ in self._items]

    @property
    def batches(self) -> list[int]:
        """Sequences side by side, by item."""
        return [int(batch) for batch, _, _ in self._items]

    @property
    def batch(self) -> int:
        """Sequences side by side, of the first item."""
        return self.batches[0]

    @property
    def request_tokens(self) -> int | None:
        """Tokens of a sequence that each request takes; None where items differ."""
        return self.tokens[0] if len({(batch, tokens) for batch, tokens, _ in self._items}) == 1 else None

    @property
    def follows(self) -> bool:
        return bool(self._following)

    def follow(self, request: ov.InferRequest, item: int, past: int) -> None:
        """Fills in what an infer request takes after `past` tokens. 5 us for a mask and the position of one token; all
        masks are views of one array of ones."""
        batch, tokens, shapes = self._items[item]
        for index, kind, is_mask in self._following:
            if is_mask:
                size = batch * (past + tokens)
                ones = self._ones.get(kind)
                if ones is None or ones.size < size:
                    ones = self._ones[kind] = np.ones(max(2 * size, 4096), kind.dtype)
                    self._in_use.append(ones)
                tensor = tensor_of(ones[:size].reshape(batch, past + tokens), kind)
                if kind.bits >= 8:
                    request.set_input_tensor(index, tensor)
                else:  # packed: it is no view
                    _put(request, index, tensor)
            elif (
                tokens == 1 and kind.is_numpys and (data := request.get_input_tensor(index).data).shape == shapes[index]
            ):
                data[...] = self._decoder.last_position(past, kind)
            else:
                values = self._decoder.position_values(shapes[index], kind, past)
                _put(request, index, tensor_of(values, kind))


def _put(request: ov.InferRequest, index: int, tensor: ov.Tensor) -> None:
    """Copies into the tensor that the request has: under BATCH another one would cost one more copy. 2 us and the
    copying. A tensor is not made to take on another shape, which `copy_from` does: a stateful model on the CPU then
    corrupted the memory."""
    held = request.get_input_tensor(index)
    if held.shape == tensor.shape:  # 0.9 us; through a tuple of the shape 1.8 us
        held.copy_from(tensor)
    else:
        _set_own_tensor(request, index, tensor)


def _set_own_tensor(request: ov.InferRequest, index: int, tensor: ov.Tensor) -> None:
    """Gives the request a tensor of ours with a copy of `tensor`."""
    own = ov.Tensor(tensor.element_type, tensor.shape)
    own.copy_from(tensor)
    request.set_input_tensor(index, own)


def inputs_for(settings: Settings, model: ov.Model | ov.CompiledModel) -> Inputs:
    """Reads the data that the settings give, or makes random data. Raises UsageError."""
    rng = np.random.default_rng(settings.seed)
    decoder = decoder_ports(model)
    shapes, given_shapes = None, list[int]()
    files = files_by_input(settings, model)
    shaped = shapes_of_files(settings, model) if settings.data_shape == FROM_FILES else {}
    if shaped or settings.data_shape not in ("", FROM_FILES):
        optional = {*decoder.roles, *string_inputs(model)}
        by_port = (
            completed_shapes(shaped, model, optional)
            if shaped
            else shapes_by_port(settings.data_shape, model, "--data-shape", optional)
        )
        given_shapes, shapes = sorted(by_port), _with_decoder_shapes(decoder, by_port)
        _check_memory(shapes, model, settings)
    open_shapes = decoder.complete({})
    columns: list[Sequence[ov.Tensor]] = []
    turns = [] if shapes is None else _turns(shapes)
    if len(turns) > 1 and settings.fill_inputs == "kept":
        raise UsageError("--fill-inputs kept: data of several shapes is filled in before each inference; use each")
    too_large: list[str] = []
    facts: dict[int, DataFacts] = {}
    for index, port in enumerate(model.inputs):
        kind = input_type(port)
        shape = open_shapes[index] if index in open_shapes else _shape_without_data(port)
        if index in shaped:
            facts[index] = DataFacts()
            values = items_by_shape(settings, model, index, shaped[index], facts[index])
            columns.append([tensor_of(convert(each, kind), kind) for each in values])
        elif index in files:
            wanted = [
                input_port(settings, model, index, file_type(port), each)
                for each in [turn.get(index, shape) for turn in turns if not shaped] or [shape]
            ]
            if not turns and kind.family == "string":
                wanted = [replace(wanted[0], open_axes=_open_axes(port))]
            facts[index] = DataFacts()
            values = file_items(files[index], wanted, facts[index], too_large)
            columns.append([tensor_of(convert(each, kind), kind) for each in values])
        elif shapes is not None:
            columns.append([_values(decoder, index, {index: shape, **turn}, kind, rng) for turn in turns])
        else:
            columns.append(_random_column(settings.seed, decoder, index, {**open_shapes, index: shape}, kind))
    given = shapes is not None or bool(files)
    counted = [columns[index] for index in range(len(columns)) if shapes is not None or index in files or not given]
    count = max(map(len, counted), default=1)  # a model without inputs: one item without tensors
    each = bool(model.inputs) and _each(settings, model, turns)
    if each and not given:
        given, count, columns = True, 1, [column[:1] for column in columns]
    cycled = given and (each or (count > 1 and (bool(turns) or settings.fill_inputs == "once")))
    if cycled and count > 1:  # before each request one is copied, which must not have to be made then
        columns = [column.kept() if isinstance(column, RandomColumn) else column for column in columns]
    items = ItemPool(columns, count)
    inputs = Inputs(list(items) if given else items, cycled=cycled, data_shapes=bool(turns))
    inputs.each = each
    inputs.facts = facts
    inputs.turns, inputs.given_shapes = turns, given_shapes
    inputs.request_bytes = sum(map(_largest, columns))
    if note := u1_note(model):
        inputs.notes.append(("info", note))
    if shapes is None and string_inputs(model) and (note := _open_strings_text(model, items[0])):
        inputs.notes.append(("info", note))
    unused = "; ".join(
        filter(
            None,
            too_large
            or (
                unused_files_text(path, input_type(model.inputs[index]))
                for index, paths in files.items()
                for path in paths[: len(paths) == 1]
            ),
        )
    )
    if unused:
        inputs.notes.append(("warning", unused))
    if decoder.roles:
        following = [
            (index, input_type(model.inputs[index]), role == "mask")
            for index, role in decoder.following()
            if index not in files
        ]
        # Random items have the same shapes.
        sizes = [_decoder_item(decoder, item) for item in (items if given else [items[0]] * count)]
        inputs.past = PastInputs(decoder, following, sizes)
        if shapes is None and (chosen := open_shapes_text(decoder)):
            inputs.notes.append(("info", chosen))
    return inputs


def _each(settings: Settings, model: ov.Model | ov.CompiledModel, turns: Sequence[Shapes]) -> bool:
    """Whether inputs are given before every request; by benchmark_app's rule where it could not do otherwise."""
    if settings.fill_inputs == "benchmark_app":
        return len(turns) > 1 or any(port.partial_shape.is_dynamic for port in model.inputs)
    return settings.fill_inputs == "each"


def _open_strings_text(model: ov.Model | ov.CompiledModel, item: list[ov.Tensor]) -> str:
    """That an open shape takes one string; empty where none does."""
    names = [
        f"{port_name(port)} {port_shape(port)}"
        for port, tensor in zip(model.inputs, item, strict=True)
        if tensor.element_type == ov.Type.string and port.partial_shape.is_dynamic and tensor.size == 1
    ]
    return f"input {', '.join(names)}: each request has one string; --data-shape gives it more" if names else ""


def _random_column(
    seed: int,
    decoder: DecoderPorts,
    index: int,
    shapes: dict[int, tuple[int, ...]],
    kind: ElementType,
) -> RandomColumn:
    """Of one input of items whose inputs have `shapes`."""

    def make(variant: int) -> Any:
        return _values(decoder, index, shapes, kind, np.random.default_rng([seed, index, variant]))

    return RandomColumn(make, kind.bytes_of(math.prod(shapes[index])))


def _largest(column: Sequence[Any]) -> int:
    """The bytes of an input's largest array."""
    return column.nbytes if isinstance(column, RandomColumn) else max(map(bytes_of, column), default=0)


def _with_decoder_shapes(decoder: DecoderPorts, given: dict[int, list[Shape]]) -> dict[int, list[Shape]]:
    """The shapes of all inputs, in turn: of a decoder one input's shapes give those of the others."""
    whole = [{**decoder.complete(turn), **turn} for turn in _turns(given)]
    return {index: [turn[index] for turn in whole] for index in sorted(whole[0])}


def _check_memory(shapes: dict[int, list[Shape]], model: ov.Model | ov.CompiledModel, settings: Settings) -> None:
    """Raises UsageError where the data of --data-shape, which is made before the load, cannot be in memory."""
    bits = sum(math.prod(turn[i]) * model.inputs[i].element_type.bitwidth for turn in _turns(shapes) for i in turn)
    if reason := free_memory.why_too_large("the data of these shapes", bits // 8, free_memory.memory()):
        flag = "--input" if settings.data_shape == FROM_FILES else "--data-shape"
        raise UsageError(f"{flag}: {reason}")


def _turns(shapes: dict[int, list[Shape]]) -> list[Shapes]:
    """The shapes by input of each turn: the longest list says how many there are."""
    count = max(map(len, shapes.values()), default=1)
    return [{index: of[turn % len(of)] for index, of in shapes.items()} for turn in range(count)]


def _decoder_item(decoder: DecoderPorts, item: list[ov.Tensor]) -> tuple[int, int, dict[int, tuple[int, ...]]]:
    """Batch, tokens and shapes of an item."""
    shapes = {index: tuple(item[index].shape) for index in decoder.roles}
    return (*decoder.batch_and_tokens(shapes), shapes)


def _values(
    decoder: DecoderPorts,
    index: int,
    shapes: dict[int, tuple[int, ...]],
    kind: ElementType,
    rng: np.random.Generator,
) -> ov.Tensor:
    """Of one input of an item whose inputs have `shapes`."""
    if index in decoder.roles:
        values = decoder.values(index, shapes[index], kind, rng, decoder.past_tokens(shapes))
    else:
        values = random_values(rng, shapes[index], kind)
    return tensor_of(values, kind)


def _shape_without_data(port: ov.Output) -> tuple[int, ...]:
    """The shape of an input of which no data tells it: an open dimension is 1."""
    shape = port.partial_shape
    return (
        (1,)
        if shape.rank.is_dynamic
        else tuple(max(1, int(dim.get_min_length())) if dim.is_dynamic else int(dim.get_length()) for dim in shape)
    )


def _open_axes(port: ov.Output) -> tuple[int, ...]:
    shape = port.partial_shape
    return (0,) if shape.rank.is_dynamic else tuple(axis for axis, dim in enumerate(shape) if dim.is_dynamic)
