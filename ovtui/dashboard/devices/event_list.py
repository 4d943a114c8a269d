"""Everything that happened, newest first: the session's events and the lines of AUTO's log between them."""

from __future__ import annotations

from ovtui.dashboard.drawing.row_list import RowList, title_forms
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, one_line
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Event, LogLine, Severity

_STYLES: dict[Severity, str] = {"info": "bold", "warning": "bold $warning", "error": "bold $error"}
_TEXT_COLUMN = 22


class EventList(RowList):
    """A row under the cursor stays under it while newer ones come."""

    log_lines_shown = True
    """Lines of logs stand between the events."""
    _story: SessionState | None = None
    _events: list[Event]
    _held: Event | None = None

    def __init__(self) -> None:
        super().__init__()
        self._events = []

    def show(self, story: SessionState) -> None:
        self._story = story
        self._held = self._events[self.cursor] if self.cursor is not None and self.cursor < len(self._events) else None
        seen = [event for event in reversed(story.log) if self.log_lines_shown or not isinstance(event, LogLine)]
        # They come from two processes and a log that is read now and then: nearly in order, which sorts fast.
        self._events = sorted(seen, key=lambda event: event.t_ns, reverse=True)
        if self._held is not None:
            self.cursor = next((i for i, event in enumerate(self._events) if event is self._held), None)
        self.redraw()

    def toggle_log(self) -> bool:
        self.log_lines_shown = not self.log_lines_shown
        if self._story is not None:
            self.show(self._story)
        return self.log_lines_shown

    def count(self) -> int:
        return len(self._events)

    def head(self, width: int) -> list[list[Piece]]:
        what = "with the log's lines" if self.log_lines_shown else "without the log's lines"
        keys = keys_of(self).hint("log-lines", "copy-table", "write-table")
        said = f"  newest first, {len(self._events):,} {what}"
        return [first_that_fits(title_forms(" EVENTS", said, keys), width)]

    def row(self, index: int, width: int) -> list[Piece]:
        told = self._event_text(index)
        text = cut(one_line(told.text), max(width - _TEXT_COLUMN - 1, 1))
        when: Piece = (f" {session_time_text(told.t_ns):>10} ", "$dim")
        if told.raw:
            return [when, (f"{'':<10}", ""), (text, "$dim")]
        return [when, (f"{told.label:<10}", _STYLES[told.severity]), (text, "")]

    def full(self, index: int) -> str:
        return one_line(self._event_text(index).text)

    def extract(self, indices: range) -> TableExport | None:
        told = [self._event_text(index) for index in indices if index < len(self._events)]
        cells = [[str(one.t_ns), "" if one.raw else one.label, one.severity, one.text] for one in told]
        what = f"{len(told):,} events" if len(told) != 1 else "the event"
        return TableExport(what, ("t_ns", "kind", "severity", "text"), lambda: cells) if told else None

    def _event_text(self, index: int) -> EventText:
        assert self._story is not None
        return describe_event(self._events[index], self._story)


def session_time_text(t_ns: int) -> str:
    """03:07.451, and 1:03:07.451 from an hour on."""
    ms = max(t_ns, 0) // 1_000_000
    minutes, rest = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
    return f"{hours}:{text}" if hours else text
