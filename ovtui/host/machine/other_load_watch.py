"""When other processes take the cores, as spans with a beginning and an end, and which process it is.

The rule. Others are all that is neither engine nor host nor client of the session, nor started by them. A span begins
where they take BEGINS_PERCENT of the machine's cores in two readings, one after the other; it began with the first of
them. Between the two the processes are looked at (host/machine/process_times.py): the busiest one is named where it
takes at least half of what others take. Otherwise the load is of several processes, or, where all that can be seen here
(children that ended meanwhile included) take less than half of it, of processes that cannot be seen. What processes
took that the session's have started, a compiler or a probe of the engine, is no load of others.

A span ends once what it names (the process, or all others) has taken less than ENDS_PERCENT for QUIET_S, with the last
reading above that. If others take the cores still, another span begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from ovtui.host.machine.process_times import ProcessTime, cores_taken, process_time, process_times
from ovtui.records.events import OtherLoadBegan, OtherLoadEnded
from ovtui.records.machine_readings import MachineReading

BEGINS_PERCENT, ENDS_PERCENT = 15.0, 8.0
QUIET_S = 3.0
LONGEST_S = 2.0
"""Two looks further apart than this are of no use: the load may have changed."""
NAMED_SHARE = 0.5

OtherLoadEvent = OtherLoadBegan | OtherLoadEnded


@dataclass(slots=True)
class _Look:
    """The processes as they were at a reading with much other load."""

    t_ns: int
    since_ns: int
    """When the load began: the reading before."""
    times: dict[int, ProcessTime]


@dataclass(slots=True)
class _Span:
    since_ns: int
    last_ns: int
    """The last reading in which it took much."""
    process: ProcessTime | None
    """Its CPU time as last read; None where no process is named."""
    unseen: bool
    percent_sum: float
    readings: int


class OtherLoadWatch:
    """Owner: the sampler's thread."""

    def __init__(
        self, root: Path, cores: int, ours: Callable[[], Collection[int]], ticks_per_s: int | None = None
    ) -> None:
        """`cores`: of the machine. `ours`: the session's processes."""
        self._root, self._cores, self._ours = root, max(cores, 1), ours
        self._ticks_per_s = ticks_per_s or os.sysconf("SC_CLK_TCK")
        self._looked: _Look | None = None
        self._span: _Span | None = None
        self._before_ns: int | None = None

    def look(self, reading: MachineReading) -> list[OtherLoadEvent]:
        """What a reading begins and ends."""
        t_ns, before_ns = reading.t_ns, self._before_ns
        self._before_ns = t_ns
        if reading.other_cores is None or before_ns is None or t_ns - before_ns > LONGEST_S * 1e9:
            self._looked = None
            if self._span is not None and self._span.process is not None:
                self._own_percent(self._span, self._span.process, LONGEST_S)  # what comes next counts from here
            return []
        percent = 100 * reading.other_cores / self._cores
        if self._span is not None:
            return self._follow(self._span, t_ns, before_ns, percent)
        if percent < BEGINS_PERCENT:
            self._looked = None
            return []
        looked, times = self._looked, process_times(self._root, self._ticks_per_s)
        if looked is None:
            self._looked = _Look(t_ns, before_ns, times)
            return []
        self._looked = None
        return self._begin(looked, times, t_ns, percent)

    def _begin(self, looked: _Look, times: dict[int, ProcessTime], t_ns: int, percent: float) -> list[OtherLoadEvent]:
        taken = cores_taken(looked.times, times, (t_ns - looked.t_ns) / 1e9, self._ours())
        percent -= 100 * taken.ours / self._cores
        if percent < BEGINS_PERCENT:
            return []
        busy = taken.others
        seen_percent = 100 * (sum(cores for _, cores in busy) + taken.others_children) / self._cores
        process, own_percent = (busy[0][0], 100 * busy[0][1] / self._cores) if busy else (None, 0.0)
        if own_percent < NAMED_SHARE * percent:
            process, own_percent = None, percent
        unseen = process is None and seen_percent < NAMED_SHARE * percent
        self._span = _Span(looked.since_ns, t_ns, process, unseen, own_percent, 1)
        return [
            OtherLoadBegan(
                t_ns=looked.since_ns,
                name=process.name if process else "",
                pid=process.pid if process else 0,
                percent=round(min(own_percent, 100.0), 1),
                unseen=unseen,
            )
        ]

    def _follow(self, span: _Span, t_ns: int, before_ns: int, percent: float) -> list[OtherLoadEvent]:
        if span.process is not None:
            percent = self._own_percent(span, span.process, (t_ns - before_ns) / 1e9)
        if percent >= ENDS_PERCENT:
            span.last_ns, span.readings, span.percent_sum = t_ns, span.readings + 1, span.percent_sum + percent
            return []
        return [] if t_ns - span.last_ns < QUIET_S * 1e9 else self.end()

    def end(self) -> list[OtherLoadEvent]:
        """Ends the span that lasts: it is over, or nothing is read any more."""
        span, self._span, self._looked = self._span, None, None
        if span is None:
            return []
        return [
            OtherLoadEnded(
                t_ns=span.last_ns,
                name=span.process.name if span.process else "",
                pid=span.process.pid if span.process else 0,
                since_ns=span.since_ns,
                percent=round(min(span.percent_sum / span.readings, 100.0), 1),
                unseen=span.unseen,
            )
        ]

    def _own_percent(self, span: _Span, before: ProcessTime, passed_s: float) -> float:
        """Of the process that is named, since the last reading; 0 where it is gone."""
        now = process_time(self._root, before.pid, self._ticks_per_s)
        if now is None or now.started != before.started:
            return 0.0
        span.process = now
        return 100 * (now.cpu_s - before.cpu_s) / passed_s / self._cores
