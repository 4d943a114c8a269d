"""How the requests of one load depended on each other: sums over cells of consecutive requests, from which the
intervals of its figures are made. Memory does not grow with the recording."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ovtui.metrics.confidence.dependence import design_effect
from ovtui.metrics.confidence.percentile_rule import LEVELS, MARGINS, Effects, find_effects
from ovtui.metrics.groups.cell_sums import CellSums
from ovtui.metrics.recorded.intervals import Interval, count_interval, mean_interval, share_interval
from ovtui.records.arrays import Ints
from ovtui.records.record import LATENCY_MS, UNMEASURED, Flag, Records

RATE_KEY_NS = 1_000_000
_LEAST_MS = 1e-6
_SCORES = 5
"""Rows before those of the percentiles: the count, the latency's logarithm, its square, the latency, its square."""


class RecordedCells:
    """Owner: whoever reads the recording a second time: the percentiles have to be known."""

    def __init__(self, percentiles_ms: Mapping[str, float], kind: str) -> None:
        """`percentiles_ms`: by name the levels, ms, at which the clustering of requests over them is asked for. `kind`:
        of latency."""
        self._levels_ms = dict(percentiles_ms)
        self._ms = LATENCY_MS[kind]
        self._latencies = CellSums(_SCORES + LEVELS * len(self._levels_ms))
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
        logs = np.log(np.maximum(ms, _LEAST_MS))
        self._latencies.add(order, [None, logs, logs**2, ms, ms**2])
        row = _SCORES
        for level_ms in self._levels_ms.values():
            over: Ints = np.zeros(len(ms), np.int64)
            for margin in MARGINS[:LEVELS]:
                over += ms > level_ms / margin
            self._latencies.add_levels(order, over, row, LEVELS)
            row += LEVELS

    @property
    def requests(self) -> int:
        """Whose latencies count."""
        return int(self._latencies.sums[0].sum())

    def effects(self, name: str) -> Effects:
        """The design effects of a percentile; `requests` must not be 0."""
        sums = self._latencies.sums
        n = sums[0].sum()
        variance = np.maximum(sums[2].sum() / n - (sums[1].sum() / n) ** 2, 0.0)
        first = _SCORES + LEVELS * list(self._levels_ms).index(name)
        return find_effects(sums[0], sums[1], variance, sums[first : first + LEVELS])

    def mean_ms(self) -> Interval | None:
        """Of the mean latency, ms."""
        sums = self._latencies.sums
        return mean_interval(sums[0], sums[3], float(sums[4].sum())) if self.requests else None

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
