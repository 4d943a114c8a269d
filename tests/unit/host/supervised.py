"""A supervisor with real processes, rings and wires; the test sends the engines' messages."""

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
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.engine_protocol import EngineCommand, EngineMessage, TakeOver
from ovtui.records.events import BatchingPlan, Compiled, Event
from ovtui.records.ring.ring import RingWriter
from ovtui.records.ring.ring_memory import RingCounters, create_memory
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.schema.settings import Settings


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
        self.looks_in_vain = False
        """No diagnosis of an engine that is overdue comes back."""
        self.still_works = False
        """Requests of an engine that is overdue still come back."""
        self.supervisor = Supervisor(settings, "test", 0, self)

    def publish(self, event: Event) -> None:
        self.events.append(event)

    def engine_opened(self, engine: EngineProcess) -> None: ...

    def engine_closed(self, engine: EngineProcess) -> None: ...

    def diagnose_overdue(self, engine: EngineProcess, then: Callable[[Diagnosis], None]) -> None:
        if not self.looks_in_vain:
            where = "works" if self.still_works else "waits in clFinish"
            then(
                Diagnosis(engine=engine.number, pid=1, phase="draining", doing="draining", where=where,
                          stuck=not self.still_works)
            )  # fmt: skip

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


def hosts_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Host]]:
    hosts: list[Host] = []

    def began(settings: Settings) -> Host:
        hosts.append(Host(settings))
        monkeypatch.setattr(engine_process, "spawn", hosts[-1].spawn)
        hosts[-1].supervisor.start()
        hosts[-1].compiled()
        return hosts[-1]

    yield began
    for engine in (engine for host in hosts for engine in host.engines):
        engine.process.kill()
        engine.process.reap()
        engine.process.close()
        os.close(engine.process.ring_fd)
        engine.wire.close()


def go_of(engine: Engine) -> TakeOver:
    (go,) = [command for command in engine.commands() if isinstance(command, TakeOver)]
    return go
