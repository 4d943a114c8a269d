"""Who asks for a diagnosis, who shares one, and what the session's events tell of an engine."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from samples import compiled, model_read, segment, spawned

from ovtui.host.diagnosis import diagnoser
from ovtui.host.diagnosis.diagnoser import Diagnoser
from ovtui.host.diagnosis.diagnosis_desk import DiagnosisDesk
from ovtui.host.diagnosis.engine_phases import EnginePhases
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.diagnosis import Diagnosis, EngineDiagnosed, StuckAnswer
from ovtui.records.events import AcceleratorChanged, EngineStalled, Event, FirstInference, LoadEnded

WAIT_S = 30


def engine(number: int = 1, **about: Any) -> EngineProcess:
    values = {"number": number, "process": SimpleNamespace(pid=1000 + number), "halt_told_ns": None, "drained": False}
    return cast(EngineProcess, SimpleNamespace(debugged=False, **{**values, **about}))


class Slow:
    """In place of a real look: it ends when the test lets it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made = 0
        self.go = threading.Event()
        monkeypatch.setattr(diagnoser, "diagnose", self)

    def __call__(self, number: int, *_: object, **__: object) -> Diagnosis:
        self.made += 1
        assert self.go.wait(WAIT_S)
        return Diagnosis(engine=number, pid=1000 + number, phase="load", doing="making the load", where="works")


class Answers(list[Any]):
    def __init__(self, wanted: int) -> None:
        super().__init__()
        self._wanted, self._all = wanted, threading.Event()

    def take(self, answer: Any) -> None:
        self.append(answer)
        if len(self) == self._wanted:
            self._all.set()

    def wait(self) -> None:
        assert self._all.wait(WAIT_S), self


def test_several_who_ask_at_once_share_one_look(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, answers = Slow(monkeypatch), Answers(5)
    asked = Diagnoser(EnginePhases(), lambda: 0, lambda: None)
    for _ in range(5):
        asked.ask(engine(), answers.take)
    slow.go.set()
    answers.wait()
    assert slow.made == 1
    asked.ask(engine(), answers.take)  # a new question is a new look
    slow_again = Answers(1)
    asked.ask(engine(2), slow_again.take)
    slow_again.wait()
    assert slow.made == 3


def test_all_engines_in_order_and_none(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, answers = Slow(monkeypatch), Answers(2)
    slow.go.set()
    asked = Diagnoser(EnginePhases(), lambda: 0, lambda: None)
    asked.ask_all([], "a", answers.take, native=False)
    asked.ask_all([engine(2), engine(1)], "a", answers.take, native=True)
    answers.wait()
    assert answers[0] == StuckAnswer(session="a")
    assert [found.engine for found in answers[1].diagnoses] == [2, 1]


def test_a_look_that_fails_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Diagnosis:
        raise ValueError("no such thing")

    monkeypatch.setattr(diagnoser, "diagnose", broken)
    answers = Answers(1)
    Diagnoser(EnginePhases(), lambda: 0, lambda: None).ask(engine(), answers.take, native=True)
    answers.wait()
    assert answers[0].where == "the diagnosis failed: ValueError: no such thing"


def test_a_stall_is_looked_at_and_told_as_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, told = Slow(monkeypatch), Answers(1)
    slow.go.set()
    desk = DiagnosisDesk([engine()], lambda: 7, lambda: None, lambda call: call(), told.take)
    desk.follow(EngineStalled(t_ns=1, engine=9, pid=1, since_ns=0, cause="asleep", in_flight=1))  # gone meanwhile
    desk.follow(EngineStalled(t_ns=1, engine=1, pid=1, since_ns=0, cause="asleep", in_flight=1))
    told.wait()
    (event,) = told
    assert isinstance(event, EngineDiagnosed)
    assert (event.t_ns, event.engine, event.occasion) == (7, 1, "stalled")


def phases_after(*events: Event) -> EnginePhases:
    phases = EnginePhases()
    for event in events:
        phases.follow(event)
    return phases


def test_the_phases_of_an_engine() -> None:
    first = FirstInference(t_ns=9, engine=1, since_spawn_ms=1.0, infer_ms=1.0)
    over = LoadEnded(t_ns=10, engine=1, reason="requests", submitted=1)
    events = [spawned(), model_read(), compiled(), segment(), first, over]
    names = [phases_after(*events[: count + 1]).of(engine()).phase for count in range(len(events))]
    assert names == ["starting", "compiling", "compiled", "first-inference", "load", "over"]
    serving = phases_after(*events[:5])
    assert serving.of(engine(halt_told_ns=12)).phase == "draining"
    assert serving.of(engine(halt_told_ns=12)).since_ns == 12
    assert serving.of(engine(halt_told_ns=12, drained=True)).phase == "load"
    assert serving.of(engine(5)).phase == "unknown"


def test_autos_log_is_followed() -> None:
    begins = AcceleratorChanged(t_ns=5, engine=1, device="GPU.0", state="compiling")
    ends = AcceleratorChanged(t_ns=8, engine=1, device="GPU.0", state="compiled")
    state = phases_after(spawned(), model_read(), begins).of(engine())
    assert (state.accelerator, state.accelerator_ns) == ("GPU.0", 5)
    assert phases_after(spawned(), model_read(), begins, ends).of(engine()).accelerator == ""


@pytest.mark.parametrize(("came_back", "stuck"), [(0, True), (2, False)])
def test_an_overdue_engine_is_stuck_unless_requests_still_come_back(
    monkeypatch: pytest.MonkeyPatch, came_back: int, stuck: bool
) -> None:
    slow, told, found = Slow(monkeypatch), Answers(1), Answers(1)
    counters = SimpleNamespace(written=5)
    desk = DiagnosisDesk([], lambda: 7, lambda: None, lambda call: call(), told.take)
    desk.overdue(engine(counters=counters), found.take)
    counters.written += came_back
    slow.go.set()
    found.wait()
    assert found[0].stuck is stuck
    assert told[0].diagnosis.stuck is stuck
