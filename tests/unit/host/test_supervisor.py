"""The supervisor: handovers, changes and ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from samples import MS
from supervised import Host, go_of, hosts_of

from ovtui.records.engine_protocol import Drained, EngineMessage, Halted
from ovtui.records.events import EngineExited, EngineSpawned, LoadEnded, Refused
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

OPEN, CLOSED = Settings(rate=100.0), Settings()


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Host]]:
    yield from hosts_of(monkeypatch)


@pytest.mark.parametrize(("coming", "due_from_ns"), [(OPEN, 70 * MS), (CLOSED, None)])
def test_the_schedule_goes_on_only_in_an_open_loop(
    begin: Callable[[Settings], Host], coming: Settings, due_from_ns: int | None
) -> None:
    host = begin(OPEN)
    first = host.engines[0]
    host.supervisor.apply(with_changes(coming, {"nthreads": 1}))
    second = host.compiled()
    host.receive(first, Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    assert go_of(second).due_from_ns == due_from_ns


def test_a_schedule_does_not_go_on_after_the_end_of_a_load(begin: Callable[[Settings], Host]) -> None:
    """The engine is stopped, halts, hangs and is killed: a load that starts minutes later starts anew."""
    host = begin(OPEN)
    host.supervisor.stop()
    host.receive(host.engines[0], Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    host.kill(host.engines[0])
    assert host.finishes == 1
    host.supervisor.restart()
    assert go_of(host.compiled()).due_from_ns is None


def test_a_schedule_does_not_go_on_after_two_engines_failed(begin: Callable[[Settings], Host]) -> None:
    """The serving engine has halted for an engine that dies; the engine that is started then dies, too."""
    host = begin(OPEN)
    host.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    second = host.compiled()
    host.kill(second)
    host.receive(host.engines[0], Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    host.kill(host.engines[0])
    host.kill(host.engines[2])
    assert host.finishes == 1
    host.supervisor.restart()
    assert go_of(host.compiled()).due_from_ns is None


def test_a_change_that_compiles_can_be_cancelled(begin: Callable[[Settings], Host]) -> None:
    host = begin(CLOSED)
    host.engines[0].commands()
    wanted = with_changes(CLOSED, {"nthreads": 1})
    host.supervisor.apply(wanted)
    host.supervisor.cancel_change()
    [refused] = host.of(Refused)
    assert (refused.settings, refused.called_off) == (wanted, True)
    host.kill(host.engines[1])
    assert host.engines[0].commands() == []
    assert host.supervisor.settings == CLOSED
    host.supervisor.apply(wanted)  # and it can be wanted again
    assert len(host.engines) == 3


def test_a_change_that_the_serving_engine_has_halted_for_cannot_be_cancelled(begin: Callable[[Settings], Host]) -> None:
    host = begin(CLOSED)
    host.supervisor.apply(with_changes(CLOSED, {"nthreads": 1}))
    second = host.compiled()
    host.supervisor.cancel_change()
    host.receive(host.engines[0], Halted(engine=1, next_seq=0, next_due_ns=None))
    assert go_of(second).segment == 2
    assert host.of(Refused) == []


def test_without_a_serving_engine_nothing_is_cancelled(begin: Callable[[Settings], Host]) -> None:
    host = begin(CLOSED)
    host.supervisor.cancel_change()
    host.kill(host.engines[0])
    host.supervisor.restart()
    host.supervisor.cancel_change()
    assert go_of(host.compiled()).segment == 2
    assert host.of(Refused) == []


ENDED = LoadEnded(t_ns=MS, engine=1, reason="duration", submitted=0, unsent=5)
HALTED = [Halted(engine=1, next_seq=0, next_due_ns=70 * MS), Drained(engine=1, unsent=5)]


def test_a_load_that_ends_while_it_is_stopped_ends_once(begin: Callable[[Settings], Host]) -> None:
    host = begin(OPEN)
    host.supervisor.stop()
    host.receive(host.engines[0], ENDED, *HALTED)
    assert host.of(LoadEnded) == [ENDED]


def test_a_load_that_ends_during_a_handover_does_not_begin_again(begin: Callable[[Settings], Host]) -> None:
    host = begin(OPEN)
    host.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    host.compiled()
    host.receive(host.engines[0], ENDED, *HALTED)
    host.kill(host.engines[0])
    assert host.of(LoadEnded) == [ENDED]
    assert len(host.of(EngineSpawned)) == 2
    assert host.finishes == 1


def unsent(host: Host) -> int:
    """As clients count it."""
    return sum(event.unsent for event in host.events if isinstance(event, LoadEnded | EngineExited))


def test_requests_that_wait_in_an_engine_that_dies_were_due(begin: Callable[[Settings], Host]) -> None:
    host = begin(with_changes(OPEN, {"requests": 100}))
    ring = host.engines[0].ring
    ring.publish_submitted(10)
    ring.publish_shed(20)
    ring.publish_waiting(5)
    host.kill(host.engines[0])
    assert unsent(host) == 5
    host.supervisor.restart()
    assert go_of(host.compiled()).requests_left == 100 - 35


@pytest.mark.parametrize("messages", [[ENDED], HALTED, HALTED[:1]], ids=["ended", "drained", "hangs"])
def test_requests_that_wait_at_the_end_are_counted_once(
    begin: Callable[[Settings], Host], messages: list[EngineMessage]
) -> None:
    host = begin(OPEN)
    host.engines[0].ring.publish_waiting(5)
    host.supervisor.stop()
    host.receive(host.engines[0], *messages)
    host.kill(host.engines[0])
    assert unsent(host) == 5


def test_requests_that_wait_when_a_change_follows_a_stop_are_counted(begin: Callable[[Settings], Host]) -> None:
    """For the end of a load the engine sheds nothing, but then another engine takes over."""
    host = begin(OPEN)
    first = host.engines[0]
    first.ring.publish_waiting(5)
    host.supervisor.stop()
    host.receive(first, HALTED[0])
    host.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    host.compiled()
    host.receive(first, HALTED[1])
    host.kill(first)
    assert unsent(host) == 5
