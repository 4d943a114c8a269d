"""Segments side by side: a column for each row of the history, a line for each figure with its change against the
same device before, then the settings in which the columns differ. It stands under the list where that leaves room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of, one_line
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.queries.segments import SegmentRow
from ovtui.records.device_codes import name_of
from ovtui.records.events import SegmentBegan
from ovtui.settings.changes import NOT_SET
from ovtui.settings.schema.settings import Settings, fields

LABEL_WIDTH = 19
_COLUMN_WIDTH, _WIDEST_COLUMN = 23, 38
_VALUE_WIDTH = 11
_WHAT_LINES = 3
"""Of what was changed."""


Cell = tuple[str, str]
"""A text and its style."""


@dataclass(frozen=True, slots=True)
class _Figure:
    label: str
    value: Callable[[SegmentRow], float | None]
    text: Callable[[float | None], str]


_FIGURES = (
    _Figure("throughput /s", lambda row: row.throughput, number_format.rate),
    _Figure("inference p50 ms", lambda row: row.latency["inference"].p50, number_format.milliseconds),
    _Figure("inference p99 ms", lambda row: row.latency["inference"].p99, number_format.milliseconds),
    _Figure("response p50 ms", lambda row: row.latency["response"].p50, number_format.milliseconds),
    _Figure("response p99 ms", lambda row: row.latency["response"].p99, number_format.milliseconds),
    _Figure("response max ms", lambda row: row.latency["response"].max, number_format.milliseconds),
)
_STARTS = (
    _Figure("first after s", lambda row: row.first_inference_s, number_format.seconds_without_unit),
    _Figure("handover after s", lambda row: row.handover_s, number_format.seconds_without_unit),
)
_ALWAYS = ("device", "hint", "nireq", "nstreams", "batch_timeout_ms", "rate")
"""Settings that are shown first, before those that are not the default."""


class SegmentColumns(Panel):
    _rows: Sequence[SegmentRow] = ()
    _cursor: int | None = None

    _shown: tuple[object, ...] = ()
    """What the columns were drawn for."""
    changeable = True
    """Settings can be changed here: the session is neither a recording nor read-only."""

    def show_new(self, rows: Sequence[SegmentRow], cursor: int | None) -> None:
        """As `show`, unless these very rows are shown: drawing takes 4 ms at 200x60."""
        shown = (cursor, self.changeable)
        if rows is not self._rows or shown != self._shown:
            self._shown = shown
            self.show(rows, cursor)

    def show(self, rows: Sequence[SegmentRow], cursor: int | None) -> None:
        """`cursor`: that of the list, at whose row the columns end; without one they end with the newest."""
        self._rows, self._cursor = rows, cursor
        self.redraw()

    def draw(self, width: int) -> Content:
        lines = list(self._lines(width))
        shown = lines[: max(self.size.height, 1)]
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in shown)

    def _lines(self, width: int) -> Iterator[list[Piece]]:
        first, columns, column = self._columns(width)
        earlier = [basis(self._rows, index) for index in range(first, first + len(columns))]
        if not columns:
            yield [(" no segment yet: the first begins when the engine serves", "$dim")]
            return
        yield self._title(len(columns), width)
        yield _line("", [_number(row, columns, column) for row in columns], column)
        yield from _what_lines(columns, column)
        devices = [number_format.UNKNOWN if row.device is None else name_of(row.device) for row in columns]
        yield _line("served by", [(text, "") for text in devices], column)
        yield _line("requests", [(number_format.count(row.requests), "") for row in columns], column)
        if any(row.errors for row in columns):
            failed = [number_format.percent(row.errors, row.requests) if row.errors else "none" for row in columns]
            yield _line("failed", [(text, "$error" if text != "none" else "") for text in failed], column)
        for figure in _FIGURES:
            yield _line(figure.label, _compared(figure, columns, earlier, column), column)
        for figure in _STARTS:
            values = [figure.value(row) for row in columns]
            if any(value is not None for value in values):
                yield _line(figure.label, [(figure.text(value), "") for value in values], column)
        if any(row.power.main is not None for row in columns):
            yield _line("energy a request", [(row.power.brief, "") for row in columns], column)
        yield from self._setting_lines(columns, column)

    def _columns(self, width: int) -> tuple[int, Sequence[SegmentRow], int]:
        """The index of the first row that has a column, these rows, and the width of a column."""
        fitting = max((width - LABEL_WIDTH) // _COLUMN_WIDTH, 1)
        end = len(self._rows) if self._cursor is None else max(self._cursor + 1, min(fitting, len(self._rows)))
        first = max(end - fitting, 0)
        columns = self._rows[first:end]
        room = width - LABEL_WIDTH - 1
        column = room if len(self._rows) == 1 else min(room // max(len(columns), 1), _WIDEST_COLUMN)
        return first, columns, column

    @property
    def _one_segment(self) -> bool:
        return len({row.began.segment for row in self._rows}) == 1

    def _title(self, columns: int, width: int) -> list[Piece]:
        keys, left = keys_of(self), len(self._rows) - columns
        if self._one_segment:
            hint = f"  a changed setting begins the next one: {keys.hint('settings')}" if self.changeable else ""
            return [(" ONE SEGMENT", "bold"), (hint, "$dim")]
        more = f"; {left} more: {keys.hint('list-up')}" if left else ""
        texts = ("changes: against the same device before, else the column before", "changes: against the same device")
        return first_that_fits([[(" SIDE BY SIDE", "bold"), (f"  {text}{more}", "$dim")] for text in texts], width)

    def _setting_lines(self, columns: Sequence[SegmentRow], column: int) -> Iterator[list[Piece]]:
        """The settings in which the columns differ, then those that all have; the defaults fill a high screen."""
        different = different_settings([row.began.settings for row in columns])
        if different:
            yield []
            yield [(" SETTINGS", "bold"), ("  that differ", "$dim")]
            for name in different:
                yield _setting_line(name, columns, column)
        yield []
        yield [(" SETTINGS", "bold"), ("  in force" if self._one_segment else "  the same in all", "$dim")]
        first = [*_ALWAYS, *(name for name in set_by_hand(columns[-1].began.settings) if name not in _ALWAYS)]
        for name in [*first, *(name for name in fields() if name not in first)]:
            if name not in different:
                yield _setting_line(name, columns[-1:], column)


def _setting_line(name: str, columns: Sequence[SegmentRow], column: int) -> list[Piece]:
    texts = [_setting_text(name, row.began) for row in columns]
    cells = [(text, "bold" if at and text != texts[at - 1] else "") for at, text in enumerate(texts)]
    return _line(one_line(fields()[name].label), cells, column)


def _number(row: SegmentRow, columns: Sequence[SegmentRow], width: int) -> Cell:
    """With its device where another column has the same segment."""
    several = sum(other.began.segment == row.began.segment for other in columns) > 1
    on = f" on {name_of(row.device)}" if several and row.device is not None else ""
    number = f"segment {row.began.segment}{on}"
    whole = f"{number}, in force" if row.in_force else number
    return whole if len(whole) < width else number, "bold" if row.in_force else ""


def set_by_hand(settings: Settings) -> list[str]:
    """The names of the settings that are not the default, in the schema's order."""
    return different_settings([Settings(), settings])


