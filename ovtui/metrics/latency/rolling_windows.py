"""Latency and flow of requests over the last 1, 10 and 60 s: a ring of slots of 250 ms, and a running sum per window.

A slot holds one histogram per kind of latency, in buckets twice as wide as a Histogram's: percentiles are within
0.8 %."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ovtui.metrics.latency.histogram import BUCKETS, latency_of, percentile_ms
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.samples import KINDS, MeasuredRequests
from ovtui.records.arrays import Bools, Floats, Ints
from ovtui.records.record import Records, inference_ms

SPANS_S = (1, 10, 60)
SLOT_NS = 250_000_000
_PER_S = 4
SLOTS = SPANS_S[-1] * _PER_S
_WIDTH = BUCKETS // 2
PIECE_ROWS = 25_000
"""Rows counted at once. The arrays on the way take a multiple of the rows' memory, and the allocator keeps it: a view
that a busy machine had held up stayed 47 MB larger."""
PIECE_NS = 30_000_000_000
"""Time counted at once: whoever reads a history takes out of the windows what a piece has put there."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Means over the requests that completed in each of [n] complete slots, oldest first; NaN for an empty slot."""

    count: Ints
    """Completions."""
    due_s: Floats
    """Mean due time, session time."""
    done_s: Floats
    """Mean completion time, session time."""
    waited_ms: Floats
    """Mean time from due to submission."""
    inference_ms: Floats
    """Mean inference latency."""


