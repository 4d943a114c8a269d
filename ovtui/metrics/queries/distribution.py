"""Distributions for charts: bars between any borders, the curve of percentiles, and the groups to compare."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from ovtui.metrics.batching.run_kind import histograms_by_run_kind
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.latency.histogram import (
    BUCKETS,
    Histogram,
    bucket_edges_ms,
    percentile_ms,
    samples_needed,
)
from ovtui.metrics.latency.latency import MS_DECIMALS, LatencyKind
from ovtui.metrics.queries.shapes import shape_rows
from ovtui.records.arrays import Floats, Ints
from ovtui.records.device_codes import AMBIGUOUS, UNKNOWN, name_of

DistributionSpan = Literal["segment", "run", 60, 10, 1]
SPANS: tuple[DistributionSpan, ...] = ("segment", "run", 60, 10, 1)
Grouping = Literal["all", "device", "batching", "segment", "data shape"]
GROUPINGS: tuple[Grouping, ...] = ("all", "device", "batching", "segment", "data shape")
MAX_GROUPS = 4
"""Groups beside each other: the largest, of segments the newest, and of data shapes the slowest."""


def span_text(span: DistributionSpan) -> str:
    """In a sentence: 'the last 10 s'."""
    if isinstance(span, int):
        return f"the last {'second' if span == 1 else f'{span} s'}"
    return {"segment": "the segment in force", "run": "the whole run"}[span]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One kind of latency of one group of requests."""

    name: str
    counts: Ints
    """Counts per bucket, as in a Histogram or in buckets twice as wide."""
    count: int
    min_ms: float
    max_ms: float

    def bars(self, edges_ms: Floats) -> Floats:
        """[n] requests between [n + 1] ascending borders. A bucket with a border inside is divided: bars narrower than
        buckets would look like a comb otherwise."""
        below = np.concatenate(([0], np.cumsum(self.counts)))
        return np.diff(np.interp(edges_ms, _edges_ms(len(self.counts)), below))

    def percentile(self, q: float) -> float | None:
        """The q-th percentile, ms; None without enough samples."""
        if self.count < max(samples_needed(q), 1):
            return None
        return round(percentile_ms(np.cumsum(self.counts), q, self.min_ms, self.max_ms), MS_DECIMALS)

    @property
    def reach(self) -> float:
        """The highest share, 0 to 1, whose percentile has enough samples; at least 0.95."""
        return max(1 - 6.63 / self.count, 0.95) if self.count else 0.0

    def curve(self, nines: Floats) -> Floats:
        """[n] latencies, ms, at shares q given as nines: -log10(1 - q), so that 2 is the 99th percentile. NaN beyond
        the reach."""
        q = 1 - 10.0**-nines
        below = np.concatenate(([0], np.cumsum(self.counts))) / max(self.count, 1)
        # Across empty buckets the curve is steep: interp takes the last of equal shares.
        values = np.interp(q, below, _edges_ms(len(self.counts)))
        values = np.clip(values, self.min_ms, self.max_ms)
        return np.where(q <= self.reach + 1e-12, values, np.nan)


@cache
def _edges_ms(buckets: int) -> Floats:
    return bucket_edges_ms()[:: BUCKETS // buckets]


def distributions_of(
    digest: Digest, kind: LatencyKind, span: DistributionSpan, grouping: Grouping
) -> list[Distribution]:
    """The distributions to show beside each other, none of them empty, under the warm-up rule in force. The last
    seconds are not kept by group and follow no rule (Digest.recent), segments are compared over the run, and batching
    is that of the newest requests that are kept whole."""
    if isinstance(span, int):
        latency = digest.windows.latency(kind, span)
        if latency.min is None or latency.max is None:
            return []
        counts = digest.windows.counts(kind, span)
        return [Distribution(f"last {span} s", counts, latency.count, latency.min, latency.max)]
    if grouping == "batching":
        segment = digest.session_state.segment.segment if digest.session_state.segment is not None else 0
        histograms = histograms_by_run_kind(digest.newest_requests(segment if span == "segment" else None), kind)
        return [_distribution(name, histogram) for name, histogram in histograms.items()]
    found = [_distribution(name, group.histogram(kind)) for name, group in _groups(digest, span, grouping)]
    return [distribution for distribution in found if distribution.count]


def _groups(digest: Digest, span: DistributionSpan, grouping: Grouping) -> Iterable[tuple[str, GroupFigures]]:
    segment = digest.session_state.segment.segment if digest.session_state.segment is not None else 0
    if grouping == "segment":
        return [(f"segment {number}", group) for number, group in sorted(digest.segments.items())[-MAX_GROUPS:]]
    if grouping == "data shape":
        return _slowest([(row.shape, row.figures) for row in shape_rows(digest, segment=span == "segment")])
    if grouping == "device":
        devices = digest.devices
        if span == "segment":
            devices = {code: group for (number, code), group in digest.parts.items() if number == segment}
        return _largest((name_of(code), group) for code, group in devices.items())
    if span == "run":
        return [(f"whole run{_together(digest.devices)}", digest.run)]
    served = [code for number, code in digest.parts if number == segment]
    return [(f"segment {segment}{_together(served)}", digest.segment(segment))]


def _together(devices: Iterable[int]) -> str:
    """Said of a group in which several devices are counted together."""
    names = [name_of(code) for code in sorted(devices) if code not in (UNKNOWN, AMBIGUOUS)]
    return f", {' and '.join(names)} together" if len(names) > 1 else ""


def _largest(groups: Iterable[tuple[str, GroupFigures]]) -> list[tuple[str, GroupFigures]]:
    """The largest groups, in the order given."""
    listed = list(groups)
    kept = sorted(listed, key=lambda group: -group[1].measured)[:MAX_GROUPS]
    return [group for group in listed if group in kept]


def groupings(digest: Digest) -> tuple[Grouping, ...]:
    """Those that a session has: by data shape where requests have any."""
    return GROUPINGS if digest.by_shape.known.newest else GROUPINGS[:-1]


def _slowest(groups: list[tuple[str, GroupFigures]]) -> list[tuple[str, GroupFigures]]:
    """Those with the highest medians, in the order given: they are what p99 over all is made of."""
    medians = [group.histogram("inference").percentile(50) or 0.0 for _, group in groups]
    kept = sorted(range(len(groups)), key=lambda at: -medians[at])[:MAX_GROUPS]
    return [groups[at] for at in sorted(kept)]


def _distribution(name: str, histogram: Histogram) -> Distribution:
    return Distribution(name, histogram.counts, histogram.count, histogram.min_ms, histogram.max_ms)
