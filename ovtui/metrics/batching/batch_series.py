"""Batching per second over the last quarter of an hour: shares of full batches, of those that were held, and of timer
runs, and how long the first members of full batches waited."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.metrics.batching.batch_assembly import FiredBatches
from ovtui.metrics.latency.histogram import BUCKETS, bucket_edges_ms, bucket_indices, percentile_buckets
from ovtui.records.arrays import Bools, Floats, Ints
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import UNMEASURED, Flag, Records

SECONDS_KEPT = 900
_SECOND = 1_000_000_000
_SHIFT = 5
"""Four buckets per octave instead of 128: the median is within 9 %, and all seconds take 0.2 MB."""
_COARSE = BUCKETS >> _SHIFT
_MIDDLES_MS = np.sqrt(bucket_edges_ms()[: BUCKETS : 1 << _SHIFT] * bucket_edges_ms()[1 << _SHIFT :: 1 << _SHIFT])


@dataclass(frozen=True, slots=True)
class BatchSeries:
    """Columns [n] over seconds, oldest first; NaN where nothing is known."""

    t_s: Floats
    """Start of the second, session time."""
    full: Floats
    """Share of requests that ran in full batches that were not held, among those whose batch size is known."""
    held: Floats
    """Share of requests whose batch was full and held until the timer."""
    timer: Floats
    """Share of requests that ran because the timer ran out."""
    mean_ms: Floats
    """Wait of the first members of full batches: mean, median and maximum."""
    p50_ms: Floats
    max_ms: Floats


class PerSecondBatching:
    """Counts by completion time; second s is kept in row s % SECONDS_KEPT. Owner: Breakdowns."""

    def __init__(self) -> None:
        self._newest = -1
        self._counts = np.zeros((SECONDS_KEPT, 4), np.int64)
        """Columns: requests of known batch size, in full batches, of those in batches that were held, after the
        timer."""
        self._waits_ns = np.zeros((SECONDS_KEPT, 2), np.int64)
        """Columns: sum and maximum."""
        self._buckets = np.zeros((SECONDS_KEPT, _COARSE), np.uint16)

    def add(self, records: Records, fired: FiredBatches | None) -> None:
        """Counts [n] records and the batches that they completed. Does nothing before the first batch or timer run, so
        a load without batching does not pay for this."""
        if self._newest < 0 and fired is None and not (records["flags"] & Flag.TIMED_OUT).any():
            return
        known = (records["batch_size"] > 0) & (records["flags"] & UNMEASURED == 0) & (records["device"] != STAND_IN)
        if known.any():
            size, flags = records["batch_size"][known], records["flags"][known]
            second, kept = self._seconds(records["done_ns"][known])
            first = max(int(second.min()), self._newest - SECONDS_KEPT + 1)
            held, timer = flags & Flag.HELD != 0, flags & Flag.TIMED_OUT != 0
            for column, chosen in enumerate((kept, kept & (size > 1), kept & held, kept & timer)):
                if not chosen.any():
                    continue
                counts = np.bincount(second[chosen] - first)
                self._counts[np.arange(first, first + len(counts)) % SECONDS_KEPT, column] += counts
        if fired is not None and len(fired.done_ns):
            second, kept = self._seconds(fired.done_ns)
            rows, wait_ns = second[kept] % SECONDS_KEPT, fired.first_wait_ns[kept]
            np.add.at(self._waits_ns[:, 0], rows, wait_ns)
            np.maximum.at(self._waits_ns[:, 1], rows, wait_ns)
            np.add.at(self._buckets, (rows, bucket_indices(wait_ns / 1e6) >> _SHIFT), np.uint16(1))

    def series(self, end_ns: int, seconds: int) -> BatchSeries:
        """The last `seconds` complete seconds before `end_ns`, at most SECONDS_KEPT."""
        last = end_ns // _SECOND
        span = np.arange(max(last - seconds, self._newest - SECONDS_KEPT + 1, 0), last)
        rows = span % SECONDS_KEPT
        counted = (span <= self._newest)[:, None]
        counts, buckets = self._counts[rows] * counted, self._buckets[rows] * counted
        known, (sums, longest) = counts[:, 0], (self._waits_ns[rows] * counted).T
        cumulated = np.cumsum(buckets, axis=1, dtype=np.int64)
        batches = cumulated[:, -1]
        with np.errstate(invalid="ignore", divide="ignore"):
            full, held, timer = (counts[:, 1] - counts[:, 2]) / known, counts[:, 2] / known, counts[:, 3] / known
            mean_ms = sums / batches / 1e6
        max_ms = np.where(batches > 0, longest / 1e6, np.nan)
        median_ms = np.fmin(_MIDDLES_MS[percentile_buckets(cumulated, 50)], max_ms)
        p50_ms = np.where(batches > 0, median_ms, np.nan)
        return BatchSeries(span.astype(np.float64), full, held, timer, mean_ms, p50_ms, max_ms)

    def _seconds(self, done_ns: Ints) -> tuple[Ints, Bools]:
        """Two columns [n]: the second of each completion, and whether that second is still kept."""
        second = np.maximum(done_ns, 0) // _SECOND
        newest = int(second.max())
        if newest > self._newest:
            fresh = np.arange(max(self._newest + 1, newest - SECONDS_KEPT + 1), newest + 1) % SECONDS_KEPT
            self._counts[fresh], self._waits_ns[fresh], self._buckets[fresh] = 0, 0, 0
            self._newest = newest
        return second, second > self._newest - SECONDS_KEPT
