"""A high percentile from the shape of the tail: that of a queue near its knee falls off exponentially, and its scale is
known from twenty times as many requests as lie beyond the percentile. At the same time the percentile is known by a
quarter better (2.1 instead of 2.7 % of the rate, of a queue of 2 ms with 30 s at a p99 of 20 ms)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ovtui.metrics.latency.histogram import Histogram, bucket_middles_ms

WIDER = 20.0
"""The tail begins where so many times as many requests are above as above the percentile."""
LEAST_ABOVE = 20
"""Requests in the tail."""


class Tail(NamedTuple):
    percentile_ms: float
    scale_ms: float
    """The mean of what the requests in the tail are above its beginning."""


def tail_of(histogram: Histogram, q: float) -> Tail | None:
    """None where there are too few requests, or the percentile is too low for a tail."""
    share, wide = 1 - q / 100, WIDER * (1 - q / 100)
    if wide >= 1 or histogram.count * wide < LEAST_ABOVE:
        return None
    counts = histogram.counts
    begins = int(np.searchsorted(np.cumsum(counts), (1 - wide) * histogram.count))
    middles = bucket_middles_ms(len(counts))
    above = counts[begins + 1 :]
    n = int(above.sum())
    if n < LEAST_ABOVE:
        return None
    start_ms = float(middles[begins])
    scale_ms = float((above * (middles[begins + 1 :] - start_ms)).sum()) / n
    if scale_ms <= 0:
        return None
    return Tail(start_ms + scale_ms * math.log(n / histogram.count / share), scale_ms)
