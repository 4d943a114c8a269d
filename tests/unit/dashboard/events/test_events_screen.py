"""The page with the history of events: everything that was told, whole, and what it costs with thousands of them."""

from __future__ import annotations

import pytest
from fake_source import SECOND, FakeSource
from hypothesis import given
from hypothesis import strategies as st
from samples import spawned, started
from stage import Stage, on_stage

from ovtui.dashboard.events import event_history
from ovtui.dashboard.events.answers import NOTICE_NS, Answers
from ovtui.dashboard.events.event_history import HistoryWindow, entries_of, lines_of
from ovtui.dashboard.events.events_screen import EventsScreen, HistoryPanel
from ovtui.dashboard.views.event_line import EventLine
from ovtui.metrics.handover.event_text import EventText
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.diagnosis import Diagnosis, EngineDiagnosed
from ovtui.records.events import LogLine, Note

LONG = "a text that needs more room than one line of a terminal has " * 4


def page_text(stage: Stage) -> str:
    assert isinstance(stage.app.screen, EventsScreen)
    return stage.app.screen.query_one(HistoryPanel).render().plain


def test_the_page_has_what_happened_and_what_was_answered_newest_first() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(6)
        await stage.press("m")
        await stage.advance(0.5)
        source.tell(Note(t_ns=source.now_ns, severity="warning", text=LONG, engine=1))
        await stage.advance(1)
        assert "e shows it whole" in stage.text(EventLine)
        await stage.press("e")
        shown = page_text(stage)
        assert " ".join(shown.replace("WARNING", "").split()[1:]).startswith(" ".join(LONG.split()))
        assert shown.index("WARNING") < shown.index("ANSWER") < shown.index("HANDOVER")
        await stage.press("l", "l")
        assert "WARNING" in page_text(stage)
        assert "HANDOVER" not in page_text(stage)
        source.tell(Note(t_ns=source.now_ns, severity="error", text="it broke", engine=1))
        await stage.advance(1)
        assert "it broke" in page_text(stage), "the page follows"
        await stage.press("e")
        assert stage.app.view is not None

    on_stage(act, source)


def test_every_view_opens_it_and_a_scrolled_page_stays_where_it_is() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        now_ns = source.now_ns
        source.tell(*(Note(t_ns=now_ns, severity="info", text=f"number {number}", engine=1) for number in range(200)))
        await stage.advance(0.25)
        for digit in "123456":
            await stage.press(digit, "e")
            assert "number 199" in page_text(stage)
            await stage.press("escape")
        await stage.press("e", "pagedown", "j")
        before = page_text(stage)
        source.tell(Note(t_ns=source.now_ns, severity="info", text="one more", engine=1))
        await stage.advance(0.25)
        assert page_text(stage) == before
        await stage.press("end")
        assert "SESSION" in page_text(stage)
        await stage.press("home")
        assert "one more" in page_text(stage)

    on_stage(act, source)


def state_of(count: int) -> SessionState:
    state = SessionState()
    for event in started():
        state.fold(event)
    for number in range(count):
        text = LONG if number % 3 == 0 else f"number {number}"
        state.fold(Note(t_ns=(10 + number) * SECOND, severity="info", text=text, engine=1))
    return state


@given(st.lists(st.integers(-40, 40), max_size=8), st.integers(30, 120), st.integers(1, 40))
def test_lines_scroll_one_by_one_through_wrapped_entries(steps: list[int], width: int, height: int) -> None:
    state = state_of(30)
    window = HistoryWindow()
    window.entries = entries_of(state, [], "all")
    whole = [line.plain for entry in window.entries for line in lines_of(entry, state, width)]
    at, most = 0, max(len(whole) - height, 0)
    for step in steps:
        window.scroll(step, state, width, height)
        at = min(max(at + step, 0), most)
        assert [line.plain for line in window.lines(state, width, height)] == whole[at : at + height]
        assert window.follows == (at == 0)


def test_of_thousands_only_those_in_sight_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    described: list[object] = []
    state = state_of(1900)
    window = HistoryWindow()
    window.entries = entries_of(state, [], "all")
    real = event_history.describe_event
    monkeypatch.setattr(event_history, "describe_event", lambda *of: described.append(of) or real(*of))
    assert len(window.lines(state, 100, 30)) == 30
    window.scroll(1, state, 100, 30)
    assert len(described) < 200


def test_levels_leave_out_log_lines_and_answers() -> None:
    state = state_of(0)
    state.fold(LogLine(t_ns=SECOND, engine=1, text="a line"))
    state.fold(Note(t_ns=2 * SECOND, severity="error", text="it broke", engine=1))
    answers = [EventText(3 * SECOND, "ANSWER", "yes", "info"), EventText(4 * SECOND, "KEYS", "no", "warning")]
    kinds = {
        level: [type(entry).__name__ for entry in entries_of(state, answers, level)] for level in event_history.LEVELS
    }
    assert kinds["all"][:4] == ["EventText", "EventText", "Note", "LogLine"]
    assert "LogLine" not in kinds["events"]
    assert kinds["warnings"] == ["EventText", "Note"]


def diagnosed(t_s: int, *, stuck: bool = False) -> EngineDiagnosed:
    found = Diagnosis(engine=1, pid=7, phase="load", doing="making the load", where="works", stuck=stuck)
    return EngineDiagnosed(t_ns=t_s * SECOND, engine=1, occasion="asked", diagnosis=found)


def test_looks_at_an_engine_that_goes_on_fold() -> None:
    state = SessionState()
    for event in (*started(), spawned(t_s=1.0)):
        state.fold(event)
    for t_s in (5, 6, 7):
        state.fold(diagnosed(t_s=t_s))
    state.fold(diagnosed(t_s=8, stuck=True))
    found = [entry.t_ns // SECOND for entry in entries_of(state, [], "all")][:2]
    assert found == [8, 7]


def test_a_notice_is_told_for_a_while_and_a_warning_before_others() -> None:
    answers = Answers()
    answers.notice("KEYS", "a key", "warning")
    answers.notice("REPLAY", "from a file")
    told = answers.notice_at(100 * SECOND)
    assert told is not None
    assert (told.label, told.t_ns) == ("KEYS", 100 * SECOND)
    assert answers.notice_at(100 * SECOND + NOTICE_NS + 1) is None
    assert [each.label for each in answers.kept] == ["KEYS", "REPLAY"]
    answers.add(101 * SECOND, "yes")
    answers.add(102 * SECOND, "yes")
    assert [each.t_ns // SECOND for each in answers.kept] == [100, 100, 102]
    answers.rewind(101 * SECOND)
    assert [each.label for each in answers.kept] == ["KEYS", "REPLAY"]
