"""The inputs of a language model, known by the names that optimum-intel gives them: which values are valid, what shape
each has where the model leaves it open, and which of them follow what a decoder has seen before."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import openvino as ov

from ovtui.engine.model.element_types import ElementType
from ovtui.engine.model.ports import MAX_NAMED, port_name, port_names
from ovtui.settings.listing import first_few_listed
from ovtui.settings.port_values import shape_option

Role = Literal["tokens", "embeds", "mask", "positions", "beams", "types", "past", "branch"]
Shape = tuple[int, ...]

TOKENS = 1
"""Tokens of a request where the model leaves the length open: the step of a decoder that generates."""
_ROLES: dict[str, Role] = {
    "input_ids": "tokens",
    "decoder_input_ids": "tokens",
    "inputs_embeds": "embeds",
    "attention_mask": "mask",
    "decoder_attention_mask": "mask",
    "position_ids": "positions",
    "cache_position": "positions",
    "beam_idx": "beams",
    "token_type_ids": "types",
    "use_cache_branch": "branch",
}
_UNKNOWN_TABLE = 2
"""Indices 0 and 1 are valid in any table."""


@dataclass(frozen=True, slots=True)
class DecoderPorts:
    """The inputs of a decoder by index. Without any it is no decoder, and no input is known."""

    roles: Mapping[int, Role]
    ports: Mapping[int, ov.Output]
    vocabulary: int
    """Token ids are below this."""
    positions: int | None
    """Rows of the table of positions; None where there is none that shows."""

    def batch_and_tokens(self, shapes: Mapping[int, Shape]) -> tuple[int, int]:
        """Sequences side by side and tokens of each, by the shapes of an item, 1 and TOKENS where they do not tell."""
        for wanted in ("tokens", "embeds"):
            for index, role in self.roles.items():
                shape = shapes.get(index, self._given(index))
                if role == wanted and len(shape) >= 2:
                    batch, tokens = shape[0], shape[1]
                    return (1 if batch < 0 else batch), (TOKENS if tokens < 0 else tokens)
        return 1, TOKENS

    def past_tokens(self, shapes: Mapping[int, Shape]) -> int:
        """The length of the past that an item has as inputs, by its mask or its caches; 0 for a model with state."""
        known = {role: index for index, role in self.roles.items()}
        if "past" not in known:
            return 0
        mask = shapes.get(known.get("mask", -1), self._given(known["mask"]) if "mask" in known else ())
        if len(mask) == 2 and mask[1] >= 0:
            return max(mask[1] - self.batch_and_tokens(shapes)[1], 0)
        for index in (index for index, role in self.roles.items() if role == "past" and index in shapes):
            places = past_places(self.ports[index].partial_shape)
            return shapes[index][places[-1]] if len(places) > 1 else 0
        return 0

    def complete(self, shapes: Mapping[int, Shape]) -> dict[int, Shape]:
        """The shapes of all known inputs of an item. Given ones stay; open dimensions become the item's batch, tokens
        and past."""
        batch, tokens = self.batch_and_tokens(shapes)
        past = self.past_tokens(shapes)
        return {index: shapes.get(index) or self._filled(index, batch, tokens, past) for index in self.roles}

    def _given(self, index: int) -> Shape:
        """The port's shape with -1 for open dimensions; empty where even their number is open."""
        shape = self.ports[index].partial_shape
        if shape.rank.is_dynamic:
            return ()
        return tuple(-1 if dim.is_dynamic else dim.get_length() for dim in shape)

    def _filled(self, index: int, batch: int, tokens: int, past: int) -> Shape:
        given, role = self._given(index), self.roles[index]
        wanted: Shape
        if role == "past":
            first = past_places(self.ports[index].partial_shape)[0]
            wanted = tuple(batch if at == first else past for at in range(len(given)))
        elif role in ("beams", "branch"):
            wanted = (batch,)
        elif role == "mask":
            wanted = (batch, past + tokens)
        else:
            wanted = (batch, tokens)
        if len(given) < len(wanted):
            wanted = wanted[len(wanted) - len(given) :]  # positions [tokens]
        elif role == "positions":
            wanted = (*([3] * (len(given) - len(wanted))), *wanted)  # of pictures too: [3, batch, tokens]
        else:
            wanted = (*wanted, *([1] * (len(given) - len(wanted))))
        return tuple(size if size >= 0 else open_size for size, open_size in zip(given, wanted, strict=True))

    def values(self, index: int, shape: Shape, kind: ElementType, rng: np.random.Generator, past: int = 0) -> Any:
        """Valid values of a known input, as far as `kind` holds them, which --input-precision may have made a small
        type: the `past` tokens before it count in positions."""
        dtype = kind.dtype
        match self.roles[index]:
            case "tokens":
                return rng.integers(0, min(self.vocabulary, kind.last_whole + 1), shape).astype(dtype)
            case "mask":
                return np.ones(shape, dtype)
            case "positions":
                return self.position_values(shape, kind, past)
            case "beams":
                count = int(np.prod(shape))
                return np.minimum(np.arange(count), min(count, kind.last_whole)).reshape(shape).astype(dtype)
            case "types":
                return np.zeros(shape, dtype)
            case "branch":
                return np.full(shape, past > 0, dtype)
            case _:
                return rng.random(shape, np.float32).astype(dtype)

    def position_values(self, shape: Shape, kind: ElementType, past: int) -> Any:
        """Rising from `past`, and no further than the table of positions and the type go."""
        rising = np.minimum(np.arange(past, past + shape[-1]), self.last_position(past + shape[-1], kind))
        return np.broadcast_to(rising, shape).astype(kind.dtype)

    def last_position(self, past: int, kind: ElementType) -> int:
        """The position of a single token after `past` tokens."""
        known = past if self.positions is None else min(past, self.positions - 1)
        return min(known, kind.last_whole)

    def following(self) -> list[tuple[int, Role]]:
        """The inputs that change with the length of the state: masks of open length, and positions."""
        return [
            (index, role)
            for index, role in self.roles.items()
            if role == "positions" or (role == "mask" and self._given(index)[-1:] == (-1,))
        ]


