"""The borders of the latency histograms at /metrics.

`histogram_quantile` interpolates linearly within a bucket, so its error is up to the bucket's width, wherever the
requests lie in it. Eight borders an octave are at most a factor of 1.094 apart: every quantile is within 9.4 % of the
requests', also of a latency that hardly varies (borders a factor of 1.2 apart would give 20 %). Each is an edge of the
digest's own buckets, so that the counts are exact.

The borders reach over what was measured so far, in whole octaves, the same for every series. The range only grows: a
border stays, and what a new one counts was 0 before."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ovtui.metrics.latency.histogram import BUCKETS, OCTAVES, Histogram, bucket_edges_ms

_PER_OCTAVE = BUCKETS // OCTAVES
_STEPS = np.array((0, 12, 24, 38, 53, 69, 87, 107))
"""The edges of a Histogram's 128 buckets of an octave that lie nearest to equal factors."""
_EDGES = np.append((np.arange(OCTAVES)[:, None] * _PER_OCTAVE + _STEPS).ravel(), BUCKETS)
"""[borders]: number of the edge of a Histogram that each border is."""
_TEXTS = [f"{edge_ms / 1e3:.9g}" for edge_ms in bucket_edges_ms()[_EDGES]]
"""In s, as in the label `le`."""
MAX_FACTOR = float((bucket_edges_ms()[_EDGES][1:] / bucket_edges_ms()[_EDGES][:-1]).max())


class BucketBorders:
    """Owner: a PrometheusCollector."""

    def __init__(self) -> None:
        self._octaves: tuple[int, int] | None = None
        """From the first to before the second; None before the first measured request."""

    def include(self, histograms: Iterable[Histogram]) -> None:
        """Widens the range to all that they have counted."""
        for histogram in histograms:
            used = np.flatnonzero(histogram.counts)
            if len(used):
                low, high = int(used[0]) // _PER_OCTAVE, int(used[-1]) // _PER_OCTAVE + 1
                before = self._octaves or (low, high)
                self._octaves = min(low, before[0]), max(high, before[1])

    def cumulated(self, histogram: Histogram) -> list[tuple[str, float]]:
        """The label `le` of each bucket and the requests below its border."""
        whole = ("+Inf", float(histogram.count))
        if self._octaves is None:
            return [whole]
        first, last = (octave * len(_STEPS) for octave in self._octaves)
        below = np.concatenate(([0], np.cumsum(histogram.counts)))[_EDGES[first : last + 1]]
        return [*zip(_TEXTS[first : last + 1], below.astype(np.float64).tolist(), strict=True), whole]
