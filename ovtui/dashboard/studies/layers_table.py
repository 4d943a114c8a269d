"""A study of layers in the list of the studies: a row for each device. The layers themselves are view 8's."""

from __future__ import annotations

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics import number_format
from ovtui.metrics.session.layers_state import DeviceLayers
from ovtui.metrics.session.study_state import StudyState

_COLUMNS = (
    Column("device", left=True),
    Column("layers"),
    Column("inferences"),
    Column("untouched", "ms", 2),
    Column("profiled", "ms", 1),
    Column("sum", "of layers ms"),
    Column("unexplained", "ms", 3),
)
HEADINGS = (
    "device", "layers", "inferences", "untouched_us", "profiled_us", "layers_us", "unexplained_us",
)  # fmt: skip


def layers_table(study: StudyState, key: str) -> TableText:
    """`key`: opens the view with the layers themselves."""
    rows = [_row(device, key) for device in study.layers.values()]
    return TableText(_COLUMNS, rows, "", HEADINGS, "devices", "no layer is measured yet")


def _row(device: DeviceLayers, key: str) -> RowText:
    head = device.head
    figures = (
        [head.untouched_us.median, head.profiled_us.median, head.layers_us.median, head.unexplained_us.median]
        if head is not None
        else [None] * 4
    )
    counts = [f"{len(device.by_order):,}", f"{device.inferences:,}"]
    texts = [number_format.milliseconds(None if value is None else value / 1e3) for value in figures]
    tail = f"{key} shows them" if head is not None else f"so far; {key} shows them"
    fields = [device.device, f"{len(device.by_order)}", f"{device.inferences}"]
    fields += ["" if value is None else f"{value:.6g}" for value in figures]
    return RowText([one_line(device.device), *counts, *texts], tail, fields=fields, full=one_line(device.device))
