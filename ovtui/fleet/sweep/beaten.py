"""A point on a box that cannot win any more, by the blocks that come while it is measured.

As on one machine (`metrics/sweep/blocks.py`) it has to be worse than another point of its kind in both figures in each
of its last blocks; and since that one was measured on another box, worse by more than boxes of the kind differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ovtui.metrics.sweep.blocks import BEATEN_BLOCKS
from ovtui.metrics.sweep.goals import Goal
from ovtui.records.events import StudyPoint
from ovtui.records.following import BLOCK_S, Block
from ovtui.records.study_events import PointFigures


@dataclass(frozen=True, slots=True)
class Rivals:
    """What a point may be beaten by."""

    points: list[StudyPoint]
    """Of the same kind, measured to their end, with limits that hold."""
    goal: Goal
    second: Goal
    margin: float
    """By how much boxes of the kind differ, as a share."""

    def beating(self, blocks: Sequence[Block]) -> StudyPoint | None:
        """The first one that beats what these blocks are of."""
        last = blocks[-BEATEN_BLOCKS:]
        if len(last) < BEATEN_BLOCKS or last[-1].number - last[0].number != BEATEN_BLOCKS - 1:
            return None
        for rival in self.points:
            at = [(goal, goal.value(rival.figures)) for goal in (self.goal, self.second)]
            if all(value is not None and self._all_worse(last, goal, value) for goal, value in at):
                return rival
        return None

    def _all_worse(self, blocks: Sequence[Block], goal: Goal, value: float) -> bool:
        return all(self._is_worse(block, goal, value) for block in blocks)

    def _is_worse(self, block: Block, goal: Goal, value: float) -> bool:
        own = {"throughput": block.throughput, "p50": block.p50_ms, "p99": block.p99_ms}.get(goal.name)
        if own is None:
            return goal.name == "throughput" and not block.requests
        return own * (1.0 + self.margin) < value if goal.higher else own > value * (1.0 + self.margin)


def figures_of(blocks: Sequence[Block], rival: StudyPoint | None = None) -> PointFigures:
    """What is known of a point that was left for this one, whose requests hold as many items."""
    p50s = [block.p50_ms for block in blocks if block.p50_ms is not None]
    p99s = [block.p99_ms for block in blocks if block.p99_ms is not None]
    requests, measured_s = sum(block.requests for block in blocks), BLOCK_S * len(blocks)
    return PointFigures(
        requests=requests,
        measured_s=measured_s,
        throughput=round(requests / measured_s, 3) if blocks else None,
        p50_ms=median(p50s) if p50s else None,
        p99_ms=median(p99s) if len(p99s) == len(blocks) and blocks else None,
        items_per_request=rival.figures.items_per_request if rival is not None and rival.figures is not None else None,
    )
