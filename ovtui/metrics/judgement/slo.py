"""Checks the limits of --slo against the segment in force, and keeps since when each is met or missed. In `ovtui run`
nothing changes the settings, so that segment is the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ovtui.metrics import number_format
from ovtui.metrics.latency.histogram import LatencyHistograms, samples_needed
from ovtui.metrics.latency.latency import LatencyKind, rounded_ms
from ovtui.settings.schema.slo import Limit, number_text

CHECK_INTERVAL_NS = 1_000_000_000
"""Limits are checked once a second, so `since_s` is accurate to a second."""


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """The figures of one segment that limits are checked against."""

    spread: LatencyHistograms
    completed: int
    throughput: float | None
    errors: int = 0
    late: int = 0
    lost: int = 0
    shed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    limit: Limit
    met: bool | None
    """None if too little was measured to decide."""
    value: float | None
    """In the unit of the limit."""
    since_s: float
    """Session time since when `met` has this value."""
    why: str = ""
    """What the value is, if it is not the figure that the limit names; or why there is no value."""

    @property
    def status(self) -> str:
        return _status(self.met)

    @property
    def value_text(self) -> str:
        """The value with its unit, or the reason why there is none."""
        return _value_text(self.value, self.limit.unit, self.why)

    @property
    def sentence(self) -> str:
        """Limit, verdict and value in one line."""
        return describe_verdict(str(self.limit), self.met, self.value, self.limit.unit, self.why)


def describe_verdict(limit: str, met: bool | None, value: float | None, unit: str, why: str) -> str:
    """A verdict as a sentence that stands by itself; the arguments are as in Verdict."""
    return f"{limit} {_status(met)}: {_value_text(value, unit, why)}"


def _status(met: bool | None) -> str:
    return "not known" if met is None else "met" if met else "MISSED"


def _value_text(value: float | None, unit: str, why: str) -> str:
    if value is None:
        return why
    shown = number_format.significant(value, 4) if unit else number_format.count(round(value))
    after = {"ms": " ms", "/s": "/s", "%": " %", "": ""}[unit]
    return f"{shown}{after}" + (f" ({why})" if why else "")


def check_limit(limit: Limit, figures: SegmentFigures) -> tuple[bool | None, float | None, str]:
    """Whether the limit is met (None: undecided), its value, and the remark on it (Verdict.why)."""
    if limit.metric == "throughput":
        return _plain(limit, figures.throughput)
    if limit.unit in ("", "%"):
        return _counter(limit, figures)
    histogram = figures.spread[cast(LatencyKind, limit.latency)]
    if not histogram.count:
        return None, None, "nothing was measured"
    if limit.q is None:
        value = {"min": histogram.min_ms, "max": histogram.max_ms, "mean": histogram.sum_ms / histogram.count}
        return _plain(limit, value[limit.metric])
    needed = samples_needed(limit.q)
    if histogram.count >= needed:
        return _plain(limit, histogram.percentile(limit.q))
    # Too few samples for the percentile itself, but it lies between the 95th and the maximum.
    if limit.is_ceiling and limit.allows(histogram.max_ms):
        return True, histogram.max_ms, f"the highest of {histogram.count:,}"
    low = histogram.percentile(min(limit.q, 95.0))
    if limit.is_ceiling and low is not None and not limit.allows(low):
        return False, low, f"p95 of {histogram.count:,}"
    return None, None, f"{histogram.count:,} requests, and p{number_text(limit.q)} needs {needed:,}"


def _plain(limit: Limit, value: float | None) -> tuple[bool | None, float | None, str]:
    return (None, None, "nothing was measured") if value is None else (limit.allows(value), value, "")


def _counter(limit: Limit, figures: SegmentFigures) -> tuple[bool | None, float | None, str]:
    count = float(getattr(figures, limit.metric))
    if limit.unit == "":
        return limit.allows(count), count, ""
    total = figures.completed + (figures.shed if limit.metric == "shed" else 0)
    return _plain(limit, 100 * count / total if total else None)


class SloMonitor:
    """The limits in force over time. Owner: the Digest."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self._segment = -1
        self._looked_ns = -CHECK_INTERVAL_NS

    def due(self, now_ns: int) -> bool:
        return now_ns - self._looked_ns >= CHECK_INTERVAL_NS

    def look(self, limits: Sequence[Limit], figures: SegmentFigures, segment: int, began_s: float, now_ns: int) -> None:
        """Checks the limits against the figures of the segment that began at `began_s`."""
        before = {verdict.limit: verdict for verdict in self.verdicts} if segment == self._segment else {}
        self._segment, self._looked_ns = segment, now_ns
        self.verdicts = []
        for limit in limits:
            met, value, why = check_limit(limit, figures)
            old = before.get(limit)
            since_s = began_s if old is None else old.since_s if old.met is met else now_ns / 1e9
            self.verdicts.append(Verdict(limit, met, rounded_ms(value), since_s, why))
