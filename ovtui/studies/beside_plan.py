"""How the time of alone against beside is divided: with blocks long enough for a p99 where the loads allow it."""

from __future__ import annotations

from ovtui.host.trial_plan import BLOCK_S, LEAST_BLOCK_S, LONGEST_GUARD_S, SideLoad, TrialPlan
from ovtui.metrics.comparison.verdict import PAIRS_TO_STOP
from ovtui.metrics.digest import Digest
from ovtui.records.trial_events import CONFIDENCE, least_pairs
from ovtui.settings.schema.arrival import is_closed_loop

BLOCK_REQUESTS = 120
"""What comes due in a block at the slower of both rates: some more than a block's p99 needs."""
MOST_PAIRS = 40
TAIL_SHARE = 1.0
"""Of the guard time: so long after a turn's last block nothing is switched, so that what came due at its end is not
served beside what the block was without."""


def plan_beside(left_s: float, guard_s: float, slower_per_s: float) -> TrialPlan:
    """The plan for `left_s` of alternating. `slower_per_s`: of the first model, alone or beside; 0 where nothing came
    back."""
    switch_s = (1.5 + TAIL_SHARE) * guard_s  # with the time to drain
    wanted_s = max(BLOCK_S, BLOCK_REQUESTS / slower_per_s if slower_per_s > 0 else left_s)
    least = least_pairs(CONFIDENCE) + PAIRS_TO_STOP
    longest_s = (left_s / least - switch_s) / 2  # some to spare: a busy machine switches slowly
    block_s = max(min(wanted_s, longest_s), LEAST_BLOCK_S)
    pairs = int(left_s / (2 * block_s + switch_s) + 1e-9)
    return TrialPlan(max(1, min(pairs, MOST_PAIRS)), block_s, guard_s)


def rest_s(plan: TrialPlan, done: int) -> float:
    """How long the rest takes after `done` blocks, draining aside."""
    turns = (plan.blocks - done + 1) // 2
    return plan.rest_s(done) + turns * TAIL_SHARE * plan.guard_s


def load_of(digest: Digest, per_s: float) -> SideLoad:
    """What is known of the load of a session that serves `per_s`."""
    state = digest.session_state
    segment, engine = state.segment, state.engine
    if segment is None:
        return SideLoad(per_s, 1, closed_loop=True)
    compiled = engine.compiled if engine is not None else None
    batches = compiled is None or compiled.batching.size != 1
    timeout_s = segment.settings.batch_timeout_in_force_ms / 1e3 if batches else 0.0
    return SideLoad(per_s, segment.nireq, is_closed_loop(segment.settings), timeout_s)


def guard_s(*loads: SideLoad) -> float:
    return min(max(load.guard_s for load in loads), LONGEST_GUARD_S)
