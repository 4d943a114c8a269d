"""Reads what engines send and print, in the host's loop, up to the last of an engine that has exited."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.engine_protocol import EngineMessage
from ovtui.records.events import Event, SegmentBegan
from ovtui.records.wire import WireClosed

LOG_FLUSH_S = 0.1
"""After this time without output, what an engine printed last is complete: a failure's reason, a gap."""
READ_BYTES = 1 << 16


class EngineListener(Protocol):
    """What the EngineReader needs of the server."""

    def publish(self, event: Event) -> None: ...

    def engine_sent(self, engine: EngineProcess, message: EngineMessage) -> None: ...

    def engine_exited(self, engine: EngineProcess) -> None:
        """All that it sent and printed has been read."""

    def unwatch(self, fd: int) -> None: ...


class EngineReader:
    """Owner: the server's loop."""

    def __init__(self, engines: Sequence[EngineProcess], listener: EngineListener) -> None:
        """`engines`: those whose wires and outputs are open; the server changes the list."""
        self._engines, self._listener = engines, listener
        self.flush_at_s: float | None = None
        """When `flush_if_due` has something to do, on the monotonic clock."""
        self.gone_shed = 0
        """Requests shed by engines that are closed."""

    def read_messages(self, engine: EngineProcess) -> None:
        if engine not in self._engines:  # closed by an earlier event of this turn
            return
        try:
            while True:
                message, fd = engine.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._listener.engine_sent(engine, self._of_session(engine, message))
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError) as error:
            # The pidfd reports its exit. An engine that sends a malformed message is killed.
            if engine in self._engines:
                self._listener.unwatch(engine.wire.fileno())
            if engine.process.poll() is None:
                # The wire of an engine that was killed closes before its process has ended.
                engine.killed_here = not isinstance(error, WireClosed)
                engine.process.kill()

    def _of_session(self, engine: EngineProcess, message: EngineMessage) -> EngineMessage:
        """An engine knows what it has shed itself."""
        if not isinstance(message, SegmentBegan) or message.shed is None:
            return message
        others = sum(other.counters.shed for other in self._engines if other is not engine)
        return msgspec.structs.replace(message, shed=self.gone_shed + others + message.shed)

    def read_output(self, engine: EngineProcess) -> bool:
        """Publishes output of the engine; returns True when there may be more."""
        if engine not in self._engines:
            return False
        try:
            data = os.read(engine.output_fd, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._listener.unwatch(engine.output_fd)
            return False
        for event in engine.log.feed(data):
            self._listener.publish(event)
        if engine.log.has_pending:
            self.flush_at_s = time.monotonic() + LOG_FLUSH_S
        return True

    def exited(self, engine: EngineProcess) -> None:
        """Its process has exited."""
        if engine not in self._engines:
            return
        self._read_rest(engine)
        if engine in self._engines:
            self._listener.engine_exited(engine)

    def read_last(self) -> None:
        """Of engines that have been killed, and whose end nobody follows any more."""
        for engine in tuple(self._engines):
            engine.reap()
            self._read_rest(engine)

    def _read_rest(self, engine: EngineProcess) -> None:
        self.read_messages(engine)
        while self.read_output(engine):
            pass

    def flush_if_due(self) -> None:
        if self.flush_at_s is None or time.monotonic() < self.flush_at_s:
            return
        self.flush_at_s = None
        for engine in self._engines:
            if engine.log.has_pending:
                for event in engine.log.flush():
                    self._listener.publish(event)
