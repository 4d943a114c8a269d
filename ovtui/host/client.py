"""A client's end of a live session: starts the host or attaches to one, reads the rings, sends commands. Quick to
import, so that the host can start before the client imports numpy or textual."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from ovtui import __version__
from ovtui.host import host_process, session_socket, state_paths
from ovtui.host.client_commands import ClientCommands
from ovtui.host.client_protocol import (
    PROTOCOL,
    Attach,
    Backfill,
    Command,
    Denied,
    Detach,
    End,
    Finished,
    HostMessage,
    Quit,
    RingOpened,
    SessionEnded,
    SessionOptions,
    Start,
    Status,
    Welcome,
)
from ovtui.host.client_readings import ClientReadings
from ovtui.host.client_rings import ClientRings
from ovtui.host.host_connection import HostConnection
from ovtui.host.made_recording import MadeRecording
from ovtui.host.session_socket import ANSWER_S, SessionSocketError
from ovtui.records.clock import SessionClock, now_ns
from ovtui.records.diagnosis import StuckAnswer
from ovtui.records.events import EngineExited, EngineSpawned, Event, RecordingBegan, SegmentBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.records.study_events import StudySpec
from ovtui.records.wire import WireClosed
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.host.backfill import BackfillReader
    from ovtui.records.source import LossCounts, Update

CLOSE_TIMEOUT_S = 3.0
"""Time that the host has to kill its engines and close the recording."""
HOST_STARTS = 3
"""A host waits some seconds for its client's Start and ends without one: a client that was stopped in between starts
another."""


class _ClientSession(ClientCommands):
    """A live session as `records.source.Source`. Owner: the client's thread. Only `close`, `end` and `detach` wait for
    the host."""

    replayed = False
    read_only = False

    def __init__(self, connection: socket.socket, clock: SessionClock, host_pid: int) -> None:
        """`host_pid`: 0 where it is not known."""
        self.session = ""
        """The session's name; empty until the host's Welcome has come."""
        self.unreachable = ""
        """Why no other client can attach, as a sentence; empty where one can."""
        self._clock = clock
        self._host_connection = HostConnection(connection, clock, host_pid)
        self._wire = self._host_connection.wire
        self._rings = ClientRings()
        self._backfill: BackfillReader | None = None  # reads what was measured before this client attached
        self._readings = ClientReadings()
        self._counts: list[LossCounts] = []  # from the session file, for the next poll
        self.finished = False
        """The host has said that nothing more will be measured; what was may still have to be read."""
        self.leaving = False  # it has said that it leaves
        self._killed = False  # the host has died while this client left, or hung and was killed
        self._awaited = False
        """The ends of a host that has died and of its engines have been waited for."""
        self._seen_ns = 0  # when the host was last known to live, on the session clock
        self._late_events: list[Event] = []  # that came while `close` waited
        self._closed = False
        self._begins: StudySpec | None = None
        """The study that is begun as soon as the engine serves."""
        self._left_first = False
        """It has left before the session ended: an end that follows is its own."""
        self._recording = MadeRecording()
        self.left_silent = ""
        """After `close`: that the host did not answer in time, as a sentence; empty where it did."""

    def poll(self) -> Update:
        events = self._receive()
        self._host_connection.ask_if_silent()
        return self._update(events, gone=self._host_died)

    @property
    def _host_died(self) -> bool:
        """The connection has broken off, and neither has the session ended nor this client left."""
        return self._killed or not (self.is_open or self.has_ended or self._left_first)

    @property
    def left(self) -> bool:
        """After `leave`: nothing more comes, or the host does not answer."""
        return self._over or self._host_connection.given_up

    @property
    def silence(self) -> str:
        """After `leave`: that the host does not answer, as a sentence; empty where it does."""
        return self._host_connection.silence if self.leaving else ""

    def leave(self) -> None:
        """Begins to leave: where no other client that may command is left, the host ends the load, drains it and ends
        the session. Poll until `left`, then close."""
        if not self.leaving:
            self.leaving, self._left_first = True, not self._over
            self._send(Quit())
            self._host_connection.ask()

    def hurry(self) -> None:
        """From now on a host that is stopped is not waited for for longer than a moment."""
        self._host_connection.hurried = True
        self._host_connection.ask()

    @property
    def _over(self) -> bool:
        """Nothing more comes."""
        return self.has_ended or not self.is_open

    def last_updates(self) -> Iterator[Update]:
        """After `close`: what came since the last poll, up to the records that the recording ends with, or up to those
        that a host left behind that had to be killed. Nothing where the session goes on without this client."""
        if not self.has_ended and not self._killed:
            return
        events, self._late_events = self._late_events, []
        while self._backfill is not None:
            yield self._update(events, gone=self._killed)
            events = []
        self.finished = True
        yield self._update(events, gone=self._killed)

    def _update(self, events: list[Event], *, gone: bool) -> Update:
        from ovtui.records.source import LossCounts, Update

        rings = self._rings
        records = rings.read()
        if self._backfill is not None:
            records = self._backfill.next_piece(records)
            if self._backfill.ended:
                rings.gone_lost += self._backfill.dropped
                self._backfill = None
        now_ns = self._clock()
        if not gone:
            self._seen_ns = now_ns
        shed, lost = rings.shed, rings.lost
        counts, self._counts = [*self._counts, LossCounts(now_ns, lost, shed, rings.submitted, rings.waiting)], []
        return Update(
            now_ns=now_ns,
            records=records,
            events=events,
            submitted=rings.submitted_as_read,
            shed=shed,
            lost=lost,
            counts=counts,
            engines=rings.counts(self._seen_ns),
            finished=self.finished and self._backfill is None,
            read_share=None if self._backfill is None else self._backfill.read_share,
            host_gone=gone,
            host=self._host_connection.state(self.session, left=self._left_first, left_silent=self.left_silent),
            readings=self._readings.take(),
            recording_end=self._recording.end(self._host_connection.ended) if gone or self.has_ended else None,
        )

    @property
    def has_ended(self) -> bool:
        """The host has said that the session has ended in order."""
        return self._host_connection.ended is not None

    @property
    def is_open(self) -> bool:
        """The host has not closed the connection."""
        return not self._host_connection.gone

    def begin_study_once_serving(self, spec: StudySpec) -> None:
        """Begins a study as soon as a poll finds that the engine serves."""
        self._begins = spec

    @property
    def origin_ns(self) -> int:
        """Time 0 of the session clock, on CLOCK_MONOTONIC: of a session that was begun elsewhere from Welcome on."""
        return self._clock.origin_ns

    @property
    def host_pid(self) -> int:
        """0 where it is not known."""
        return self._host_connection.host_pid

    def fileno(self) -> int:
        """The wire's descriptor, which is readable when the host has sent something."""
        return self._wire.fileno()

    def detach(self, *, hangup: bool) -> None:
        """Leaves and lets the session run on: without a limit, or after a hang-up as the session's options say."""
        self._closed = self._left_first = True
        self.hurry()
        self._send(Detach(hangup=hangup))
        # The host closes the wire when it has read Detach. If this end closed first, the host could lose messages that
        # it has not read yet, and a client that vanishes without Detach ends the session.
        if not self._wait_for_end():
            self.left_silent = f"{self._silence_text()}; the session is left to it"
        self._wire.close()

    def leave_at_once(self, *, hangup: bool) -> None:
        """Leaves without waiting for anything, when the process is about to end by force; the session goes on as after
        a hang-up, or ends. From any thread."""
        with contextlib.suppress(OSError, ValueError):
            self._wire.send(Detach(hangup=True) if hangup else Quit())

    def end(self) -> None:
        """Ends the session, also for all other clients; then `has_ended` says whether it did in time."""
        self._leave(End())

    def close(self) -> None:
        """Leaves at once. If no other client that may command is left, the session ends without draining, and this
        waits until its host has exited, for at most CLOSE_TIMEOUT_S."""
        if not self._closed:
            self.leave()
            self._leave(End())  # which the host reads only where the Quit ends the session

    def _leave(self, command: Command) -> None:
        if self._closed:
            return
        self._closed = True
        self._left_first = self._left_first or not self._over
        self.hurry()
        self._send(command)
        ended = self._wait_for_end()
        self._wire.close()
        self._left(ended)

    def _left(self, ended: bool) -> None:
        """Called after the wire is closed. `ended` is False when the host did not close its end in time."""
        if not ended:
            self.left_silent = self._silence_text()

    def _silence_text(self) -> str:
        return session_socket.silence_text(self.session, self.host_pid, self._host_connection.unanswered_s)

    def _wait_for_end(self) -> bool:
        for message, fd in self._host_connection.wait_for_end(CLOSE_TIMEOUT_S):
            self._late_events += self._take(message, fd)
        return self._host_connection.gone

    def _send(self, command: Command) -> None:
        self._host_connection.send(command)

    def _receive(self) -> list[Event]:
        events: list[Event] = []
        for message, fd in self._host_connection.receive():
            events += self._take(message, fd)
        if self._host_died and not self._awaited:
            self._awaited = True
            host_process.await_ends([*self._rings.pids.values(), self.host_pid])
        self.finished = self.finished or self._host_connection.gone
        return events

    def _take(self, message: HostMessage, fd: int | None) -> list[Event]:
        """Handles one message of the host; returns it where it is an event."""
        events: list[Event] = []
        match message:
            case Welcome():
                self.session, self.unreachable = message.session, message.unreachable
                self._clock.origin_ns = message.origin_ns
            case Backfill():
                self._open_backfill(message)
            case RingOpened():
                if fd is not None:
                    self._rings.open(message.engine, fd, message.first)
                    fd = None
            case Finished() | SessionEnded():
                self.finished = True
            case Status() | Denied() | StuckAnswer():
                pass
            case MachineReading():
                self._readings.add([message])
            case _:
                self._note_event(message)
                events.append(message)
        if fd is not None:
            os.close(fd)
        return events

    def _note_event(self, event: Event) -> None:
        if isinstance(event, SegmentBegan) and self._begins is not None:
            spec, self._begins = self._begins, None
            self.begin_study(spec)
        if isinstance(event, EngineSpawned):
            self.finished, self._rings.pids[event.engine] = False, event.pid
        elif isinstance(event, EngineExited):
            self._rings.exited(event.engine)
        elif isinstance(event, RecordingBegan):
            self._recording.path = event.path

    def _open_backfill(self, backfill: Backfill) -> None:
        from ovtui.host.backfill import BackfillReader

        rings = self._rings
        rings.gone_submitted, rings.gone_lost, rings.gone_shed = backfill.submitted, backfill.lost, backfill.shed
        self._backfill = BackfillReader(backfill.path, backfill.rows)
        self._readings.add(self._backfill.readings)
        self._counts = self._backfill.counts


