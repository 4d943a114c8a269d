"""Limits held against what was measured in the segment in force, with the moment at which each came to be met or
missed. In `ovtui run`, where nothing changes the settings, that is the whole run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from ovtui.metrics.latency.histogram import LatencyHistograms, samples_needed
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.settings.schema.slo import Limit, number_text

CHECK_INTERVAL_NS = 1_000_000_000
"""Limits are looked at once a second: a second is what 'since' is exact to."""


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """What limits are held against, of one segment."""

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
    """None where too little was measured to tell."""
    value: float | None
    """In the limit's unit."""
    since_s: float
    """Session time since when that is so."""
    why: str = ""
    """What the value rests on, where it is not the plain figure."""

    @property
    def word(self) -> str:
        return "not known" if self.met is None else "met" if self.met else "MISSED"

    @property
    def value_text(self) -> str:
        """The value with its unit, or why there is none."""
        if self.value is None:
            return self.why
        unit = {"ms": " ms", "/s": "/s", "%": " %", "": ""}[self.limit.unit]
        shown = f"{self.value:,.0f}" if self.limit.unit == "" or self.value >= 9_999.5 else f"{self.value:,.4g}"
        return f"{shown}{unit}" + (f" ({self.why})" if self.why else "")

    @property
    def sentence(self) -> str:
        """For whoever reads only this."""
        return f"{self.limit} {self.word}: {self.value_text}"


def check_limit(limit: Limit, evidence: SegmentFigures) -> tuple[bool | None, float | None, str]:
    """Whether a limit is met, its value and what there is to say about that."""
    if limit.metric == "throughput":
        return _plain(limit, evidence.throughput)
    if limit.unit in ("", "%"):
        return _counter(limit, evidence)
    histogram = evidence.spread[cast(LatencyKind, limit.latency)]
    if not histogram.count:
        return None, None, "nothing was measured"
    if limit.q is None:
        value = {"min": histogram.min_ms, "max": histogram.max_ms, "mean": histogram.sum_ms / histogram.count}
        return _plain(limit, value[limit.metric])
    needed = samples_needed(limit.q)
    if histogram.count >= needed:
        return _plain(limit, histogram.percentile(limit.q))
    # Too few for the percentile itself; but it lies between the 95th and the highest.
    if limit.is_ceiling and limit.allows(histogram.max_ms):
        return True, histogram.max_ms, f"the highest of {histogram.count:,}"
    low = histogram.percentile(min(limit.q, 95.0))
    if limit.is_ceiling and low is not None and not limit.allows(low):
        return False, low, f"p95 of {histogram.count:,}"
    return None, None, f"{histogram.count:,} requests, and p{number_text(limit.q)} needs {needed:,}"


def _plain(limit: Limit, value: float | None) -> tuple[bool | None, float | None, str]:
    return (None, None, "nothing was measured") if value is None else (limit.allows(value), value, "")


def _counter(limit: Limit, evidence: SegmentFigures) -> tuple[bool | None, float | None, str]:
    count = float(getattr(evidence, limit.metric))
    if limit.unit == "":
        return limit.allows(count), count, ""
    of = evidence.completed + (evidence.shed if limit.metric == "shed" else 0)
    return _plain(limit, 100 * count / of if of else None)


class SloMonitor:
    """The limits in force over time. Owner: the Digest."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self._segment = -1
        self._looked_ns = -CHECK_INTERVAL_NS

    def due(self, now_ns: int) -> bool:
        return now_ns - self._looked_ns >= CHECK_INTERVAL_NS

    def look(
        self, limits: Sequence[Limit], evidence: SegmentFigures, segment: int, began_s: float, now_ns: int
    ) -> None:
        """Holds the limits against the segment that began at `began_s`."""
        before = {verdict.limit: verdict for verdict in self.verdicts} if segment == self._segment else {}
        self._segment, self._looked_ns = segment, now_ns
        self.verdicts = []
        for limit in limits:
            met, value, why = check_limit(limit, evidence)
            old = before.get(limit)
            since_s = began_s if old is None else old.since_s if old.met is met else now_ns / 1e9
            self.verdicts.append(Verdict(limit, met, value, since_s, why))
