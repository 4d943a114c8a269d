"""Trials in the supervisor, with a clock that the test moves: whose turn it is, and what ends a trial."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from supervised import Engine, Host, hosts_of

from ovtui.host.trial import DECISION_S
from ovtui.records import clock
from ovtui.records.engine_protocol import ApplyLive, Drained, Halt, Halted, TakeOver
from ovtui.records.events import (
    EngineExited,
    LoadEnded,
    Refused,
    SegmentBegan,
    TrialBegan,
    TrialBlock,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.ring.ring_memory import HEAD, SUBMITTED
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

S = 1_000_000_000
A, B = Settings(nireq=3), Settings(nireq=4)


class Trialled(Host):
    """A host with a trial; the test says what the two engines do."""

    now_ns = 0

    @property
    def a(self) -> Engine:
        return self.engines[0]

    @property
    def b(self) -> Engine:
        return self.engines[1]

    def serves(self, engine: Engine) -> TakeOver:
        """The engine takes over as it was told, and nothing else is told to it."""
        (go,) = (command for command in engine.commands() if isinstance(command, TakeOver))
        about = {"settings": engine.process.settings, "changes": go.changes, "nireq": 1, "trial": go.trial}
        self.receive(
            engine,
            SegmentBegan(
                t_ns=self.now_ns, segment=go.segment, engine=engine.process.number, first_seq=go.first_seq, **about
            ),
        )
        return go

    def drains(self, engine: Engine, submitted: int) -> None:
        """The engine, told to halt, has submitted so many in all its turns."""
        assert [type(command) for command in engine.commands()] == [Halt]
        engine.ring.header[SUBMITTED] = submitted
        number = engine.process.number
        self.receive(engine, Halted(engine=number, next_seq=engine.process.next_seq))
        self.receive(engine, Drained(engine=number))

    def advance(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)
        self.supervisor.enforce_deadlines()

    def end_turn(self) -> None:
        """To the end of the last block that was announced."""
        self.now_ns = self.turns[-1].blocks[-1].until_ns
        self.supervisor.enforce_deadlines()

    @property
    def turns(self) -> list[TrialTurn]:
        return [event for event in self.events if isinstance(event, TrialTurn)]

    @property
    def ended(self) -> TrialEnded | None:
        (*_, last) = [None, *(event for event in self.events if isinstance(event, TrialEnded))]
        return last


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Trialled]:
    yield from started(monkeypatch, A)


def started(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Trialled]:
    monkeypatch.setattr("supervised.Host", Trialled)
    monkeypatch.setattr(clock, "now_ns", lambda: Trialled.now_ns if not hosts else hosts[0].now_ns)
    hosts: list[Trialled] = []
    for begin in hosts_of(monkeypatch):
        made = begin(settings)
        assert isinstance(made, Trialled)
        hosts.append(made)
        made.serves(made.a)
        yield made


def rehearsed(host: Trialled, limit_s: float = 30.0, terms: TrialTerms | None = None, *, pinned: bool = False) -> None:
    """The trial has begun, B has had its rehearsal, and A has halted for none yet."""
    host.advance(5)
    host.supervisor.trials.begin(B, limit_s, terms, pinned=pinned)
    host.compiled()
    host.drains(host.a, 100)
    assert host.serves(host.b).trial == ("A" if pinned else "B")
    host.b.ring.header[HEAD] = 50  # written
    host.advance(1.0)
    host.drains(host.b, 60)


def test_the_engines_serve_in_turns_with_numbers_that_go_on(host: Trialled) -> None:
    rehearsed(host)
    (began,) = host.of(TrialBegan)
    assert isinstance(began, TrialBegan)
    assert (began.a, began.b, began.changes, began.engine) == (A, B, ["in flight 3→4"], 2)
    first = host.serves(host.a)
    assert (first.first_seq, first.trial, first.due_from_ns) == (160, "A", None)
    assert [(turn.side, len(turn.blocks)) for turn in host.turns] == [("B", 0), ("A", 1)]
    host.end_turn()
    host.drains(host.a, 130)
    second = host.b.commands()
    assert isinstance(second[0], TakeOver)
    assert (second[0].first_seq, second[0].segment) == (190, 2)
    assert (host.b.process.next_seq, host.turns[-1].side, host.turns[-1].first_block) == (190, "B", 2)
    first_of_b, second_of_b = host.turns[-1].blocks
    assert first_of_b.begin_ns > host.now_ns, "a guard time"
    assert first_of_b.until_ns == second_of_b.begin_ns


def test_it_ends_with_the_settings_that_were_in_force(host: Trialled) -> None:
    rehearsed(host)
    submitted = {"A": 100, "B": 60}
    engines = {"A": host.a, "B": host.b}
    host.serves(host.a)
    while host.ended is None:
        turn = host.turns[-1]
        host.end_turn()
        if host.ended is None:
            submitted[turn.side] += 10
            host.drains(engines[turn.side], submitted[turn.side])
            engines[host.turns[-1].side].commands()
    assert host.ended.reason == "done"
    assert host.ended.t_ns <= 36 * S
    blocks: list[TrialBlock] = [block for turn in host.turns for block in turn.blocks]
    assert len(blocks) == host.turns[-1].planned_blocks >= 12
    if host.turns[-1].side == "B":
        host.drains(host.b, submitted["B"] + 10)
        assert host.serves(host.a).trial == ""
    else:
        (relabelled,) = host.a.commands()
        assert isinstance(relabelled, ApplyLive)
        assert relabelled.settings == A
    assert not host.supervisor.trials.running
    assert host.supervisor.ordered == A
    assert host.b.process.process.poll() is None, "it waits for the decision"
    host.advance(DECISION_S + 1)
    assert host.b.process.process.wait(5)


def over(host: Trialled) -> None:
    """The trial is over because its intervals were narrow, while A served."""
    rehearsed(host)
    host.serves(host.a)
    host.supervisor.trials.end(narrow=True)
    (relabelled,) = host.a.commands()
    assert isinstance(relabelled, ApplyLive)
    host.receive(
        host.a, SegmentBegan(t_ns=1, segment=relabelled.segment, engine=1, first_seq=170, nireq=3, settings=A)
    )  # fmt: skip


def test_the_tried_settings_come_in_force_without_a_compile(host: Trialled) -> None:
    over(host)
    host.supervisor.apply(B)
    host.a.ring.header[SUBMITTED] = 190
    assert [type(command) for command in host.a.commands()] == [Halt]
    host.receive(host.a, Halted(engine=1, next_seq=host.a.process.next_seq))
    go = host.serves(host.b)
    assert (go.trial, go.changes) == ("", ["in flight 3→4"])
    assert len(host.engines) == 2
    assert host.supervisor.settings == B
    host.receive(host.a, Drained(engine=1))
    assert host.a.process.process.wait(5)


def test_they_do_also_before_the_end_of_the_trial_is_answered(host: Trialled) -> None:
    """Who decides in the moment in which a trial ends had the engine compiled anew, or the one that waits left over."""
    rehearsed(host)
    host.serves(host.a)
    host.supervisor.trials.end(narrow=True)
    host.supervisor.apply(B)
    relabelled, halt = host.a.commands()
    assert isinstance(relabelled, ApplyLive)
    assert isinstance(halt, Halt)
    host.receive(
        host.a, SegmentBegan(t_ns=1, segment=relabelled.segment, engine=1, first_seq=170, nireq=3, settings=A)
    )  # fmt: skip
    host.receive(host.a, Halted(engine=1, next_seq=host.a.process.next_seq))
    assert host.serves(host.b).changes == ["in flight 3→4"]
    assert (len(host.engines), host.supervisor.settings) == (2, B)
    host.receive(host.a, Drained(engine=1))
    assert host.a.process.process.wait(5)


@pytest.mark.parametrize("change", [{"nthreads": 1}, None])
def test_the_engine_that_waits_is_given_up_for_other_settings_or_by_a_person(
    host: Trialled, change: dict[str, int] | None
) -> None:
    over(host)
    if change:
        host.supervisor.apply(with_changes(A, change))
    else:
        host.supervisor.trials.end()
    assert host.b.process.process.wait(5)


def test_a_change_of_settings_cancels_the_trial_and_is_applied_when_the_old_ones_serve(host: Trialled) -> None:
    rehearsed(host)
    host.serves(host.a)
    host.end_turn()
    host.drains(host.a, 130)
    host.b.commands()
    host.supervisor.apply(with_changes(A, {"nthreads": 1}))
    assert host.ended is not None
    assert host.ended.reason == "cancelled"
    host.drains(host.b, 70)
    assert host.serves(host.a).changes == ["trial over"]
    assert len(host.engines) == 3
    assert host.engines[2].process.settings.nthreads == 1
    assert host.b.process.process.wait(5)


def test_a_death_of_the_tried_engine_gives_the_load_back(host: Trialled) -> None:
    rehearsed(host)
    host.serves(host.a)
    host.end_turn()
    host.drains(host.a, 130)
    host.b.commands()
    host.b.ring.header[SUBMITTED] = 75
    host.kill(host.b)
    assert host.ended is not None
    assert host.ended.text.startswith("the engine with the new settings died: SIGKILL (9: killed ")
    assert host.serves(host.a).first_seq == 205
    assert host.finishes == 0


def test_a_death_of_the_engine_that_pauses_starts_its_settings_anew(host: Trialled) -> None:
    rehearsed(host)
    host.serves(host.a)
    host.end_turn()
    host.drains(host.a, 130)
    host.b.commands()
    host.kill(host.a)
    assert host.ended is not None
    assert "settings in force died" in host.ended.text
    b = host.b
    host.drains(b, 40)  # what it had in flight is not lost
    third = host.compiled()
    assert (third.process.settings, host.finishes) == (A, 0)
    assert host.serves(third).first_seq == b.process.next_seq
    b.process.process.wait(5)


def test_a_refused_compile_ends_it_with_its_reason(host: Trialled) -> None:
    host.supervisor.trials.begin(B, 30.0)
    host.b.process.failure = "CPU: no memory"
    host.kill(host.b)
    assert host.ended is not None
    assert (host.ended.reason, host.ended.text) == ("failed", "CPU: no memory")
    assert host.a.commands() == []


def test_a_compile_that_takes_too_long_ends_it(host: Trialled) -> None:
    host.supervisor.trials.begin(B, 30.0)
    host.advance(21)
    assert host.ended is not None
    assert "compile for more than 20 s" in host.ended.text
    assert host.b.process.process.wait(5)


def test_the_end_of_the_load_ends_it(host: Trialled) -> None:
    rehearsed(host)
    host.serves(host.a)
    host.receive(host.a, LoadEnded(t_ns=host.now_ns, engine=1, reason="duration", submitted=130))
    assert host.ended is not None
    assert host.ended.text == "the load has ended"
    assert host.b.process.process.wait(5)


def test_a_stop_during_a_switch_ends_both(host: Trialled) -> None:
    host.advance(5)
    host.supervisor.trials.begin(B, 30.0)
    host.compiled()
    assert [type(command) for command in host.a.commands()] == [Halt]
    host.supervisor.stop()
    host.receive(host.a, Halted(engine=1, next_seq=0), Drained(engine=1))
    assert host.b.process.process.wait(5)
    host.a.process.process.wait(5)
    host.supervisor.engine_exited(host.a.process)
    assert host.finishes == 1
    assert [event.expected for event in host.of(EngineExited) if isinstance(event, EngineExited)] == [True]


@pytest.mark.parametrize(
    ("in_force", "change", "reason"),
    [
        (
            A, {"requests": 100},
            "a trial divides one load into blocks, and requests would end it; give both sides the same",
        ),
        (
            A, {"rate": 100.0, "arrival": "ramp:200:10"},
            "a trial divides the load into equal blocks, and this schedule changes with time",
        ),
        (
            Settings(rate=100.0, arrival="ramp:200:10"), {"nireq": 2},
            "a trial divides the load into equal blocks, and this schedule changes with time",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(
    monkeypatch: pytest.MonkeyPatch, in_force: Settings, change: dict[str, object], reason: str
) -> None:
    for host in started(monkeypatch, in_force):
        host.supervisor.trials.begin(with_changes(in_force, change), 30.0)
        (refused,) = host.of(Refused)
        assert isinstance(refused, Refused)
        assert refused.reason == reason
        assert len(host.engines) == 1


def test_a_second_trial_and_one_during_a_change_are_refused(host: Trialled) -> None:
    host.supervisor.trials.begin(B, 30.0)
    host.supervisor.trials.begin(B, 30.0)
    host.supervisor.trials.end()
    host.supervisor.apply(with_changes(A, {"nthreads": 1}))
    host.supervisor.trials.begin(B, 30.0)
    reasons = [event.reason for event in host.of(Refused) if isinstance(event, Refused)]
    assert reasons == ["a trial runs already", "another change is being applied; a trial can begin after it"]


@pytest.mark.parametrize(
    "change", [{"model": "demo-mlp"}, {"rate": 100.0}, {"batch_size": 2}, {"shape": "[1,3,32,32]"}, {"seed": 7}]
)
def test_what_asks_other_work_of_the_device_can_be_tried(host: Trialled, change: dict[str, object]) -> None:
    host.supervisor.trials.begin(with_changes(A, change), 30.0)
    assert host.of(TrialBegan)


def test_pinned_settings_are_a_and_what_is_in_force_is_b_and_stays(host: Trialled) -> None:
    """A person has pinned the settings B as A: their engine is tried, and the verdict reads 'now against pinned'."""
    rehearsed(host, pinned=True)
    (began,) = host.of(TrialBegan)
    assert isinstance(began, TrialBegan)
    assert (began.a, began.b, began.changes, began.pinned) == (B, A, ["in flight 4→3"], True)
    assert (began.tried, began.in_force) == (B, A)
    assert host.serves(host.a).trial == "B"
    assert [(turn.side, turn.engine) for turn in host.turns] == [("A", 2), ("B", 1)]
    host.supervisor.trials.end(narrow=True)
    assert host.supervisor.ordered == A
    assert not host.supervisor.trials.running


def play(host: Trialled) -> None:
    """To the end of the trial."""
    submitted, engines = {1: 100, 2: 60}, {1: host.a, 2: host.b}
    host.serves(host.a)
    while host.ended is None:
        number = host.turns[-1].engine
        host.end_turn()
        if host.ended is None:
            submitted[number] += 10
            host.drains(engines[number], submitted[number])
            engines[host.turns[-1].engine].commands()


def test_fixed_blocks_are_all_served_without_a_limit(host: Trialled) -> None:
    rehearsed(host, 0.0, TrialTerms(blocks=16, block_s=3.0))
    play(host)
    blocks = [block for turn in host.turns for block in turn.blocks]
    assert {block.until_ns - block.begin_ns for block in blocks} == {3 * S}
    assert len(blocks) == host.turns[-1].planned_blocks == 16
    assert host.ended is not None
    assert host.ended.reason == "done"


def test_a_limit_without_the_compile_counts_from_when_both_are_ready(host: Trialled) -> None:
    host.advance(5)
    host.a.ring.header[HEAD] = 1000  # written: 200 a second
    host.supervisor.trials.begin(B, 20.0, TrialTerms(limit_without_compile=True))
    host.advance(300)
    assert host.ended is None
    host.compiled()
    host.drains(host.a, 100)
    host.serves(host.b)
    host.b.ring.header[HEAD] = 50
    host.advance(1.0)
    host.drains(host.b, 60)
    play(host)
    assert sum(len(turn.blocks) for turn in host.turns) >= 14
    assert host.now_ns <= 326 * S
