"""The supervisor with real processes, rings and wires; the test sends the engines' messages."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from samples import MS

from ovtui.host.engines import engine_process
from ovtui.host.engines.auto_log import AutoLog
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.supervisor import Supervisor
from ovtui.records.engine_protocol import Drained, EngineCommand, EngineMessage, Halted, TakeOver
from ovtui.records.events import BatchingPlan, Compiled, EngineExited, EngineSpawned, Event, LoadEnded, Refused
from ovtui.records.ring.ring import RingWriter
from ovtui.records.ring.ring_memory import RingCounters, create_memory
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

OPEN, CLOSED = Settings(rate=100.0), Settings()


class Engine:
    """The engine at the other end of an EngineProcess."""

    def __init__(
        self, number: int, settings: Settings, changes: list[str], _origin_ns: int, clock: Callable[[], int]
    ) -> None:
        ring_fd = create_memory(8)
        ours, theirs = wire_pair()
        self.wire: Wire[EngineCommand, EngineMessage] = Wire(theirs, EngineCommand)
        self.wire.set_timeout(0)
        self.ring = RingWriter(ring_fd)
        output_fd, write_fd = os.pipe()
        process = subprocess.Popen(["sleep", "infinity"], stdout=write_fd)
        os.close(write_fd)
        wire: Wire[EngineMessage, EngineCommand] = Wire(ours, EngineMessage)
        self.process = EngineProcess(
            number, settings, changes, process, wire, ring_fd, RingCounters(ring_fd), AutoLog(number, clock),
            os.pidfd_open(process.pid), output_fd,
        )  # fmt: skip

    def commands(self) -> list[EngineCommand]:
        """The commands since the last call."""
        got = []
        with suppress(BlockingIOError):
            while True:
                got.append(self.wire.receive()[0])
        return got


class Host:
    def __init__(self, settings: Settings) -> None:
        self.events: list[Event] = []
        self.engines: list[Engine] = []
        self.finishes = 0
        self.supervisor = Supervisor(settings, "test", 0, self)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def engine_opened(self, engine: EngineProcess) -> None: ...

    def engine_closed(self, engine: EngineProcess) -> None: ...

    def finished(self) -> None:
        self.finishes += 1

    def spawn(self, *about: object) -> EngineProcess:
        self.engines.append(Engine(*about))  # type: ignore[arg-type]
        return self.engines[-1].process

    def receive(self, engine: Engine, *messages: EngineMessage) -> None:
        for message in messages:
            self.supervisor.handle_message(engine.process, message)

    def compiled(self) -> Engine:
        """The newest engine is ready."""
        engine = self.engines[-1]
        self.receive(
            engine,
            Compiled(
                t_ns=MS, engine=engine.process.number, device="CPU", compile_ms=1.0, execution_devices=["CPU"],
                optimal_requests=1, nireq=1, batching=BatchingPlan(size=1), properties={},
            ),
        )  # fmt: skip
        return engine

    def kill(self, engine: Engine) -> None:
        engine.process.process.kill()
        self.supervisor.engine_exited(engine.process)

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Host]]:
    hosts: list[Host] = []

    def began(settings: Settings) -> Host:
        hosts.append(Host(settings))
        monkeypatch.setattr(engine_process, "spawn", hosts[-1].spawn)
        hosts[-1].supervisor.start()
        hosts[-1].compiled()
        return hosts[-1]

    yield began
    for engine in (engine for one in hosts for engine in one.engines):
        engine.process.kill()
        engine.process.reap()
        engine.process.close()
        os.close(engine.process.ring_fd)
        engine.wire.close()


def go_of(engine: Engine) -> TakeOver:
    (go,) = [command for command in engine.commands() if isinstance(command, TakeOver)]
    return go


@pytest.mark.parametrize(("coming", "due_from_ns"), [(OPEN, 70 * MS), (CLOSED, None)])
def test_the_schedule_goes_on_only_in_an_open_loop(
    host: Callable[[Settings], Host], coming: Settings, due_from_ns: int | None
) -> None:
    one = host(OPEN)
    first = one.engines[0]
    one.supervisor.apply(with_changes(coming, {"nthreads": 1}))
    second = one.compiled()
    one.receive(first, Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    assert go_of(second).due_from_ns == due_from_ns


def test_a_schedule_does_not_go_on_after_the_end_of_a_load(host: Callable[[Settings], Host]) -> None:
    """The engine is stopped, halts, hangs and is killed: a load that starts minutes later starts anew."""
    one = host(OPEN)
    one.supervisor.stop()
    one.receive(one.engines[0], Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    one.kill(one.engines[0])
    assert one.finishes == 1
    one.supervisor.restart()
    assert go_of(one.compiled()).due_from_ns is None


def test_a_schedule_does_not_go_on_after_two_engines_failed(host: Callable[[Settings], Host]) -> None:
    """The serving engine has halted for an engine that dies; the engine that is started then dies, too."""
    one = host(OPEN)
    one.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    second = one.compiled()
    one.kill(second)
    one.receive(one.engines[0], Halted(engine=1, next_seq=0, next_due_ns=70 * MS))
    one.kill(one.engines[0])
    one.kill(one.engines[2])
    assert one.finishes == 1
    one.supervisor.restart()
    assert go_of(one.compiled()).due_from_ns is None


def test_a_change_that_compiles_can_be_cancelled(host: Callable[[Settings], Host]) -> None:
    one = host(CLOSED)
    one.engines[0].commands()
    wanted = with_changes(CLOSED, {"nthreads": 1})
    one.supervisor.apply(wanted)
    one.supervisor.call_off()
    [refused] = one.of(Refused)
    assert (refused.settings, refused.called_off) == (wanted, True)
    one.kill(one.engines[1])
    assert one.engines[0].commands() == []
    assert one.supervisor.settings == CLOSED
    one.supervisor.apply(wanted)  # and it can be wanted again
    assert len(one.engines) == 3


def test_a_change_that_the_serving_engine_has_halted_for_cannot_be_cancelled(host: Callable[[Settings], Host]) -> None:
    one = host(CLOSED)
    one.supervisor.apply(with_changes(CLOSED, {"nthreads": 1}))
    second = one.compiled()
    one.supervisor.call_off()
    one.receive(one.engines[0], Halted(engine=1, next_seq=0, next_due_ns=None))
    assert go_of(second).segment == 2
    assert one.of(Refused) == []


def test_without_a_serving_engine_nothing_is_cancelled(host: Callable[[Settings], Host]) -> None:
    one = host(CLOSED)
    one.supervisor.call_off()
    one.kill(one.engines[0])
    one.supervisor.restart()
    one.supervisor.call_off()
    assert go_of(one.compiled()).segment == 2
    assert one.of(Refused) == []


ENDED = LoadEnded(t_ns=MS, engine=1, reason="duration", submitted=0, unsent=5)
HALTED = [Halted(engine=1, next_seq=0, next_due_ns=70 * MS), Drained(engine=1, unsent=5)]


def test_a_load_that_ends_while_it_is_stopped_ends_once(host: Callable[[Settings], Host]) -> None:
    one = host(OPEN)
    one.supervisor.stop()
    one.receive(one.engines[0], ENDED, *HALTED)
    assert one.of(LoadEnded) == [ENDED]


def test_a_load_that_ends_during_a_handover_does_not_begin_again(host: Callable[[Settings], Host]) -> None:
    one = host(OPEN)
    one.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    one.compiled()
    one.receive(one.engines[0], ENDED, *HALTED)
    one.kill(one.engines[0])
    assert one.of(LoadEnded) == [ENDED]
    assert len(one.of(EngineSpawned)) == 2
    assert one.finishes == 1


def unsent(host: Host) -> int:
    """As clients count it."""
    return sum(event.unsent for event in host.events if isinstance(event, LoadEnded | EngineExited))


def test_requests_that_wait_in_an_engine_that_dies_were_due(host: Callable[[Settings], Host]) -> None:
    one = host(with_changes(OPEN, {"requests": 100}))
    ring = one.engines[0].ring
    ring.submitted(10)
    ring.shed(20)
    ring.waiting(5)
    one.kill(one.engines[0])
    assert unsent(one) == 5
    one.supervisor.restart()
    assert go_of(one.compiled()).requests_left == 100 - 35


@pytest.mark.parametrize("messages", [[ENDED], HALTED, HALTED[:1]], ids=["ended", "drained", "hangs"])
def test_requests_that_wait_at_the_end_are_counted_once(
    host: Callable[[Settings], Host], messages: list[EngineMessage]
) -> None:
    one = host(OPEN)
    one.engines[0].ring.waiting(5)
    one.supervisor.stop()
    one.receive(one.engines[0], *messages)
    one.kill(one.engines[0])
    assert unsent(one) == 5


def test_requests_that_wait_when_a_change_follows_a_stop_are_counted(host: Callable[[Settings], Host]) -> None:
    """For the end of a load the engine sheds nothing, but then another engine takes over."""
    one = host(OPEN)
    first = one.engines[0]
    first.ring.waiting(5)
    one.supervisor.stop()
    one.receive(first, HALTED[0])
    one.supervisor.apply(with_changes(OPEN, {"nthreads": 1}))
    one.compiled()
    one.receive(first, HALTED[1])
    one.kill(first)
    assert unsent(one) == 5
