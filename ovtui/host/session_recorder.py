"""Records the session: a thread of the host that copies rings and events into the session file.

Who owns what: the host's loop calls the methods, which only put a word into the queue; the thread owns the file, the
places in the rings and everything else here; it answers through `tell`, which may be called from any thread.
Measuring never waits for the recording: the engines write into their rings whether or not anybody reads them, and a
recorder that falls behind by more than a ring counts what it has lost."""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ovtui.host.client_protocol import Backfill
from ovtui.records.events import Event, Note, RecordingBegan, RecordingEnded
from ovtui.records.machine_readings import MachineReading
from ovtui.records.ring.ring_memory import RECORD_BYTES, RingByteReader, reopen_read_only
from ovtui.records.session_file.writer import Checkpointer, RecordingProgress, SessionWriter

FLUSH_S = 0.25
"""Time between transactions: what a kill -9 of everything at once can cost, at most."""
RECORDS_PER_WRITE = 25_000
"""Records of one ring in one transaction: 40 ms. More are waiting only after a stall."""
CLOSE_TIMEOUT_S = 2.5
CHECKPOINT_TIMEOUT_S = 1.0
"""How long the end waits for a checkpoint under way."""


BackfillAnswer = Callable[[Backfill, Mapping[int, int]], None]
"""What a view that comes later fetches from the file, and by engine the record of its ring to go on from."""


@dataclass(frozen=True, slots=True)
class _RingOpened:
    engine: int
    fd: int


@dataclass(frozen=True, slots=True)
class _RingClosed:
    engine: int


@dataclass(frozen=True, slots=True)
class _BackfillRequest:
    answer: BackfillAnswer


class _Stop:
    pass


_QueueItem = Event | MachineReading | _RingOpened | _RingClosed | _BackfillRequest | _Stop