class LiveSession(_ClientSession):
    """A session that this client begins, with a host of its own."""

    def __init__(self, settings: Settings, options: SessionOptions | None = None) -> None:
        """Starts the host. Raises OSError when no process can be started."""
        for _ in range(HOST_STARTS):
            ours, self._host = host_process.start_host()
            origin_ns = now_ns()
            super().__init__(ours, SessionClock(origin_ns), self._host.pid)
            start = Start(settings=settings, origin_ns=origin_ns, options=options or SessionOptions())
            try:
                self._wire.send(msgspec.structs.replace(start, protocol=PROTOCOL, version=__version__))
            except WireClosed:
                self._wire.close()
                self._left(ended=False)
            else:
                self._wire.set_timeout(0)
                return
        raise ChildProcessError(errno.ECHILD, f"it ends before it has begun; {state_paths.host_log_text()}")

    def _left(self, ended: bool) -> None:
        if not ended:
            waited_s = self._host_connection.unanswered_s
            self._host.kill()  # it hangs; the kernel kills its engines with it
            what = f"the host (pid {self._host.pid}) did not answer for {waited_s:.0f} s and was killed"
            self.left_silent = f"{what}; a recording lacks what it had not written"
        self._killed = host_process.has_failed(self._host) and not self.has_ended
        if self._killed:
            host_process.await_ends(self._rings.pids.values())


