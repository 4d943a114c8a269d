"""How the requests of one load depended on each other: sums over cells of consecutive requests, from which the
intervals of its figures are made. Memory does not grow with the recording."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ovtui.metrics.confidence.percentile_rule import MARGINS, NEAR
from ovtui.metrics.groups.cell_sums import CellSums
from ovtui.metrics.recorded.intervals import (
    Interval,
    count_interval,
    design_effect,
    mean_interval,
    share_interval,
)
from ovtui.records.arrays import Ints
from ovtui.records.record import LATENCY_MS, UNMEASURED, Flag, Records

RATE_KEY_NS = 1_000_000
_SCORES = 3
"""Rows before those of the percentiles: the count, the latency, its square."""


class RecordedCells:
    """Owner: whoever reads the recording a second time: the percentiles have to be known."""

    def __init__(self, percentiles_ms: Mapping[str, float], kind: str) -> None:
        """`percentiles_ms`: by name the levels, ms, at which the clustering of requests over them is asked for. `kind`:
        of latency."""
        self._levels_ms = dict(percentiles_ms)
        self._ms = LATENCY_MS[kind]
        self._latencies = CellSums(_SCORES + NEAR * len(self._levels_ms))
        self._outcomes = CellSums(2)
        """Requests that came back, and those that failed."""
        self._completions = CellSums(1)

    def add(self, rows: Records) -> None:
        """Counts [n] records of the load that came back; Flag.LEFT_OUT is set on those that no latency is made of."""
        if not len(rows):
            return
        failed = (rows["flags"] & Flag.ERROR) != 0
        self._outcomes.add(rows["order"].astype(np.int64), [None, failed.astype(np.float64)])
        measured = rows[(rows["flags"] & UNMEASURED) == 0]
        if len(measured):
            self._completions.add(measured["done_ns"] // RATE_KEY_NS, [None])
        kept = rows[~failed & ((rows["flags"] & Flag.LEFT_OUT) == 0)]
        if not len(kept):
            return
        order, ms = kept["order"].astype(np.int64), self._ms(kept)
        self._latencies.add(order, [None, ms, ms**2])
        row = _SCORES
        for level_ms in self._levels_ms.values():
            over: Ints = np.zeros(len(ms), np.int64)
            for margin in MARGINS[:NEAR]:
                over += ms > level_ms / margin
            self._latencies.add_levels(order, over, row, NEAR)
            row += NEAR

    @property
    def requests(self) -> int:
        """Whose latencies count."""
        return int(self._latencies.sums[0].sum())

    def independent(self, name: str) -> float:
        """How many independent requests tell as much of a percentile; 0 without any. By how those over it, and those
        near it, cluster: the latter are more, and show it better."""
        if not self.requests:
            return 0.0
        first = _SCORES + NEAR * list(self._levels_ms).index(name)
        counts, over = self._latencies.sums[0], self._latencies.sums[first : first + NEAR]
        share = over.sum(axis=1) / counts.sum()
        return self.requests / float(design_effect(over, counts[None], share * (1 - share)).max())

    def mean_ms(self) -> Interval | None:
        """Of the mean latency, ms."""
        sums = self._latencies.sums
        return mean_interval(sums[0], sums[1], float(sums[2].sum())) if self.requests else None

    def completions(self) -> Interval | None:
        """Of the rate, as shares of the number of measured requests that came back; None where none did."""
        counts = self._completions.sums[0] if self._completions.sums.size else np.zeros(0)
        n = float(counts.sum())
        if not n:
            return None
        found = count_interval(counts)
        return Interval(found.low / n, found.high / n)

    def error_share(self) -> Interval | None:
        """Of the share of requests that failed, 0 to 1; None where none came back."""
        if not self._outcomes.sums.size:
            return None
        counts, failed = self._outcomes.sums
        n, part = float(counts.sum()), float(failed.sum())
        effect = float(design_effect(failed, counts, np.array(part / n * (1 - part / n)))) if 0 < part < n else 1.0
        return share_interval(part, n, effect)
