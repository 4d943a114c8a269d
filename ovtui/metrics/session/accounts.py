"""The account of all requests: due = submitted + shed + unsent, submitted = completed + unfinished.

Unsent is what came due and was neither submitted nor shed until the load ended. The load's end is

- its own (duration, number, trace), or when it was told to stop: LoadEnded counts that, as the engine did;
- of an engine that died or was killed: when it was told to stop, or when the host saw it exit. What came due since the
  engine last looked follows from the schedule, so that one that stood still for ten seconds leaves ten seconds of
  requests behind;
- where the host died, and so its engines: the last sign of life of either;
- where a recording breaks off: when it was last written.

A trace's times are in a file that may be gone: there it is what the engine had seen come due, and not known where it
had stood still."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from ovtui.records import schedules
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import EngineExited, Event, LoadEnded, SegmentBegan
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

MAX_DUE = 10_000_000
"""At most so many are counted by the schedule of one engine."""
ENGINES = 1000
"""More than the list of events has."""
SCHEDULES = 4
BEHIND_NS = 500_000_000
"""A load thread that was not seen for so long may have missed what came due."""


class Unsent:
    """Requests that were due and not sent when a load ended, and for how long they had waited then."""

    def __init__(self, count: int = 0, waits_ms: NDArray[np.float64] | None = None, step: int = 1) -> None:
        """`waits_ms` of every `step`-th of them; None where that is not known."""
        self.count = count
        self._waits_ms = waits_ms
        self._step = step

    def waited_longer(self, limit_ms: float) -> int | None:
        """How many of them had waited for longer than this at the end, to one in a thousand; None where that is not
        known."""
        if not self.count:
            return 0
        if self._waits_ms is None:
            return None
        return min(int(np.count_nonzero(self._waits_ms > limit_ms)) * self._step, self.count)

    @property
    def waited_ms(self) -> float:
        """What they had waited together, at the least; 0 where that is not known."""
        return 0.0 if self._waits_ms is None else float(self._waits_ms.sum()) * self._step


class _Load:
    """The load of one engine, until it has told its end."""

    def __init__(self) -> None:
        self.newest: SegmentBegan | None = None
        self._began: list[SegmentBegan] = []
        """The segments with which a schedule may have begun, the newest SCHEDULES."""

    def add(self, event: SegmentBegan) -> None:
        before, self.newest = self.newest, event
        if before is None or schedules.begins_anew(before.settings, event.settings):
            self._began = [*self._began[1 - SCHEDULES :], event]

    def settings_of(self, segment: int) -> Settings | None:
        """Those of the schedule that began with this segment; None where it is not known."""
        return next((began.settings for began in reversed(self._began) if began.segment <= segment), None)

    @property
    def until_ns(self) -> int | None:
        return self.newest.until_ns if self.newest is not None else None

    @property
    def is_closed_loop(self) -> bool:
        return self.newest is None or is_closed_loop(self.newest.settings)


class Accounts:
    """Owner: the SessionState."""

    def __init__(self) -> None:
        self.unsent = 0
        """Of all loads and engines that have told their end. It never falls."""
        self.by_engine: dict[int, int] = {}
        """Of those that exited without, the newest ENGINES."""
        self.left = Unsent()
        """Of engines that have not told their end, where nothing more comes of the session."""
        self.known = True
        """False where nothing tells what those left."""
        self.unfinished = 0
        """Requests in flight in engines that have exited."""
        self._in_segment: list[Unsent] = []
        """Unsent ones of the segment in force, but for `left`."""
        self._loads: dict[int, _Load] = {}
        self._untold = False
        """What an engine left that exited is not known."""

    def fold(self, event: Event) -> None:
        if isinstance(event, SegmentBegan):
            self._loads.setdefault(event.engine, _Load()).add(event)
            if not event.trial:
                self._in_segment = []
        elif isinstance(event, LoadEnded):
            self._loads.pop(event.engine, None)
            self._add(_of_end(event))
        elif isinstance(event, EngineExited):
            self.unfinished += event.unfinished
            load, counts = self._loads.pop(event.engine, None), event.counts
            unsent = Unsent(event.unsent)
            if load is not None and counts is not None:
                unsent = unsent_of(counts, load, event.load_over_ns)
                self._untold = self._untold or _is_untold(counts, load, event.load_over_ns)
            self.by_engine[event.engine] = unsent.count
            if len(self.by_engine) > ENGINES:
                del self.by_engine[next(iter(self.by_engine))]
            self._add(unsent)

    def _add(self, unsent: Unsent) -> None:
        self.unsent += unsent.count
        self._in_segment.append(unsent)

    def follow(self, engines: Mapping[int, EngineCounts] | None, *, over: bool) -> None:
        """`over`: nothing more comes of the session. Then those count that engines left that could not tell, their host
        or the recording gone; `engines` says what is known of these."""
        self.left, self.known = Unsent(), not self._untold
        if not over or not self._loads:
            return
        found: list[Unsent] = []
        for number, load in self._loads.items():
            counts = (engines or {}).get(number)
            if counts is not None:
                died_ns = max(counts.alive_ns, counts.t_ns)
                found.append(unsent_of(counts, load, died_ns))
                self.known = self.known and not _is_untold(counts, load, died_ns)
            else:
                self.known = self.known and load.is_closed_loop
        self.left = max(found, key=lambda unsent: unsent.count, default=Unsent())
        if sum(unsent.count for unsent in found) > self.left.count:
            self.left = Unsent(sum(unsent.count for unsent in found))

    @property
    def total_unsent(self) -> int | None:
        """None where nothing tells."""
        return self.unsent + self.left.count if self.known else None

    @property
    def parts_in_segment(self) -> tuple[Unsent, ...]:
        """The unsent ones of the segment in force, by the engine that left them."""
        return (*self._in_segment, self.left)

    @property
    def unsent_in_segment(self) -> int:
        return sum(part.count for part in self.parts_in_segment)

    def waiting_now(self, engines: Mapping[int, EngineCounts] | None, now_ns: int) -> Unsent:
        """What is due and waits, while the load goes on: as the schedule says, so that it is known of an engine that
        stands still, too. Nothing where engines are up to date."""
        for number, load in self._loads.items():
            counts = (engines or {}).get(number)
            behind = counts is not None and (counts.waiting > 0 or now_ns - counts.alive_ns > BEHIND_NS)
            if counts is not None and behind and load.newest is not None and not load.newest.trial:
                unsent = unsent_of(counts, load, now_ns)
                if unsent.count:  # else an engine that waits for its turn
                    return unsent
        return Unsent()


def _of_end(event: LoadEnded) -> Unsent:
    if not event.unsent_due_ns:
        return Unsent(event.unsent)
    ended_ns = event.t_ns if event.ended_ns is None else event.ended_ns
    waits_ms = (ended_ns - np.array(event.unsent_due_ns, np.float64)) / 1e6
    return Unsent(event.unsent, waits_ms, event.unsent_step)


def _is_untold(counts: EngineCounts, load: _Load, died_ns: int) -> bool:
    """Of a trace, what came due since the engine last looked, if that is long ago."""
    settings = load.settings_of(counts.schedule_segment)
    if counts.schedule_ns is None or settings is None or is_closed_loop(settings):
        return False
    until_ns = died_ns if load.until_ns is None else min(died_ns, load.until_ns)
    return until_ns - counts.alive_ns > BEHIND_NS and schedules.due_times(settings) is None


def unsent_of(counts: EngineCounts, load: _Load, died_ns: int) -> Unsent:
    """What an engine left that died at `died_ns`: what waited when it last looked, and what came due since then."""
    settings = load.settings_of(counts.schedule_segment)
    if counts.schedule_ns is None or settings is None or is_closed_loop(settings):
        return Unsent(counts.waiting)
    taken = counts.submitted + counts.shed
    due = schedules.due_times(settings, max(taken - counts.taken_before, 0))
    if due is None:
        return Unsent(counts.waiting)
    began_ns, until_ns = counts.schedule_ns, died_ns
    if load.until_ns is not None:
        until_ns = min(died_ns, load.until_ns - 1)
    most = MAX_DUE if counts.due_limit is None else max(counts.due_limit - taken, 0)
    offsets = takewhile(lambda offset_ns: began_ns + int(offset_ns) <= until_ns, islice(due, most))
    due_ns = began_ns + np.fromiter(offsets, np.float64)
    if len(due_ns) < counts.waiting:  # whoever saw it die may have looked earlier than it last did
        return Unsent(counts.waiting)
    return Unsent(len(due_ns), (until_ns - due_ns) / 1e6)
