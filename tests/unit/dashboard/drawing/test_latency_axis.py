"""The latency axis: its limit over frames, its ticks, and numbers in few characters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.dashboard.drawing.latency_axis import (
    HIGHEST_MS,
    LOWEST_MS,
    SHRINK_AFTER_S,
    AutoAxisLimit,
    LatencyAxis,
    fitting_limit_ms,
    nice_limit_ms,
    short_ms,
)

NAN = float("nan")


def limit_of(auto: AutoAxisLimit, p50: list[float], worst: list[float], now_s: float) -> float:
    return auto.update(np.array(p50), np.array(worst), now_s).limit_ms


def test_a_worst_near_the_median_is_shown_in_full() -> None:
    assert fitting_limit_ms(np.full(50, 8.0), np.full(50, 20.0)) == 20.0


def test_a_rare_outlier_does_not_flatten_the_median() -> None:
    worst = np.full(100, 10.0)
    worst[17] = 1_004.2
    assert fitting_limit_ms(np.full(100, 8.0), worst) == pytest.approx(10.4)


def test_around_a_change_of_device_both_sides_are_shown() -> None:
    """A stand-in fills every column; the timer behind it completes one request in ten of them."""
    p50 = np.full(100, 2.0)
    p50[50:] = np.where(np.arange(50) % 10 == 0, 500.0, NAN)
    assert AutoAxisLimit().update(p50, p50, 0.0).limit_ms < 50, "as one picture they would be outliers"
    assert AutoAxisLimit().update(p50, p50, 0.0, split=50).limit_ms >= 500
    p50[50:] = NAN
    assert AutoAxisLimit().update(p50, p50, 0.0, split=50).limit_ms < 5


def test_a_median_that_is_itself_an_outlier_does_not_flatten_the_others() -> None:
    p50 = np.full(100, 8.0)
    p50[3] = 900.0
    assert fitting_limit_ms(p50, p50) == pytest.approx(10.4)


def test_steady_worsts_far_above_the_median_leave_it_an_eighth_of_the_height() -> None:
    assert fitting_limit_ms(np.full(50, 1.0), np.full(50, 100.0)) == 8.0


def test_nothing_completed_yet() -> None:
    assert fitting_limit_ms(np.array([NAN, NAN]), np.array([NAN, NAN])) is None
    assert limit_of(AutoAxisLimit(), [NAN], [NAN], 1.0) == 1.0


def test_the_limit_grows_at_once() -> None:
    auto = AutoAxisLimit()
    assert limit_of(auto, [8.0], [9.0], 1.0) == 10.0
    assert limit_of(auto, [30.0], [35.0], 1.25) == 40.0


def test_the_limit_shrinks_only_after_it_was_too_high_for_a_while() -> None:
    auto = AutoAxisLimit()
    limit_of(auto, [30.0], [35.0], 0.0)
    assert limit_of(auto, [8.0], [9.0], 1.0) == 40.0
    assert limit_of(auto, [8.0], [9.0], 1.0 + SHRINK_AFTER_S - 0.1) == 40.0
    assert limit_of(auto, [8.0], [9.0], 1.0 + SHRINK_AFTER_S) == 10.0


def test_one_frame_that_needs_the_height_starts_the_wait_anew() -> None:
    auto = AutoAxisLimit()
    limit_of(auto, [30.0], [35.0], 0.0)
    limit_of(auto, [8.0], [9.0], 1.0)
    limit_of(auto, [30.0], [35.0], 2.0)
    assert limit_of(auto, [8.0], [9.0], 1.1 + SHRINK_AFTER_S) == 40.0


def test_a_limit_that_is_a_little_too_high_stays() -> None:
    auto = AutoAxisLimit()
    limit_of(auto, [30.0], [35.0], 0.0)
    assert [limit_of(auto, [20.0], [25.0], second) for second in (10.0, 20.0, 30.0)] == [40.0, 40.0, 40.0]


@pytest.mark.parametrize(
    ("limit_ms", "most", "labels", "unit"),
    [
        (60.0, 5, ["20", "40", "60"], "ms"),
        (60.0, 2, ["30", "60"], "ms"),
        (60.0, 1, ["60"], "ms"),
        (1.0, 4, ["0.25", "0.5", "0.75", "1"], "ms"),
        (0.5, 5, ["100", "200", "300", "400", "500"], "µs"),
        (2_500.0, 5, ["0.5", "1", "1.5", "2", "2.5"], "s"),
        (0.001, 1, ["1"], "µs"),
    ],
)
def test_ticks_are_round_numbers_in_the_unit_of_the_range(
    limit_ms: float, most: int, labels: list[str], unit: str
) -> None:
    axis = LatencyAxis(limit_ms)
    assert [label for _, label in axis.ticks(most)] == labels
    assert axis.unit == unit


def test_ticks_are_at_their_values() -> None:
    assert [share for share, _ in LatencyAxis(60.0).ticks(5)] == pytest.approx([1 / 3, 2 / 3, 1.0])


@given(st.floats(LOWEST_MS, HIGHEST_MS))
def test_any_limit_has_ticks_that_fit_the_gutter(value_ms: float) -> None:
    limit_ms = nice_limit_ms(value_ms)
    assert value_ms < limit_ms <= 2.2 * value_ms
    for most in (1, 2, 5):
        ticks = LatencyAxis(limit_ms).ticks(most)
        assert 1 <= len(ticks) <= most
        assert ticks[-1][0] == 1.0
        assert all(len(label) <= 5 for _, label in ticks)


@pytest.mark.parametrize(
    ("value_ms", "text"),
    [(0.0, "0.000"), (0.0312, "0.031"), (8.14, "8.14"), (99.94, "99.9"), (99.96, "100"), (1_004.2, "1,004"),
     (123_456.0, "1.2e5"), (-1.0, "0.000")],
)  # fmt: skip
def test_short_numbers(value_ms: float, text: str) -> None:
    assert short_ms(value_ms) == text


@given(st.floats(0, 1e12))
def test_short_numbers_are_short(value_ms: float) -> None:
    assert len(short_ms(value_ms)) <= 6
