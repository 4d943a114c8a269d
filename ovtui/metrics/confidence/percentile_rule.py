"""Whether a percentile is held: the binomial rule on the number of independent requests that the run amounts to.

A limit on the percentile q is held where, with 99 % confidence, less than the share 1 - q/100 of requests lies over it:

1. By the requests over the limit, and how these clustered (the design effect of being over it, or nearly).
2. And by the level of latency. Where it wanders slowly, as it does in a queue near saturation, a run holds few
   independent looks at it. With LEAST_LOOKS of them and more, the rule of 1. must hold with the number of looks, too.
   Or it must hold at 1/m of the limit for the share (1 - q/100)**(1/m): a tail that falls at least as fast as an
   exponential one lies then below 1 - q/100 at the limit itself. So a limit that is far away is held sooner than one
   that is near. For that the number of looks is taken as it is estimated from LOOKS_FROM_AFAR on; below, where a run
   is too short to tell how few they are, as a LOOKS_DOUBTED-th of it, but not below one.

It is missed where, with the same confidence, more than that share lies over it, by the number of looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ovtui.metrics.confidence.binomial_rule import MOST_REQUESTS, side_of
from ovtui.metrics.confidence.dependence import design_effect
from ovtui.records.arrays import Floats

VerdictWord = Literal["held", "missed", "unknown"]

MARGINS = (1.0, 1.25, 1.6, 2.0, 3.0, 4.0, 8.0, 16.0, 32.0, 64.0, 512.0)
"""Requests are counted over the limit divided by each of these."""
NEAR, LEVELS = 3, 6
"""The first NEAR of MARGINS tell how requests over the limit cluster, the first LEVELS how the level wanders."""
LEAST_LOOKS = 50.0
"""Independent looks at the level of latency that a verdict of "held" needs."""
LOOKS_FROM_AFAR = 100.0
"""As many are believed where a verdict rests on requests far below the limit. With 50, a p99 over its limit by a
thousandth was held in 14 of 1,000 runs of 1,000 requests to a queue with a load of 0.8."""
LOOKS_DOUBTED = 6.0
"""By so much the number of looks is too high in runs of a fraction of the correlation time: 500 requests to a queue
with a load of 0.95 tell of 3.8 looks and hold 0.6."""


@dataclass(frozen=True, slots=True)
class Effects:
    """By how much the number of requests is to be divided; arrays of one value for each run, [...]."""

    near: Floats
    """For requests over the limit."""
    level: Floats
    """For the level of latency as a whole; at least `near`."""


@dataclass(frozen=True, slots=True)
class OverLimit:
    """How many requests of one run were over its limit."""

    requests: int
    over: tuple[int, ...]
    """Over the limit divided by each of MARGINS."""
    near: float
    level: float
    """As in Effects."""


def find_effects(counts: Floats, logs: Floats, log_variance: Floats, over: Floats) -> Effects:
    """`counts`: [..., m] requests in each cell of consecutive ones. `logs`: [..., m] sums of the logarithm of their
    latency, and `log_variance`, [...], its variance over single requests. `over`: [..., len(MARGINS), m] counts."""
    share = over.sum(axis=-1) / np.maximum(counts.sum(axis=-1), 1)[..., None]
    share = share[..., :LEVELS]
    clusters = design_effect(over[..., :LEVELS, :], counts[..., None, :], share * (1 - share))
    near = clusters[..., :NEAR].max(axis=-1)
    level = np.maximum(clusters.max(axis=-1), design_effect(logs, counts, log_variance))
    return Effects(near, level)


def judge_percentile(seen: OverLimit, percentile: float) -> VerdictWord:
    """Whether the percentile, above 0 and below 100, is known to be below the limit (held) or over it (missed)."""
    return _judge_scaled(seen, percentile, 1.0)


def requests_needed(seen: OverLimit, percentile: float) -> int | None:
    """How many more requests would decide if all shares stay what they were; None where none would, or more than
    MOST_REQUESTS."""
    low, high = 1.0, 2.0
    if not seen.requests:
        return None
    while _judge_scaled(seen, percentile, high) == "unknown":
        low, high = high, 2 * high
        if high * seen.requests > MOST_REQUESTS:
            return None
    while high - low > 0.01 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _judge_scaled(seen, percentile, middle) == "unknown" else (low, middle)
    return max(round((high - 1) * seen.requests), 1)


def _judge_scaled(seen: OverLimit, percentile: float, times: float) -> VerdictWord:
    """The verdict after `times` as many requests of the same kind."""
    share = 1 - percentile / 100
    requests, over = times * seen.requests, times * seen.over[0]
    if side_of(over / seen.level, requests / seen.level, share) == "over":
        return "missed"
    if side_of(over / seen.near, requests / seen.near, share) != "under":
        return "unknown"
    looks = requests / seen.level
    if looks >= LEAST_LOOKS and side_of(over / seen.level, looks, share) == "under":
        return "held"
    believed = looks if looks >= LOOKS_FROM_AFAR else max(looks / LOOKS_DOUBTED, 1.0)
    for margin, count in zip(MARGINS[1:], seen.over[1:], strict=True):
        if side_of(count / seen.requests * believed, believed, share ** (1 / margin)) == "under":
            return "held"
    return "unknown"
