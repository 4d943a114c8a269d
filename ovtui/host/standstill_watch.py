"""Tells when an engine stands still, by its ring's header and its process, on a thread of its own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.events import EngineResumed, EngineStalled, StallCause

LOOK_S = 0.25
LEAST_S = 1.2
"""Nothing came back for so long before anything is said. With a look and a frame it is on screen within 2 s."""
TIMES = 3.0
"""Nor before the longest time that this engine's requests kept one waiting so far, times this: a model of 5 s, a batch
timer, a load of one request a second have a pace of their own."""
MOST_LEARNED_S = 10.0
"""Of a span that was told and ended by itself, this much counts as the engine's pace: the large one of several data
shapes is told once, and a device that hung for a minute may hang again."""
BUSY_CORES = 0.1
"""Of a process that computes, also where others leave it no whole core; one that waits takes next to nothing."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class _Watched:
    """One engine. Times are on the monotonic clock, in seconds."""

    completed: int
    since_s: float
    """When a request came back last, or the oldest in flight was sent, to a look."""
    longest_s: float = 0.0
    """The longest of these spans that ended with a request that came back."""
    cpu_s: float = 0.0
    """Of the process, at `since_s`."""
    stopped: bool = False
    """It was at the last look."""
    told: StallCause | None = None
    """As it was told; None where it does not stand still."""
    told_since_s: float = 0.0


class Standing(NamedTuple):
    since_s: float
    """When a request came back last, or the oldest in flight was sent, on the monotonic clock."""
    told: bool
    """It stands still, and that has been told."""


class StandstillWatch:
    """An engine stands still

    - where its process is stopped, at two looks: whatever it does then;
    - where requests are in flight and none has come back for LEAST_S, and for TIMES the longest such time before (twice
      the batch timeout, where that is longer). An engine of which nothing has come back yet has no pace: its first
      inference may take what it takes. Neither is anything said of one that has nothing in flight, as between the
      requests of a slow schedule.

    Time in which this process did not run itself does not count. Owner: its thread; `close` may be called by any."""

    def __init__(
        self,
        engines: Callable[[], Sequence[EngineProcess]],
        clock: Callable[[], int],
        publish: Callable[[EngineStalled | EngineResumed], None],
    ) -> None:
        """`engines`: those that there are now. `clock`: the session's, in nanoseconds. `publish` is called on the
        thread."""
        self._engines, self._clock, self._publish = engines, clock, publish
        self._watched: dict[int, _Watched] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standstill", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def standing(self, engine: int) -> Standing | None:
        """Since when nothing has come back of an engine; None where it has not been looked at. From any thread."""
        seen = self._watched.get(engine)
        return None if seen is None else Standing(seen.since_s, seen.told is not None)

    def _run(self) -> None:
        before_s = time.monotonic()
        while not self._stop.wait(LOOK_S):
            now_s = time.monotonic()
            self._skip(max(now_s - before_s - 2 * LOOK_S, 0.0))
            before_s = now_s
            engines = self._engines()
            for engine in engines:
                if not engine.debugged:
                    self.look(engine, now_s)
                elif (held := self._watched.get(engine.number)) is not None:
                    held.since_s += LOOK_S  # it stands still for as long as the debugger reads
                engine.memory.look(now_s)
            numbers = {engine.number for engine in engines}
            self._watched = {number: seen for number, seen in self._watched.items() if number in numbers}

    def _skip(self, lost_s: float) -> None:
        """This process stood still itself for so long."""
        for seen in self._watched.values():
            seen.since_s += lost_s

    def look(self, engine: EngineProcess, now_s: float) -> None:
        state, cpu_s = process_state(engine.process.pid)
        if not state or state in "ZX":
            return
        completed, in_flight = engine.counters.written, engine.counters.submitted - engine.counters.written
        seen = self._watched.get(engine.number)
        if seen is None:
            seen = self._watched[engine.number] = _Watched(completed, now_s, cpu_s=cpu_s)
        came_back, is_stopped = completed != seen.completed, state in "Tt"
        if came_back or (in_flight <= 0 and not seen.stopped):
            span_s = now_s - seen.since_s
            if came_back and seen.told != "stopped":
                seen.longest_s = max(seen.longest_s, span_s if seen.told is None else min(span_s, MOST_LEARNED_S))
            if seen.told is not None and not is_stopped:
                self._resumed(engine, seen)
            seen.completed, seen.since_s, seen.cpu_s = completed, now_s, cpu_s
        elif seen.told == "stopped" and not is_stopped:
            self._resumed(engine, seen)
            seen.since_s, seen.cpu_s = now_s, cpu_s
        twice, seen.stopped = seen.stopped, is_stopped
        if is_stopped and twice:
            self._stalled(engine, seen, "stopped", max(in_flight, 0))
        elif in_flight > 0 and completed and not is_stopped and now_s - seen.since_s > self._patience_s(engine, seen):
            cores = (cpu_s - seen.cpu_s) / (now_s - seen.since_s)
            cause: StallCause = "kernel" if state == "D" else "busy" if cores > BUSY_CORES else "asleep"
            self._stalled(engine, seen, cause, in_flight)

    def _patience_s(self, engine: EngineProcess, seen: _Watched) -> float:
        timeout_s = engine.settings.batch_timeout_in_force_ms / 1e3 if engine.may_batch else 0.0
        return max(LEAST_S, TIMES * seen.longest_s, 2 * timeout_s + LEAST_S if timeout_s else 0.0)

    def _stalled(self, engine: EngineProcess, seen: _Watched, cause: StallCause, in_flight: int) -> None:
        if seen.told == cause or (seen.told is not None and cause != "stopped"):
            return
        if seen.told is None:
            seen.told_since_s = seen.since_s
        seen.told = cause
        since_ns = self._session_ns(seen.told_since_s)
        self._publish(
            EngineStalled(
                t_ns=self._clock(), engine=engine.number, pid=engine.process.pid, since_ns=since_ns, cause=cause,
                in_flight=in_flight,
            )
        )  # fmt: skip

    def _resumed(self, engine: EngineProcess, seen: _Watched) -> None:
        since_ns, seen.told = self._session_ns(seen.told_since_s), None
        self._publish(EngineResumed(t_ns=self._clock(), engine=engine.number, since_ns=since_ns))

    def _session_ns(self, at_s: float) -> int:
        return max(self._clock() - int((time.monotonic() - at_s) * 1e9), 0)


def process_state(pid: int) -> tuple[str, float]:
    """The state of a process as /proc/PID/stat has it ('R', 'S', 'D', 'T', ...), and its CPU seconds; an empty state
    where it is gone, or is another container's."""
    try:
        # The name of the program, in parentheses, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return fields[0], sum(int(fields[at]) for at in _CPU_FIELDS) / _TICKS_PER_S
    except (OSError, ValueError, IndexError):
        return "", 0.0


_CPU_FIELDS = (11, 12)
"""Time in user and in system mode, counted from the state; those of its children follow."""


def is_stopped(pid: int) -> bool:
    """By SIGSTOP, or by a debugger. False where that cannot be told."""
    return process_state(pid)[0] in ("T", "t")
