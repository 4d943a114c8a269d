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
    AutoAxis,
    AxisMode,
    LatencyAxis,
    fitting_limit_ms,
    nice_limit_ms,
    short_ms,
)

NAN = float("nan")


def limit_of(auto: AutoAxis, p50: list[float], worst: list[float], now_s: float) -> float:
    return auto.update(np.array(p50), np.array(worst), now_s).limit_ms


def test_a_worst_near_the_median_is_shown_in_full() -> None:
    assert fitting_limit_ms(np.full(50, 8.0), np.full(50, 20.0)) == 20.0


def test_a_rare_outlier_does_not_flatten_the_median() -> None:
    worst = np.full(100, 10.0)
    worst[17] = 1_004.2
    assert fitting_limit_ms(np.full(100, 8.0), worst) == pytest.approx(10.4)


def test_around_a_change_of_device_both_sides_are_shown() -> None:
    """A stand-in fills every column; the timer behind it completes one request in ten of them. The plot was blank
    there: a scale of 3 ms beside medians of 530."""
    p50 = np.full(100, 2.0)
    p50[50:] = np.where(np.arange(50) % 10 == 0, 530.0, NAN)
    for split in (0, 50):
        axis = AutoAxis().update(p50, p50, 0.0, split=split)
        assert axis.log
        assert axis.low_ms < 2.0 < 530 < axis.limit_ms
        assert AutoAxis("linear").update(p50, p50, 0.0, split=split).limit_ms >= 530
    p50[50:] = NAN
    assert AutoAxis().update(p50, p50, 0.0, split=50).limit_ms < 5


def test_every_median_is_inside_even_one_that_is_an_outlier() -> None:
    p50 = np.full(100, 8.0)
    p50[3] = 900.0
    assert fitting_limit_ms(p50, p50) == 900.0


def test_steady_worsts_far_above_the_median_are_no_wall() -> None:
    """BATCH:CPU(4) had a scale of 2 ms, on which every column was full."""
    p50, worst = np.full(50, 1.0), np.full(50, 100.0)
    assert fitting_limit_ms(p50, worst) == 100.0
    axis = AutoAxis().update(p50, worst, 0.0)
    assert (axis.low_ms, axis.limit_ms, axis.unit, axis.low_label) == (0.5, 200.0, "ms", "0.5")
    assert axis.shares(np.array([1.0, 100.0, NAN])) == pytest.approx([0.1157, 0.8843, NAN], abs=1e-3, nan_ok=True)


def test_the_axis_becomes_logarithmic_over_20_times_the_median_and_linear_under_10() -> None:
    auto, p50 = AutoAxis(), np.full(50, 2.0)
    worst = p50.copy()
    seen = []
    for second, top in enumerate((38.0, 42.0, 22.0, 38.0, 22.0, 19.0, 38.0)):
        worst[7] = top
        seen.append(auto.update(p50, worst, float(second)).log)
    assert seen == [False, True, True, True, True, False, False]


def test_a_person_chooses_the_axis() -> None:
    p50, worst = np.full(50, 2.0), np.full(50, 3.0)
    axis = AutoAxis("log").update(p50, worst, 0.0)
    assert (axis.low_ms, axis.limit_ms) == (0.5, 5.0)
    assert not AutoAxis("linear").update(p50, worst * 100, 0.0).log


def test_the_ends_of_a_logarithmic_axis_stay_until_they_have_been_far_off_for_a_while() -> None:
    auto = AutoAxis("log")

    def ends(p50: float, worst: float, now_s: float) -> tuple[float, float]:
        axis = auto.update(np.full(5, p50), np.full(5, worst), now_s)
        return axis.low_ms, axis.limit_ms

    assert ends(2.0, 90.0, 0.0) == (1.0, 100.0)
    assert ends(0.5, 90.0, 1.0) == (0.2, 100.0), "a median under it: at once"
    assert ends(2.0, 300.0, 2.0) == (0.2, 500.0), "a worst over it: at once"
    assert ends(2.0, 90.0, 3.0) == (0.2, 500.0)
    assert ends(2.0, 90.0, 3.0 + SHRINK_AFTER_S) == (1.0, 100.0)


