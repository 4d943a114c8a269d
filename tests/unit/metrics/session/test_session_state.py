from __future__ import annotations

from samples import SECOND, compiled, device_changed, model_read, segment, spawned, started

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import EngineExited, EngineFailed, Event, LoadEnded, Note, Refused
from ovtui.settings.schema.settings import Settings


def session_state_of(*events: Event) -> SessionState:
    session_state = SessionState()
    for event in events:
        session_state.fold(event)
    return session_state


def exited(engine: int = 1, expected: bool = False) -> EngineExited:
    return EngineExited(t_ns=9 * SECOND, engine=engine, expected=expected, code=-9, signal="SIGKILL")


def test_a_session_begins_with_the_engine_that_starts() -> None:
    session_state = session_state_of(*started()[:3])
    assert (session_state.phase, session_state.serving, session_state.compiling) == ("starting", 0, 1)
    assert session_state.engine is not None
    assert session_state.engine.number == 1


def test_the_first_segment_makes_the_engine_serve() -> None:
    session_state = session_state_of(*started())
    assert (session_state.phase, session_state.serving, session_state.compiling) == ("serving", 1, 0)
    assert session_state.marks == []


def test_a_second_engine_takes_over_with_its_segment() -> None:
    new = Settings(device="AUTO:GPU,CPU", nstreams="2")
    coming = [spawned(2, 5.0, new), model_read(2), compiled(2, t_s=6.0)]
    session_state = session_state_of(*started(), *coming)
    assert (session_state.serving, session_state.compiling, session_state.phase) == (1, 2, "serving")
    assert session_state.settings == Settings(device="AUTO:GPU,CPU")
    session_state.fold(segment(2, engine=2, t_s=6.5, settings=new, changes=["streams →2"]))
    assert (session_state.serving, session_state.compiling) == (2, 0)
    assert session_state.settings == new
    assert [(mark.kind, mark.text) for mark in session_state.marks] == [("settings", "streams →2")]
    session_state.fold(exited(1, expected=True))
    assert session_state.phase == "serving"


def test_a_handover_is_marked_for_the_serving_engine_alone() -> None:
    session_state = session_state_of(*started(), spawned(2, 5.0), device_changed(["(CPU)"], ["GPU.0"], 6.0, engine=2))
    assert session_state.marks == []
    session_state.fold(device_changed(["(CPU)"], ["GPU.0"], 7.0))
    assert [(mark.t_ns, mark.kind, mark.text) for mark in session_state.marks] == [(7 * SECOND, "handover", "GPU.0")]


def test_refused_settings_leave_the_old_ones_in_force_until_something_newer_is_applied() -> None:
    refused = Refused(t_ns=SECOND, settings=Settings(device="TPU"), changes=["device"], reason="no TPU")
    session_state = session_state_of(*started(), spawned(2, 5.0), refused)
    assert session_state.refused is refused
    assert (session_state.compiling, session_state.serving, session_state.phase) == (0, 1, "serving")
    session_state.fold(segment(2))
    assert session_state.refused is None


def test_a_death_and_a_restart_are_marked() -> None:
    session_state = session_state_of(*started(), exited())
    assert session_state.phase == "died"
    assert session_state.died is not None
    session_state.fold(spawned(2, 10.0))
    assert (session_state.phase, session_state.died) == ("starting", None)
    session_state.fold(segment(2, engine=2, t_s=11.0))
    assert [mark.kind for mark in session_state.marks] == ["died", "restarted"]
    assert session_state.phase == "serving"


def test_the_second_engines_death_is_not_the_end_of_the_first() -> None:
    session_state = session_state_of(*started(), spawned(2, 5.0), exited(2))
    assert (session_state.phase, session_state.compiling) == ("serving", 0)


def test_an_engine_that_cannot_start_fails_the_session_and_its_exit_adds_nothing() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="no such file")
    session_state = session_state_of(*started()[:2], failed, exited(1))
    assert (session_state.phase, session_state.failure, session_state.unusable) == ("failed", "no such file", True)


def test_a_suggestion_stays_until_another_engine_starts() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=2, reason="no such shape", suggestion={"shape": "[1,3]"})
    session_state = session_state_of(*started(), spawned(2, 5.0), failed, exited(2))
    assert (session_state.phase, session_state.suggestion) == ("serving", {"shape": "[1,3]"})
    session_state.fold(spawned(3, 6.0))
    assert session_state.suggestion == {}


def test_an_engine_whose_requests_all_fail_may_fail_the_session_while_it_serves() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="requests fail", suggestion={"shape": "[1,3]"})
    session_state = session_state_of(*started(), failed, exited(1))
    assert (session_state.phase, session_state.died) == ("failed", None)
    assert session_state.suggestion == {"shape": "[1,3]"}


def test_a_load_that_ended_is_no_death() -> None:
    session_state = session_state_of(
        *started(), LoadEnded(t_ns=SECOND, engine=1, reason="duration", submitted=5), exited()
    )
    assert (session_state.phase, session_state.died) == ("ended", None)


def test_the_log_is_bounded() -> None:
    session_state = session_state_of(*started())
    for n in range(3 * SessionState.LOG_LIMIT):
        session_state.fold(Note(t_ns=n, severity="info", text=str(n)))
    assert len(session_state.log) <= SessionState.LOG_LIMIT
    assert session_state.log[-1] == Note(
        t_ns=3 * SessionState.LOG_LIMIT - 1, severity="info", text=str(3 * SessionState.LOG_LIMIT - 1)
    )
