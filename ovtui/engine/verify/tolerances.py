"""The tolerance where none is given: what the precision in force leaves of a correct result.

A difference is taken of the largest magnitude in the output. One rounding to f32 costs 6e-8 of it, to f16 5e-4, to bf16
4e-3; a network adds up some hundreds of them in another order, of which most cancel. 1e-4 is 1,700 roundings of f32,
1e-2 is 20 of f16, 5e-2 is 13 of bf16."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import openvino as ov

_BY_PRECISION = {"f64": 1e-4, "f32": 1e-4, "f16": 1e-2, "bf16": 5e-2}
_UNKNOWN = 1e-2
_QUANTIZED = 5e-2
"""A level of an int8 activation is 1/255 of its range, and a value on the border between two falls either way."""
_INTEGERS = ("u8", "i8", "u4", "i4")
_OF_TYPE = {"f16": 2e-3, "bf16": 1.6e-2, "f8e4m3": 0.25, "f8e5m2": 0.5}
"""Two to four roundings to the type of what is compared: less no device can promise, however exactly it computes."""


_OF_WEIGHTS = {
    "f16": 1e-2, "bf16": 5e-2, "i8": 5e-2, "u8": 5e-2,
    "f8e4m3": 0.2, "f8e5m2": 0.2, "i4": 0.2, "u4": 0.2, "nf4": 0.2, "f4e2m1": 0.2, "i2": 0.5, "u2": 0.5,
}  # fmt: skip
"""Where one of two models stores weights coarser than the other. A level of 4 bits is 1/15 of the range of its group,
and errors of many weights cancel."""


@dataclass(frozen=True, slots=True)
class Limit:
    share: float
    """The largest relative difference that is none."""
    why: str
    """As a phrase."""
    given: bool = False

    def of(self, element_type: str) -> float:
        return self.share if self.given else max(self.share, _OF_TYPE.get(element_type, 0.0))


def limit_for(
    given: float | None, precisions: Sequence[str], models: Sequence[ov.Model], states: Sequence[str] = ()
) -> Limit:
    """The one that was given; else of these precisions in force, in which inferences compute and state is kept, and of
    what both models are made of."""
    if given is not None:
        return Limit(given, "as given", given=True)
    coarsest = max(precisions, key=lambda each: _BY_PRECISION.get(each, _UNKNOWN))
    found = _BY_PRECISION.get(coarsest, _UNKNOWN)
    different = {id(each): each for each in models}.values()
    if coarser := _coarser_weights([_weight_types(each) for each in different]):
        share, name = max((_OF_WEIGHTS[each], each) for each in coarser)
        if found < share:
            return Limit(share, f"for weights that one of the models stores in {name}")
    if found < _QUANTIZED and any(
        node.get_type_name() == "FakeQuantize" for each in different for node in each.get_ops()
    ):
        return Limit(_QUANTIZED, "for a quantized model")
    coarse = next((each for each in states if each in _INTEGERS), "")
    if found < _QUANTIZED and coarse:
        return Limit(_QUANTIZED, f"for a state in {coarse}")
    return Limit(found, f"for {coarsest}" if coarsest in _BY_PRECISION else "as no precision is told")


def _coarser_weights(types: Sequence[set[str]]) -> set[str]:
    """The coarse types of weights in two models that do not store them alike; empty for one model."""
    return set() if len(types) < 2 or types[0] == types[1] else (types[0] | types[1]) & _OF_WEIGHTS.keys()


def _weight_types(model: ov.Model) -> set[str]:
    """Of Constants of floats, and of those of integers that a Convert makes floats of."""
    found = set()
    for node in model.get_ops():
        if node.get_type_name() != "Constant" or node.get_output_size() != 1:
            continue
        port = node.output(0)
        users = [each.get_node() for each in port.get_target_inputs()]
        made_floats = any(each.get_type_name() == "Convert" and each.output(0).element_type.is_real() for each in users)
        if port.element_type.is_real() or made_floats:
            found.add(port.element_type.get_type_name())
    return found
