"""What the limits of one segment need beside its histograms: exact counts of requests over each limit, and how they
cluster in time.

A request is counted as it is fed, by its own latency: no bucket rounds it. Limits belong to a segment (a change of
--slo begins one), so all requests of a segment are counted against the same limits, from its first on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np

from ovtui.metrics.confidence.percentile_rule import MARGINS, OverLimit, find_effects
from ovtui.metrics.groups.cell_sums import CELLS, CellSums
from ovtui.metrics.groups.tally import KEPT_CLASSES, WarmUpClass
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import MeasuredRequests, measured_records
from ovtui.records.arrays import Floats, Ints
from ovtui.records.record import LATENCY_MS, Flag, Records
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import Limit

THROUGHPUT_KEY_NS = 1_000_000
_LEAST_MS = 1e-6
_SCORES = 4
"""Rows of each kind of latency: its logarithm, the square of that, the latency, the square of that."""


class LimitCounts:
    """One segment's counts. Owner: the Breakdowns. Empty, and free, for a segment without limits on latency or
    throughput."""

    def __init__(self, segment: int, limits: Sequence[Limit]) -> None:
        self.segment = segment
        self._limits = [limit for limit in limits if limit.q is not None]
        kinds = dict.fromkeys(limit.latency for limit in limits if limit.q is not None or limit.metric == "mean")
        self._kinds = cast(list[LatencyKind], list(kinds))
        self._rows = 1 + _SCORES * len(self._kinds) + len(MARGINS) * len(self._limits)
        self._by_class: dict[WarmUpClass, CellSums] = {}
        self._pending: dict[int, CellSums] = {}
        """By the id of the warm-up block that they wait for."""
        self._limits_throughput = any(limit.metric == "throughput" for limit in limits)
        self.completions = CellSums(1)
        """Measured completions by the millisecond, whatever the warm-up rule; empty where throughput has no limit."""

    def add(
        self, records: Records, known: MeasuredRequests | None, part: WarmUpClass, block: object | None = None
    ) -> None:
        """Counts [n] records of the segment. `known`: the measured ones, if the caller has them. `part`: the class of
        the measured ones; with a `block` they wait until `settle` says it."""
        if not self._kinds and not self._limits_throughput:
            return
        rows = measured_records(records) if known is None else known.rows
        if self._limits_throughput and len(rows):
            self.completions.add(rows["done_ns"] // THROUGHPUT_KEY_NS, [None])
        if not self._kinds:
            return
        into = self._of_class(part) if block is None else self._of_block(block)
        self._add(into, rows, None if known is None else known.ms)
        first = records["flags"] & (Flag.WARM_UP | Flag.ERROR) == Flag.WARM_UP
        if first.any():
            self._add(self._of_class("first"), records[first], None)

    def settle(self, block: object, part: WarmUpClass) -> None:
        """Counts what waited for a warm-up block."""
        waited = self._pending.pop(id(block), None)
        if waited is not None:
            self._of_class(part).merge(waited)

    def over_limit(self, limit: Limit, rule: WarmUpRule, more: int = 0) -> OverLimit:
        """How many requests lie over a limit on a percentile, under a warm-up rule. `more`: so many that have no
        latency are over it, too; they count as the newest, one after another. Costs 0.7 ms."""
        sums = self._sums(rule)
        if more:
            sums = self._with_more(sums, limit, more)
        count, scores = sums[0], self._scores(sums, cast(LatencyKind, limit.latency))
        first = self._first_row(limit)
        over, n = sums[first : first + len(MARGINS)], count.sum()
        if not n:
            return OverLimit(0, (0,) * len(MARGINS), 1.0, 1.0)
        variance = np.maximum(scores[1].sum() / n - (scores[0].sum() / n) ** 2, 0.0)
        effects = find_effects(count, scores[0], variance, over)
        totals = tuple(int(total) for total in over.sum(axis=1))
        return OverLimit(int(n), totals, float(effects.near), float(effects.level))

    def _first_row(self, limit: Limit) -> int:
        return 1 + _SCORES * len(self._kinds) + len(MARGINS) * self._limits.index(limit)

    def _with_more(self, sums: Floats, limit: Limit, more: int) -> Floats:
        """`sums` with cells of requests that are over the limit: as long as those before are on average."""
        n, cells = float(sums[0].sum()), sums.shape[1]
        new = min(max(round(more * cells / n), 1), CELLS) if n else 1
        added = np.zeros((len(sums), new))
        added[0] = each = more / new
        log = np.log(max(limit.bound, _LEAST_MS))
        scores = self._scores(added, cast(LatencyKind, limit.latency))
        scores[0], scores[1] = each * log, each * log**2
        first = self._first_row(limit)
        added[first : first + len(MARGINS)] = each
        return np.concatenate((sums, added), axis=1) if n else added

    def latencies(self, kind: LatencyKind, rule: WarmUpRule) -> tuple[Floats, Floats, float]:
        """Requests in each cell, [m], the sums of their latencies, [m] ms, and the sum of all squared latencies."""
        sums = self._sums(rule)
        scores = self._scores(sums, kind)
        return sums[0], scores[2], float(scores[3].sum())

    def _scores(self, sums: Floats, kind: LatencyKind) -> Floats:
        first = 1 + _SCORES * self._kinds.index(kind)
        return sums[first : first + _SCORES]

    def _sums(self, rule: WarmUpRule) -> Floats:
        whole = CellSums(self._rows)
        for part in KEPT_CLASSES[rule]:
            if part in self._by_class:
                whole.merge(self._by_class[part])
        if "pending" in KEPT_CLASSES[rule]:
            for waiting in self._pending.values():
                whole.merge(waiting)
        return whole.sums if whole.sums.shape[1] else np.zeros((self._rows, 1))

    def _of_class(self, part: WarmUpClass) -> CellSums:
        if part not in self._by_class:
            self._by_class[part] = CellSums(self._rows)
        return self._by_class[part]

    def _of_block(self, block: object) -> CellSums:
        if id(block) not in self._pending:
            self._pending[id(block)] = CellSums(self._rows)
        return self._pending[id(block)]

    def _add(self, into: CellSums, rows: Records, known_ms: dict[LatencyKind, Floats] | None) -> None:
        """A limit on a percentile costs 0.7 ms for 12,500 records, each further one 0.6 ms (on a busy machine)."""
        if not len(rows):
            return
        order = rows["order"].astype(np.int64)
        ms = {kind: LATENCY_MS[kind](rows) if known_ms is None else known_ms[kind] for kind in self._kinds}
        values: list[Floats | None] = [None]
        for kind in self._kinds:
            logs = np.log(np.maximum(ms[kind], _LEAST_MS))
            values += [logs, logs**2, ms[kind], ms[kind] ** 2]
        into.add(order, values)
        row = len(values)
        for limit in self._limits:
            levels = _levels(ms[cast(LatencyKind, limit.latency)], limit)
            into.add_levels(order, levels, row, len(MARGINS))
            row += len(MARGINS)


def _levels(ms: Floats, limit: Limit) -> Ints:
    """[n]: over how many of the limit divided by MARGINS each latency lies, counted from the lowest. A latency that
    equals the limit is over it where the limit demands less."""
    over = np.greater_equal if limit.comparison in ("<", ">=") else np.greater
    levels = np.zeros(len(ms), np.int64)
    for margin in MARGINS:
        levels += over(ms, limit.bound / margin)
    return levels
