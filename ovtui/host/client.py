"""A view's end of a live session: starts the host, reads the rings, sends commands. Light to import, so that the host
can be started before anything heavy is."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ovtui.host.protocol import Apply, Command, Finished, HostMessage, Quit, Restart, RingOpened, Start, Stop, Welcome
from ovtui.records.clock import SessionClock, now_ns
from ovtui.records.events import EngineExited, EngineSpawned, Event
from ovtui.records.wire import Wire, WireClosed, pair
from ovtui.settings.schema import Settings

if TYPE_CHECKING:
    from ovtui.records.layout import Records
    from ovtui.records.ring import RingReader
    from ovtui.records.source import Update


class LiveSession:
    """The Source of a running session. Owner: the view's one thread; nothing here blocks but `close`."""

    replayed = False
    CLOSE_TIMEOUT_S = 2.0

    def __init__(self, settings: Settings) -> None:
        """Starts the host. Raises OSError when no process can be started."""
        ours, theirs = pair()
        try:
            # Its own process session: the terminal's signals are for the view, which tells the host what to do.
            self._host = subprocess.Popen(
                [sys.executable, "-m", "ovtui.host", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        finally:
            theirs.close()
        origin_ns = now_ns()
        self._clock = SessionClock(origin_ns)
        self._wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
        self._wire.send(Start(settings=settings, origin_ns=origin_ns))
        self._wire.set_timeout(0)
        self._rings: dict[int, RingReader] = {}
        """By engine; one whose engine is gone is read to its end and let go."""
        self._exited: list[int] = []
        self._finished = False
        self._gone = False
        self._closed = False
        self._lost = 0
        self._submitted = 0

    def poll(self) -> Update:
        from ovtui.records.source import Update

        events = self._receive()
        records = self._read_rings()
        return Update(
            now_ns=self._clock(),
            records=records,
            events=events,
            submitted=self._submitted + sum(ring.submitted for ring in self._rings.values()),
            lost=self._lost + sum(ring.lost for ring in self._rings.values()),
            finished=self._finished,
            host_gone=self._gone,
        )

    def fileno(self) -> int:
        """For waiting until the host says something."""
        return self._wire.fileno()

    def apply(self, settings: Settings) -> None:
        self._send(Apply(settings=settings))

    def restart(self) -> None:
        self._send(Restart())

    def stop(self) -> None:
        self._send(Stop())

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._send(Quit())
        self._wire.close()
        try:
            self._host.wait(self.CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._host.kill()  # its engines die with it
            self._host.wait()

    def _send(self, command: Command) -> None:
        if not self._gone:
            try:
                self._wire.send(command)
            except (WireClosed, OSError):
                self._gone = True

    def _receive(self) -> list[Event]:
        events: list[Event] = []
        while not self._gone:
            try:
                message, fd = self._wire.receive()
            except BlockingIOError:
                break
            except (WireClosed, ValueError, OSError):
                self._gone = self._finished = True
                break
            match message:
                case Welcome():
                    pass
                case RingOpened():
                    if fd is not None:
                        self._open_ring(message.engine, fd)
                        fd = None
                case Finished():
                    self._finished = True
                case EngineSpawned():
                    self._finished = False
                    events.append(message)
                case EngineExited():
                    self._exited.append(message.engine)
                    events.append(message)
                case _:
                    events.append(message)
            if fd is not None:
                os.close(fd)
        return events

    def _open_ring(self, engine: int, fd: int) -> None:
        from ovtui.records.ring import RingReader

        self._rings[engine] = RingReader(fd)

    def _read_rings(self) -> Records:
        from ovtui.records.layout import join

        parts = [ring.read() for ring in self._rings.values()]
        while self._exited:
            ring = self._rings.pop(self._exited.pop(), None)
            if ring is not None:
                self._submitted += ring.submitted
                self._lost += ring.lost
        return join(parts)