def different_settings(settings: Sequence[Settings]) -> list[str]:
    """The names of the settings that are not the same in all of them, in the schema's order."""
    return [name for name in fields() if any(getattr(each, name) != getattr(settings[0], name) for each in settings)]


def _setting_text(name: str, began: SegmentBegan) -> str:
    """As the settings pane has it; the requests in flight are those that the engine made."""
    if name == "nireq":
        return number_format.count(began.nireq)
    field = fields()[name]
    text = one_line(field.show(getattr(began.settings, name)))
    if text in ("", "0"):
        return field.spec.unset_text or text or NOT_SET
    return f"{text} {field.spec.unit}".rstrip() if text[-1].isdigit() else text


def what_changed(what: str, room: int) -> str:
    """As one line. Where that is longer than `room`, the longest hint has the short name that its column has."""
    whole = one_line(what)
    return whole if len(whole) <= room else whole.replace("cumulative_throughput", "cumulative")


def _what_lines(columns: Sequence[SegmentRow], column: int) -> Iterator[list[Piece]]:
    """What was changed, on as many lines as the longest needs."""
    texts = [what_changed(row.what, column - 2) if row.first_of_segment else "" for row in columns]
    wrapped = [[line.plain for line in Content(text).wrap(max(column - 2, 8))] if text else [] for text in texts]
    height = min(max((len(lines) for lines in wrapped), default=0), _WHAT_LINES)
    for at in range(height):
        cells = []
        for lines in wrapped:
            last = at == _WHAT_LINES - 1 and len(lines) > _WHAT_LINES
            cells.append((" ".join(lines[at:]) if last else lines[at] if at < len(lines) else "", ""))
        yield _line("what was changed" if not at else "", cells, column)


def basis(rows: Sequence[SegmentRow], index: int) -> SegmentRow | None:
    """What a row is compared with: the newest row before it of an earlier segment and the same device, because a
    stand-in beside an accelerator says nothing of a setting; else the row before it."""
    row = rows[index]
    for other in reversed(rows[:index]):
        if other.device == row.device and other.began.segment != row.began.segment:
            return other
    return rows[index - 1] if index else None


def _compared(
    figure: _Figure, columns: Sequence[SegmentRow], earlier: Sequence[SegmentRow | None], column: int
) -> list[Cell]:
    """The figure of each column, with its change against `earlier`; `column`: the width of one."""
    cells = []
    for row, before in zip(columns, earlier, strict=True):
        value, last = figure.value(row), None if before is None else figure.value(before)
        change = number_format.plain_change(value / last) if value is not None and value > 0 and last else ""
        if change.startswith("1/") and _VALUE_WIDTH + len(f"{change} times") < column:
            change += " times"
        cells.append((f"{figure.text(value):<{_VALUE_WIDTH}}{change if change[1:] != '0 %' else '0 %'}", ""))
    return cells


def _line(label: str, cells: Sequence[Cell], column: int) -> list[Piece]:
    pieces: list[Piece] = [(f" {cut(label, LABEL_WIDTH - 2):<{LABEL_WIDTH - 1}}", "$dim")]
    for text, style in cells:
        pieces.append((f"{cut(text, column - 1):<{column}}", style))
    return pieces
