from __future__ import annotations

from samples import SECOND, compiled, device_changed, model_read, segment, spawned, started

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import EngineExited, EngineFailed, Event, LoadEnded, Note, Refused
from ovtui.settings.schema.settings import Settings


def story_of(*events: Event) -> SessionState:
    story = SessionState()
    for event in events:
        story.fold(event)
    return story


def exited(engine: int = 1, expected: bool = False) -> EngineExited:
    return EngineExited(t_ns=9 * SECOND, engine=engine, expected=expected, code=-9, signal="SIGKILL")


def test_a_story_begins_with_the_engine_that_starts() -> None:
    story = story_of(*started()[:3])
    assert (story.phase, story.serving, story.compiling) == ("starting", 0, 1)
    assert story.engine is not None
    assert story.engine.number == 1


def test_the_first_segment_makes_the_engine_serve() -> None:
    story = story_of(*started())
    assert (story.phase, story.serving, story.compiling) == ("serving", 1, 0)
    assert story.marks == []


def test_a_second_engine_takes_over_with_its_segment() -> None:
    new = Settings(device="AUTO:GPU,CPU", nstreams="2")
    coming = [spawned(2, 5.0, new), model_read(2), compiled(2, t_s=6.0)]
    story = story_of(*started(), *coming)
    assert (story.serving, story.compiling, story.phase) == (1, 2, "serving")
    assert story.settings == Settings(device="AUTO:GPU,CPU")
    story.fold(segment(2, engine=2, t_s=6.5, settings=new, changes=["streams →2"]))
    assert (story.serving, story.compiling) == (2, 0)
    assert story.settings == new
    assert [(mark.kind, mark.text) for mark in story.marks] == [("settings", "streams →2")]
    story.fold(exited(1, expected=True))
    assert story.phase == "serving"


def test_a_handover_is_marked_for_the_serving_engine_alone() -> None:
    story = story_of(*started(), spawned(2, 5.0), device_changed(["(CPU)"], ["GPU.0"], 6.0, engine=2))
    assert story.marks == []
    story.fold(device_changed(["(CPU)"], ["GPU.0"], 7.0))
    assert [(mark.t_ns, mark.kind, mark.text) for mark in story.marks] == [(7 * SECOND, "handover", "GPU.0")]


def test_refused_settings_leave_the_old_ones_in_force_until_something_newer_is_applied() -> None:
    refused = Refused(t_ns=SECOND, settings=Settings(device="TPU"), changes=["device"], reason="no TPU")
    story = story_of(*started(), spawned(2, 5.0), refused)
    assert story.refused is refused
    assert (story.compiling, story.serving, story.phase) == (0, 1, "serving")
    story.fold(segment(2))
    assert story.refused is None


def test_a_death_and_a_restart_are_marked() -> None:
    story = story_of(*started(), exited())
    assert story.phase == "died"
    assert story.died is not None
    story.fold(spawned(2, 10.0))
    assert (story.phase, story.died) == ("starting", None)
    story.fold(segment(2, engine=2, t_s=11.0))
    assert [mark.kind for mark in story.marks] == ["died", "restarted"]
    assert story.phase == "serving"


def test_the_second_engines_death_is_not_the_end_of_the_first() -> None:
    story = story_of(*started(), spawned(2, 5.0), exited(2))
    assert (story.phase, story.compiling) == ("serving", 0)


def test_an_engine_that_cannot_start_fails_the_session_and_its_exit_adds_nothing() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="no such file")
    story = story_of(*started()[:2], failed, exited(1))
    assert (story.phase, story.failure, story.unusable) == ("failed", "no such file", True)


def test_a_load_that_ended_is_no_death() -> None:
    story = story_of(*started(), LoadEnded(t_ns=SECOND, engine=1, reason="duration", submitted=5), exited())
    assert (story.phase, story.died) == ("ended", None)


def test_the_log_is_bounded() -> None:
    story = story_of(*started())
    for n in range(3 * SessionState.LOG_LIMIT):
        story.fold(Note(t_ns=n, severity="info", text=str(n)))
    assert len(story.log) <= SessionState.LOG_LIMIT
    assert story.log[-1] == Note(
        t_ns=3 * SessionState.LOG_LIMIT - 1, severity="info", text=str(3 * SessionState.LOG_LIMIT - 1)
    )
