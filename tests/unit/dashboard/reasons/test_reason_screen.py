"""The page with OpenVINO's whole texts, and the footer that offers it."""

from __future__ import annotations

from fake_source import FakeSource
from samples import began, segment, spawned, started
from stage import Stage, on_stage
from textual.containers import VerticalScroll
from textual.widgets import Static

from ovtui.dashboard.reasons.reason_screen import ReasonScreen, reason_texts
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import REQUESTS_FAIL, EngineFailed, Event, Note, Refused
from ovtui.settings.schema.settings import Settings

SECOND = 1_000_000_000
WHOLE = "Exception from src/core.cpp:84:\nModel wasn't fully converted.\nSummary:\n-- No conversion rule: GreedySearch"


def state_of(*events: Event) -> SessionState:
    state = SessionState()
    for event in events:
        state.fold(event)
    return state


def page_text(stage: Stage) -> str:
    assert isinstance(stage.app.screen, ReasonScreen)
    return str(stage.app.screen.query_one(Static).render())


def test_failed_requests_offer_their_whole_text_in_every_view() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        assert "whole reason" not in stage.text(Footer)
        await stage.press("O")
        assert "No failure of this session has a longer text." in page_text(stage)
        await stage.press("escape")
        note = Note(t_ns=source.now_ns, severity="error", text=f"{REQUESTS_FAIL}it broke", engine=1, detail=WHOLE)
        source.tell(note)
        await stage.advance(0.25)
        assert "O whole reason" in stage.text(Footer)
        assert "requests fail: it broke" in stage.text(EventLine)
        await stage.press("5", "O")
        shown = page_text(stage)
        assert "requests fail: it broke" in shown
        assert "-- No conversion rule: GreedySearch" in shown
        await stage.press("O")
        assert stage.app.view is not None
        assert "O whole reason" in stage.text(Footer)

    on_stage(act, source)


def test_a_long_text_is_scrolled() -> None:
    source = FakeSource()

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        lines = "\n".join(f"-- Operation{number} with a message:" for number in range(100))
        source.tell(Note(t_ns=source.now_ns, severity="error", text="it broke", detail=lines))
        await stage.advance(0.25)
        await stage.press("O", "j", "j", "k")
        assert stage.app.screen.query_one(VerticalScroll).scroll_offset.y == 1
        await stage.press("end")
        assert stage.app.screen.query_one(VerticalScroll).scroll_offset.y > 50

    on_stage(act, source, size=(80, 24))


def test_the_newest_is_first_and_a_refusal_stands_for_its_engines_failure() -> None:
    settings = Settings(device="CPU")
    failed = EngineFailed(t_ns=5 * SECOND, engine=2, reason="no such type", detail=WHOLE)
    refused = Refused(t_ns=6 * SECOND, settings=settings, changes=["model"], reason="no such type", detail=WHOLE)
    note = Note(t_ns=9 * SECOND, severity="error", text="requests fail: x\x1b[2J", detail="A\x1b[31mB\nsecond line")
    quiet = Note(t_ns=9 * SECOND, severity="info", text="nothing to explain")
    texts = reason_texts(state_of(*started(), spawned(2, 4.0), failed, refused, note, quiet))
    first, second = (text.plain for text in texts)
    assert first == "ERROR  00:09.0  requests fail: x\\x1b[2J\nA\\x1b[31mB\nsecond line"
    assert second == f"REFUSED  00:06.0  model: no such type\n{WHOLE}"


def test_why_a_start_failed_is_told_whole_even_in_ovtuis_own_words() -> None:
    sentence = "the model has inputs of dynamic shape: give them with shape 'a[1,3,224,224]'"
    said = sentence.replace("with shape", "with --shape")
    state = state_of(began(Settings()), spawned(), EngineFailed(t_ns=SECOND, engine=1, reason=said))
    (text,) = reason_texts(state)
    assert text.plain == f"FAILED  00:01.0  {sentence}"


def test_what_failed_before_the_segment_in_force_is_over() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="it broke", detail=WHOLE)
    note = Note(t_ns=9 * SECOND, severity="error", text="requests fail", detail=WHOLE)
    assert not state_of(*started()).explains_now
    assert state_of(began(Settings()), spawned(), failed).explains_now
    served = [began(Settings()), spawned(), failed, segment(engine=2, t_s=2.0)]
    assert not state_of(*served).explains_now
    assert state_of(*served, note).explains_now


def test_the_newest_texts_are_kept() -> None:
    notes = [Note(t_ns=n, severity="error", text=str(n), detail=f"text {n}") for n in range(100)]
    state = state_of(*notes)
    assert [event.detail for event in state.explained] == [f"text {n}" for n in range(80, 100)]
