"""How long a sweep will take yet, from how long its points took so far."""

from __future__ import annotations

from ovtui.metrics.sweep.ranking import ROUNDS

BLOCK_SHARE = 0.25
SHORTEST_BLOCK_S, LONGEST_BLOCK_S = 0.5, 2.0
BLOCK_REQUESTS = 40
"""A block of slow requests lasts until so many have come back."""
_OVERHEAD_S = 0.3
"""Of a turn, before any was seen: halting, draining, taking over."""
_COMPILE_S = 1.0
"""Before any point was measured, it is taken for the time of a compile."""

_LIKELY_CANDIDATES = 3
"""So many points are taken to be measured again before it is known."""


def block_s(point_s: float, slowest_per_s: float) -> float:
    """How long each point is measured in each round."""
    wanted = max(BLOCK_SHARE * point_s, BLOCK_REQUESTS / max(slowest_per_s, 1e-6), SHORTEST_BLOCK_S)
    return min(wanted, max(LONGEST_BLOCK_S, point_s))


class SweepTime:
    """Owner: the study's process."""

    def __init__(self, planned: int) -> None:
        """`planned`: how many points there will be."""
        self._planned = planned
        self._points = self._blocks = self._blocks_planned = 0
        self._took_s = self._blocks_took_s = 0.0
        self._block_s: float | None = None
        self._longer, self._longer_s = 0, 0.0
        self._since_ns = 0

    def begin(self, now_ns: int) -> None:
        """A point begins, or the rounds in alternation do."""
        self._since_ns = now_ns

    def end_point(self, now_ns: int) -> None:
        self._points += 1
        self._took_s += (now_ns - self._since_ns) / 1e9

    def plan_again(self, candidates: int, each_s: float, longer: int, longer_s: float) -> None:
        """`longer`: how many points are measured for `longer_s` before the rounds, in which each takes `each_s`."""
        self._blocks_planned, self._block_s = ROUNDS * candidates if candidates > 1 else 0, each_s
        self._longer, self._longer_s = longer, longer_s

    def end_longer(self) -> None:
        self._longer -= 1

    def end_block(self, now_ns: int, *, measured: bool) -> None:
        """`measured`: else it was measured before."""
        if not measured:
            self._blocks_planned -= 1
            return
        self._blocks += 1
        self._blocks_took_s = (now_ns - self._since_ns) / 1e9

    def left_s(self, points_left: int, point_s: float) -> float:
        """`points_left`: those not measured yet, the one under way among them."""
        each_s = self._took_s / self._points if self._points else point_s + _COMPILE_S
        if self._block_s is None:
            block = block_s(point_s, BLOCK_REQUESTS / SHORTEST_BLOCK_S)
            again = min(self._planned, _LIKELY_CANDIDATES) if self._planned > 1 else 0
            return points_left * each_s + again * (ROUNDS * (block + _OVERHEAD_S) + _COMPILE_S)
        block = self._blocks_took_s / self._blocks if self._blocks else self._block_s + _OVERHEAD_S
        return max(self._blocks_planned - self._blocks, 1) * block + self._longer * self._longer_s
