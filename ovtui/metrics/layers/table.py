"""The layers of a device as rows of a table: shares, order, filter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from ovtui.records.layers import LayerTimes

Sort = Literal["time", "order", "name", "type"]
SORTS: tuple[Sort, ...] = get_args(Sort)


@dataclass(frozen=True, slots=True)
class LayerRow:
    layer: LayerTimes
    share: float | None
    """Of the sum of all layers' medians, 0 to 1; None of a layer without a time."""
    cumulative: float | None
    """The shares of this layer and of those before it in this order, whatever the filter leaves out."""


_KEYS: dict[Sort, Callable[[LayerTimes], Any]] = {
    "time": lambda layer: (layer.median_us is None, -(layer.median_us or 0.0), -(layer.mean_us or 0.0), layer.order),
    "order": lambda layer: layer.order,
    "name": lambda layer: (layer.name.casefold(), layer.order),
    "type": lambda layer: (layer.type.casefold(), -(layer.median_us or 0.0), layer.order),
}


def layer_rows(layers: Sequence[LayerTimes], sort: Sort = "time", pattern: str = "") -> list[LayerRow]:
    """`pattern`: as `matches` has it. Layers without a time are among them; sorted by time they come last."""
    whole = sum(layer.median_us or 0.0 for layer in layers)
    rows, before = [], 0.0
    for layer in sorted(layers, key=_KEYS[sort]):
        share = None if layer.median_us is None or not whole else layer.median_us / whole
        before += share or 0.0
        if matches(layer, pattern):
            rows.append(LayerRow(layer, share, None if share is None else min(before, 1.0)))
    return rows


def matches(layer: LayerTimes, pattern: str) -> bool:
    """Whether each word of `pattern` is in the layer's name, type, kernel, precision, or in the name of an operation
    that it was made of; upper and lower case are the same."""
    texts = (layer.name, layer.type, layer.exec_type, layer.precision, layer.profiled_as, *layer.original_names)
    whole = "\n".join(texts).casefold()
    return all(word in whole for word in pattern.casefold().split())
