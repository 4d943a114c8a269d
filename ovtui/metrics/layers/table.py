"""Stand-in until the table is merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ovtui.records.layers import LayerTimes

Sort = Literal["time", "order", "name", "type"]


@dataclass(frozen=True, slots=True)
class LayerRow:
    layer: LayerTimes
    share: float | None
    cumulative: float | None


def layer_rows(layers: Sequence[LayerTimes], sort: Sort = "time", pattern: str = "") -> list[LayerRow]:
    whole = sum(layer.median_us or 0.0 for layer in layers)
    keys = {
        "time": lambda layer: (-(layer.median_us or 0.0), layer.order),
        "order": lambda layer: layer.order,
        "name": lambda layer: (layer.name, layer.order),
        "type": lambda layer: (layer.type, -(layer.median_us or 0.0)),
    }
    rows, before = [], 0.0
    for layer in sorted(layers, key=keys[sort]):
        if pattern.lower() in f"{layer.name} {layer.type} {layer.exec_type}".lower():
            share = None if layer.median_us is None or not whole else layer.median_us / whole
            before += share or 0.0
            rows.append(LayerRow(layer, share, before))
    return rows
