"""View 6, the history: a row per segment, so that settings can be compared in one session; where there is room,
the segments side by side under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from textual.app import ComposeResult
from textual.content import Content

from ovtui.dashboard.drawing.row_list import RowList, title_forms
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.segments.segment_columns import SegmentColumns, what_changed
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.listing_view import ListingView
from ovtui.metrics import number_format
from ovtui.metrics.queries.segments import SegmentRow, segment_rows
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.device_codes import name_of


@dataclass(frozen=True, slots=True)
class _Column:
    heading: str
    unit: str
    width: int
    drop_rank: int
    """Where there is no room, the column of the highest rank goes first."""


_COLUMNS = {
    "hint": _Column("hint", "", 12, 3),
    "device": _Column("device", "", 8, 0),
    "requests": _Column("requests", "", 11, 4),
    "failed": _Column("failed", "", 9, 0),
    "rate": _Column("through-", "put /s", 10, 0),
    "inference p50": _Column("inference", "p50 ms", 10, 1),
    "inference p99": _Column("inference", "p99 ms", 10, 6),
    "response p50": _Column("response", "p50 ms", 10, 5),
    "response p99": _Column("response", "p99 ms", 10, 0),
    "first": _Column("first", "after s", 8, 2),
    "handover": _Column("handover", "after s", 9, 0),
    "energy": _Column("energy", "a request", 10, 2),
}
HEADINGS = (
    "segment", "what", "device_requested", "hint", "nireq", "device", "requests", "errors", "throughput",
    "inference_p50_ms", "inference_p99_ms", "response_p50_ms", "response_p99_ms", "first_inference_s", "handover_s",
    "joules_per_inference", "watts", "power_source",
)  # fmt: skip
"""Headings of the exported table."""
_WHAT_LINES = 4
"""Of what was changed in a segment; under the cursor it is whole."""
_LEAST_COLUMN_LINES = 9
"""With fewer the columns show too little."""
_HALVED_FROM = 24
"""Lines from which the list gives half of them to the columns."""
_NUMBER_WIDTH = 5
_CHANGE_MIN_WIDTH = 22
_LEFT_ALIGNED = ("hint", "device")


class HistoryView(ListingView):
    wanted_segment = 0
    """Which one `show_wanted` leads to."""
    _shown: tuple[int, str] = (-1, "")
    """Second of the session and warm-up rule of the figures on the screen."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield SegmentList(self._show_cursor)
        yield SegmentColumns()
        yield EventLine()
        yield Footer()

    def draw_panels(self, snapshot: Snapshot) -> None:
        rows, listed = segment_rows(self.digest), self.query_one(SegmentList)
        # List and columns show the same figures: those of the same moment, once a second.
        shown, known = (snapshot.now_ns // 1_000_000_000, self.digest.warm_up_rule), listed.shown_rows
        if shown == self._shown and len(rows) == len(known):
            rows = known
        self._shown = shown
        listed.show(rows)
        self._share_room(rows)

    def show_wanted(self) -> None:
        """Sets the cursor on a segment that another view has asked for."""
        self.redraw()
        listed = self.query_one(SegmentList)
        at = next((n for n, row in enumerate(listed.shown_rows) if row.began.segment == self.wanted_segment), None)
        if at is None:
            self.show_answer(f"the figures of segment {self.wanted_segment} are no longer kept; the recording has them")
            return
        listed.to_first()
        listed.move(at)

    def _share_room(self, rows: list[SegmentRow]) -> None:
        """The list has the lines that it needs, the columns what is left; where both need more they halve it, but on a
        low screen the list keeps it all."""
        listed, columns = self.query_one(SegmentList), self.query_one(SegmentColumns)
        room = listed.size.height + (columns.outer_size.height if columns.display else 0)
        needed = listed.lines_needed
        if room - needed < _LEAST_COLUMN_LINES and room >= _HALVED_FROM:
            needed = room // 2
        shown = room - needed >= _LEAST_COLUMN_LINES
        if shown != columns.display:
            columns.display = shown
        height = needed if shown else None
        now = listed.styles.height
        if (None if now is None or now.is_fraction else now.value) != height:
            listed.styles.height = height if height is not None else "1fr"
        if shown:
            columns.changeable = not (self.read_only or self.replay_text)
            columns.show_new(rows, listed.cursor)

    def _show_cursor(self) -> None:
        """The columns end where the list's cursor is."""
        columns, listed = self.query_one(SegmentColumns), self.query_one(SegmentList)
        if columns.display:
            columns.show(listed.shown_rows, listed.cursor)


class SegmentList(RowList):
    """A row per segment and, where several devices served it, per device; oldest first, following the newest."""

    from_end = True
    _rows: list[SegmentRow]

    def __init__(self, moved: Callable[[], None] = lambda: None) -> None:
        """`moved`: called when the cursor was moved or released."""
        super().__init__()
        self._rows = []
        self.on_moved = moved

    def show(self, rows: list[SegmentRow]) -> None:
        self._rows = rows
        if self.cursor is not None and self.cursor >= len(rows):
            self.cursor = None
        self.redraw()

    def count(self) -> int:
        return len(self._rows)

    def _columns(self, width: int) -> list[str]:
        powered = any(row.power.main is not None for row in self._rows)
        return fitting_columns(width, failing=any(row.errors for row in self._rows), powered=powered)

    def head(self, width: int) -> list[list[Piece]]:
        columns = self._columns(width)
        room = _change_width(width, columns)
        first = f"{'':>{_NUMBER_WIDTH}}{'':<{room}}" + "".join(_cell(name, _COLUMNS[name].heading) for name in columns)
        second = f"{'seg':>{_NUMBER_WIDTH - 1}} {'what was changed':<{room}}"
        second += "".join(_cell(name, _COLUMNS[name].unit) for name in columns)
        keys = keys_of(self).hint("copy-table", "write-table")
        title = first_that_fits(title_forms(" SEGMENTS", "  each under the same settings, oldest first", keys), width)
        return [title, [(first, "$dim")], [(second, "$dim")]]

    @property
    def shown_rows(self) -> list[SegmentRow]:
        return self._rows

    @property
    def lines_needed(self) -> int:
        """Of all rows and the head, and a blank one under them."""
        width = max(self.size.width, self.MIN_DRAW_WIDTH)
        return len(self.head(width)) + sum(len(self._what(row, width)) for row in self._rows) + 1

    def row(self, index: int, width: int) -> list[Piece]:
        return self.lines(index, width)[0]

    def height_of(self, index: int, width: int) -> int:
        return len(self._what(self._rows[index], width))

    def lines(self, index: int, width: int) -> list[list[Piece]]:
        """What was changed wraps, the figures stand on the first line."""
        row, columns = self._rows[index], self._columns(width)
        room = _change_width(width, columns)
        number = f"{row.began.segment:>{_NUMBER_WIDTH - 1}} " if row.first_of_segment else " " * _NUMBER_WIDTH
        style = "bold" if row.in_force else ""
        first, *more = self._what(row, width)
        pieces: list[Piece] = [(number, style or "$dim"), (f"{first:<{room}}", style)]
        figures: list[Piece] = [(_cell(name, _cell_text(name, row)), "") for name in columns]
        return [[*pieces, *figures], *([(" " * _NUMBER_WIDTH, ""), (f"{text:<{room}}", style)] for text in more)]

    def _what(self, row: SegmentRow, width: int) -> list[str]:
        """What was changed, on at most _WHAT_LINES lines; one blank line for the further devices of a segment."""
        if not row.first_of_segment:
            return [""]
        return _wrapped(row.what, max(_change_width(width, self._columns(width)) - 1, 1))

    def full(self, index: int) -> str:
        row = self._rows[index]
        of = f"; energy of {row.power.brief_source}" if row.power.main is not None else ""
        return f"segment {row.began.segment}: {one_line(row.what)}{of}"

    def extract(self, indices: range) -> TableExport | None:
        rows = [self._rows[index] for index in indices if index < len(self._rows)]
        title = f"{len(rows):,} rows of segments" if len(rows) != 1 else "the segment's row"
        return TableExport(title, HEADINGS, lambda: [_csv_row(row) for row in rows]) if rows else None


@lru_cache(maxsize=256)
def _wrapped(what: str, room: int) -> list[str]:
    """Asked for each row several times a frame, and wrapping takes 0.1 ms."""
    lines = [line.plain for line in Content(what_changed(what, room)).wrap(room)] or [""]
    if len(lines) > _WHAT_LINES:
        lines[_WHAT_LINES - 1 :] = [cut(" ".join(lines[_WHAT_LINES - 1 :]), room)]
    return [cut(line, room) for line in lines]


def fitting_columns(width: int, *, failing: bool = False, powered: bool = False) -> list[str]:
    """The names of the columns for which `width` cells have room. `failing`: some requests have failed. `powered`: of
    some it is known what they cost."""
    left_out = {name for name, shown in (("failed", failing), ("energy", powered)) if not shown}
    columns = [name for name in _COLUMNS if name not in left_out]
    while len(columns) > 1 and _change_width(width, columns) < _CHANGE_MIN_WIDTH:
        columns.remove(max(columns, key=lambda name: _COLUMNS[name].drop_rank))
    return columns


def _change_width(width: int, columns: list[str]) -> int:
    return max(width - 1 - _NUMBER_WIDTH - sum(_COLUMNS[name].width for name in columns), 0)


def _cell(name: str, text: str) -> str:
    width = _COLUMNS[name].width
    return f"{text:<{width}}" if name in _LEFT_ALIGNED else f"{text:>{width}}"


def _cell_text(name: str, row: SegmentRow) -> str:
    match name:
        case "hint":
            return {"cumulative_throughput": "cumulative"}.get(row.began.settings.hint, row.began.settings.hint)
        case "device":
            return number_format.UNKNOWN if row.device is None else name_of(row.device)
        case "requests":
            return number_format.count(row.requests)
        case "failed":
            return number_format.percent(row.errors, row.requests) if row.errors else ""
        case "rate":
            return number_format.rate(row.throughput)
        case "first":
            return number_format.seconds_without_unit(row.first_inference_s)
        case "handover":
            return number_format.seconds_without_unit(row.handover_s)
        case "energy":
            return row.power.brief
    kind, _, percentile = name.partition(" ")
    latency = row.latency["inference" if kind == "inference" else "response"]
    return number_format.milliseconds(getattr(latency, percentile))


def _csv_row(row: SegmentRow) -> list[str]:
    """A cell per heading of HEADINGS; empty where a figure is not known."""
    latency, settings, power = row.latency, row.began.settings, row.power.main
    figures = (
        *(row.throughput, latency["inference"].p50, latency["inference"].p99, latency["response"].p50),
        *(latency["response"].p99, row.first_inference_s, row.handover_s),
        *((power.joules_per_inference, power.watts) if power is not None else (None, None)),
    )
    return [
        *(str(row.began.segment), row.what, settings.device, settings.hint, str(row.began.nireq)),
        *("" if row.device is None else name_of(row.device), str(row.requests), str(row.errors)),
        *("" if value is None else f"{value}" for value in figures),
        row.power.brief_source,
    ]
