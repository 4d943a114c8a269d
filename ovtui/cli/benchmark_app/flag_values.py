"""The values of benchmark_app's flags: text to value, as there. Each function raises ArgumentTypeError with a phrase
that follows the flag's name."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError
from collections.abc import Callable

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.schema.port_types import PORT_TYPES, port_type
from ovtui.settings.shown_text import in_quotes

_TRUE, _FALSE = ("yes", "true", "t", "y", "1"), ("no", "false", "f", "n", "0")
_OLD_TYPES = {"fp32": "f32", "fp16": "f16", "fp64": "f64"}
"""As benchmark_app wrote them until 2023."""
_LAST = 2**63 - 1


def text(value: str) -> str:
    return value


def yes_or_no(value: str) -> bool:
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ArgumentTypeError(f"{in_quotes(value)} is neither true nor false")


def _whole(value: str, least: int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if not least <= number <= _LAST:
        raise ArgumentTypeError(f"{in_quotes(value)} is not a whole number from {least}")
    return number


def positive(value: str) -> int:
    return _whole(value, 1)


def not_negative(value: str) -> int:
    return _whole(value, 0)


def batch(value: str) -> int | None:
    """None where it is empty, which is as if it was not given."""
    if not value.strip():
        return None
    word = value.strip()
    if word == "?" or word == "-1" or ".." in word:
        raise ArgumentTypeError(f"{in_quotes(value)} leaves the batch open; write -shape '[?,3,224,224]' for that")
    return _whole(value, 0)


def rate(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ArgumentTypeError(f"{in_quotes(value)} is not a number of frames per second from 0")
    return number


def percentiles(value: str) -> tuple[int, ...]:
    """One, or several with commas between them: here a run reports as many as are asked for."""
    found = []
    for part in value.split(","):
        try:
            number = int(part)
        except ValueError:
            number = 0
        if not 1 <= number <= 100:
            raise ArgumentTypeError(f"{in_quotes(part.strip())} is not a percentile: write whole numbers from 1 to 100")
        found.append(number)
    return tuple(dict.fromkeys(found))


def one_of(*choices: str, **instead: str) -> Callable[[str], str]:
    """A reader of one of the choices. `instead`: words of other versions, and the sentence about each."""

    def read(value: str) -> str:
        if value in choices:
            return value
        if value in instead:
            raise ArgumentTypeError(f"{value} {instead[value]}")
        meant = did_you_mean(value, choices, start="; ")
        raise ArgumentTypeError(f"{in_quotes(value)} is not one of {', '.join(choices)}{meant}")

    return read


def hint(value: str) -> str:
    short = {"tput": "throughput", "ctput": "cumulative_throughput"}
    read = one_of("throughput", "tput", "cumulative_throughput", "ctput", "latency", "none")
    word = read(value)
    return short.get(word, word)


def element_type(value: str) -> str:
    """'f16' of FP16, f16 or F16; 'boolean' of bool."""
    word = value.strip().lower()
    found = port_type(_OLD_TYPES.get(word, word))
    if found is None:
        raise ArgumentTypeError(f"{in_quotes(value)} is no element type; write one of {', '.join(PORT_TYPES)}")
    return found


def types_by_name(value: str) -> str:
    """'name:f16,other:u8' with the types in our spelling."""
    found = []
    for part in filter(None, (each.strip() for each in value.split(","))):
        name, colon, word = part.rpartition(":")
        if not colon or not name.strip():
            raise ArgumentTypeError(f"{in_quotes(part)} names no input or output; write name:f16,other:u8")
        found.append(f"{name.strip()}:{element_type(word)}")
    if value and not found:
        raise ArgumentTypeError("it is empty; write name:f16,other:u8")
    return ",".join(found)
