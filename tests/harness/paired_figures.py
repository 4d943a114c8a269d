"""What benchmarks measure: paired figures, the interval of their ratio, budgets, and rows; pure functions and data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

RESAMPLES = 10_000
CONFIDENCE_PERCENT = 95.0
_SEED = 13


class Ratio(NamedTuple):
    """Median of the pairs' ratios and its 95 % interval."""

    median: float
    low: float
    high: float
    pairs: int

    def __str__(self) -> str:
        return f"{self.median:.3f} ({self.low:.3f} to {self.high:.3f})"


def ratio_of(numerators: Sequence[float], denominators: Sequence[float]) -> Ratio:
    """The median ratio of the pairs; the interval is a bootstrap of the median of the logarithms, with a fixed seed, so
    that the same figures give the same interval. Raises ValueError without pairs, or where a figure is not positive."""
    if not numerators or len(numerators) != len(denominators):
        raise ValueError(f"{len(numerators)} figures beside {len(denominators)}")
    if min(*numerators, *denominators) <= 0:
        raise ValueError("a ratio needs positive figures")
    logs = np.log(np.asarray(numerators, float)) - np.log(np.asarray(denominators, float))
    drawn = np.random.default_rng(_SEED).integers(0, len(logs), (RESAMPLES, len(logs)))
    tail = (100 - CONFIDENCE_PERCENT) / 2
    low, high = np.percentile(np.median(logs[drawn], axis=1), [tail, 100 - tail])
    return Ratio(float(np.exp(np.median(logs))), float(np.exp(low)), float(np.exp(high)), len(logs))


@dataclass(frozen=True)
class Budget:
    """Bounds of a ratio. It is met where the median lies within `least` and `most`, or where the near end of the
    interval does within `least_low` and `most_high`: `Budget(least=1.0, least_low=0.97)`. `whole`: the whole interval
    must lie within `least` and `most`, so that too few pairs miss it."""

    least: float | None = None
    most: float | None = None
    least_low: float | None = None
    most_high: float | None = None
    whole: bool = False

    def met(self, ratio: Ratio) -> bool:
        if self.whole:
            return (self.least is None or ratio.low >= self.least) and (self.most is None or ratio.high <= self.most)
        above = self.least is None or ratio.median >= self.least
        above = above or (self.least_low is not None and ratio.low >= self.least_low)
        below = self.most is None or ratio.median <= self.most
        below = below or (self.most_high is not None and ratio.high <= self.most_high)
        return above and below

    @property
    def is_none(self) -> bool:
        return self.least is None and self.most is None

    def __str__(self) -> str:
        if self.is_none:
            return "none"
        if self.least is not None and self.most is not None:
            return f"{self.least:g} to {self.most:g}" + (", the whole interval" if self.whole else "")
        text = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}"
        if self.least_low is not None:
            text += f", or low end >= {self.least_low:g}"
        return text if self.most_high is None else f"{text}, or high end <= {self.most_high:g}"


@dataclass(frozen=True)
class Row:
    """One line of a benchmark's table. `met` is None where there is no budget, or nothing was measured."""

    what: str
    figure: str
    budget: str
    met: bool | None

    @property
    def verdict(self) -> str:
        return {True: "met", False: "MISSED", None: "–"}[self.met]


@dataclass(frozen=True)
class Pair:
    """Two figures taken one after the other, in the same unit. The ratio is `first` over `second`."""

    what: str
    first: float
    second: float
    unit: str
    budget: Budget

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "kind": "pair"}


def row_of(pairs: Sequence[Pair]) -> Row:
    """The row of all pairs of one comparison. Its budget is that of the last pair."""
    firsts, seconds = [pair.first for pair in pairs], [pair.second for pair in pairs]
    ratio, last = ratio_of(firsts, seconds), pairs[-1]
    medians = f"{_number(float(np.median(firsts)))} / {_number(float(np.median(seconds)))} {last.unit}".rstrip()
    many = f"{ratio.pairs} pair{'s' if ratio.pairs > 1 else ''}"
    met = None if last.budget.is_none else last.budget.met(ratio)
    return Row(last.what, f"{ratio}, {medians}, {many}", str(last.budget), met)


def rows_of(entries: Iterable[Mapping[str, Any]]) -> list[Row]:
    """The rows of a log's entries, in the order in which they were first met: pairs of one comparison make one row,
    and a row measured again replaces the one before."""
    pairs: dict[str, list[Pair]] = {}
    rows: dict[str, Row | None] = {}
    for entry in entries:
        fields = {name: value for name, value in entry.items() if name != "kind"}
        if entry["kind"] == "pair":
            pair = Pair(**{**fields, "budget": Budget(**fields["budget"])})
            pairs.setdefault(pair.what, []).append(pair)
            rows.setdefault(pair.what, None)
        elif entry["kind"] == "row":
            rows[str(entry["what"])] = Row(**fields)
    return [row or row_of(pairs[what]) for what, row in rows.items()]


def _number(value: float) -> str:
    """Four digits: 25,129; 9.483; 0.01234."""
    if value >= 1000 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.{max(3 - math.floor(math.log10(abs(value))), 0)}f}"
