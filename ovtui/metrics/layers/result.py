"""What `ovtui layers` writes for programs: JSON and CSV, with all layers in the order of execution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from ovtui import __version__
from ovtui.metrics.layers.beside import LayerGroup, beside
from ovtui.metrics.layers.table import layer_rows
from ovtui.records.export.csv_jsonl import csv_text
from ovtui.records.json_text import json_text
from ovtui.records.layers import Layers, LayersHead, LayerTimes
from ovtui.settings.schema.settings import Settings

VERSION = 1
"""Raised when a key changes its meaning or goes, not when a key is added."""


class ToldLayer(LayerTimes, frozen=True, kw_only=True):
    """A layer with its part of the device's time."""

    share: float | None
    """Of the sum of all layers' medians, 0 to 1."""
    cumulative_share: float | None
    """The shares of this layer and of all longer ones."""


class DeviceLayers(msgspec.Struct, frozen=True, kw_only=True):
    head: LayersHead
    layers: list[ToldLayer]


class LayersResult(msgspec.Struct, frozen=True, kw_only=True):
    version: int
    ovtui: str
    settings: Settings
    """`device` is the first one."""
    devices: list[DeviceLayers]
    beside: list[LayerGroup]
    """The layers of two devices beside each other; empty of one."""


def layers_result(settings: Settings, devices: Sequence[Layers]) -> LayersResult:
    """`devices`: one or two."""
    groups = beside(devices[0].layers, devices[1].layers) if len(devices) > 1 else []
    told = [DeviceLayers(head=each.head, layers=_told(each.layers)) for each in devices]
    return LayersResult(version=VERSION, ovtui=__version__, settings=settings, devices=told, beside=groups)


def _told(layers: Sequence[LayerTimes]) -> list[ToldLayer]:
    rows = sorted(layer_rows(layers), key=lambda row: row.layer.order)
    return [
        ToldLayer(**msgspec.structs.asdict(row.layer), share=row.share, cumulative_share=row.cumulative)
        for row in rows
    ]  # fmt: skip


def to_json(result: LayersResult) -> bytes:
    return json_text(result)


def json_schema() -> bytes:
    """JSON Schema of LayersResult, indented."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(LayersResult)), indent=2)


_COLUMNS = (
    "order", "name", "type", "exec_type", "precision", "status", "inferences", "median_us", "p95_us", "mean_us",
    "mean_cpu_us", "reported_us", "share", "cumulative_share", "in_graph", "profiled_as", "part_of", "original_names",
)  # fmt: skip


def csv_lines(result: LayersResult) -> Iterator[str]:
    """A row a layer; an empty cell is not known. Names of operations are divided by commas, as OpenVINO does it."""
    yield csv_text([("device", *_COLUMNS)])
    for device in result.devices:
        yield csv_text([(device.head.device, *_cells(layer)) for layer in device.layers])


def _cells(layer: ToldLayer) -> list[str]:
    return [_cell(getattr(layer, name)) for name in _COLUMNS]


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
