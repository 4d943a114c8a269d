"""The host's loop: one thread that waits on the views' wires, the engines' wires, outputs and deaths."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable

from ovtui import __version__
from ovtui.host.engine_process import EngineProcess
from ovtui.host.protocol import Apply, Command, Finished, HostMessage, Quit, Restart, RingOpened, Start, Stop, Welcome
from ovtui.host.supervisor import Supervisor
from ovtui.records.events import Event, LogLine
from ovtui.records.wire import Wire, WireClosed

KEPT_EVENTS = 20_000
"""Events kept for a view that comes later; the oldest log lines go first."""
BACKLOG = 10_000
"""Messages a view may leave unread before it is cut off: nothing waits for a view."""
LOG_QUIET_S = 0.1
"""A failure in AUTO's log ends when nothing more comes for this long."""
READ_BYTES = 1 << 16


class View:
    """One connected view. Owner: the server's loop."""

    def __init__(self, wire: Wire[Command, HostMessage]) -> None:
        self.wire = wire
        self.backlog: deque[tuple[HostMessage, int | None]] = deque()


class Server:
    """Owner of everything in the host process; single-threaded."""

    def __init__(self, first_view: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._views: list[View] = []
        self._events: list[Event] = []
        self._rings: list[EngineProcess] = []
        self._engines: list[EngineProcess] = []
        self._supervisor: Supervisor | None = None
        self._running = True
        self._flush_at_s: float | None = None
        wire: Wire[Command, HostMessage] = Wire(first_view, Command)
        wire.set_timeout(0)
        self._add_view(wire)
        self._catch_signals()

    def run(self) -> None:
        try:
            while self._running:
                timeout = None if self._flush_at_s is None else max(self._flush_at_s - time.monotonic(), 0)
                for key, _ in self._selector.select(timeout):
                    key.data()
                if self._flush_at_s is not None and time.monotonic() >= self._flush_at_s:
                    self._flush_logs()
        finally:
            if self._supervisor is not None:
                self._supervisor.kill_all()
            for engine in self._engines:
                engine.reap()

    def _catch_signals(self) -> None:
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(write_fd, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        self._watch(read_fd, self._quit)

    def _quit(self) -> None:
        self._running = False

    def _watch(self, fd: int, then: Callable[[], object]) -> None:
        self._selector.register(fd, selectors.EVENT_READ, then)

    # Views

    def _add_view(self, wire: Wire[Command, HostMessage]) -> None:
        view = View(wire)
        self._views.append(view)
        self._watch(wire.fileno(), lambda: self._command(view))

    def _command(self, view: View) -> None:
        try:
            while True:
                command, fd = view.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._obey(view, command)
        except BlockingIOError:
            self._send_backlog(view)
        except (WireClosed, ValueError, OSError):
            self._drop(view)

    def _obey(self, view: View, command: Command) -> None:
        if isinstance(command, Start):
            if self._supervisor is None:
                self._begin(view, command)
        elif self._supervisor is not None:
            match command:
                case Apply():
                    self._supervisor.apply(command.settings)
                case Restart():
                    self._supervisor.restart()
                case Stop():
                    self._supervisor.stop()
                case Quit():
                    self._running = False

    def _begin(self, view: View, command: Start) -> None:
        session = f"{os.getpid()}"
        self._post(view, Welcome(version=__version__, session=session, origin_ns=command.origin_ns))
        self._supervisor = Supervisor(command.settings, session, command.origin_ns, self)
        self._supervisor.start()

    def _post(self, view: View, message: HostMessage, fd: int | None = None) -> None:
        view.backlog.append((message, fd))
        self._send_backlog(view)

    def _send_backlog(self, view: View) -> None:
        try:
            while view.backlog:
                message, fd = view.backlog[0]
                view.wire.send(message, fd)
                view.backlog.popleft()
        except BlockingIOError:
            if len(view.backlog) > BACKLOG:
                self._drop(view)
            else:
                self._flush_at_s = time.monotonic() + LOG_QUIET_S
        except (WireClosed, OSError):
            self._drop(view)

    def _drop(self, view: View) -> None:
        if view in self._views:
            self._views.remove(view)
            self._selector.unregister(view.wire.fileno())
            view.wire.close()
        if not self._views:
            # The last view is gone: nobody is left to measure for.
            self._running = False

    # What the supervisor asks for

    def publish(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) > KEPT_EVENTS:
            self._forget()
        for view in list(self._views):
            self._post(view, event)

    def _forget(self) -> None:
        half = len(self._events) // 2
        self._events[:half] = [event for event in self._events[:half] if not isinstance(event, LogLine)]

    def engine_opened(self, engine: EngineProcess) -> None:
        self._engines.append(engine)
        self._watch(engine.wire.fileno(), lambda: self._engine_speaks(engine))
        self._watch(engine.output_fd, lambda: self._engine_prints(engine))
        self._watch(engine.pidfd, lambda: self._engine_died(engine))
        for view in list(self._views):
            self._post(view, RingOpened(engine=engine.number), engine.ring_fd)

    def engine_closed(self, engine: EngineProcess) -> None:
        self._engines.remove(engine)
        for fd in (engine.wire.fileno(), engine.output_fd, engine.pidfd):
            self._forget_fd(fd)
        engine.close()
        os.close(engine.ring_fd)

    def _forget_fd(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(fd)

    def finished(self) -> None:
        for view in list(self._views):
            self._post(view, Finished())

    # Engines

    def _engine_speaks(self, engine: EngineProcess) -> None:
        assert self._supervisor is not None
        try:
            while True:
                message, fd = engine.wire.receive()
                if fd is not None:
                    os.close(fd)
                self._supervisor.message(engine, message)
        except BlockingIOError:
            pass
        except (WireClosed, ValueError, OSError):
            # Its death follows by the pidfd; a garbled message is the death of it.
            self._forget_fd(engine.wire.fileno())
            if engine.process.poll() is None:
                engine.process.kill()

    def _engine_prints(self, engine: EngineProcess) -> bool:
        """Returns whether there may be more."""
        try:
            data = os.read(engine.output_fd, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._forget_fd(engine.output_fd)
            return False
        for event in engine.log.feed(data):
            self.publish(event)
        if engine.log.waiting:
            self._flush_at_s = time.monotonic() + LOG_QUIET_S
        return True

    def _engine_died(self, engine: EngineProcess) -> None:
        assert self._supervisor is not None
        if engine not in self._engines:
            return
        self._engine_speaks(engine)
        while self._engine_prints(engine):
            pass
        if engine in self._engines:
            self._supervisor.ended(engine)

    def _flush_logs(self) -> None:
        self._flush_at_s = None
        for engine in self._engines:
            if engine.log.waiting:
                for event in engine.log.flush():
                    self.publish(event)
        for view in list(self._views):
            self._send_backlog(view)
