"""The search for the highest rate that holds: which rate to measure next, from what came of those before.

It has no clock and does no I/O: the same results lead to the same probes, so a search that was broken off goes on once
it has been told the results again.

1. Bracket: from the first guess on the rate is doubled while it holds, or halved while it does not.
2. Narrow: the middle of the bracket in logarithms, until the two ends are as close as is asked for.
3. Again: the last rate that held and the first that did not are measured once more, in alternation. What a rate did
   last is what counts, since its evidence is that of all its times together: a rate that does otherwise now moves the
   bracket, and the search narrows it and measures its ends again.

A rate is measured AGAIN times at most, and there are MOST_PROBES at most: it always ends."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ovtui.metrics.rate_search.probe import Outcome, Probe, ProbeResult, Purpose

MOST_PROBES = 60
DIGITS = 4
"""Rates have so many significant digits: one is measured again as the same."""
AGAIN = 2
"""The ends of the bracket are measured so many times."""


@dataclass(frozen=True, slots=True)
class RateAnswer:
    holds: float | None
    """The highest rate that held; None where none did."""
    fails: float | None
    """The lowest rate above it that did not, or is not known to; None where all held."""
    missed: float | None
    """The lowest that is known not to hold; None where there is none."""
    changed: tuple[float, ...]
    """Rates that did otherwise when they were measured again, ascending."""
    done: bool
    """False: the search was stopped before its end."""


@dataclass(slots=True)
class RateSearch:
    """Owner: the study."""

    first: float
    """The first guess, 1/s."""
    lowest: float
    highest: float
    within: float
    """The ends of the bracket are to be no further apart than this, as a share."""
    probes: int = 0
    """How many have been told."""
    _by_rate: dict[float, list[Outcome]] = field(default_factory=dict)
    _last_again: float = 0.0

    def __post_init__(self) -> None:
        self.highest = rounded(self.highest)
        self.first = min(rounded(self.first), self.highest)
        self.lowest = min(rounded(self.lowest), self.first)

    def told(self, result: ProbeResult) -> None:
        self.probes += 1
        outcomes = self._by_rate.setdefault(result.rate, [])
        outcomes.append(result.outcome)
        if len(outcomes) > 1:
            self._last_again = result.rate

    def next_probe(self) -> Probe | None:
        """None once the answer is found."""
        if self.probes >= MOST_PROBES:
            return None
        holds, fails = self.bracket
        if holds is None and fails is None:
            return self._probe(self.first, "bracket")
        if fails is None:
            assert holds is not None
            if holds < self.highest:
                return self._probe(min(rounded(2 * holds), self.highest), "bracket")
        elif holds is None:
            if fails > self.lowest:
                return self._probe(max(rounded(fails / 2), self.lowest), "bracket")
        elif fails > holds * (1 + self.within):
            middle = rounded(math.sqrt(holds * fails))
            if holds < middle < fails:
                return self._probe(middle, "narrow")
        ends = [rate for rate in (holds, fails) if rate is not None and len(self._by_rate[rate]) < AGAIN]
        if not ends:
            return None
        # In alternation: not the one that was measured last.
        ends.sort(key=lambda rate: (len(self._by_rate[rate]), rate == self._last_again))
        return self._probe(ends[0], "again")

    @property
    def bracket(self) -> tuple[float | None, float | None]:
        """The highest rate below all that do not hold, and the lowest that does not."""
        fails = min((rate for rate in self._by_rate if not self._holds(rate)), default=None)
        below = [rate for rate in self._by_rate if self._holds(rate) and (fails is None or rate < fails)]
        return max(below, default=None), fails

    @property
    def answer(self) -> RateAnswer:
        holds, fails = self.bracket
        missed = [rate for rate, outcomes in self._by_rate.items() if outcomes[-1] in ("missed", "overload")]
        changed = [
            rate for rate, outcomes in self._by_rate.items() if len({outcome == "held" for outcome in outcomes}) > 1
        ]
        above = [rate for rate in missed if holds is None or rate > holds]
        return RateAnswer(holds, fails, min(above, default=None), tuple(sorted(changed)), self.next_probe() is None)

    def times(self, rate: float) -> int:
        """How often this rate has been measured."""
        return len(self._by_rate.get(rate, ()))

    @property
    def planned(self) -> int:
        """About how many probes there will be in all, if none surprises."""
        holds, fails = self.bracket
        if self.next_probe() is None:
            return self.probes
        steps = 0
        if holds is None or fails is None:
            steps, ratio = 1, 2.0
        else:
            ratio = fails / holds
        if ratio > 1 + self.within:
            steps += math.ceil(math.log2(math.log(ratio) / math.log1p(self.within)))
            return self.probes + steps + 2
        return self.probes + sum(max(AGAIN - self.times(rate), 0) for rate in (holds, fails) if rate is not None)

    def _holds(self, rate: float) -> bool:
        """What it did last counts; whatever is not known to hold does not."""
        return self._by_rate[rate][-1] == "held"

    def _probe(self, rate: float, purpose: Purpose) -> Probe:
        return Probe(self.probes + 1, rate, purpose, self.times(rate) + 1)


def rounded(rate: float) -> float:
    """A rate as it is measured and written: to four significant digits."""
    return float(f"{rate:.{DIGITS}g}")
