"""Layers that were never profiled."""

from __future__ import annotations

from typing import Any

import msgspec

from ovtui.records.layers import LayersHead, LayerTimes, Spread


def layer(order: int, median_us: float | None, **about: Any) -> LayerTimes:
    timed = median_us is not None
    made = LayerTimes(
        name=f"layer_{order}", type="Convolution", exec_type="jit_avx512_f32", precision="f32",
        original_names=[f"Conv_{order}"], order=order, status="EXECUTED" if timed else "NOT_RUN",
        inferences=100 if timed else 0, median_us=median_us, p95_us=_times(median_us, 1.2),
        mean_us=_times(median_us, 1.05), mean_cpu_us=median_us,
    )  # fmt: skip
    return msgspec.structs.replace(made, **about)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def layers(count: int, factor: float = 1.0) -> list[LayerTimes]:
    """Each takes 1 ms over its number from 1, the last one was not run."""
    return [layer(order, 1000.0 * factor / (order + 1)) for order in range(count - 1)] + [layer(count - 1, None)]


def around(value: float) -> Spread:
    return Spread(median=value, p5=value - abs(value) / 50, p95=value + abs(value) / 10)


def head(device: str, told: list[LayerTimes], **about: Any) -> LayersHead:
    """The layers explain five sixths of an inference."""
    whole = sum(each.median_us or 0.0 for each in told)
    made = LayersHead(
        model="demo-cnn", device=device, execution_device=device, full_name=f"Test {device}", inferences=100,
        untouched_us=around(whole * 1.1), profiled_us=around(whole * 1.2), cost=[1.09, 1.082, 1.101],
        layers_us=around(whole), unexplained_us=around(whole * 0.2), notes=["one request was in flight"],
    )  # fmt: skip
    return msgspec.structs.replace(made, **about)
