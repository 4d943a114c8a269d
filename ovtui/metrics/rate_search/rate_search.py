"""The search for the highest rate that holds: which rate to measure next, from what came of those before.

It has no clock and does no I/O: the same results lead to the same probes, so a search that was broken off goes on once
it has been told the results again.

1. Bracket: from the first guess on the rate is doubled while it holds, or halved while it does not.
2. Narrow: the middle of the bracket in logarithms, until two rates are near the limit, or the ends are as close as is
   asked for.
3. Near: the line through all probes near the limit (knee.py) says at which rate it is met, and which one is so far
   below that runs at it hold. That rate, and one above the limit, are measured in alternation until the line is known
   well enough. Where there is no line, the last rate that held and the first that did not are measured again, too.

What a rate did last is what counts, since its evidence is that of all its times together.

It always ends: after MOST_PROBES, or MOST_NEAR of the long ones, with what it knows then."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ovtui.metrics.rate_search.knee import Knee, fit_knee
from ovtui.metrics.rate_search.probe import HOLD, KNOWN_TO_FAIL, Outcome, Probe, ProbeResult, Purpose
from ovtui.records.study_events import Pressure

MOST_PROBES = 40
MOST_NEAR = 6
"""Probes near the limit, until the best estimate is taken, however good it is."""
LEAST_NEAR = 4
CONFIRMING = 2
"""And so many more, where the rate found has not been measured often enough."""
DIGITS = 4
"""Rates have so many significant digits: one is measured again as the same."""
AGAIN = 2
"""The ends of the bracket are measured so many times."""
WELL_KNOWN = 0.5
"""The limit is known well enough where its standard deviation is so much of `within`."""
LEAST_BELOW, MOST_BELOW = 0.005, 0.03
"""So far below the limit is the rate that is sought, as a share: a run at it is to be within the limit, too."""
SAME = 0.25
"""Of `within`: so close to a rate that was measured already, that one is measured again."""


@dataclass(frozen=True, slots=True)
class RateAnswer:
    holds: float | None
    """The highest rate that held, or likely holds; None where none did."""
    fails: float | None
    """The lowest rate above it that did not, or likely does not; None where all held."""
    known: float | None
    """The highest that is known to hold; None where there is none."""
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
    _pressures: dict[float, Pressure] = field(default_factory=dict)
    _last_again: float = 0.0
    _near: int = 0

    def __post_init__(self) -> None:
        self.highest = rounded(self.highest)
        self.first = min(rounded(self.first), self.highest)
        self.lowest = min(rounded(self.lowest), self.first)

    def told(self, result: ProbeResult) -> None:
        asked = self.next_probe()
        self._near += asked is not None and asked.is_long and self.knee is not None
        self.probes += 1
        outcomes = self._by_rate.setdefault(result.rate, [])
        outcomes.append(result.outcome)
        if result.pressure is not None:
            self._pressures[result.rate] = result.pressure
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
        elif (knee := self.knee) is not None:
            return self._near_probe(knee)
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
    def knee(self) -> Knee | None:
        """None where too little is known near the limit, or it contradicts what is known with certainty."""
        knee = fit_knee(self._pressures)
        known, missed = self._known, self._missed_above(0.0)
        if (
            knee is None
            or (known is not None and knee.limit < known)
            or (missed is not None and knee.limit > missed * (1 + self.within))
        ):
            return None
        return knee

    @property
    def answer(self) -> RateAnswer:
        holds, fails = self.bracket
        knee = self.knee
        if knee is not None and holds is not None and fails is not None:
            holds = self._found(knee) or holds
            fails = min((rate for rate in self._by_rate if rate > holds and not self._holds(rate)), default=None)
        known = self._known
        if known is not None and (holds is None or known > holds) and (fails is None or known < fails):
            holds = known
        changed = [rate for rate, outcomes in self._by_rate.items() if len({each in HOLD for each in outcomes}) > 1]
        return RateAnswer(
            holds, fails, known, self._missed_above(holds or 0.0), tuple(sorted(changed)), self.next_probe() is None
        )

    def times(self, rate: float) -> int:
        """How often this rate has been measured."""
        return len(self._by_rate.get(rate, ()))

    def last(self, rate: float) -> Outcome | None:
        """What this rate did last."""
        return self._by_rate[rate][-1] if rate in self._by_rate else None

    @property
    def planned(self) -> int:
        """About how many probes there will be in all, if none surprises."""
        holds, fails = self.bracket
        if self.next_probe() is None:
            return self.probes
        if self.knee is not None and holds is not None and fails is not None:
            return self.probes + max(LEAST_NEAR + 1 - self._near, 1)
        steps = 0
        if holds is None or fails is None:
            steps, ratio = 1, 2.0
        else:
            ratio = fails / holds
        if ratio > 1 + self.within:
            steps += math.ceil(math.log2(math.log(ratio) / math.log1p(self.within)))
            return self.probes + steps + 2
        return self.probes + sum(max(AGAIN - self.times(rate), 0) for rate in (holds, fails) if rate is not None)

    def _near_probe(self, knee: Knee) -> Probe | None:
        """The rate that is to be the answer, and one as far above the limit, in alternation."""
        well = self._near >= LEAST_NEAR and knee.limit_sd <= WELL_KNOWN * self.within
        if well or self._near >= MOST_NEAR:
            found = self._found(knee)
            if self._near >= MOST_NEAR + CONFIRMING or (found is not None and self._is_sure(found)):
                return None
            return self._at(self._safe(knee))
        return self._at(
            self._safe(knee) if self._near % 3 != 1 else knee.limit * math.sqrt(knee.limit / self._safe(knee))
        )

    def _safe(self, knee: Knee) -> float:
        return knee.limit * (1 - min(max(knee.gap, LEAST_BELOW), MOST_BELOW))

    def _at(self, rate: float) -> Probe:
        """This rate, or the one next to it that was measured already."""
        near = [each for each in self._by_rate if abs(each / rate - 1) <= SAME * self.within]
        if near:
            return self._probe(min(near, key=lambda each: abs(each - rate)), "again")
        return self._probe(max(rounded(rate), self.lowest), "near")

    def _found(self, knee: Knee) -> float | None:
        """The measured rate that is the answer by this line; None where there is none next to it."""
        safe = self._safe(knee)
        least, most = safe * (1 - self.within), safe * (1 + SAME * self.within)
        below = [rate for rate in self._by_rate if least <= rate <= most and self._holds(rate)]
        return min(below, key=lambda rate: abs(rate - safe), default=None)

    def _is_sure(self, rate: float) -> bool:
        return self.times(rate) >= AGAIN or self._by_rate[rate][-1] == "held"

    @property
    def _known(self) -> float | None:
        missed = self._missed_above(0.0)
        held = [rate for rate, outcomes in self._by_rate.items() if outcomes[-1] == "held"]
        return max((rate for rate in held if missed is None or rate < missed), default=None)

    def _missed_above(self, rate: float) -> float | None:
        missed = [each for each, outcomes in self._by_rate.items() if outcomes[-1] in KNOWN_TO_FAIL]
        return min((each for each in missed if each > rate), default=None)

    def _holds(self, rate: float) -> bool:
        """What it did last counts; whatever does not even likely hold does not."""
        return self._by_rate[rate][-1] in HOLD

    def _probe(self, rate: float, purpose: Purpose) -> Probe:
        return Probe(self.probes + 1, rate, purpose, self.times(rate) + 1)


def rounded(rate: float) -> float:
    """A rate as it is measured and written: to four significant digits."""
    return float(f"{rate:.{DIGITS}g}")
