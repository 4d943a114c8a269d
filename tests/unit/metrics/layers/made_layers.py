"""Layers as a device tells them, shortened."""

from __future__ import annotations

from typing import Any

from ovtui.records.layers import Layers, LayersHead, LayerTimes, Spread


def layer(
    name: str, order: int, median_us: float | None, originals: list[str] | None = None, **more: Any
) -> LayerTimes:
    told: dict[str, Any] = {
        "type": "Convolution", "exec_type": "jit_f32", "precision": "f32", "status": "EXECUTED", "inferences": 100,
        "p95_us": None if median_us is None else 2 * median_us, "mean_us": median_us, "mean_cpu_us": median_us,
        "profiled_as": name, "original_names": [name] if originals is None else originals,
    }  # fmt: skip
    return LayerTimes(**{**told, "name": name, "order": order, "median_us": median_us, **more})


def made(device: str, *layers: LayerTimes, **more: Any) -> Layers:
    def spread(median: float) -> Spread:
        return Spread(median=median, p5=median * 0.9, p95=median * 1.1)

    told: dict[str, Any] = {
        "model": "m.xml", "execution_device": device, "full_name": "Some CPU", "inferences": 100,
        "untouched_us": spread(1000.0), "profiled_us": spread(1100.0), "cost": [1.1, 1.08, 1.12],
        "layers_us": spread(900.0), "unexplained_us": spread(200.0),
    }  # fmt: skip
    return Layers(head=LayersHead(**{**told, "device": device, **more}), layers=list(layers))
