"""The box that differs from the others of its kind, by the paired method of `ovtui ab`.

Block k of a box is held against the median of block k of the others, both counted from the begin of the box's own load,
so that what all have in common over time (warm-up, a clock that falls) cancels in the ratio. Of these ratios comes the
Hodges-Lehmann estimate with the interval of Wilcoxon's signed-rank test (comparison/paired_blocks.py). Two things could
mark a box that is like the others, and both would have to happen at once:

- noise of the blocks. Each interval holds with 99 %. Blocks that follow one another are alike: the interval is made
  longer by the root of (1 + r) / (1 - r), where r is the correlation of neighbours.
- luck of the boxes. Boxes of one kind differ by some per cent by nature: the whole interval has to lie beyond what the
  others themselves spread, at a level that is corrected for the number of boxes and figures (kind_spread.py), and
  beyond 5 %.

At least two others are needed. Of two boxes the difference is told, and neither is marked. Simulated
(tests/benchmarks/fleet_odd_one.py; the figures are in docs/fleet.md)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from ovtui.metrics.comparison.paired_blocks import PairedRatio, paired_ratio
from ovtui.metrics.fleet.block_matrix import log_blocks, median_of_rows, others_median, others_of
from ovtui.metrics.fleet.box_figures import text_at
from ovtui.metrics.fleet.facts_beside import facts_beside
from ovtui.metrics.fleet.kind_spread import USUAL_SPREAD, margin_of
from ovtui.metrics.fleet.kinds import KindGroup, by_kind, is_compared
from ovtui.records.arrays import Floats
from ovtui.records.fleet import BoxState
from ovtui.records.following import BLOCK_S, Block
from ovtui.records.trial_events import least_pairs

FigureName = Literal["throughput", "p50", "p99"]
_VALUES: dict[FigureName, Callable[[Block], float | None]] = {
    "throughput": lambda block: block.throughput,
    "p50": lambda block: block.p50_ms,
    "p99": lambda block: block.p99_ms,
}
LEAST_BOXES = 3
CONFIDENCE = 0.99
"""Of each interval, at least; takes 8 blocks."""
_DISTINCT_FIGURES = 2
"""In a closed loop throughput and p50 say the same, in an open one throughput says nothing."""
_MOST_ALIKE = 0.6
"""Correlation of neighbouring blocks that is reckoned with, at most: a drift over the whole run, which looks like more,
would hide a box that is half as fast."""
_FAR_OUT = 2.0
"""Standard deviations, by the median of the distances."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one figure of a box from the median of the others."""

    figure: FigureName
    ratio: float
    """The box's figure divided by that of the others."""
    low: float | None
    high: float | None
    """The interval; None where there are too few blocks for one."""
    others: int
    blocks: int
    margin: float
    """The others themselves spread by so much: 0.08 is a ratio of 1 / 1.08 to 1.08. 0 where that is not known."""

    @property
    def is_odd(self) -> bool:
        beyond = 1 + self.margin
        return self.low is not None and self.high is not None and (self.low > beyond or self.high < 1 / beyond)

    @property
    def worse(self) -> bool:
        """Slower than the others."""
        return (self.ratio < 1) == (self.figure == "throughput")

    @property
    def size(self) -> float:
        """In margins."""
        return abs(math.log(self.ratio)) / max(math.log1p(self.margin), 1e-9)


@dataclass(frozen=True, slots=True)
class OddOne:
    """A box that differs, by the figure in which it does most."""

    figure: FigureName
    ratio: float
    low: float
    high: float
    others: int
    """How many it was held against."""
    reasons: list[str]
    """What else differs, the evidence of the run first: 'driver 24.1 (others 25.3)'. None is claimed to be the cause;
    empty where nothing that is known differs."""
    margin: float
    worse: bool
    more: list[Difference] = field(default_factory=list)
    """Other figures in which it differs."""


@dataclass(frozen=True, slots=True)
class KindComparison:
    """The boxes of a kind, compared."""

    group: KindGroup
    compared: list[BoxState]
    differences: dict[str, list[Difference]]
    """By box: each figure that can be held against others. Of two boxes that of the second against the first."""
    needed_s: float | None
    """Load for which an interval can be told, where there is too little yet; None where there is enough, or too few
    boxes."""


def odd_ones(states: Sequence[BoxState]) -> dict[str, OddOne]:
    """By the box's name. Takes 15 ms for 20 boxes and 0.2 s for 200: a screen asks for it now and then."""
    return odd_of(compare_kinds(states))


def odd_of(kinds: Sequence[KindComparison]) -> dict[str, OddOne]:
    found = {}
    for kind in kinds:
        for state in kind.compared:
            odd = [each for each in kind.differences.get(state.name, []) if each.is_odd]
            if odd and len(kind.compared) >= LEAST_BOXES:
                found[state.name] = _odd_one(state, odd, kind)
    return found


