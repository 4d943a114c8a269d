"""How many requests a load has under the end rule of benchmark_app, against that of the wheel."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from openvino.tools.benchmark.utils.utils import get_number_iterations

from ovtui.engine.load.driver import FOREVER, LoadPlan
from ovtui.engine.load.whole_rounds import WholeRounds

COUNTS = st.integers(1, 400)


def told_by_benchmark_app(requests: int, nireq: int, shapes: int, filled: bool, done: int) -> int:
    """What its loop comes to after `done` requests, when the time is over."""
    limit = get_number_iterations(requests, nireq, shapes, "async") or 0
    while done < limit or done % (shapes if filled else nireq):
        done += 1
    return done


@given(st.integers(0, 5000), COUNTS, st.integers(1, 40), st.booleans(), st.integers(0, 6000), st.integers(0, 10**9))
def test_as_many_as_benchmark_app_makes(
    requests: int, nireq: int, shapes: int, filled: bool, done: int, first: int
) -> None:
    filled = filled or shapes > 1
    rounds = WholeRounds(first, requests, nireq, shapes, filled)
    wanted = told_by_benchmark_app(requests, nireq, shapes, filled, done)
    assert rounds.last_seq(first + done) == first + wanted


def test_one_limit_after_the_other() -> None:
    plan = LoadPlan(until_ns=5_000, rounds=WholeRounds(100, 10, 3))
    assert plan.apply_rounds(100) is None
    assert (plan.stop_seq, plan.until_ns) == (FOREVER, 5_000), "the duration comes first"
    assert plan.go_on("duration", 107) == ("requests", True)
    assert (plan.stop_seq, plan.until_ns) == (112, FOREVER)
    assert plan.go_on("requests", 112) == ("requests", False)


def test_a_duration_that_ends_within_a_round() -> None:
    plan = LoadPlan(until_ns=5_000, rounds=WholeRounds(0, 0, 3))
    plan.apply_rounds(0)
    assert plan.go_on("duration", 31) == ("duration", True)
    assert plan.stop_seq == 33
    assert plan.go_on("requests", 33) == ("duration", False), "it was the duration that it came to"
    plan = LoadPlan(until_ns=5_000, rounds=WholeRounds(0, 0, 3))
    assert plan.go_on("duration", 33) == ("duration", False)


def test_requests_in_flight_change_under_way() -> None:
    plan = LoadPlan(rounds=WholeRounds(0, 10, 3))
    assert plan.apply_rounds(0) == 12
    plan.change_in_flight(7, 5)
    assert plan.stop_seq == 14


def test_without_the_rule_nothing_goes_on() -> None:
    plan = LoadPlan(until_ns=5_000, stop_seq=50)
    plan.change_in_flight(7, 5)
    assert plan.apply_rounds(5) is None
    assert plan.go_on("duration", 31) == ("duration", False)
    assert (plan.stop_seq, plan.until_ns) == (50, 5_000)
