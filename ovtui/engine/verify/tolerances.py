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


@dataclass(frozen=True, slots=True)
class Limit:
    share: float
    """The largest relative difference that is none."""
    why: str
    """As a phrase."""
    given: bool = False

    def of(self, element_type: str) -> float:
        return self.share if self.given else max(self.share, _OF_TYPE.get(element_type, 0.0))


def limit_for(given: float | None, precisions: Sequence[str], model: ov.Model, states: Sequence[str] = ()) -> Limit:
    """The one that was given; else of these precisions in force, in which inferences compute and state is kept."""
    if given is not None:
        return Limit(given, "as given", given=True)
    coarsest = max(precisions, key=lambda each: _BY_PRECISION.get(each, _UNKNOWN))
    found = _BY_PRECISION.get(coarsest, _UNKNOWN)
    if found < _QUANTIZED and any(node.get_type_name() == "FakeQuantize" for node in model.get_ops()):
        return Limit(_QUANTIZED, "for a quantized model")
    coarse = next((each for each in states if each in _INTEGERS), "")
    if found < _QUANTIZED and coarse:
        return Limit(_QUANTIZED, f"for a state in {coarse}")
    return Limit(found, f"for {coarsest}" if coarsest in _BY_PRECISION else "as no precision is told")
