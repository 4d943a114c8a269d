"""When the machine is throttled, as spans with a beginning and an end: the CPU and the GPU by their hardware, the
session by the quota of its cgroup.

The rule, for each of the three by itself. A span begins with the first reading that shows throttling. It ends once no
reading has shown any for QUIET_S, with the last one that did: a reason that comes and goes is one span. Throttling
shows itself

- of the CPU: where its counters say that it was throttled for CPU_PERCENT of the time since the last reading, or, of an
  older kernel, how often;
- of the GPU: where the driver names a reason, or says that there is one;
- by the quota: where the cgroup was throttled in QUOTA_PERCENT of its periods since the last reading.

A reading stands for the time since the one before, at most LONGEST_S, so a span begins with that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.records.events import ThrottleBegan, ThrottleEnded, ThrottleSource
from ovtui.records.machine_readings import MachineReading
from ovtui.settings.shown_text import shown

QUIET_S = 3.0
LONGEST_S = 2.0
CPU_PERCENT = 1.0
"""A single dip of the clock, of a few ms, is no span."""
QUOTA_PERCENT = 5.0
"""Two periods of 100 ms in four seconds."""
REASONS = 8
"""So many are named at most."""

ThrottleEvent = ThrottleBegan | ThrottleEnded


@dataclass(slots=True)
class _Span:
    since_ns: int
    last_ns: int
    """The last reading that showed it."""
    reasons: list[str]
    readings: int = 0
    """That showed it."""
    percents: float = 0.0
    """Their sum, of those that tell a share."""


class ThrottleWatch:
    """Owner: the sampler's thread."""

    def __init__(self) -> None:
        self._spans: dict[ThrottleSource, _Span] = {}
        self._before_ns: int | None = None

    def look(
        self, reading: MachineReading, throttled: Mapping[ThrottleSource, Sequence[str]] | None = None
    ) -> list[ThrottleEvent]:
        """What a reading begins and ends. `throttled`: what is slowed down now, with the reasons as the driver names
        them ('pl1', 'thermal'), as MachineReader.throttled."""
        throttled = throttled or {}
        t_ns, before_ns = reading.t_ns, reading.t_ns if self._before_ns is None else self._before_ns
        since_ns = max(before_ns, t_ns - int(LONGEST_S * 1e9))
        self._before_ns = t_ns
        cpu, quota = reading.cpu_throttled_percent, reading.throttled_percent
        if cpu is None and "cpu" in throttled:  # counted, and the kernel does not tell how long
            cpu_share: float | None = 0.0
        else:
            cpu_share = cpu if cpu is not None and cpu >= CPU_PERCENT else None
        gpu_share = 0.0 if reading.gpu_throttled or "gpu" in throttled else None
        quota_share = quota if quota is not None and quota >= QUOTA_PERCENT else None
        return [
            *self._follow("cpu", t_ns, since_ns, cpu_share, throttled.get("cpu", ())),
            *self._follow("gpu", t_ns, since_ns, gpu_share, throttled.get("gpu", ())),
            *self._follow("quota", t_ns, since_ns, quota_share, ()),
        ]

    def end(self) -> list[ThrottleEvent]:
        """Ends the spans that last: nothing is read any more."""
        spans, self._spans = self._spans, {}
        return [_ended(source, span) for source, span in spans.items()]

    def _follow(
        self, source: ThrottleSource, t_ns: int, since_ns: int, percent: float | None, reasons: Sequence[str]
    ) -> list[ThrottleEvent]:
        """`percent`: how much it was throttled, 0 where nothing tells; None where it was not."""
        span = self._spans.get(source)
        if percent is None:
            if span is None or t_ns - span.last_ns < QUIET_S * 1e9:
                return []
            del self._spans[source]
            return [_ended(source, span)]
        begins = span is None
        span = self._spans.setdefault(source, _Span(since_ns, t_ns, []))
        new = [name for name in map(reason_name, reasons) if name not in span.reasons]
        span.last_ns, span.reasons = t_ns, [*span.reasons, *new][:REASONS]
        span.readings, span.percents = span.readings + 1, span.percents + percent
        if not begins:
            return []
        return [ThrottleBegan(t_ns=since_ns, source=source, reasons=span.reasons, percent=percent or None)]


def _ended(source: ThrottleSource, span: _Span) -> ThrottleEnded:
    mean = round(span.percents / span.readings, 1) or None
    return ThrottleEnded(t_ns=span.last_ns, source=source, since_ns=span.since_ns, reasons=span.reasons, percent=mean)


def reason_name(reason: str) -> str:
    """A driver's name of a reason as it is written elsewhere: 'PL1' for 'pl1', 'VR thermalert' for 'vr_thermalert'."""
    words = shown(reason).replace("_", " ").split()
    return " ".join(word.upper() if word in _CAPITALS or word[:2] == "pl" else word for word in words)


_CAPITALS = {"prochot", "ratl", "vr", "tdc", "iccmax"}
