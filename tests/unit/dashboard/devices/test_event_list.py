"""Which events the list of view 5 and the page of events have, and in how many rows."""

from __future__ import annotations

from ovtui.dashboard.events.event_history import newest_first
from ovtui.records.diagnosis import Diagnosis, EngineDiagnosed
from ovtui.records.events import Event, Note


def look(t_ns: int, *, stuck: bool = False, engine: int = 1) -> EngineDiagnosed:
    found = Diagnosis(engine=engine, pid=7, phase="load", doing="in infer()", where="it runs", stuck=stuck)
    return EngineDiagnosed(t_ns=t_ns, engine=engine, occasion="asked", diagnosis=found)


def test_healthy_looks_in_a_row_are_one_event_with_their_number() -> None:
    note = Note(t_ns=50, severity="info", text="x")
    events: list[Event] = [look(90), look(80), look(70), note, look(40), look(30, engine=2)]
    kept, looks = newest_first(events[::-1])
    assert kept == [events[0], note, events[4], events[5]]
    assert looks == {0: 3}


def test_looks_that_found_something_stay_apart() -> None:
    events: list[Event] = [look(90, stuck=True), look(80, stuck=True), look(70), look(60)]
    kept, looks = newest_first(events[::-1])
    assert kept == events[:3]
    assert looks == {2: 2}


def test_of_one_moment_the_later_comes_first() -> None:
    first, second = (Note(t_ns=50, severity="info", text=text) for text in ("first", "second"))
    assert newest_first([first, second])[0] == [second, first]
