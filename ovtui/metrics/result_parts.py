"""What the parts of the JSON are made with, and how devices are called there and in the summary."""

from __future__ import annotations

from ovtui.metrics import result_schema as schema
from ovtui.metrics.snapshot import Latency, LatencyKind
from ovtui.records import devices

_DEVICE_KEYS = {
    devices.STAND_IN: "CPU (standing in)",
    devices.AMBIGUOUS: "ambiguous",
    devices.UNKNOWN: "unknown",
}


def device_key(code: int) -> str:
    """A device's name in the JSON and in the summary, where '(CPU)' would not be understood."""
    return _DEVICE_KEYS.get(code) or devices.name_of(code)


def device_names(execution_devices: list[str]) -> str:
    """What EXECUTION_DEVICES returned, named as device_key names it."""
    code = devices.code_of(execution_devices)
    return device_key(code) if code == devices.STAND_IN else ", ".join(execution_devices)


def latencies_ms(found: dict[LatencyKind, Latency]) -> schema.Latencies:
    return schema.Latencies(
        inference=latency_ms(found["inference"]),
        service=latency_ms(found["service"]),
        response=latency_ms(found["response"]),
    )


def latency_ms(latency: Latency) -> schema.LatencyMs:
    return schema.LatencyMs(
        count=latency.count,
        min=rounded(latency.min, 4),
        p50=rounded(latency.p50, 4),
        p90=rounded(latency.p90, 4),
        p95=rounded(latency.p95, 4),
        p99=rounded(latency.p99, 4),
        p999=rounded(latency.p999, 4),
        max=rounded(latency.max, 4),
        mean=rounded(latency.mean, 4),
    )


def rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
