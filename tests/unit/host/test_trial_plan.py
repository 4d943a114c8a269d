"""How a trial divides its time."""

from __future__ import annotations

import pytest

from ovtui.host.trial_plan import LEAST_BLOCK_S, LEAST_PAIRS, SideLoad, TrialPlan, plan_trial

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
    assert plan.pairs == LEAST_PAIRS
    assert plan.block_s > 0.7
    assert plan.pairs * (2 * plan.block_s + plan.guard_s) <= 27


def test_where_no_six_pairs_fit_blocks_have_a_least_length() -> None:
    assert plan_trial(3.0, FAST, SideLoad(0.2, 4, closed_loop=True)).block_s == LEAST_BLOCK_S


def test_the_guard_covers_one_turn_of_a_closed_loop_or_the_batch_timeout() -> None:
    assert SideLoad(100.0, 16, closed_loop=True).guard_s == pytest.approx(0.16)
    assert SideLoad(100.0, 16, closed_loop=False).guard_s == pytest.approx(0.1)
    assert SideLoad(100.0, 4, closed_loop=False, timeout_s=1.0).guard_s == pytest.approx(1.0)
    assert SideLoad(0.5, 16, closed_loop=True).guard_s == pytest.approx(2.0)