class AttachedSession(_ClientSession):
    """A session that runs already, with everything from its beginning on."""

    def __init__(self, session: str, *, read_only: bool = False, answer_s: float = ANSWER_S) -> None:
        """Waits for the host's Welcome, at most `answer_s`. Raises SessionSocketError: NoSession when there is no such
        session, HostSilent when its host does not answer, and with a sentence where it does not fit."""
        connection = session_socket.connect(session, answer_s)
        super().__init__(connection, SessionClock(now_ns()), session_socket.peer_pid(connection))
        self.read_only = read_only
        self.session = session
        command = Attach(read_only=read_only, protocol=PROTOCOL, version=__version__)
        try:
            self._take(self._host_connection.attach(command, session, answer_s), None)
        except SessionSocketError:
            self._wire.close()
            raise
        self._wire.set_timeout(0)


class InheritedSession(_ClientSession):
    """A session whose host started this process and handed down the wire."""

    read_only = True

    def __init__(self, connection: socket.socket, *, commands: bool = False) -> None:
        """`commands`: of a study, which may command; else read-only."""
        super().__init__(connection, SessionClock(now_ns()), os.getppid())
        self.read_only = not commands
        self._wire.send(Attach(read_only=not commands, protocol=PROTOCOL, version=__version__))
        self._wire.set_timeout(0)


def wait_for_message(session: _ClientSession, timeout_s: float) -> None:
    """Waits until the host has sent something, at most `timeout_s`."""
    select.select([session], [], [], timeout_s)
