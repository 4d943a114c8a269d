"""A point while it is measured, in blocks of time: when its figures are good enough, and when it is certain to lose.

A point is left early for one of three reasons:

- *limit*: the binomial rule says at two looks in a row, a second apart, that a limit is missed (99 % at each).
- *overload*: the queue of an open loop has grown for OVERLOADED_S.
- *beaten*: another point, which was measured to its end, is better in the goal and in what the front weighs it against
  in each of BEATEN_BLOCKS blocks. Were the two as good as each other, a block would be worse at most every second time,
  so that all seven are in one case of 128 at one look, and in one of 17 over the 20 blocks of 5 s. It holds whatever
  the shape of the distributions, and although the requests of one block depend on each other; not where the machine
  has become slower since. So the best of those that were left is measured again where nothing else stands against the
  best point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ovtui.metrics.sweep.goals import GOALS, IN_ITEMS, Goal
from ovtui.records.arrays import Floats
from ovtui.records.events import StudyPoint

BLOCK_S = 0.25
BLOCK_REQUESTS = 16
"""A block lasts until it has both."""
LEAST_BLOCKS = 8
"""Of figures that are good enough."""
LEAST_REQUESTS = 700
"""A p99 needs 662 that count."""
LEAST_ROUNDS = 10
"""Of all infer requests."""
GOOD_ENOUGH = 0.02
"""Two standard errors of the throughput, as a share of it, from blocks."""
BEATEN_BLOCKS = 7
OVERLOADED_S = 1.0
_SHARES = {"p50": 0.5, "p90": 0.1, "p99": 0.01}

Leave = Literal["", "enough", "limit", "overload", "beaten"]


@dataclass(frozen=True, slots=True)
class Block:
    span_s: float
    responses_ms: Floats
    """[n] of the requests that came back in it and did not fail."""

    @property
    def per_s(self) -> float:
        return len(self.responses_ms) / self.span_s


@dataclass(slots=True)
class PointBlocks:
    """The blocks of one point. Owner: the study's process."""

    goal: Goal
    second: Goal
    in_flight: int
    items_per_request: float | None = None
    """The same for all blocks; None where it is not known."""
    blocks: list[Block] = field(default_factory=list)
    requests: int = 0
    _gathered: list[Floats] = field(default_factory=list)
    _began_s: float | None = None
    _missed_s: float | None = None
    _overloaded_s: float | None = None

    def begin(self, now_s: float) -> None:
        self._began_s = now_s

    def add(self, now_s: float, responses_ms: Floats) -> None:
        """[n] requests that have come back since the look before."""
        if self._began_s is None:
            self._began_s = now_s
        self.requests += len(responses_ms)
        self._gathered.append(responses_ms)
        span_s, count = now_s - self._began_s, sum(map(len, self._gathered))
        if span_s >= BLOCK_S and count >= min(BLOCK_REQUESTS, 2 * self.in_flight + 2):
            self.blocks.append(Block(span_s, np.concatenate(self._gathered)))
            self._gathered, self._began_s = [], now_s

    def look(
        self, now_s: float, *, missed: bool, decided: bool, overloaded: bool, rivals: Sequence[StudyPoint]
    ) -> Leave:
        """Whether to go on. `missed`: a limit is, by its rule. `decided`: of each limit it is known whether it holds.
        `rivals`: the points that may win so far."""
        if self._for(now_s, "_missed_s", missed) >= 1.0:
            return "limit"
        if self._for(now_s, "_overloaded_s", overloaded) >= OVERLOADED_S:
            return "overload"
        if self.beaten_by(rivals) is not None:
            return "beaten"
        return "enough" if decided and not missed and not overloaded and self.good_enough else ""

    def _for(self, now_s: float, since: Literal["_missed_s", "_overloaded_s"], true: bool) -> float:
        """How long it has been true, in s."""
        began = getattr(self, since)
        if not true or began is None:
            setattr(self, since, now_s if true else None)
            return 0.0
        return now_s - float(began)

    @property
    def good_enough(self) -> bool:
        """Whether more time would make the figures little better."""
        if len(self.blocks) < LEAST_BLOCKS or self.requests < max(LEAST_REQUESTS, LEAST_ROUNDS * self.in_flight):
            return False
        rates = np.array([block.per_s for block in self.blocks])
        error = float(rates.std(ddof=1)) / len(rates) ** 0.5
        return bool(2 * error <= GOOD_ENOUGH * float(rates.mean()))

    def beaten_by(self, rivals: Sequence[StudyPoint]) -> StudyPoint | None:
        """The first rival that is better in both figures in each of the last BEATEN_BLOCKS blocks."""
        if len(self.blocks) < BEATEN_BLOCKS:
            return None
        blocks = self.blocks[-BEATEN_BLOCKS:]
        for rival in rivals:
            at = [(goal, self._to_beat(goal, rival)) for goal in (self.goal, self.second)]
            if all(value is not None and all(is_worse(block, goal, value) for block in blocks) for goal, value in at):
                return rival
        return None

    def _to_beat(self, goal: Goal, rival: StudyPoint) -> float | None:
        """What this point has to have for as much as the rival has: in its own requests, whose items may be others.
        None where that is not known."""
        figures = rival.figures
        if goal.name != "throughput" or figures is None or figures.items_per_request == self.items_per_request:
            return GOALS[goal.name].value(figures)
        items = IN_ITEMS[goal.name].value(figures)
        return items / self.items_per_request if items is not None and self.items_per_request else None


def is_worse(block: Block, goal: Goal, value: float) -> bool:
    """Whether the block alone is worse than the figure of another point: true in at most half of all blocks of a point
    that is as good."""
    responses, count = block.responses_ms, len(block.responses_ms)
    if not count:
        return goal.name == "throughput"
    if goal.name == "throughput":
        return (count + 1) / block.span_s < value
    if goal.name == "mean":
        return float(responses.mean()) > value
    if goal.name in _SHARES:
        # One more than the share, because of a small one the median of the count lies above its mean.
        return int(np.count_nonzero(responses > value)) - 1 > _SHARES[goal.name] * count
    return False