def flow_of(rows: Records, began_ns: int, ended_ns: int) -> Flow:
    """The flow of [n] measured requests, over the slots that lie completely between the two moments."""
    first, last = -(-began_ns // SLOT_NS), ended_ns // SLOT_NS
    slots = rows["done_ns"] // SLOT_NS
    inside = (slots >= first) & (slots < last)
    rows, slots = rows[inside], slots[inside] - first
    n = max(last - first, 0)
    count = np.bincount(slots, minlength=n)
    with np.errstate(invalid="ignore", divide="ignore"):
        due_s, done_s, waited_ms, infer_ms = (
            np.bincount(slots, values, n) / count
            for values in (
                rows["due_ns"] / 1e9,
                rows["done_ns"] / 1e9,
                (rows["submit_ns"] - rows["due_ns"]) / 1e6,
                inference_ms(rows),
            )
        )
    return Flow(count, due_s, done_s, waited_ms, infer_ms)


def pieces_of(rows: Records) -> list[Records]:
    """[n] records in pieces of at most PIECE_ROWS and, where they come in order, about PIECE_NS; at least one piece."""
    cuts = list(range(PIECE_ROWS, len(rows), PIECE_ROWS))
    if len(rows) and int(rows["done_ns"].max()) - int(rows["done_ns"].min()) > PIECE_NS:
        spans = np.maximum.accumulate(rows["done_ns"]) // PIECE_NS
        cuts = sorted({*cuts, *(np.flatnonzero(np.diff(spans)) + 1).tolist()})
    return [rows[first:end] for first, end in pairwise([0, *cuts, len(rows)])]


class _KindRing:
    """The slots of one kind of latency, and the sums of the windows over them."""

    def __init__(self) -> None:
        self.counts = np.zeros((SLOTS, _WIDTH), np.uint32)
        self.sum_ms = np.zeros(SLOTS)
        self.min_ms = np.full(SLOTS, np.nan)
        self.max_ms = np.full(SLOTS, np.nan)
        self.windows = {span_s: np.zeros(_WIDTH, np.int64) for span_s in SPANS_S}

    def empty(self, row: int) -> None:
        self.counts[row] = 0
        self.sum_ms[row] = 0
        self.min_ms[row] = self.max_ms[row] = np.nan


class RollingWindows:
    """Owner: the Digest. At most 6 MB, of which only the pages of buckets in use are resident."""

    def __init__(self) -> None:
        self._newest = -1
        """The newest slot. Slot s begins at s * SLOT_NS and is kept in row s % SLOTS."""
        self._rings = {kind: _KindRing() for kind in KINDS}
        self._count = np.zeros(SLOTS, np.int64)
        self._done_ns = np.zeros(SLOTS)
        """Sum of completion times, each counted from the start of its slot. Due and submission times follow from the
        latencies."""

    def move_to(self, now_ns: int) -> None:
        """Lets the windows end at `now_ns`, unless a later completion has been counted."""
        self._advance(now_ns // SLOT_NS)

    def add(self, measured: MeasuredRequests) -> None:
        """Counts [n] requests by completion time; those older than the longest window are left out."""
        if len(measured) == 0:
            return
        slots = measured.rows["done_ns"] // SLOT_NS
        first, last = int(slots.min()), int(slots.max())
        self._advance(last)
        if first == last:
            self._add(last, measured, slice(None))
        elif (slots[1:] >= slots[:-1]).all():
            # In order of completion, as one engine delivers them: slices, which copy nothing.
            edges = np.searchsorted(slots, np.arange(first, last + 2)).tolist()
            for slot, (start, end) in enumerate(pairwise(edges), first):
                self._add(slot, measured, slice(start, end))
        else:
            for slot in np.unique(slots).tolist():
                self._add(slot, measured, slots == slot)

    def latency(self, kind: LatencyKind, span_s: int) -> Latency:
        """Figures over the last `span_s`, one of SPANS_S. The slot in progress is part of it."""
        rows, ring = self._rows(span_s * _PER_S), self._rings[kind]
        count = int(self._count[rows].sum())
        if not count:
            return Latency()
        lowest, highest = float(np.nanmin(ring.min_ms[rows])), float(np.nanmax(ring.max_ms[rows]))
        return latency_of(ring.windows[span_s], count, float(ring.sum_ms[rows].sum()), lowest, highest)

    def counts(self, kind: LatencyKind, span_s: int) -> Ints:
        """[BUCKETS / 2] request counts by latency, over the last `span_s`."""
        return self._rings[kind].windows[span_s].copy()

    def second(self, second: int) -> tuple[float, int]:
        """Median inference latency in ms (NaN without completions) and completions of a complete second of session
        time, which must lie in the last minute."""
        rows = np.arange(second * _PER_S, (second + 1) * _PER_S) % SLOTS
        count = int(self._count[rows].sum())
        if not count:
            return float("nan"), 0
        ring = self._rings["inference"]
        cumulated = np.cumsum(ring.counts[rows].sum(axis=0, dtype=np.int64))
        lowest, highest = float(np.nanmin(ring.min_ms[rows])), float(np.nanmax(ring.max_ms[rows]))
        return percentile_ms(cumulated, 50.0, lowest, highest), count

    def flow(self, span_s: float) -> Flow:
        """The complete slots of the last `span_s`: the slot in progress is left out."""
        slots = np.arange(max(self._newest - int(span_s * _PER_S), 0), self._newest)
        rows = slots % SLOTS
        count = self._count[rows]
        with np.errstate(invalid="ignore", divide="ignore"):
            means_ms = {kind: ring.sum_ms[rows] / count for kind, ring in self._rings.items()}
            done_s = (slots * float(SLOT_NS) + self._done_ns[rows] / count) / 1e9
        due_s = done_s - means_ms["response"] / 1e3
        return Flow(count, due_s, done_s, means_ms["response"] - means_ms["service"], means_ms["inference"])

    def _rows(self, slots: int) -> Ints:
        """The rows of the newest `slots` slots."""
        return np.arange(max(self._newest - slots + 1, 0), self._newest + 1) % SLOTS

    def _advance(self, newest: int) -> None:
        if newest <= self._newest:
            return
        for span_s in SPANS_S:
            self._subtract_expired(span_s * _PER_S, span_s, newest)
        for slot in range(max(self._newest + 1, newest - SLOTS + 1), newest + 1):
            row = slot % SLOTS
            if self._count[row]:  # else nothing is in it, and touching it would make 8 kB of each kind resident
                self._count[row] = self._done_ns[row] = 0
                for ring in self._rings.values():
                    ring.empty(row)
        self._newest = newest

    def _subtract_expired(self, slots: int, span_s: int, newest: int) -> None:
        """Subtracts the slots that leave a window from its sum."""
        oldest = max(self._newest - slots + 1, 0)
        for slot in range(oldest, min(newest - slots + 1, self._newest + 1)):
            row = slot % SLOTS
            if self._count[row]:
                for ring in self._rings.values():
                    ring.windows[span_s] -= ring.counts[row]

    def _add(self, slot: int, measured: MeasuredRequests, chosen: slice | Bools) -> None:
        rows, row, began_ns = measured.rows, slot % SLOTS, slot * SLOT_NS
        n = len(rows["done_ns"][chosen])
        if slot <= self._newest - SLOTS or not n:
            return
        self._count[row] += n
        self._done_ns[row] += float((rows["done_ns"][chosen] - began_ns).sum())
        for kind, ring in self._rings.items():
            values_ms = measured.ms[kind][chosen]
            counts = np.bincount(measured.buckets[kind][chosen] >> 1, minlength=_WIDTH)
            ring.counts[row] += counts.astype(np.uint32)
            ring.sum_ms[row] += values_ms.sum()
            ring.min_ms[row] = np.fmin(ring.min_ms[row], values_ms.min())
            ring.max_ms[row] = np.fmax(ring.max_ms[row], values_ms.max())
            for span_s in SPANS_S:
                if slot > self._newest - span_s * _PER_S:
                    ring.windows[span_s] += counts
