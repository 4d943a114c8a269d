"""What a paired ratio allows to say: faster, slower, the same, or that it cannot be told yet; and when to stop.

The comparison ends at the width of its interval or at a limit of time, never because a difference has shown up: who
looks again and again until something is significant finds differences where there are none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ovtui.metrics.comparison.paired_blocks import PairedRatio
from ovtui.records.trial_events import STOP_WITHIN, least_pairs

SAME_WITHIN = STOP_WITHIN
"""Two settings whose ratio certainly lies between 1 / 1.03 and 1.03 count as the same."""
PAIRS_TO_STOP = 2
"""So many more pairs than an interval needs before its width may end a comparison: with as few an interval that is
narrow by chance is no rare case."""

Finding = Literal["faster", "slower", "same", "unknown"]
Better = Literal["higher", "lower"]
"""Whether a higher value of the figure is better (throughput) or a lower one (a latency)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one figure, of B against A."""

    ratio: PairedRatio
    better: Better
    finding: Finding
    more_s: float | None = None
    """Of "unknown": estimate of the time that would decide it; None where that cannot be said."""
    within: float = SAME_WITHIN
    """What counts as the same."""


def judge(
    ratio: PairedRatio, better: Better, elapsed_s: float = 0.0, within: float = SAME_WITHIN, luck: float = 0.0
) -> Verdict:
    """The verdict on a figure of which `ratio` was found in `elapsed_s` of alternating load.

    The same: the whole interval `within`. Faster or slower: the whole interval beside 1, also with the `luck` by which
    two engines of the same settings may differ. Otherwise, and with fewer pairs than an interval needs, unknown."""
    if ratio.low is None or ratio.high is None:
        missing = least_pairs(ratio.confidence) - ratio.pairs
        more_s = missing * elapsed_s / ratio.pairs if ratio.pairs and missing > 0 and elapsed_s > 0 else None
        return Verdict(ratio, better, "unknown", more_s, within)
    margin = 1 + within
    if 1 / margin <= ratio.low and ratio.high <= margin:
        return Verdict(ratio, better, "same", within=within)
    if ratio.low > 1 or ratio.high < 1:
        low, high = with_luck(ratio, luck) or (ratio.low, ratio.high)
        if low <= 1 <= high:
            return Verdict(ratio, better, "unknown", within=within)  # more time would not help: other engines would
        finding: Finding = "faster" if (ratio.low > 1) == (better == "higher") else "slower"
        return Verdict(ratio, better, finding, within=within)
    return Verdict(ratio, better, "unknown", _more_s(ratio, elapsed_s, within), within)


def with_luck(ratio: PairedRatio, luck: float) -> tuple[float, float] | None:
    """The interval that holds whichever two engines are compared: the noise of the blocks and the luck of
    the engines are independent, so their squares add. None where there is no interval."""
    if ratio.low is None or ratio.high is None or ratio.estimate is None:
        return None
    at, more = math.log(ratio.estimate), math.log1p(luck)
    below, above = (math.hypot(math.log(end) - at, more) for end in (ratio.low, ratio.high))
    return math.exp(at - below), math.exp(at + above)


def is_narrow(ratio: PairedRatio, within: float = SAME_WITHIN) -> bool:
    """True when the comparison of this figure may end: its interval is as wide as what counts as the same."""
    enough = ratio.pairs >= least_pairs(ratio.confidence) + PAIRS_TO_STOP
    return enough and ratio.width is not None and ratio.width <= (1 + within) ** 2 - 1


def _more_s(ratio: PairedRatio, elapsed_s: float, within: float) -> float | None:
    """Time until the interval, which narrows with the root of the number of pairs, would decide: be short enough to
    lie within the margin or beside 1, whichever is nearer, if the estimate stays where it is."""
    if ratio.low is None or ratio.high is None or ratio.estimate is None or elapsed_s <= 0:
        return None
    half, at = math.log(ratio.high / ratio.low) / 2, abs(math.log(ratio.estimate))
    needed = max(at, math.log(1 + within) - at)
    return elapsed_s * ((half / needed) ** 2 - 1) if half > needed else elapsed_s
