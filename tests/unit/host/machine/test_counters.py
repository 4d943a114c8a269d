"""Counters as rates."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.host.machine.counters import CounterRate, Moment, share_percent

S = 1_000_000_000
RANGE = 1_000_000


def rates(rate: CounterRate, *readings: tuple[float, int | None]) -> list[float | None]:
    """Of (seconds, value)."""
    return [rate.per_second(value, Moment(round(at_s * S))) for at_s, value in readings]


def test_the_first_reading_has_no_rate_and_the_next_have() -> None:
    assert rates(CounterRate(), (1, 100), (2, 150), (4, 250)) == [None, 50, 50]


def test_a_counter_that_stands_still_counts_nothing_or_is_not_counting() -> None:
    assert rates(CounterRate(), (1, 7), (2, 7)) == [None, 0]
    assert rates(CounterRate(moves_always=True), (1, 7), (2, 7), (3, 8)) == [None, None, 1]


def test_a_counter_wraps_around_at_its_range() -> None:
    assert rates(CounterRate(wraps_at=RANGE), (1, RANGE - 10), (2, 40), (3, 90)) == [None, 50, 50]


def test_one_that_began_anew_has_no_rate_once() -> None:
    assert rates(CounterRate(), (1, 500), (2, 3), (3, 10)) == [None, None, 7]
    # 600,000 of a range of 1,000,000 in a second would be the wrap: it is the reset that a driver's reload makes.
    assert rates(CounterRate(wraps_at=RANGE), (1, 500_000), (2, 100_000), (3, 100_007)) == [None, None, 7]


@pytest.mark.parametrize("gone", [None, -1])
def test_a_reading_that_failed_is_a_new_beginning(gone: int | None) -> None:
    assert rates(CounterRate(), (1, 100), (2, gone), (3, 300), (4, 310)) == [None, None, None, 10]


def test_no_rate_where_no_time_has_passed() -> None:
    assert rates(CounterRate(), (1, 100), (1, 200), (0.5, 300)) == [None, None, None]


def test_no_rate_over_a_suspend() -> None:
    rate = CounterRate()
    assert rate.per_second(100, Moment(1 * S, 0)) is None
    assert rate.per_second(200, Moment(2 * S, 60 * S)) is None
    assert rate.per_second(300, Moment(3 * S, 60 * S)) == 100
    assert rate.per_second(400, Moment(4 * S, 60 * S + 10_000_000)) == 100  # the clocks are not read at one moment


def test_the_moment_is_that_of_the_kernels_clocks() -> None:
    before = time.monotonic_ns()
    now = Moment.now()
    assert before <= now.at_ns <= time.monotonic_ns()
    asleep_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
    assert abs(asleep_ns - now.asleep_ns) < S
    assert Moment.now().seconds_since(now) is not None


def test_shares_end_at_100() -> None:
    assert share_percent(None, 1e6) is None
    assert share_percent(500_000.0, 1e6) == 50
    assert share_percent(1_200_000.0, 1e6) == 100
    assert share_percent(0.0, 1e6) == 0


values = st.one_of(st.none(), st.integers(-5, RANGE))


@given(st.lists(st.tuples(st.floats(0.001, 5), values, st.floats(0, 2)), max_size=30), st.booleans(), st.booleans())
def test_a_rate_is_never_negative_and_never_more_than_half_of_the_range(
    steps: list[tuple[float, int | None, float]], wraps: bool, moves: bool
) -> None:
    rate = CounterRate(wraps_at=RANGE if wraps else None, moves_always=moves)
    at_ns, asleep_ns, before = 0, 0, None
    for step_s, value, asleep_s in steps:
        at_ns, asleep_ns = at_ns + round(step_s * S), asleep_ns + round(asleep_s * S)
        found = rate.per_second(value, Moment(at_ns, asleep_ns))
        if found is not None:
            assert before is not None
            assert value is not None
            assert 0 <= found <= RANGE / (round(step_s * S) / S)
            assert found > 0 or not moves
            assert asleep_s <= 0.26
        before = value


@given(st.lists(st.integers(0, RANGE // 2), min_size=1, max_size=40), st.integers(0, RANGE - 1))
def test_what_was_counted_is_the_sum_of_the_rates_whatever_wraps(steps: list[int], start: int) -> None:
    rate, value, counted = CounterRate(wraps_at=RANGE), start, 0.0
    rate.per_second(value, Moment(0))
    for second, step in enumerate(steps, 1):
        value = (value + step) % RANGE
        found = rate.per_second(value, Moment(second * S))
        assert found is not None
        counted += found
    assert counted == pytest.approx(sum(steps))
