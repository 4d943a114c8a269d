"""How a trial divides its time: the length of a block, the guard time after each change of turn, the order of turns."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.records.events import TrialBlock, TrialSide
from ovtui.records.trial_events import TrialTerms, least_pairs

READY_WITHIN = 2 / 3
"""B has to be compiled, and to serve from the accelerator where A does, within this share of a trial's limit."""
REHEARSAL_S, LONGEST_REHEARSAL_S = 1.0, 3.0
REHEARSAL_REQUESTS = 20
"""B's first turn, which is not measured, lasts until so many have come back, within these limits."""
BLOCK_S = 1.0
BLOCK_REQUESTS = 50
BLOCK_TIMEOUTS = 3
"""A block lasts so long, or until so many requests of the slower side, or so many batch timeouts, whichever is
longest."""
LEAST_BLOCK_S = 0.25
LONGEST_BLOCK_S = 60.0
"""Of a plan without a limit of time."""
MOST_PAIRS = 200
"""With fewer pairs than an interval needs blocks are rather cut short. With more than these they are rather longer."""
P99_REQUESTS, P99_PAIRS = 110, 16
"""Of a block that is to have a p99 of its own, some to spare; and how many pairs of such blocks have to fit."""
LEAST_GUARD_S, LONGEST_GUARD_S = 0.1, 2.0


@dataclass(frozen=True, slots=True)
class SideLoad:
    """What is known of one side before the blocks are planned."""

    per_s: float
    """Requests that came back each second; 0 where none did."""
    nireq: int
    closed_loop: bool
    timeout_s: float = 0.0
    """The batch timeout where the model batches, else 0."""

    @property
    def guard_s(self) -> float:
        """The time in which all requests in flight come back once (closed loop), or the batch timeout: the first
        requests after a change of turn find idle streams and empty batches."""
        if self.closed_loop:
            settled_s = self.nireq / self.per_s if self.per_s > 0 else LONGEST_GUARD_S
        else:
            settled_s = self.timeout_s
        return min(max(settled_s, LEAST_GUARD_S), LONGEST_GUARD_S)


@dataclass(frozen=True, slots=True)
class TrialPlan:
    pairs: int
    block_s: float
    guard_s: float
    """Left out after each change of turn."""

    @property
    def blocks(self) -> int:
        return 2 * self.pairs

    def turn(self, done: int) -> tuple[TrialSide, int]:
        """Whose turn follows after `done` blocks, and of how many blocks: A, B B, A A, ..., so that each pair of blocks
        has one of either side and a drift counts for and against both."""
        if done == 0:
            return "A", 1
        return ("B" if (done - 1) // 2 % 2 == 0 else "A"), min(2, self.blocks - done)

    def spans(self, now_ns: int, count: int) -> list[TrialBlock]:
        """The blocks of a turn that begins now, on the session clock."""
        begin_ns, length_ns = now_ns + int(self.guard_s * 1e9), int(self.block_s * 1e9)
        return [TrialBlock(begin_ns + k * length_ns, begin_ns + (k + 1) * length_ns) for k in range(count)]

    def rest_s(self, done: int) -> float:
        """How long the rest takes after `done` blocks, draining aside."""
        left = self.blocks - done
        return left * self.block_s + (left + 1) // 2 * self.guard_s


def plan_trial(left_s: float, a: SideLoad, b: SideLoad, terms: TrialTerms | None = None) -> TrialPlan:
    """The plan for `left_s` of alternating load; infinite where the terms have a number of blocks and no limit."""
    terms = terms or TrialTerms()
    guard_s = max(a.guard_s, b.guard_s)
    switch_s = 1.5 * guard_s  # with the time to drain
    slower = min(a.per_s, b.per_s)
    wanted_s = max(
        BLOCK_S, BLOCK_REQUESTS / slower if slower > 0 else left_s, BLOCK_TIMEOUTS * max(a.timeout_s, b.timeout_s)
    )  # fmt: skip
    if terms.for_p99 and slower > 0 and left_s / (2 * (p99_s := P99_REQUESTS / slower) + switch_s) >= P99_PAIRS:
        wanted_s = max(wanted_s, p99_s)
    if terms.blocks:
        block_s = terms.block_s or min(wanted_s, LONGEST_BLOCK_S)
        return TrialPlan(max(1, terms.blocks // 2), max(block_s, LEAST_BLOCK_S), guard_s)
    if terms.block_s:
        block_s = max(terms.block_s, LEAST_BLOCK_S)
        return TrialPlan(max(1, int(left_s / (2 * block_s + switch_s) + 1e-9)), block_s, guard_s)
    longest_s = (left_s / least_pairs(terms.confidence) - switch_s) / 2
    block_s = max(min(wanted_s, longest_s), (left_s / MOST_PAIRS - switch_s) / 2, LEAST_BLOCK_S)
    pairs = int(left_s / (2 * block_s + switch_s) + 1e-9)
    return TrialPlan(max(1, min(pairs, MOST_PAIRS)), block_s, guard_s)
