"""The constants of two models, one beside the other: what differs there is named also where no input shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import openvino as ov

from ovtui.engine.model.element_types import TYPE_NAMES, named_type, values_of_bytes
from ovtui.engine.verify.comparison import Array, Compared, compare, compare_bits
from ovtui.engine.verify.counterparts import counterparts
from ovtui.engine.verify.layer_plan import constant_names, constants_of
from ovtui.records.verification import ConstantDifference
from ovtui.settings.listing import first_few

_COARSER = ("f16", "bf16")
"""Types that weights are stored in: what rounding to them leaves is no other value."""


@dataclass(slots=True)
class ConstantsCompared:
    differing: list[ConstantDifference] = field(default_factory=list)
    by_layer: dict[str, list[str]] = field(default_factory=dict)
    """Names of those that differ by more than rounding, of each operation of the model."""
    notes: list[str] = field(default_factory=list)


def compare_constants(
    model: ov.Model, other: ov.Model, places: Mapping[int, int], deadline_s: float
) -> ConstantsCompared:
    """Of operations that belong together. `deadline_s`: on the monotonic clock."""
    found = ConstantsCompared()
    seen: set[str] = set()
    stored_otherwise: list[str] = []
    for layer, prefix, mine, theirs in _pairs(model, other, places):
        if len(mine) != len(theirs):
            stored_otherwise.append(f"{prefix}{layer}")
            continue
        for one, its in zip(mine, theirs, strict=True):
            if one.output(0).element_type.get_type_name() == "string" or one.output(0).shape != its.output(0).shape:
                stored_otherwise.append(f"{prefix}{layer}")
                continue
            if time.monotonic() > deadline_s:
                found.notes.append("there was no time left to compare all constants; --time-limit gives it more")
                return found
            told = _difference(one, its, prefix, layer)
            if told is None:
                continue
            if not told.rounding:
                found.by_layer.setdefault(prefix.partition(": ")[0] if prefix else layer, []).append(told.name)
            if told.name not in seen:
                seen.add(told.name)
                found.differing.append(told)
    if stored_otherwise:
        unique = list(dict.fromkeys(stored_otherwise))
        found.notes.append(
            f"constants of {first_few(unique, 3)} are stored in other forms in the two models, so that they were not "
            "compared one by one"
        )
    return found


def _pairs(
    model: ov.Model, other: ov.Model, places: Mapping[int, int], prefix: str = ""
) -> Iterator[tuple[str, str, list[ov.Node], list[ov.Node]]]:
    """The name of each operation, what stands before it, and the Constants it computes with in both."""
    mine, theirs = model.get_ordered_ops(), other.get_ordered_ops()
    constant, its_constant = constant_names(mine), constant_names(theirs)
    results = [each.friendly_name for each in other.get_results()]
    at_result = {node.friendly_name: at for at, node in enumerate(theirs)}
    own = {each.friendly_name: index for index, each in enumerate(model.get_results())}
    for at, node in enumerate(mine):
        name = node.friendly_name
        if name in constant:
            continue
        if node.get_type_name() == "Result":
            index = own[name]
            place = at_result[results[index]] if len(results) == len(own) else None
        else:
            place = places.get(at)
        if place is None:
            continue
        yield name, prefix, constants_of(node, constant), constants_of(theirs[place], its_constant)
        for body, its in zip(_bodies(node), _bodies(theirs[place]), strict=False):
            inputs = range(min(len(body.get_parameters()), len(its.get_parameters())))
            yield from _pairs(body, its, counterparts(body, its, list(inputs)), f"{prefix}{name}: ")


def _bodies(node: ov.Node) -> list[ov.Model]:
    kind = node.get_type_name()
    if kind == "If":
        return [node.get_then_body(), node.get_else_body()]
    return [node.get_function()] if kind in ("Loop", "TensorIterator") else []


def _difference(mine: ov.Node, theirs: ov.Node, prefix: str, layer: str) -> ConstantDifference | None:
    """None where both are the same."""
    kind, its = (each.output(0).element_type.get_type_name() for each in (mine, theirs))
    a, b = mine.data, theirs.data
    if kind == its and a.tobytes() == b.tobytes():
        return None
    compared, rounding = _compared(mine, theirs, kind, its)
    if compared.unequal == 0:
        return None
    return ConstantDifference(
        name=f"{prefix}{mine.friendly_name}",
        layer=f"{prefix}{layer}",
        element_type=kind,
        other_type=its,
        elements=compared.elements,
        unequal=compared.unequal,
        max_absolute=compared.max_absolute,
        max_relative=compared.max_relative,
        nans=compared.nans,
        rounding=rounding,
    )


def _compared(mine: ov.Node, theirs: ov.Node, kind: str, its: str) -> tuple[Compared, bool]:
    """And whether rounding to the coarser type alone explains it."""
    shape = tuple(int(size) for size in mine.output(0).shape)
    if kind not in TYPE_NAMES or its not in TYPE_NAMES:
        if kind != its:
            return Compared(shape, int(np.prod(shape)), True, int(np.prod(shape)), why=f"{kind} against {its}"), False
        return compare_bits(mine.data.tobytes(), theirs.data.tobytes(), shape), False
    a, b = _values(mine, kind), _values(theirs, its)
    exact = named_type(kind).family != "float" and named_type(its).family != "float"
    rounding = False
    if kind != its and not exact:
        for coarser in _COARSER:
            if coarser in (kind, its):
                dtype = named_type(coarser).dtype
                with np.errstate(over="ignore"):
                    rounding = bool(np.array_equal(a.astype(dtype), b.astype(dtype), equal_nan=coarser == "f16"))
    return compare(a, b, exact=exact), rounding


def _values(node: ov.Node, kind: str) -> Array:
    port, element = node.output(0), named_type(kind)
    shape = tuple(int(size) for size in port.shape)
    if 0 in shape:
        return np.zeros(shape, element.dtype)
    if element.is_numpys:
        return np.asarray(node.data).reshape(shape)
    count = int(np.prod(shape, dtype=np.int64))
    return np.asarray(values_of_bytes(node.data.tobytes(), count, element)[0]).reshape(shape)
