"""The lines of the history: events of the session, lines of AUTO's log and answers, newest first, as many as fit.

An entry is described and wrapped only when its lines are in sight: a session has thousands of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeGuard

from textual.content import Content

from ovtui.dashboard.drawing.meanings import SEVERITY_STYLES
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.events.answers import ANSWER_LABEL
from ovtui.dashboard.keys.flag_words import without_flags
from ovtui.metrics import number_format
from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.diagnosis import EngineDiagnosed
from ovtui.records.events import Event, LogLine

Level = Literal["all", "events", "warnings"]
LEVELS: dict[Level, str] = {
    "all": "all",
    "events": "without answers and the log's lines",
    "warnings": "warnings and errors",
}
_LABEL_WIDTH, _LEAST_TEXT = 10, 20

Entry = Event | EventText
"""An event of the session, or what the dashboard has told."""


def entries_of(session_state: SessionState, answers: Sequence[EventText], level: Level) -> list[Entry]:
    """Newest first; of those of one moment answers come first."""
    events = [
        event
        for event in session_state.log
        if not (level != "all" and isinstance(event, LogLine))
        and not (level == "warnings" and describe_event(event, session_state).severity == "info")
    ]
    listed: list[Entry] = [
        told for told in reversed(answers) if level == "all" or (level == "warnings" and told.severity != "info")
    ]
    return sorted([*listed, *newest_first(events)[0]], key=lambda entry: -entry.t_ns)


def newest_first(events: Sequence[Event]) -> tuple[list[Event], dict[int, int]]:
    """The events, newest first, without the earlier ones of each row of looks at an engine that found it at work; and
    how many looks an event stands for, by its index, where these are several."""
    kept: list[Event] = []
    looks: dict[int, int] = {}
    # They come from two processes and from a log that is polled: nearly in order, which sorts fast. Of those of one
    # moment the later one comes first.
    for event in sorted(events, key=lambda event: event.t_ns)[::-1]:
        last = kept[-1] if kept else None
        if _healthy(event) and last is not None and _healthy(last) and last.engine == event.engine:
            looks[len(kept) - 1] = looks.get(len(kept) - 1, 1) + 1
        else:
            kept.append(event)
    return kept, looks


def _healthy(event: Event) -> TypeGuard[EngineDiagnosed]:
    return isinstance(event, EngineDiagnosed) and not event.diagnosis.stuck


def lines_of(entry: Entry, session_state: SessionState, width: int) -> list[Content]:
    """Time, label and the whole text, wrapped in its own column; at least one line."""
    told = entry if isinstance(entry, EventText) else describe_event(entry, session_state)
    when = f"{number_format.session_time(told.t_ns, 1):>9} "
    label, style = ("", "$dim") if told.raw else (told.label, SEVERITY_STYLES[told.severity])
    if told.label == ANSWER_LABEL:
        style = "$dim"
    text = Content.styled(without_flags(one_line(told.text)), "$dim" if told.raw or told.label == ANSWER_LABEL else "")
    head = Content.assemble((when, "$dim"), (f"{label:<{_LABEL_WIDTH}}", style))
    first, *rest = text.wrap(max(width - head.cell_length, _LEAST_TEXT)) or [Content()]
    gap = Content(" " * head.cell_length)
    return [head + first, *(gap + line for line in rest)]


class HistoryWindow:
    """The part of the history that is in sight. `top`: the entry whose line is the first one, None: the newest, which
    follows; `skipped`: how many of its lines are above."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.top: Entry | None = None
        self.skipped = 0

    @property
    def follows(self) -> bool:
        return self.top is None

    @property
    def _index(self) -> int:
        """Of the top entry. One that is gone is replaced by the first that is not newer."""
        if self.top is None:
            return 0
        for index, entry in enumerate(self.entries):
            if entry is self.top:
                return index
        older = (index for index, entry in enumerate(self.entries) if entry.t_ns <= (self.top.t_ns if self.top else 0))
        return next(older, max(len(self.entries) - 1, 0))

    def lines(self, session_state: SessionState, width: int, height: int) -> list[Content]:
        """At most `height` lines."""
        shown: list[Content] = []
        skip = self.skipped
        for entry in self.entries[self._index :]:
            shown += lines_of(entry, session_state, width)[skip:]
            skip = 0
            if len(shown) >= height:
                break
        return shown[:height]

    def scroll(self, rows: int, session_state: SessionState, width: int, height: int) -> None:
        """By so many lines, down where `rows` is positive; never past the last line. At the first one it follows."""
        index, skipped = self._index, self.skipped
        while rows > 0 and index < len(self.entries):
            left = len(lines_of(self.entries[index], session_state, width)) - skipped
            step = min(rows, left)
            rows, skipped = rows - step, skipped + step
            if step == left:
                index, skipped = index + 1, 0
        while rows < 0 and (index or skipped):
            if not skipped:
                index -= 1
                skipped = len(lines_of(self.entries[index], session_state, width))
            step = min(-rows, skipped)
            rows, skipped = rows + step, skipped - step
        last = self._last(session_state, width, height)
        self._go_to(*min((index, skipped), last))

    def to_end(self, session_state: SessionState, width: int, height: int) -> None:
        self._go_to(*self._last(session_state, width, height))

    def to_newest(self) -> None:
        self._go_to(0, 0)

    def _go_to(self, index: int, skipped: int) -> None:
        self.top = self.entries[index] if (index or skipped) and index < len(self.entries) else None
        self.skipped = skipped if self.top is not None else 0

    def _last(self, session_state: SessionState, width: int, height: int) -> tuple[int, int]:
        """Where the first line in sight may be at most, so that the window is full."""
        room = height
        for index in range(len(self.entries) - 1, -1, -1):
            count = len(lines_of(self.entries[index], session_state, width))
            if count >= room:
                return index, count - room
            room -= count
        return 0, 0
