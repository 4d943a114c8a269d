"""The host's event log: all events in order, but for old lines of AUTO's log."""

from __future__ import annotations

from ovtui.host.event_log import MAX_LOG_LINES, TOGETHER, EventLog
from ovtui.records.events import LogLine, Note


def test_events_come_out_as_they_went_in() -> None:
    log = EventLog()
    notes = [Note(t_ns=n, severity="info", text=f"note {n}") for n in range(5 * TOGETHER + 3)]
    for note in notes:
        log.append(note)
    assert list(log) == notes == list(log)
    assert len(log) == len(notes)


def test_those_so_far_stay_the_same_while_others_come() -> None:
    """A client that attaches is sent them as it reads."""
    log = EventLog()
    notes = [Note(t_ns=n, severity="info", text=f"note {n}") for n in range(8 * TOGETHER)]
    for note in notes[: 3 * TOGETHER]:
        log.append(note)
    so_far = iter(log)
    first = next(so_far)
    for note in notes[3 * TOGETHER :]:
        log.append(note)
    assert [first, *so_far] == notes[: 3 * TOGETHER]


def test_old_lines_of_a_log_are_dropped_and_nothing_else() -> None:
    log = EventLog()
    for n in range(3 * MAX_LOG_LINES):
        log.append(LogLine(t_ns=n, engine=1, text=f"line {n}"))
        if n % 10 == 0:
            log.append(Note(t_ns=n, severity="info", text="kept"))
    lines = [event for event in log if isinstance(event, LogLine)]
    assert len(lines) + TOGETHER >= MAX_LOG_LINES
    assert len(lines) <= MAX_LOG_LINES + 3 * TOGETHER
    assert lines[-1].t_ns == 3 * MAX_LOG_LINES - 1
    assert sum(isinstance(event, Note) for event in log) == 3 * MAX_LOG_LINES / 10
