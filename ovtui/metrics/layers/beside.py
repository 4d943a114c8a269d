"""The layers of two devices beside each other. Each device fuses other operations into a layer, so that layers are
matched by the operations of the model that they were made of: those that share one are a group, and so are those that
share one with a layer of the group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ovtui.metrics.layers.table import Sort, matches
from ovtui.records.layers import LayerTimes


class LayerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The least sets of layers of both devices that were made of the same operations."""

    name: str
    """Of its longest layer."""
    type: str
    original_names: list[str]
    """Of the operations of the model; empty of a layer that a device has added, as a Reorder."""
    a_layers: list[str]
    """Of the first device, in the order of execution; empty where only the second one has it."""
    b_layers: list[str]
    a_kernels: list[str]
    """Of each of these layers, as its `exec_type`."""
    b_kernels: list[str]
    a_us: float | None
    """Sum of the medians; null where the device has no layer of it."""
    b_us: float | None
    ratio: float | None
    """Second divided by first; null where one is not there, or is 0."""
    order: int
    """By the first device's execution, from 0; what only the second one has stands where it executes it."""


def beside(a: Sequence[LayerTimes], b: Sequence[LayerTimes]) -> list[LayerGroup]:
    """The groups in the order of execution; layers without a time belong to none."""
    timed = [(side, layer) for side, layers in enumerate((a, b)) for layer in layers if layer.median_us is not None]
    parent = [*range(len(timed))]

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = at = parent[parent[at]]
        return at

    first_of: dict[str, int] = {}
    for at, (_, layer) in enumerate(timed):
        for name in layer.original_names:
            parent[root(at)] = root(first_of.setdefault(name, at))
    members: dict[int, list[int]] = {}
    for at in range(len(timed)):
        members.setdefault(root(at), []).append(at)
    groups = [[timed[at] for at in found] for found in members.values()]
    groups.sort(key=_places(groups))
    return [_group(number, layers) for number, layers in enumerate(groups)]


_Group = list[tuple[int, LayerTimes]]
"""Layers, each with its side: 0, 1."""


def _places(groups: Sequence[_Group]) -> Callable[[_Group], tuple[int, int]]:
    """Where each group stands: by the first device's order; one that only the second device has follows the group of
    the layer that it executes before."""
    of_second = sorted((layer.order, at) for at, group in enumerate(groups) for side, layer in group if side == 1)
    by_first = {at: min(orders) for at, group in enumerate(groups) if (orders := _orders(group, 0))}
    places, before = {at: (order, -1) for at, order in by_first.items()}, -1
    for order, at in of_second:
        before = by_first.get(at, before)
        places.setdefault(at, (before, order))
    place_of = {id(group): places[at] for at, group in enumerate(groups)}
    return lambda group: place_of[id(group)]


def _orders(group: _Group, wanted: int) -> list[int]:
    return [layer.order for side, layer in group if side == wanted]


def _group(order: int, layers: _Group) -> LayerGroup:
    sides = [[layer for side, layer in layers if side == wanted] for wanted in (0, 1)]
    a_us, b_us = (sum(layer.median_us or 0.0 for layer in side) if side else None for side in sides)
    longest = max((layer for _, layer in layers), key=lambda layer: layer.median_us or 0.0)
    return LayerGroup(
        name=longest.name,
        type=longest.type,
        original_names=list(dict.fromkeys(name for _, layer in layers for name in layer.original_names)),
        a_layers=[layer.name for layer in sides[0]],
        b_layers=[layer.name for layer in sides[1]],
        a_kernels=[layer.exec_type for layer in sides[0]],
        b_kernels=[layer.exec_type for layer in sides[1]],
        a_us=a_us,
        b_us=b_us,
        ratio=b_us / a_us if a_us and b_us else None,
        order=order,
    )


def sorted_groups(
    groups: Sequence[LayerGroup], layers: Sequence[LayerTimes], sort: Sort = "time", pattern: str = ""
) -> list[LayerGroup]:
    """By time: the longer of the two sides decides. `layers`: of both devices; `pattern` finds a group by any of its
    layers."""
    wanted = {(layer.name, layer.exec_type) for layer in layers if matches(layer, pattern)}
    found = [group for group in groups if not wanted.isdisjoint(_members(group))]
    match sort:
        case "time":
            return sorted(found, key=lambda group: -max(group.a_us or 0.0, group.b_us or 0.0))
        case "name":
            return sorted(found, key=lambda group: group.name.casefold())
        case "type":
            return sorted(found, key=lambda group: group.type.casefold())
        case "order":
            return found


def _members(group: LayerGroup) -> list[tuple[str, str]]:
    """Two layers of one name have different kernels."""
    names, kernels = [*group.a_layers, *group.b_layers], [*group.a_kernels, *group.b_kernels]
    return list(zip(names, kernels, strict=True))
