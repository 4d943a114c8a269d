"""The session's events, newest first, with the lines of AUTO's log between them. Of looks at an engine that found
nothing wrong only the newest of a row is listed, with their number (events.event_history)."""

from __future__ import annotations

from ovtui.dashboard.drawing.meanings import SEVERITY_STYLES
from ovtui.dashboard.drawing.row_list import RowList, title_forms
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, one_line
from ovtui.dashboard.events.event_history import newest_first
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics import number_format
from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Event, LogLine

_TEXT_COLUMN = 22


class EventList(RowList):
    """The cursor stays on its event while newer ones arrive. `hint`: where more is; the list then has no log lines and
    no keys of its own."""

    log_lines_shown = True
    """With the lines of AUTO's log between the events."""
    _session_state: SessionState | None = None
    _events: list[Event]

    def __init__(self, hint: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._events = []
        self._folded: dict[int, int] = {}
        """How many events an event stands for, by its index; only of those that stand for several."""
        self._hint = hint
        self.log_lines_shown = not hint

    def show(self, session_state: SessionState) -> None:
        self._session_state = session_state
        selected = self._events[self.cursor] if self.cursor is not None and self.cursor < len(self._events) else None
        listed = [event for event in session_state.log if self.log_lines_shown or not isinstance(event, LogLine)]
        self._events, self._folded = newest_first(listed)
        if selected is not None:
            self.cursor = next((i for i, event in enumerate(self._events) if event is selected), None)
        self.redraw()

    def toggle_log(self) -> bool:
        self.log_lines_shown = not self.log_lines_shown
        if self._session_state is not None:
            self.show(self._session_state)
        return self.log_lines_shown

    def count(self) -> int:
        return len(self._events)

    def head(self, width: int) -> list[list[Piece]]:
        if self._hint:
            return [first_that_fits(title_forms(" EVENTS", "  newest first", self._hint), width)]
        log = "with the log's lines" if self.log_lines_shown else "without the log's lines"
        keys = keys_of(self).hint("log-lines", "copy-table", "write-table")
        subtitle = f"  newest first, {len(self._events):,} {log}"
        return [first_that_fits(title_forms(" EVENTS", subtitle, keys), width)]

    def row(self, index: int, width: int) -> list[Piece]:
        event = self._event_text(index)
        text = cut(self._text(index, event), max(width - _TEXT_COLUMN - 1, 1))
        when: Piece = (f" {number_format.session_time(event.t_ns, 1):>10} ", "$dim")
        if event.raw:
            return [when, (f"{'':<10}", ""), (text, "$dim")]
        return [when, (f"{event.label:<10}", SEVERITY_STYLES[event.severity]), (text, "")]

    def full(self, index: int) -> str:
        return self._text(index, self._event_text(index))

    def _text(self, index: int, event: EventText) -> str:
        looks = self._folded.get(index)
        return one_line(event.text if looks is None else f"{event.text}; the same in {looks:,} looks")

    def extract(self, indices: range) -> TableExport | None:
        events = [self._event_text(index) for index in indices if index < len(self._events)]
        cells = [[str(event.t_ns), "" if event.raw else event.label, event.severity, event.text] for event in events]
        title = f"{len(events):,} events" if len(events) != 1 else "the event"
        return TableExport(title, ("t_ns", "kind", "severity", "text"), lambda: cells) if events else None

    def _event_text(self, index: int) -> EventText:
        assert self._session_state is not None
        return describe_event(self._events[index], self._session_state)