class SessionRecorder:
    def __init__(
        self,
        path: str,
        meta: Mapping[str, str],
        limit_bytes: int,
        clock: Callable[[], int],
        tell: Callable[[Event], None],
    ) -> None:
        """With an empty path nothing is written; `request_backfill` works then too."""
        self._path, self._meta, self._limit_bytes = path, meta, limit_bytes
        self._clock, self._publish = clock, tell
        self._queue: queue.SimpleQueue[_QueueItem] = queue.SimpleQueue()
        self._file: SessionWriter | None = None
        self._checkpointer: Checkpointer | None = None
        self._rings: dict[int, RingByteReader] = {}
        self._events: list[Event] = []
        self._readings: list[MachineReading] = []
        self._submitted = self._lost = self._shed = 0
        """Of engines that are gone."""
        self._written = RecordingProgress(0, 0, 0, 0)
        self._rows: int | None = None
        """In the file; None while there is none."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    # Called by the host's loop

    def event(self, event: Event) -> None:
        self._queue.put(event)

    def readings(self, readings: MachineReading) -> None:
        self._queue.put(readings)

    def ring_opened(self, engine: int, fd: int) -> None:
        """`fd` stays the caller's."""
        self._queue.put(_RingOpened(engine, reopen_read_only(fd)))

    def ring_closed(self, engine: int) -> None:
        """Its writer is gone: what is still in it is written, then it is let go."""
        self._queue.put(_RingClosed(engine))

    def request_backfill(self, answer: BackfillAnswer) -> None:
        """Writes what is there, then calls `answer`, on the recorder's thread."""
        self._queue.put(_BackfillRequest(answer))

    def close(self) -> None:
        """Writes what is left and closes the file; gives up after CLOSE_S, and then the WAL holds the rest."""
        self._queue.put(_Stop())
        self._thread.join(CLOSE_TIMEOUT_S)

    # The thread

    def _run(self) -> None:
        if self._path:
            try:
                self._file = SessionWriter(self._path, self._meta, self._limit_bytes, checkpoints_elsewhere=True)
                self._checkpointer = Checkpointer(self._path)
                self._rows = 0
                self._publish(RecordingBegan(t_ns=self._clock(), path=self._path, limit_bytes=self._limit_bytes))
            except (OSError, sqlite3.Error) as error:
                self._end_recording("the recording cannot be started", error)
        due_s = time.monotonic() + FLUSH_S
        while not self._stopping:
            with contextlib.suppress(queue.Empty):
                self._handle(self._queue.get(timeout=max(due_s - time.monotonic(), 0)))
            if time.monotonic() >= due_s:
                self._flush()
                due_s = time.monotonic() + FLUSH_S
        while self._flush():
            pass
        self._close_file()

    def _close_file(self) -> None:
        if self._checkpointer is not None:
            self._checkpointer.close(CHECKPOINT_TIMEOUT_S)
            self._checkpointer = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _handle(self, word: _QueueItem) -> None:
        match word:
            case _RingOpened():
                self._rings[word.engine] = RingByteReader(word.fd)
            case _RingClosed():
                self._finish_ring(word.engine)
            case _BackfillRequest():
                self._catch_up()
                word.answer(self._backfill(), {engine: ring.position for engine, ring in self._rings.items()})
            case _Stop():
                self._stopping = True
            case MachineReading():
                if self._file is not None:
                    self._readings.append(word)
            case _:
                if self._file is not None:
                    self._events.append(word)

    def _catch_up(self) -> None:
        """Writes what is in the rings now. What comes meanwhile has its turn later: engines that write as fast as this
        reads would have it go on for ever."""
        heads = [(ring, ring.written) for ring in self._rings.values()]
        while self._flush() and any(ring.position < head for ring, head in heads):
            pass

    def _flush(self) -> bool:
        """Writes what has come since the last time; returns whether there may be more."""
        if self._file is None:
            return False
        batches = {ring: ring.read_bytes(RECORDS_PER_WRITE) for ring in self._rings.values()}
        now = RecordingProgress(
            t_ns=self._clock(),
            rows=0,
            submitted=self._submitted + sum(ring.submitted_as_read for ring in self._rings.values()),
            lost=self._lost + sum(ring.lost for ring in self._rings.values()),
            shed=self._shed + sum(ring.shed for ring in self._rings.values()),
        )
        some = any(batches.values())
        before = self._written
        moved = (now.submitted, now.lost, now.shed) != (before.submitted, before.lost, before.shed)
        if not some and not self._events and not self._readings and not moved:
            return False
        events, self._events = self._events, []
        readings, self._readings = self._readings, []
        try:
            self._file.write(events, [batch for batch in batches.values() if batch], now, readings)
        except sqlite3.Error as error:
            for ring, batch in batches.items():  # a view that comes later finds them in the ring
                ring.position -= len(batch) // RECORD_BYTES
            self._end_recording("the recording stops here, measuring goes on", error)
            return False
        self._written, self._rows = now, self._file.rows
        return some

    def _finish_ring(self, engine: int) -> None:
        ring = self._rings.get(engine)
        if ring is None:
            return
        while self._file is not None and ring.position < ring.written:
            self._flush()
        del self._rings[engine]
        self._submitted += ring.submitted
        self._shed += ring.shed
        # Without a file nobody keeps what a dead engine measured.
        self._lost += ring.lost + ring.written - ring.position

    def _backfill(self) -> Backfill:
        return Backfill(
            path=self._path if self._rows is not None else "",
            rows=self._rows or 0,
            submitted=self._submitted,
            lost=self._lost + sum(ring.lost for ring in self._rings.values()),
            shed=self._shed,
        )

    def _end_recording(self, what: str, error: OSError | sqlite3.Error) -> None:
        self._close_file()
        t_ns, full = self._clock(), _disk_full(error)
        reason = f"{what}: {'the disk is full' if full else _reason(error)}"
        self._publish(RecordingEnded(t_ns=t_ns, path=self._path, reason=reason, disk_full=full))
        self._publish(Note(t_ns=t_ns, severity="error", text=reason))


def _disk_full(error: OSError | sqlite3.Error) -> bool:
    """A quota that is used up counts as a full disk."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _reason(error: OSError | sqlite3.Error) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else os.strerror(error.errno or 0)
    return str(error)
