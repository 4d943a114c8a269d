"""The layers of one device, or of two beside each other, as text of the terminal's width."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.layers.beside import beside, sorted_groups
from ovtui.metrics.layers.table import LayerRow, Sort, layer_rows
from ovtui.metrics.number_format import layer_milliseconds, milliseconds, quantity
from ovtui.records.layers import Layers, LayersHead, Spread
from ovtui.settings.shown_text import padded, shown, width_of

WIDTH = 80
_LEAST_WIDTH = 60
_LABEL = 12
_LEAST_NAME = 22
_GAP = "  "
_DOTS = "…"


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    cells: list[str]
    right: bool = True
    needed: bool = True
    """Otherwise it is left out where the width does not hold it."""

    @property
    def width(self) -> int:
        return max(width_of(text) for text in (self.head, *self.cells))


def layers_lines(
    devices: Sequence[Layers],
    sort: Sort = "time",
    pattern: str = "",
    top: int | None = None,
    *,
    width: int | None = None,
    whole: bool = False,
) -> list[str]:
    """`whole`: with the layers that have no time."""
    width = max(width or WIDTH, _LEAST_WIDTH)
    lines: list[str] = []
    for each in devices:
        lines += [*_head_lines(each.head, width), ""]
    if len(devices) == 1:
        lines += _table(devices[0], sort, pattern, top, width, whole=whole)
    else:
        lines += _beside(devices[0], devices[1], sort, pattern, top, width)
    return [shown(line).rstrip() for line in lines]


def _head_lines(head: LayersHead, width: int) -> list[str]:
    on = head.device if head.device == head.execution_device else f"{head.device}: {head.execution_device}"
    full = f" ({head.full_name})" if head.full_name else ""
    cost = number_format.change(*head.cost) if head.cost else "not known, of too few turns"
    share = number_format.share(head.unexplained_us.median / head.profiled_us.median)
    return [
        *_entry("model", f"{head.model} on {on}{full}", width),
        *_entry("inferences", f"{head.inferences:,} profiled, in turns with untouched ones; one in flight", width),
        *_entry("untouched", f"{_spread(head.untouched_us)} an inference", width),
        *_entry("profiled", f"{_spread(head.profiled_us)}; profiling costs {cost}", width),
        *_entry("layers", f"{_spread(head.layers_us)} together", width),
        *_entry(
            "unexplained", f"{_spread(head.unexplained_us)}, {share} of a profiled inference", width
        ),
        *(line for note in head.notes for line in _entry("note", note, width)),
    ]  # fmt: skip


def _spread(spread: Spread) -> str:
    p5, median, p95 = (milliseconds(us / 1e3) for us in (spread.p5, spread.median, spread.p95))
    return f"{median} ms ({p5} to {p95})"


def _entry(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        shown(text), width, initial_indent=f"{label:<{_LABEL}} ", subsequent_indent=" " * (_LABEL + 1),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _table(found: Layers, sort: Sort, pattern: str, top: int | None, width: int, *, whole: bool) -> list[str]:
    matching = layer_rows(found.layers, sort, pattern)
    rows = [row for row in matching if whole or row.layer.median_us is not None]
    kept = rows[:top]
    if not kept:
        return [_none(pattern)]
    layers = [row.layer for row in kept]
    lines = _columns(
        [shown(layer.name) for layer in layers],
        [
            _Column("type", [shown(layer.type) for layer in layers], right=False, needed=False),
            _Column("kernel", [shown(layer.exec_type) for layer in layers], right=False, needed=False),
            _Column("precision", [shown(layer.precision) for layer in layers], right=False, needed=False),
            _Column("p50 ms", [_ms(layer.median_us) for layer in layers]),
            _Column("p95 ms", [_ms(layer.p95_us) for layer in layers]),
            _Column("share", [number_format.share(row.share) for row in kept]),
            _Column("cumul.", [number_format.share(row.cumulative) for row in kept]),
        ],
        width,
    )
    return [*lines, *_left_out(found, matching, rows, kept, width)]


def _left_out(
    found: Layers, matching: Sequence[LayerRow], rows: Sequence[LayerRow], kept: Sequence[LayerRow], width: int
) -> list[str]:
    parts = []
    if len(kept) < len(rows):
        parts.append(f"{quantity(len(rows) - len(kept), 'more layer')} with a time")
    if other := len(found.layers) - len(matching):
        parts.append(f"{other:,} that the filter leaves out")
    timeless = [row.layer for row in matching if row.layer.median_us is None]
    if len(rows) < len(matching):
        fused = sum(bool(layer.part_of) for layer in timeless)
        inside = f" ({fused:,} went into other layers)" if fused else ""
        parts.append(f"{len(timeless):,} without a time of their own{inside}, which --verbose shows")
    return ["", *textwrap.wrap(f"not shown: {'; '.join(parts)}", width, break_on_hyphens=False)] if parts else []


def _beside(a: Layers, b: Layers, sort: Sort, pattern: str, top: int | None, width: int) -> list[str]:
    groups = beside(a.layers, b.layers)
    rows = sorted_groups(groups, [*a.layers, *b.layers], sort, pattern)
    kept = rows[:top]
    if not kept:
        return [_none(pattern)]
    names = [each.head.device for each in (a, b)]
    lines = _columns(
        [shown(group.name) for group in kept],
        [
            _Column("type", [shown(group.type) for group in kept], right=False, needed=False),
            _Column("layers", [f"{len(group.a_layers)}:{len(group.b_layers)}" for group in kept]),
            _Column(f"{names[0]} ms", [_ms(group.a_us) for group in kept]),
            _Column(f"{names[1]} ms", [_ms(group.b_us) for group in kept]),
            _Column(f"{names[1]}/{names[0]}", [number_format.significant(group.ratio, 3) for group in kept]),
        ],
        width,
    )
    if len(kept) < len(groups):
        lines += ["", f"not shown: {quantity(len(groups) - len(kept), 'more group')} of layers"]
    return lines


def _none(pattern: str) -> str:
    return f"no layer has all of these words: {shown(pattern)}" if pattern.strip() else "no layer has a time"


def _ms(time_us: float | None) -> str:
    """OpenVINO cuts to whole microseconds: its 0 is less than one."""
    return layer_milliseconds(time_us)


def _columns(names: Sequence[str], columns: Sequence[_Column], width: int) -> list[str]:
    """A table of this width at most; long names are shortened in their middle."""
    longest = max(width_of(name) for name in (*names, "layer"))
    kept = [column for column in columns if column.needed]
    for column in (each for each in columns if not each.needed):
        wider = [each for each in columns if each in kept or each is column]
        if _room(wider, width) < min(longest, _LEAST_NAME):
            break
        kept = wider
    name_width = min(longest, max(_room(kept, width), len("layer")))
    lines = []
    for at in range(-1, len(names)):
        cells = [padded(_shortened(names[at] if at >= 0 else "layer", name_width), name_width)]
        for column in kept:
            text, room = (column.cells[at] if at >= 0 else column.head), column.width
            cells.append(" " * (room - width_of(text)) + text if column.right else padded(text, room))
        lines.append(_GAP.join(cells))
    return lines


def _room(columns: Sequence[_Column], width: int) -> int:
    """What is left for the name."""
    return width - sum(column.width + len(_GAP) for column in columns)


def _shortened(name: str, width: int) -> str:
    """The beginning and the end of a name: both tell where a layer is."""
    if width_of(name) <= width:
        return name
    begin, end = "", ""
    while width_of(begin + end) < width - 1:
        if len(begin) <= len(end):
            begin = name[: len(begin) + 1]
        else:
            end = name[-len(end) - 1 :]
    if width_of(begin + end) > width - 1:  # a wide character was the last one
        begin = begin[:-1]
    return f"{begin}{_DOTS}{end}"
