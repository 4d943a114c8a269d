"""The figures of one box: of its end where there is one, as its own ovtui told them, else of now."""

from __future__ import annotations

import math
import sys
from typing import Any

import msgspec

from ovtui.records.fleet import BoxState


class BoxFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Null where a figure is not known."""

    device: str | None = None
    """The device indicator: 'GPU.0', '(CPU)'."""
    throughput: float | None = None
    """Successful completions a second."""
    p50_ms: float | None = None
    """Of response latency, as p99_ms."""
    p99_ms: float | None = None
    handover_s: float | None = None
    """Session time of the newest change of the device."""
    batch_share: float | None = None
    """Share of the requests that ran in a batch of more than one, 0 to 1."""
    completed: int | None = None
    errors: int | None = None
    temperature_c: float | None = None
    """Of the device that serves where it can be read, else of the CPU: now, and at the end its greatest."""


def box_figures(state: BoxState) -> BoxFigures:
    """Of a box that failed without a result none are known: what it last said of itself is no longer so."""
    if state.result is not None:
        return _of_result(state.result)
    now = state.now
    if now is None or state.phase == "failed":
        return BoxFigures()
    return BoxFigures(
        device=now.device, throughput=now.throughput, p50_ms=now.p50_ms, p99_ms=now.p99_ms, handover_s=now.handover_s,
        batch_share=now.batch_share, completed=now.completed, errors=now.errors, temperature_c=now.temperature_c,
    )  # fmt: skip


def value_at(found: Any, *path: str) -> Any:
    """A value deep in JSON of a box, which may be of another version of ovtui: None where there is none."""
    for key in path:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def number_at(found: Any, *path: str) -> float | None:
    """Finite; None for anything else."""
    value = value_at(found, *path)
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > sys.float_info.max:
        return None
    return float(value) if math.isfinite(value) else None


def text_at(found: Any, *path: str) -> str | None:
    value = value_at(found, *path)
    return value if isinstance(value, str) else None


def items_at(found: Any, *path: str) -> list[dict[str, Any]]:
    value = value_at(found, *path)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _of_result(result: dict[str, Any]) -> BoxFigures:
    device = text_at(result, "serving", "device")
    changes = [number_at(each, "t_s") for each in items_at(result, "handovers")]
    sensor = "gpu_temperature_c" if device is not None and device.startswith("GPU") else "cpu_temperature_c"
    temperature = number_at(result, "telemetry", sensor, "max")
    if temperature is None:
        temperature = number_at(result, "telemetry", "cpu_temperature_c", "max")
    return BoxFigures(
        device=device,
        throughput=number_at(result, "throughput"),
        p50_ms=number_at(result, "latency_ms", "response", "p50"),
        p99_ms=number_at(result, "latency_ms", "response", "p99"),
        handover_s=changes[-1] if changes else None,
        batch_share=number_at(result, "batching", "fill"),
        completed=_count(result, "completed"),
        errors=_count(result, "errors"),
        temperature_c=temperature,
    )


def _count(result: dict[str, Any], name: str) -> int | None:
    found = number_at(result, "requests", name)
    return None if found is None else int(found)