def compare_kinds(states: Sequence[BoxState]) -> list[KindComparison]:
    """Every kind, in the order of `by_kind`."""
    groups = by_kind(states)
    compared = [[state for state in group.boxes if is_compared(state)] for group in groups]
    figures = _figures(states)
    comparisons = _DISTINCT_FIGURES * sum(len(boxes) for boxes in compared if len(boxes) >= LEAST_BOXES)
    return [_compared(group, boxes, figures, comparisons) for group, boxes in zip(groups, compared, strict=True)]


def _figures(states: Sequence[BoxState]) -> list[FigureName]:
    """In an open loop throughput is the rate that was asked for."""
    loops = [text_at(state.result, "load", "loop") for state in states if state.result is not None]
    return [name for name in get_args(FigureName) if name != "throughput" or "open" not in loops]


def _compared(
    group: KindGroup, boxes: list[BoxState], figures: Sequence[FigureName], comparisons: int
) -> KindComparison:
    if len(boxes) < 2:
        return KindComparison(group, boxes, {}, None)
    differences: dict[str, list[Difference]] = {}
    for figure in figures:
        matrix = log_blocks(boxes, _VALUES[figure])
        if len(boxes) == 2:
            found = _from(matrix[1] - matrix[0], figure, 1, 0.0)
            if found is not None:
                differences.setdefault(boxes[1].name, []).append(found)
            continue
        for row, state in enumerate(boxes):
            found = _against_others(matrix, row, figure, comparisons)
            if found is not None:
                differences.setdefault(state.name, []).append(found)
    short = all(each.low is None for several in differences.values() for each in several)
    needed_s = least_pairs(CONFIDENCE) * BLOCK_S if short else None
    return KindComparison(group, boxes, differences, needed_s)


def _against_others(matrix: Floats, row: int, figure: FigureName, comparisons: int) -> Difference | None:
    others = others_of(matrix, row)
    if len(others) < LEAST_BOXES - 1:
        return None
    apart = matrix[row] - others_median(matrix, row)
    shared = np.isfinite(apart)
    if not shared.any():
        return None
    levels = median_of_rows(matrix[others][:, shared].T, 1)
    margin = margin_of(levels[np.isfinite(levels)], USUAL_SPREAD[figure], comparisons)
    return _from(apart, figure, len(others), math.expm1(margin))


def _from(apart: Floats, figure: FigureName, others: int, margin: float) -> Difference | None:
    """`apart`: [columns] logarithms of the ratio, NaN where there is none."""
    values = apart[np.isfinite(apart)]
    if not len(values):
        return None
    ratio = paired_ratio([1.0] * len(values), np.exp(values).tolist(), CONFIDENCE)
    if ratio.estimate is None:
        return None
    low, high = _for_alike_neighbours(ratio, values)
    return Difference(figure, ratio.estimate, low, high, others, len(values), margin)


def _for_alike_neighbours(ratio: PairedRatio, values: Floats) -> tuple[float | None, float | None]:
    """The interval, longer where blocks that follow one another are alike."""
    if ratio.low is None or ratio.high is None or ratio.estimate is None:
        return None, None
    alike = neighbours_correlation(values)
    factor = math.sqrt((1 + alike) / (1 - alike))
    at = math.log(ratio.estimate)
    ends = (at + factor * (math.log(end) - at) for end in (ratio.low, ratio.high))
    low, high = map(math.exp, ends)
    return low, high


def neighbours_correlation(values: Floats) -> float:
    """0 to 0.6: of each of [n] values with the next, corrected for its bias in short series (Marriott and Pope). Values
    far out count as less far: the two blocks in which the other boxes had ended already are no lasting likeness."""
    apart = values - np.median(values)
    most = _FAR_OUT * float(np.median(np.abs(apart))) / 0.6745
    if most > 0:
        apart = np.clip(apart, -most, most)
    whole = float(np.dot(apart, apart))
    if whole <= 0:
        return 0.0
    found = float(np.dot(apart[1:], apart[:-1])) / whole
    return min(max(found + (1 + 3 * found) / len(values), 0.0), _MOST_ALIKE)


def _odd_one(state: BoxState, odd: list[Difference], kind: KindComparison) -> OddOne:
    first, *more = sorted(odd, key=lambda each: -each.size)
    assert first.low is not None
    assert first.high is not None
    others = [each for each in kind.compared if each is not state]
    return OddOne(
        first.figure, first.ratio, first.low, first.high, first.others, facts_beside(state, others), first.margin,
        first.worse, more,
    )  # fmt: skip
