"""How a trial divides its time."""

from __future__ import annotations

import math

import pytest

from ovtui.host.trial_plan import LEAST_BLOCK_S, MOST_PAIRS, P99_REQUESTS, SideLoad, TrialPlan, plan_trial
from ovtui.records.trial_events import TrialTerms

FAST = SideLoad(per_s=2000.0, nireq=4, closed_loop=True)


def sides_of(plan: TrialPlan) -> str:
    done, found = 0, ""
    while done < plan.blocks:
        side, count = plan.turn(done)
        found += side * count
        done += count
    return found


@pytest.mark.parametrize("pairs", [1, 2, 3, 6, 7, 13])
def test_blocks_alternate_a_b_b_a_and_each_pair_has_one_of_either_side(pairs: int) -> None:
    order = sides_of(TrialPlan(pairs, 1.0, 0.1))
    assert order == ("ABBA" * pairs)[: 2 * pairs]
    assert all({order[k], order[k + 1]} == {"A", "B"} for k in range(0, len(order), 2))


def test_a_fast_load_gets_blocks_of_a_second() -> None:
    plan = plan_trial(27.0, FAST, FAST)
    assert (plan.block_s, plan.guard_s, plan.pairs) == (1.0, 0.1, 12)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (SideLoad(14.5, 3, closed_loop=True, timeout_s=0.2), FAST),  # waits for the batch timer
        (SideLoad(3.0, 3, closed_loop=True, timeout_s=1.0), SideLoad(3000.0, 4, closed_loop=True, timeout_s=1.0)),
        (SideLoad(10.0, 1024, closed_loop=False), SideLoad(10.0, 4, closed_loop=False)),
        (FAST, SideLoad(0.0, 4, closed_loop=True)),  # nothing came back in the rehearsal
    ],
)
def test_a_slow_load_gets_longer_blocks_but_six_pairs(a: SideLoad, b: SideLoad) -> None:
    plan = plan_trial(27.0, a, b)
    assert plan.pairs == 6
    assert plan.block_s > 0.7
    assert plan.pairs * (2 * plan.block_s + plan.guard_s) <= 27


def test_an_interval_of_more_confidence_has_more_pairs() -> None:
    assert plan_trial(12.0, FAST, FAST, TrialTerms(confidence=0.9875)).pairs == 8


def test_where_no_six_pairs_fit_blocks_have_a_least_length() -> None:
    assert plan_trial(3.0, FAST, SideLoad(0.2, 4, closed_loop=True)).block_s == LEAST_BLOCK_S


def test_the_guard_covers_one_turn_of_a_closed_loop_or_the_batch_timeout() -> None:
    assert SideLoad(100.0, 16, closed_loop=True).guard_s == pytest.approx(0.16)
    assert SideLoad(100.0, 16, closed_loop=False).guard_s == pytest.approx(0.1)
    assert SideLoad(100.0, 4, closed_loop=False, timeout_s=1.0).guard_s == pytest.approx(1.0)
    assert SideLoad(0.5, 16, closed_loop=True).guard_s == pytest.approx(2.0)


def test_blocks_that_are_to_have_a_p99_hold_enough_requests_where_pairs_enough_of_them_fit() -> None:
    slow = SideLoad(per_s=50.0, nireq=4, closed_loop=True)
    plan = plan_trial(180.0, slow, FAST, TrialTerms(for_p99=True))
    assert plan.block_s == pytest.approx(P99_REQUESTS / 50)
    assert plan.pairs * (2 * plan.block_s + plan.guard_s) <= 180
    assert plan_trial(40.0, slow, FAST, TrialTerms(for_p99=True)).block_s == 1.0, "not at the cost of the pairs"


def test_many_minutes_have_longer_blocks_and_not_any_number_of_them() -> None:
    plan = plan_trial(3600.0, FAST, FAST)
    assert plan.pairs == MOST_PAIRS
    assert plan.pairs * (2 * plan.block_s + 1.5 * plan.guard_s) == pytest.approx(3600.0)


def test_fixed_blocks_and_a_fixed_length() -> None:
    fixed = plan_trial(math.inf, FAST, SideLoad(0.0, 4, closed_loop=True), TrialTerms(blocks=13))
    assert (fixed.blocks, math.isfinite(fixed.block_s)) == (12, True)
    assert plan_trial(60.0, FAST, FAST, TrialTerms(block_s=4.0)) == TrialPlan(7, 4.0, 0.1)
