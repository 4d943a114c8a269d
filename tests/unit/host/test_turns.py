"""The turns of a study in the supervisor, with a clock that the test moves: which engine serves, which is killed, and
what the study is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from supervised import Engine
from test_trials import Trialled, started

from ovtui.host.client_protocol import TakeTurn
from ovtui.host.engine_deadlines import COMPILE_S
from ovtui.host.turns import needs_no_compile
from ovtui.records.engine_protocol import Drained, Halt, Halted, TakeOver
from ovtui.records.events import (
    DeviceChanged,
    EngineExited,
    Event,
    LoadEnded,
    Refused,
    SegmentBegan,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.ring.ring_memory import SUBMITTED
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000
BASE = Settings(nireq=3, rate=100.0)
FASTER = with_changes(BASE, {"rate": 200.0})
OTHER = with_changes(BASE, {"hint": "latency"})
THIRD = with_changes(BASE, {"nthreads": 1})


class Studied(Trialled):
    @property
    def turns_told(self) -> list[Event]:
        return [event for event in self.events if isinstance(event, TurnBegan | TurnEnded | TurnRefused)]

    def told(self) -> list[tuple[str, int]]:
        """('TurnBegan', 1) and so on, since the last call."""
        found = [(type(event).__name__, event.turn) for event in self.turns_told]  # type: ignore[union-attr]
        new, self._seen = found[self._seen :], len(found)
        return new

    _seen = 0

    def take(
        self, turn: int, settings: Settings, *, keep: int = 0, limit_s: float = 0.0, at_once: bool = False
    ) -> None:
        self.supervisor.turns.take(
            TakeTurn(
                turn=turn, settings=settings, changes=[f"turn {turn}"], keep=keep, limit_s=limit_s, at_once=at_once
            )
        )  # fmt: skip

    def alive(self) -> list[int]:
        """Numbers of the engines that have not been killed."""
        return [each.process.number for each in self.engines if not each.process.killed_here]

    def serves_turn(self, engine: Engine, turn: int) -> TakeOver:
        go = self.serves(engine)
        assert self.told() == [("TurnBegan", turn)]
        return go

    def drains_after(self, engine: Engine, submitted: int, turn: int, *, dropped: int = 0, at_ns: int = 0) -> None:
        """It halts and drains; the end of its turn is told first of all."""
        assert [type(command) for command in engine.commands()] == [Halt]
        engine.ring.header[SUBMITTED] = submitted
        number = engine.process.number
        self.receive(engine, Halted(engine=number, next_seq=engine.process.next_seq, next_due_ns=5, dropped=dropped))
        assert self.told() == [], "it has not drained"
        self.receive(engine, Drained(engine=number, ended_ns=at_ns))
        assert self.told()[0] == ("TurnEnded", turn)


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Studied]:
    monkeypatch.setattr("test_trials.Trialled", Studied)
    for made in started(monkeypatch, BASE):
        assert isinstance(made, Studied)
        made.supervisor.turns.begin(made.a.process, BASE)
        yield made


def test_live_settings_are_set_with_the_turn_and_no_engine_is_started(host: Studied) -> None:
    host.take(1, FASTER, keep=3)
    host.drains_after(host.a, 100, 0, dropped=7, at_ns=3 * S)
    (ended,) = host.of(TurnEnded)
    assert isinstance(ended, TurnEnded)
    assert (ended.halted_ns, ended.dropped) == (3 * S, 7)
    go = host.serves_turn(host.a, 1)
    assert (go.settings, go.segment, go.first_seq, go.due_from_ns, go.changes) == (FASTER, 2, 100, None, ["turn 1"])
    (began,) = host.of(TurnBegan)
    assert isinstance(began, TurnBegan)
    assert (began.segment, began.engine, began.compile_ms) == (2, 1, None)
    host.take(2, BASE)
    host.drains_after(host.a, 150, 1)
    assert host.serves_turn(host.a, 2).settings == BASE
    assert len(host.engines) == 1


def test_another_engine_is_compiled_while_nothing_serves_and_the_last_one_is_killed_before(host: Studied) -> None:
    host.take(1, OTHER)
    assert len(host.engines) == 1, "it still serves"
    host.drains_after(host.a, 100, 0)
    assert host.alive() == [2]
    assert host.supervisor.submitted == 100
    host.advance(2)
    host.compiled()
    go = host.serves_turn(host.engines[1], 1)
    assert (go.first_seq, go.settings) == (100, OTHER)
    (began,) = host.of(TurnBegan)
    assert isinstance(began, TurnBegan)
    assert began.compile_ms == 2000
    assert host.finishes == 0


def test_kept_engines_take_over_without_a_compile_and_the_least_recently_served_is_given_up(host: Studied) -> None:
    host.take(1, OTHER, keep=1)
    host.drains_after(host.a, 100, 0)
    host.compiled()
    host.serves_turn(host.b, 1)
    host.take(2, FASTER, keep=1)
    host.drains_after(host.b, 30, 1)
    assert host.serves_turn(host.a, 2).first_seq == 130
    host.take(3, THIRD, keep=1)
    host.drains_after(host.a, 150, 2)
    assert host.alive() == [1, 3], "B had not served for longest"
    host.compiled()
    host.serves_turn(host.engines[2], 3)


def test_a_turn_waits_for_the_accelerator(host: Studied) -> None:
    host.take(1, OTHER)
    host.drains_after(host.a, 100, 0)
    host.b.process.devices = ["(CPU)"]
    host.b.process.ready = True
    host.supervisor.turns.look_at(host.b.process)
    assert host.b.commands() == []
    host.receive(
        host.b,
        DeviceChanged(t_ns=1, engine=2, before=["(CPU)"], after=["GPU"], since_compile_ms=1.0, optimal_requests=1),
    )  # fmt: skip
    host.serves_turn(host.b, 1)


def test_a_turn_that_is_to_begin_at_once_is_served_by_the_stand_in_and_the_next_one_waits(host: Studied) -> None:
    host.take(1, OTHER, at_once=True)
    host.drains_after(host.a, 100, 0)
    host.b.process.devices = ["(CPU)"]
    host.b.process.ready = True
    host.supervisor.turns.look_at(host.b.process)
    host.serves_turn(host.b, 1)
    host.take(2, OTHER)
    host.drains_after(host.b, 130, 1)
    assert host.b.commands() == [], "its accelerator compiles"
    host.receive(
        host.b,
        DeviceChanged(t_ns=1, engine=2, before=["(CPU)"], after=["GPU"], since_compile_ms=1.0, optimal_requests=1),
    )  # fmt: skip
    assert host.serves_turn(host.b, 2).first_seq == 230


def test_what_openvino_refuses_is_told_and_the_next_turn_serves(host: Studied) -> None:
    host.take(1, OTHER)
    host.drains_after(host.a, 100, 0)
    host.b.process.failure = "CPU: no memory"
    host.kill(host.b)
    (refused,) = host.of(TurnRefused)
    assert isinstance(refused, TurnRefused)
    assert (refused.turn, refused.reason, refused.died) == (1, "CPU: no memory", False)
    assert host.told() == [("TurnRefused", 1)]
    assert host.finishes == 0
    assert host.b.process not in host.supervisor._alive(), "its exit has been told"
    host.take(2, THIRD)
    host.compiled()
    assert host.serves_turn(host.engines[2], 2).first_seq == 100


def test_a_live_change_that_is_refused_leaves_the_engine_halted_for_the_next_turn(host: Studied) -> None:
    host.take(1, FASTER)
    host.drains_after(host.a, 100, 0)
    host.a.commands()
    host.receive(host.a, Refused(t_ns=1, settings=FASTER, changes=[], reason="no memory"))
    assert host.told() == [("TurnRefused", 1)]
    assert host.of(Refused) == []
    assert host.supervisor.ordered == BASE
    host.take(2, FASTER)
    assert host.serves_turn(host.a, 2).settings == FASTER, "also where the same was refused"


@pytest.mark.parametrize("while_it", ["serves", "compiles", "drains"])
def test_a_death_is_told_and_nothing_hangs(host: Studied, while_it: str) -> None:
    host.take(1, FASTER)
    if while_it == "drains":
        host.kill(host.a)
        assert host.told() == [("TurnEnded", 0)]
        kinds = [type(event) for event in host.events if isinstance(event, TurnEnded | EngineExited)]
        assert kinds == [TurnEnded, EngineExited], "so that the span of the load is known"
        host.compiled()
        host.serves_turn(host.b, 1)
        return
    host.drains_after(host.a, 100, 0)
    host.serves_turn(host.a, 1)
    if while_it == "compiles":
        host.take(2, OTHER)
        host.drains_after(host.a, 120, 1)
        host.kill(host.b)
    else:
        host.kill(host.a)
    (refused,) = host.of(TurnRefused)
    assert isinstance(refused, TurnRefused)
    assert refused.died is (while_it == "serves")
    assert refused.turn == (1 if while_it == "serves" else 2)
    assert host.finishes == 0
    host.told()
    host.take(3, BASE)
    host.compiled()
    host.serves_turn(host.engines[-1], 3)


def test_rest_is_always_answered(host: Studied) -> None:
    host.supervisor.turns.rest()
    host.drains_after(host.a, 100, 0)
    host.supervisor.turns.rest()
    assert host.told() == [("TurnEnded", 0)], "resting already"
    host.take(1, OTHER)
    host.supervisor.turns.rest()
    assert host.told() == [("TurnEnded", 1)], "while it compiled"
    assert host.alive() == []
    host.take(2, THIRD)
    host.compiled()
    host.serves_turn(host.engines[-1], 2)
    host.take(3, BASE)
    host.supervisor.turns.rest()
    host.engines[-1].commands()
    number = host.engines[-1].process.number
    host.receive(host.engines[-1], Halted(engine=number, next_seq=100), Drained(engine=number))
    assert host.told() == [("TurnEnded", 2), ("TurnEnded", 3)], "while the one before drained"


def test_a_turn_ends_by_itself_after_its_time(host: Studied) -> None:
    host.take(1, FASTER, limit_s=5)
    host.drains_after(host.a, 100, 0)
    host.serves_turn(host.a, 1)
    host.advance(4.9)
    assert host.a.commands() == []
    host.advance(0.2)
    host.drains_after(host.a, 120, 1)
    assert host.supervisor.turns.due_ns is None


def test_a_compile_that_hangs_is_given_up(host: Studied) -> None:
    host.take(1, OTHER)
    host.drains_after(host.a, 100, 0)
    host.advance(COMPILE_S + 1)
    assert host.told() == [("TurnRefused", 1)]
    assert host.alive() == []
    assert host.supervisor.deadline_s() is None


def test_a_turn_before_another_has_begun_takes_its_place(host: Studied) -> None:
    host.take(1, OTHER)
    host.take(2, FASTER)
    assert host.told() == [("TurnRefused", 1)]
    host.drains_after(host.a, 100, 0)
    host.serves_turn(host.a, 2)
    assert len(host.engines) == 1


@pytest.mark.parametrize("change", [{"duration_s": 3.0}, {"requests": 10}, {"arrival": "ramp:200:10"}])
def test_a_load_that_ends_or_changes_is_no_turn(host: Studied, change: dict[str, object]) -> None:
    host.take(1, with_changes(BASE, change))
    host.drains_after(host.a, 100, 0)
    (refused,) = host.of(TurnRefused)
    assert isinstance(refused, TurnRefused)
    assert refused.reason.startswith("a study ")


def test_after_the_study_the_settings_before_it_serve_and_its_engines_are_gone(host: Studied) -> None:
    host.take(1, OTHER, keep=1)
    host.drains_after(host.a, 100, 0)
    host.compiled()
    host.serves_turn(host.b, 1)
    host.supervisor.turns.end()
    host.drains_after(host.b, 30, 1)
    go = host.serves(host.a)
    assert (go.settings, go.changes) == (BASE, ["study over"])
    assert host.alive() == [1]
    assert not host.supervisor.turns.active
    host.supervisor.apply(FASTER)
    assert host.supervisor.ordered == FASTER


def test_after_the_study_they_are_compiled_anew_where_no_engine_is_left(host: Studied) -> None:
    host.take(1, OTHER)
    host.drains_after(host.a, 100, 0)
    host.compiled()
    host.serves_turn(host.b, 1)
    host.supervisor.turns.end()
    host.drains_after(host.b, 30, 1)
    assert host.alive() == [3]
    host.compiled()
    go = host.serves(host.engines[2])
    assert (go.changes, go.first_seq, host.supervisor.settings) == (["study over"], 130, BASE)
    assert host.finishes == 0


def test_a_study_that_took_no_turn_leaves_the_load_as_it_is(host: Studied) -> None:
    host.supervisor.turns.end()
    assert host.a.commands() == []
    assert host.alive() == [1]


@pytest.mark.parametrize("phase", ["serving", "resting", "compiling"])
def test_a_stop_ends_all_of_it(host: Studied, phase: str) -> None:
    host.take(1, OTHER, keep=1)
    host.drains_after(host.a, 100, 0)
    if phase != "compiling":
        host.compiled()
        host.serves_turn(host.b, 1)
    if phase == "resting":
        host.supervisor.turns.rest()
        host.drains_after(host.b, 20, 1)
    host.supervisor.stop()
    if phase == "serving":
        assert [command.over for command in host.b.commands() if isinstance(command, Halt)] == [True]
        host.receive(host.b, Halted(engine=2, next_seq=120), Drained(engine=2))
    assert len(host.of(LoadEnded)) == 1
    assert host.alive() == []
    for engine in host.engines:
        host.kill(engine)
    assert host.finishes == 1


def test_a_second_segment_within_a_turn_is_no_second_begin(host: Studied) -> None:
    host.take(1, FASTER)
    host.drains_after(host.a, 100, 0)
    host.serves_turn(host.a, 1)
    host.receive(host.a, SegmentBegan(t_ns=1, segment=9, engine=1, first_seq=1, nireq=1, settings=FASTER))
    assert host.told() == []


@pytest.mark.parametrize(
    ("change", "same"),
    [({"rate": 5.0}, True), ({"nireq": 8}, True), ({"slo": "p99<5ms"}, True), ({"hint": "latency"}, False),
     ({"model": "demo-matmul"}, False), ({"batch_timeout_ms": 7}, False)],
)  # fmt: skip
def test_what_needs_no_other_compile(change: dict[str, object], same: bool) -> None:
    assert needs_no_compile(BASE, with_changes(BASE, change)) is same
    batched = with_changes(BASE, {"device": "BATCH:CPU(4)"})
    assert needs_no_compile(batched, with_changes(batched, {"batch_timeout_ms": 7}))
