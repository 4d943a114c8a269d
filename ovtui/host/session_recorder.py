"""Records the session: a thread of the host copies rings and events into the session file.

Ownership: the host's loop calls the public methods, which only put an item into the queue. The thread owns everything
else: the session file, the positions in the rings, the counts. It answers through `publish` and through the callbacks
of `request_backfill`, which must be callable from any thread.

Measuring never waits for the recording: the engines write into their rings whether anybody reads them or not, and a
recorder that falls behind by more than a ring counts the records that it has lost."""

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
from ovtui.records.session_file.ending import ENDED_NS, STOPPED_BECAUSE
from ovtui.records.session_file.schema import RECORDS_END
from ovtui.records.session_file.writer import Checkpointer, RecordingProgress, SessionWriter

FLUSH_S = 0.5
"""Time between transactions: the most that is lost when all processes are killed at once. Each takes 0.5 ms and more of
a core from requests that run on all of them: at 4 a second that touched 1 % of the requests, where p99 lies."""
RECORDS_PER_WRITE = 25_000
"""At most so many records of a ring go into one transaction, which takes 40 ms. Where more are there, above 50,000/s or
after a stall, the next one follows at once."""
CLOSE_TIMEOUT_S = 2.5
CHECKPOINT_TIMEOUT_S = 1.0
"""How long closing waits for a checkpoint under way."""


