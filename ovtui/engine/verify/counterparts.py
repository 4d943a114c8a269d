"""Which operation of one model belongs to which of the other: by what they compute from, and by their names."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cached_property

import openvino as ov

from ovtui.engine.verify.layer_plan import constant_names, constants_of, sources_of

_ENDS = ("Result", "Parameter")
_TRANSPARENT = ("FakeQuantize", "Convert")
"""One of two models may have them in between."""
_TRUSTED = 0.9
"""Names that OpenVINO numbered count where so many of them are in both models: then one file was made of the other."""
Signature = tuple[str, int, tuple[tuple[int, int], ...]]
"""Of an operation: its type, its number of outputs, and the operation and the output of each thing it computes from;
-1 for what is constant."""


def name_apart(model: ov.Model) -> list[str]:
    """Gives operations that have the same name one of their own ('act', 'act#2'), by which layers are told. Returns the
    names that several had."""
    seen = Counter(node.friendly_name for node in model.get_parameters())
    taken = {node.friendly_name for node in model.get_ops()}
    repeated = []
    for node in model.get_ordered_ops():
        name = node.friendly_name
        if node.get_type_name() in _ENDS:
            continue
        seen[name] += 1
        if seen[name] > 1:
            while (own := f"{name}#{seen[name]}") in taken:
                seen[name] += 1
            taken.add(own)
            node.set_friendly_name(own)
            repeated.append(name)
    return sorted(set(repeated))


def counterparts(model: ov.Model, other: ov.Model, places: list[int]) -> dict[int, int]:
    """The place in `other`'s order of each operation of `model` that is not constant, where it has one. `places`: the
    index in `other` of each input.

    Where both have the same structure, names only tell apart what computes from the same: two exports of one network
    number their operations differently. Else names count first, and the structure around them."""
    mine, theirs = _Graph(model), _Graph(other)
    inputs = {}
    for index, place in enumerate(places):
        ours, its = model.get_parameters()[index], other.get_parameters()[place]
        inputs[mine.place_of[ours.friendly_name]] = theirs.place_of[its.friendly_name]
    for likest in (_likest, _in_order):
        same = _walk(mine, theirs, inputs, lambda _: None, likest)
        if len(mine.layers & same.keys()) == len(mine.layers) == len(theirs.layers):
            return same
    shared = [name for name in mine.numbered if name in theirs.numbered]
    trusted = len(shared) >= _TRUSTED * max(len(mine.numbered), len(theirs.numbered), 1)

    def by_name(at: int) -> int | None:
        node = mine.ops[at]
        place = theirs.place_of.get(node.friendly_name)
        if place is None or place not in theirs.layers or (node.friendly_name in mine.numbered and not trusted):
            return None
        return place if theirs.ops[place].get_output_size() == node.get_output_size() else None

    mine, theirs = _Graph(model, through=True), _Graph(other, through=True)
    return _walk(mine, theirs, inputs, by_name, _likest)


class _Graph:
    def __init__(self, model: ov.Model, *, through: bool = False) -> None:
        """`through`: what rounds or converts counts as nothing in between."""
        self._through = through
        self.ops = list(model.get_ordered_ops())
        self.constant = constant_names(self.ops)
        self.place_of = {
            node.friendly_name: at for at, node in reversed(list(enumerate(self.ops)))
            if node.get_type_name() != "Result"
        }  # fmt: skip
        self.layers = {
            at for at, node in enumerate(self.ops)
            if node.friendly_name not in self.constant and node.get_type_name() not in _ENDS
        }  # fmt: skip
        self.numbered = {
            node.friendly_name for node in (self.ops[at] for at in self.layers)
            if re.fullmatch(rf"{re.escape(node.get_type_name())}_\d+", node.friendly_name)
        }  # fmt: skip
        """Names that OpenVINO gave, anew in each process."""
        self._weights: dict[int, int] = {}

    @cached_property
    def by_signature(self) -> dict[Signature, list[int]]:
        found: dict[Signature, list[int]] = {}
        for at in sorted(self.layers):
            signature = self.signature(at, lambda place: place)
            if signature is not None:
                found.setdefault(signature, []).append(at)
        return found

    @cached_property
    def names(self) -> set[str]:
        return {self.ops[at].friendly_name for at in self.layers}

    def signature(self, at: int, placed: Callable[[int], int | None]) -> Signature | None:
        """None where something it computes from has no place."""
        node, sources = self.ops[at], []
        for port in sources_of(node):
            while self._through and port.get_node().get_type_name() in _TRANSPARENT:
                port = port.get_node().input_value(0)
            name = port.get_node().friendly_name
            place = -1 if name in self.constant else placed(self.place_of[name])
            if place is None:
                return None
            sources.append((place, port.get_index()))
        return node.get_type_name(), node.get_output_size(), tuple(sources)

    def weights(self, at: int) -> int:
        """A sum over the bytes of what an operation computes with; 0 for nothing."""
        if at not in self._weights:
            total = 0
            for constant in constants_of(self.ops[at], self.constant):
                if constant.output(0).element_type.get_type_name() != "string":
                    total = zlib.crc32(constant.data.tobytes(), total)
            self._weights[at] = total
        return self._weights[at]


def _walk(
    mine: _Graph,
    theirs: _Graph,
    inputs: Mapping[int, int],
    by_name: Callable[[int], int | None],
    likest: Callable[[_Graph, int, _Graph, list[int]], int],
) -> dict[int, int]:
    """In the order of the model. What `by_name` says counts before the structure."""
    named = {at: place for at in sorted(mine.layers) if (place := by_name(at)) is not None}
    found = dict(inputs) | named
    taken = set(named.values())
    for at in sorted(mine.layers - named.keys()):
        signature = mine.signature(at, found.get)
        if signature is None:
            continue
        free = [place for place in theirs.by_signature.get(signature, ()) if place not in taken]
        if free:
            found[at] = free[0] if len(free) == 1 else likest(mine, at, theirs, free)
            taken.add(found[at])
    return found


def _in_order(_mine: _Graph, _at: int, _theirs: _Graph, free: list[int]) -> int:
    """Where weights changed places, what they are tells nothing."""
    return free[0]


def _likest(mine: _Graph, at: int, theirs: _Graph, free: list[int]) -> int:
    """Of those that compute from the same: the one of its name, then with its weights, its shape; else the first that
    belongs to no other."""
    node = mine.ops[at]
    named = [place for place in free if theirs.ops[place].friendly_name == node.friendly_name]
    if named and node.friendly_name not in mine.numbered:
        return named[0]  # without a look at gigabytes of weights
    weights = mine.weights(at)
    others = {mine.weights(each) for each in mine.layers if each != at and mine.ops[each].get_type_name() ==
              node.get_type_name()}  # fmt: skip

    def likeness(place: int) -> tuple[bool, ...]:
        its = theirs.ops[place]
        own = theirs.weights(place)
        return (
            its.friendly_name not in mine.names or its.friendly_name in theirs.numbered,
            own == weights,
            own not in others,
            its.output(0).partial_shape == node.output(0).partial_shape,
        )

    return max(free, key=likeness)
