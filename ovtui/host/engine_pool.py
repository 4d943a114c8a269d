"""The engine processes of a session: started and numbered, ended, and kept until their process has exited."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol

from ovtui.host import engine_deadlines
from ovtui.host.engines import engine_process
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.events import Event, Note
from ovtui.settings.schema.settings import Settings

HANGS, SLOW = "a device may hang", "requests still came back"
"""What is said of an engine that is killed for being overdue."""


class EngineHandler(Protocol):
    """What the engines need of the server."""

    def publish(self, event: Event) -> None: ...

    def engine_opened(self, engine: EngineProcess) -> None: ...

    def engine_closed(self, engine: EngineProcess) -> None: ...

    def diagnose_overdue(self, engine: EngineProcess, then: Callable[[Diagnosis], None]) -> None:
        """Has an engine be looked at, within KILL_WITHIN_S, before it is killed. `then` is called on the loop."""


class EnginePool:
    """Owner: the Supervisor."""

    def __init__(self, origin_ns: int, clock: Callable[[], int], handler: EngineHandler) -> None:
        self._origin_ns = origin_ns
        self._clock = clock
        self._handler = handler
        self._count = 0
        self._overdue: set[int] = set()
        """Engines that are looked at before they are killed."""
        self.draining: list[EngineProcess] = []
        """Engines that drain after a handover or were killed, until their process has exited."""

    def start(self, settings: Settings, changes: list[str]) -> EngineProcess | None:
        """Starts an engine. Where that cannot be, publishes why and returns None."""
        self._count += 1
        try:
            engine = engine_process.spawn(self._count, settings, changes, self._origin_ns, self._clock)
        except OSError as error:
            reason = f"no engine process can be started: {error.strerror or error}"
            self._handler.publish(Note(t_ns=self._clock(), severity="error", text=reason))
            return None
        self._handler.engine_opened(engine)
        return engine

    def announce(self, engine: EngineProcess) -> None:
        """Publishes that it has started."""
        self._handler.publish(engine.spawned_event(self._clock()))

    def dismiss(self, engine: EngineProcess) -> None:
        """Kills an engine that is no longer needed."""
        engine.kill()
        self.draining.append(engine)

    def retire(self, engine: EngineProcess) -> None:
        """Lets an engine that has halted drain; then it is killed."""
        if engine.drained:
            engine.kill()
        self.draining.append(engine)

    def exited(self, engine: EngineProcess) -> str:
        """Its process has exited, and its last messages and output have been read: publishes that, and closes it.
        Returns the name of the signal that ended it, or ''."""
        code, signal_name = engine.reap()
        for event in engine.log.flush():
            self._handler.publish(event)
        self._handler.publish(engine.exited_event(self._clock(), code, signal_name))
        self._handler.engine_closed(engine)
        return signal_name

    def kill_overdue(self, engines: Iterable[EngineProcess]) -> None:
        """Kills those of `engines` that have not drained in time."""
        now_s = time.monotonic()
        for engine in engine_deadlines.overdue_engines(list(engines), now_s):
            if engine.number in self._overdue:  # it was not looked at in time
                self._kill_overdue(engine, HANGS)
            else:
                self._overdue.add(engine.number)
                engine.kill_at_s = now_s + engine_deadlines.DIAGNOSED_WITHIN_S
                self._handler.diagnose_overdue(engine, partial(self._found_overdue, engine))

    def _found_overdue(self, engine: EngineProcess, found: Diagnosis) -> None:
        if engine.kill_at_s is not None:  # else it has drained meanwhile, or was killed
            self._kill_overdue(engine, f"{HANGS if found.stuck else SLOW}: {found.sentence}")

    def _kill_overdue(self, engine: EngineProcess, found: str) -> None:
        engine.kill_at_s = None
        text = f"engine {engine.number} did not finish its requests in time and was killed; {found}"
        self._handler.publish(Note(t_ns=self._clock(), severity="error", text=text, engine=engine.number))
        engine.kill()