BackfillAnswer = Callable[[Backfill, Mapping[int, int]], None]
"""Called with what a client that attaches later reads from the file, and with the position in each engine's ring from
which on it reads the ring."""


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
    """Writes the session file, and answers how far it reaches. Starts its thread on construction."""

    def __init__(
        self,
        path: str,
        meta: Mapping[str, str],
        limit_bytes: int,
        clock: Callable[[], int],
        publish: Callable[[Event], None],
    ) -> None:
        """`path` is the session file to make; empty records nothing, but `request_backfill` still works. `meta` goes
        into the file as it is, `limit_bytes` is the file's size limit, `clock` gives session time."""
        self._path, self._meta, self._limit_bytes = path, meta, limit_bytes
        self._clock, self._publish = clock, publish
        self._queue: queue.SimpleQueue[_QueueItem] = queue.SimpleQueue()
        self._file: SessionWriter | None = None
        self._checkpointer: Checkpointer | None = None
        self._rings: dict[int, RingByteReader] = {}
        self._events: list[Event] = []
        self._readings: list[MachineReading] = []
        self._submitted = self._lost = self._shed = 0
        """Counts of the engines that have exited."""
        self._written = RecordingProgress(0, 0, 0, 0)
        self._rows: int | None = None
        """Rows in the file; None when there was never one."""
        self._stopping = False
        self._whole = False
        """The file says that it reaches to the end of the session."""
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
        """The engine has exited: the thread writes what is left in its ring, then closes the ring."""
        self._queue.put(_RingClosed(engine))

    def request_backfill(self, answer: BackfillAnswer) -> None:
        """Has the thread write what is in the rings now and then call `answer`, on the recorder's thread."""
        self._queue.put(_BackfillRequest(answer))

    def close(self) -> bool:
        """Writes what is left and closes the file. Waits CLOSE_TIMEOUT_S at most; after that the WAL keeps what was
        committed. Returns whether the file reaches to the end of the session; False where there is none."""
        self._queue.put(_Stop())
        self._thread.join(CLOSE_TIMEOUT_S)
        return self._whole

    # The thread

    def _run(self) -> None:
        if self._path:
            try:
                meta = {**self._meta, RECORDS_END: "yes"}
                self._file = SessionWriter(self._path, meta, self._limit_bytes, checkpoints_elsewhere=True)
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
                due_s = time.monotonic() + (0 if self._behind else FLUSH_S)
        while self._flush():
            pass
        self._whole = self._note(ENDED_NS, str(self._clock()))
        self._close_file()

    def _note(self, key: str, value: str) -> bool:
        """How the recording ended, for readers. Without it, it breaks off. False where it cannot be written."""
        if self._file is None:
            return False
        try:
            self._file.note(key, value)
        except sqlite3.Error:
            return False
        return True

    def _close_file(self) -> None:
        if self._checkpointer is not None:
            self._checkpointer.close(CHECKPOINT_TIMEOUT_S)
            self._checkpointer = None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _handle(self, item: _QueueItem) -> None:
        match item:
            case _RingOpened():
                self._rings[item.engine] = RingByteReader(item.fd)
            case _RingClosed():
                self._finish_ring(item.engine)
            case _BackfillRequest():
                self._catch_up()
                item.answer(self._backfill(), {engine: ring.position for engine, ring in self._rings.items()})
            case _Stop():
                self._stopping = True
            case MachineReading():
                if self._file is not None:
                    self._readings.append(item)
            case _:
                if self._file is not None:
                    self._events.append(item)

    def _catch_up(self) -> None:
        """Writes the records that are in the rings now. Later ones are left to the next flush: with engines that write
        as fast as this reads it would never end."""
        heads = [(ring, ring.written) for ring in self._rings.values()]
        while self._flush() and any(ring.position < head for ring, head in heads):
            pass

    @property
    def _behind(self) -> bool:
        """A ring holds enough for another whole transaction."""
        rings = self._rings.values() if self._file is not None else ()
        return any(ring.written - ring.position >= RECORDS_PER_WRITE for ring in rings)

    def _flush(self) -> bool:
        """Writes the records, events and readings since the last transaction; returns True when there may be more."""
        if self._file is None:
            return False
        batches = {ring: ring.read_bytes(RECORDS_PER_WRITE) for ring in self._rings.values()}
        t_ns = self._clock()
        engines = {engine: ring.counts_as_read(t_ns) for engine, ring in self._rings.items()}
        now = RecordingProgress(
            t_ns=t_ns,
            rows=0,
            submitted=self._submitted + sum(ring.submitted_as_read for ring in self._rings.values()),
            lost=self._lost + sum(ring.lost for ring in self._rings.values()),
            shed=self._shed + sum(ring.shed for ring in self._rings.values()),
        )
        any_records = any(batches.values())
        before = self._written
        counts_changed = (now.submitted, now.lost, now.shed) != (before.submitted, before.lost, before.shed)
        if not any_records and not self._events and not self._readings and not counts_changed:
            return False
        events, self._events = self._events, []
        readings, self._readings = self._readings, []
        try:
            self._file.write(events, [batch for batch in batches.values() if batch], now, readings, engines)
        except sqlite3.Error as error:
            for ring, batch in batches.items():  # clients that attach later read them from the ring
                ring.position -= len(batch) // RECORD_BYTES
            self._end_recording("the recording stops here, measuring goes on", error)
            return False
        self._written, self._rows = now, self._file.rows
        return any_records

    def _finish_ring(self, engine: int) -> None:
        ring = self._rings.get(engine)
        if ring is None:
            return
        while self._file is not None and ring.position < ring.written:
            self._flush()
        del self._rings[engine]
        self._submitted += ring.submitted
        self._shed += ring.shed
        # Without a file, the records left in the ring are lost with it.
        self._lost += ring.lost + ring.written - ring.position

    def _backfill(self) -> Backfill:
        return Backfill(
            path=self._path if self._rows is not None else "",
            rows=self._rows or 0,
            submitted=self._submitted,
            lost=self._lost + sum(ring.lost for ring in self._rings.values()),
            shed=self._shed,
        )

    def _end_recording(self, outcome: str, error: OSError | sqlite3.Error) -> None:
        t_ns, full = self._clock(), _disk_full(error)
        why = "the disk is full" if full else _reason(error)
        self._note(STOPPED_BECAUSE, why)  # what was to be written left room for it
        self._close_file()
        reason = f"{outcome}: {why}"
        until_ns = self._written.t_ns if self._rows is not None else None
        ended = RecordingEnded(t_ns=t_ns, path=self._path, reason=reason, disk_full=full, until_ns=until_ns)
        self._publish(ended)
        self._publish(Note(t_ns=t_ns, severity="error", text=reason))


def _disk_full(error: OSError | sqlite3.Error) -> bool:
    """True for a full disk or an exhausted quota."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _reason(error: OSError | sqlite3.Error) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else os.strerror(error.errno or 0)
    return str(error)
