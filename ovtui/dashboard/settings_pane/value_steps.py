"""The next value of a setting for + and - and for the keys that go through its choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ovtui.settings.schema.fields import Field

IMPLIED_VALUES = {"batch_timeout_ms": 1000}
"""What an empty number means, ms."""
_RATE_FACTOR = 1.1


def step(field: Field, value: Any, direction: int, implied: float | None = None) -> Any:
    """The value one step up (1) or down (-1); None where the field cannot be stepped.

    `implied` is what an automatic value (0 or empty) resolves to now, from which steps continue."""
    if field.name == "rate":
        return _step_rate(value, direction, implied)
    if field.spec.keywords:
        return _step_text(value, direction)
    if field.type not in (int, float):
        return None
    start = value
    if not value:
        start = IMPLIED_VALUES.get(field.name, 0) if implied is None else implied
    spec = field.spec
    stepped = start + direction * spec.step
    if spec.step > 1:
        stepped = round(stepped / spec.step) * spec.step
    if spec.minimum is not None:
        stepped = max(stepped, spec.minimum)
    if spec.maximum is not None:
        stepped = min(stepped, spec.maximum)
    return field.type(stepped)


def choices(field: Field, devices: Sequence[str] = ()) -> list[Any]:
    """The values that a row cycles through; empty where a value has to be typed. `devices`: those of this machine."""
    if field.choices:
        return list(field.choices)
    if field.type is bool:
        return [False, True]
    if field.name == "device":
        return _devices(devices)
    return ["", *field.spec.keywords] if field.spec.keywords else []


def next_choice(field: Field, value: Any, direction: int, devices: Sequence[str] = ()) -> Any:
    """The choice after (1) or before (-1) this value; None where the field has no choices."""
    options = choices(field, devices)
    if not options:
        return None
    index = options.index(value) if value in options else (-1 if direction > 0 else 0)
    return options[(index + direction) % len(options)]


def _devices(available: Sequence[str]) -> list[str]:
    accelerators = [name for name in available if name.split(".")[0] in ("GPU", "NPU")]
    forms = ["AUTO", *(f"AUTO:{name},CPU" for name in accelerators), *available]
    return forms if available else [*forms, "CPU"]


def _step_rate(value: float, direction: int, implied: float | None) -> float:
    """10 % up or down, rounded to three digits; from the closed loop, starts at the throughput it reaches."""
    if not value:
        return _three_digits(implied) if direction > 0 and implied else 1.0 if direction > 0 else 0.0
    stepped = value * _RATE_FACTOR if direction > 0 else value / _RATE_FACTOR
    if value <= 10:
        stepped = value + direction
    return max(_three_digits(stepped), 0.0) if stepped > 0 else 0.0


def _step_text(value: str, direction: int) -> str:
    """Steps the number in a field that also takes words; below 1 it becomes empty, which is automatic."""
    if "," in value or ":" in value:  # by device
        return value
    number = int(value) if value.isdigit() else 0
    stepped = number + direction
    return str(stepped) if stepped > 0 else ""


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")