@pytest.mark.parametrize(
    ("low_ms", "limit_ms", "most", "labels", "unit", "low"),
    [
        (1.0, 100.0, 7, ["2", "5", "10", "20", "50", "100"], "ms", "1"),
        (0.5, 2000.0, 4, ["1", "10", "100", "1000"], "ms", "0.5"),
        (0.01, 0.5, 2, ["0.1"], "µs", "10"),
        (1000.0, 1e5, 2, ["10", "100"], "s", "1"),
        (2.0, 50.0, 9, ["5", "10", "20", "50"], "ms", "2"),
    ],
)
def test_ticks_of_a_logarithmic_axis(
    low_ms: float, limit_ms: float, most: int, labels: list[str], unit: str, low: str
) -> None:
    axis = LatencyAxis(limit_ms, low_ms)
    if unit == "µs":
        labels = [f"{float(label) * 1000:g}" for label in labels]
    assert [label for _, label in axis.ticks(most)] == labels
    assert (axis.unit, axis.low_label) == (unit, low)


MS = st.floats(0.0, 1e8)


@given(
    st.lists(st.tuples(MS, st.floats(1.0, 3e3), st.booleans()), min_size=1, max_size=60),
    st.sampled_from(["auto", "log", "linear"]),
    st.integers(0, 60),
)
def test_every_median_is_inside_and_less_than_half_of_the_columns_are_clipped(
    drawn: list[tuple[float, float, bool]], mode: AxisMode, split: int
) -> None:
    p50 = np.array([ms if known else NAN for ms, _, known in drawn]).clip(0, HIGHEST_MS)
    worst = (p50 * [times for _, times, _ in drawn]).clip(0, HIGHEST_MS)
    axis = AutoAxis(mode).update(p50, worst, 0.0, min(split, len(drawn)))
    known = np.isfinite(p50)
    assert (p50[known] <= axis.limit_ms).all()
    assert (p50[known].clip(LOWEST_MS) >= axis.low_ms).all()
    assert 2 * int((worst[known] > axis.limit_ms).sum()) < max(len(p50[known]), 1)
    shares = axis.shares(worst)
    assert (np.isfinite(shares) == known).all()
    assert ((shares[known] >= 0) & (shares[known] <= 1)).all()
    labels = [axis.low_label, *(label for _, label in axis.ticks(5))]
    assert all(len(label) <= 5 for label in labels)
    if axis.log:
        assert not (worst[known] > axis.limit_ms).any(), "a logarithmic axis shows every value"
        assert axis.limit_ms >= 10 * axis.low_ms


@given(st.lists(st.floats(1.0, 50.0), min_size=1, max_size=30))
def test_between_both_ratios_the_axis_stays_what_it_is(ratios: list[float]) -> None:
    auto, log = AutoAxis(), False
    for second, ratio in enumerate(ratios):
        p50 = np.full(20, 4.0)
        log = ratio > 20 or (log and ratio >= 10)
        assert auto.update(p50, np.append(p50[1:], 4.0 * ratio), float(second)).log is log


def test_nothing_completed_yet() -> None:
    assert fitting_limit_ms(np.array([NAN, NAN]), np.array([NAN, NAN])) is None
    assert limit_of(AutoAxis(), [NAN], [NAN], 1.0) == 1.0


def test_the_limit_grows_at_once() -> None:
    auto = AutoAxis()
    assert limit_of(auto, [8.0], [9.0], 1.0) == 10.0
    assert limit_of(auto, [30.0], [35.0], 1.25) == 40.0


def test_the_limit_shrinks_only_after_it_was_too_high_for_a_while() -> None:
    auto = AutoAxis()
    limit_of(auto, [30.0], [35.0], 0.0)
    assert limit_of(auto, [8.0], [9.0], 1.0) == 40.0
    assert limit_of(auto, [8.0], [9.0], 1.0 + SHRINK_AFTER_S - 0.1) == 40.0
    assert limit_of(auto, [8.0], [9.0], 1.0 + SHRINK_AFTER_S) == 10.0


def test_one_frame_that_needs_the_height_starts_the_wait_anew() -> None:
    auto = AutoAxis()
    limit_of(auto, [30.0], [35.0], 0.0)
    limit_of(auto, [8.0], [9.0], 1.0)
    limit_of(auto, [30.0], [35.0], 2.0)
    assert limit_of(auto, [8.0], [9.0], 1.1 + SHRINK_AFTER_S) == 40.0


def test_a_limit_that_is_a_little_too_high_stays() -> None:
    auto = AutoAxis()
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


def test_a_low_logarithmic_axis_has_labels_over_all_of_its_height() -> None:
    axis = LatencyAxis(200.0, 0.2)
    assert [label for _, label in axis.ticks(2)] == ["1", "100"]
    assert [label for _, label in axis.ticks(3)] == ["1", "10", "100"]