def past_places(shape: ov.PartialShape) -> tuple[int, ...]:
    """The place of the batch in the shape of a decoder's cache, and that of the past where it is open: the first two
    open dimensions, or the first dimension, which has the batch's size already, and an open one."""
    is_open = [] if shape.rank.is_dynamic else [at for at, dim in enumerate(shape) if dim.is_dynamic]
    if len(is_open) > 1 or is_open[:1] == [0]:
        return tuple(is_open[:2])
    return 0, *is_open


NO_DECODER = DecoderPorts({}, {}, _UNKNOWN_TABLE, None)


def decoder_ports(model: ov.Model | ov.CompiledModel) -> DecoderPorts:
    """The known inputs of a decoder, which takes tokens or embeddings, and holds its past as state or takes it as
    inputs; NO_DECODER for any other model."""
    roles = {index: role for index, port in enumerate(model.inputs) if (role := _role(port)) is not None}
    found = set(roles.values())
    keeps_past = found & {"beams", "past"} or (isinstance(model, ov.Model) and model.get_variables())
    if not found & {"tokens", "embeds"} or not keeps_past:
        return NO_DECODER
    ports = {index: model.inputs[index] for index in roles}
    tables = {"tokens": _UNKNOWN_TABLE, "positions": None}
    if isinstance(model, ov.Model):
        for index, role in roles.items():
            if role in tables:
                tables[role] = _table_rows(ports[index]) or tables[role]
    return DecoderPorts(roles, ports, tables["tokens"] or _UNKNOWN_TABLE, tables["positions"])


def text_inputs(model: ov.Model | ov.CompiledModel) -> list[int]:
    """The inputs whose first dimension is the batch by their names, in any language model: tokens or embeddings."""
    return [index for index, port in enumerate(model.inputs) if _role(port) in ("tokens", "embeds")]


def open_shapes_text(decoder: DecoderPorts) -> str:
    """What is put into open shapes, for a note; empty where none is open."""
    shapes = decoder.complete({})
    chosen = [
        shape_option([(port_name(decoder.ports[index]), shape)])
        for index, shape in shapes.items()
        if decoder.ports[index].partial_shape.is_dynamic
    ]
    if not chosen:
        return ""
    batch, tokens = decoder.batch_and_tokens({})
    known = [index for index, role in decoder.roles.items() if role in ("tokens", "embeds")]
    example = shape_option([(port_name(decoder.ports[known[0]]), [batch, 128])])
    some = first_few_listed(chosen, MAX_NAMED)
    return (
        f"the model leaves shapes open: each request has {tokens} token{'s' * (tokens != 1)} ({some}); "
        f"--data-shape {shlex.quote(example)} gives it more"
    )


def _role(port: ov.Output) -> Role | None:
    names = port_names(port)
    for name in names:
        if name in _ROLES:
            return _ROLES[name]
        if name.startswith(("past_key_values", "past.")):
            return "past"
    return None


def _table_rows(port: ov.Output) -> int | None:
    """The rows of the smallest table that the port's values are looked up in (Gather); None where none shows."""
    found: list[int] = []
    ahead, seen = [port], 0
    while ahead and seen < 32:
        seen += 1
        for target in ahead.pop().get_target_inputs():
            node = target.get_node()
            if node.get_type_name() == "Gather" and target.get_index() == 1:
                rows = node.input_value(0).partial_shape
                if rows.rank.is_static and len(rows) and rows[0].is_static:
                    found.append(rows[0].get_length())
            elif node.get_type_name() in ("Convert", "Reshape", "Unsqueeze", "Squeeze"):
                ahead.append(node.output(0))
    return min(found, default=None)
