"""Stationary noise is steady whatever its form; drifts, rises and second modes that are there are found."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.judgement.bimodality import find_two_modes
from ovtui.metrics.judgement.steadiness import MIN_DRIFT_S, THROTTLING_S, assess_steadiness, find_drift
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.per_second import PerSecondSeries

SEEDS = st.integers(0, 2**32)


def counts_of(values_ms: np.ndarray) -> np.ndarray:
    histogram = Histogram()
    histogram.add(np.asarray(values_ms, np.float64))
    return histogram.counts


def series_of(p50_ms: np.ndarray, count: float = 200.0) -> PerSecondSeries:
    n = len(p50_ms)
    return PerSecondSeries(np.arange(n, dtype=np.float64), np.asarray(p50_ms, np.float64), np.full(n, count))


FORMS = {
    "normal": lambda rng, n: rng.normal(0, 1, n),
    "cauchy": lambda rng, n: rng.standard_cauchy(n).clip(-5, 5),
    "gamma": lambda rng, n: rng.gamma(2, 1, n) - 2,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("alike", [0.0, 0.4, 0.7])
@pytest.mark.parametrize("n", [25, 60, 300])
def test_noise_that_stays_the_same_seldom_drifts(form: str, alike: float, n: int) -> None:
    """Also where each second resembles the one before, as on a machine with neighbours: at most one series of a
    hundred, with a scatter of 15 %."""
    alarms = 0
    for seed in range(200):
        fresh = FORMS[form](np.random.default_rng(seed), n)
        noise = np.zeros(n)
        for i in range(n):
            noise[i] = (alike * noise[i - 1] if i else 0) + fresh[i]
        alarms += find_drift(series_of(8 * np.exp(0.15 * noise / noise.std())), closed_loop=True) is not None
    assert alarms <= 2


@given(SEEDS, st.floats(0.25, 2.0), st.floats(0.0, 0.03), st.integers(60, 600))
def test_a_slow_rise_at_the_same_load_looks_like_throttling(seed: int, rise: float, noise: float, n: int) -> None:
    level = 8 * (1 + rise * np.arange(n) / n)
    found = find_drift(series_of(level * np.random.default_rng(seed).lognormal(0, noise, n)), closed_loop=True)
    assert found is not None
    assert found.id == "throttling"
    quarters = [np.median(part) for part in np.array_split(level, 4)]
    first, last = (float(word) for word in re.findall(r"[\d.]+", found.text)[:2])
    assert (first, last) == pytest.approx((quarters[0], quarters[-1]), rel=0.05)


def test_a_rise_under_a_load_that_rises_is_a_drift() -> None:
    n = 90
    series = PerSecondSeries(np.arange(n, dtype=float), np.linspace(8, 12, n), np.linspace(100, 200, n))
    assert find_drift(series, closed_loop=False).id == "drift"
    assert find_drift(series, closed_loop=True).id == "throttling"


def test_a_step_is_no_throttling() -> None:
    series = series_of(np.where(np.arange(80) < 40, 8.0, 11.0) + 0.01 * np.random.default_rng(1).normal(size=80))
    found = find_drift(series, closed_loop=True)
    assert found is None or found.id == "drift"


def test_a_fall_is_a_drift() -> None:
    found = find_drift(series_of(np.linspace(12, 8, 60)), closed_loop=True)
    assert found is not None
    assert found.id == "drift"
    assert "down" in found.text


def test_too_few_seconds_tell_nothing() -> None:
    assert find_drift(series_of(np.linspace(8, 20, MIN_DRIFT_S - 1)), closed_loop=True) is None
    short = find_drift(series_of(np.linspace(8, 20, THROTTLING_S - 1)), closed_loop=True)
    assert short is not None
    assert short.id == "drift"


def test_seconds_without_enough_requests_do_not_count() -> None:
    series = series_of(np.linspace(8, 20, 60), count=3)
    found = assess_steadiness(series, np.zeros(4096, np.int64), closed_loop=True)
    assert (found.findings, found.seconds) == ((), 0)
    assert found.label == "too short to tell (0 of 20 s)"


@settings(max_examples=300)
@given(
    SEEDS,
    st.integers(50, 30_000),
    st.sampled_from(["lognormal", "gamma", "uniform", "exponential", "heavy"]),
    st.floats(0.02, 1.0),
    st.floats(0.05, 500),
)
def test_one_mode_is_one_mode(seed: int, n: int, form: str, width: float, level_ms: float) -> None:
    rng = np.random.default_rng(seed)
    values = {
        "lognormal": lambda: rng.lognormal(0, width, n),
        "gamma": lambda: rng.gamma(1 / width**2, width**2, n),
        "uniform": lambda: rng.uniform(1, 1 + 3 * width, n),
        "exponential": lambda: 1 + width * rng.exponential(1, n),
        "heavy": lambda: 1 + width * rng.pareto(1.5, n),
    }[form]()
    assert find_two_modes(counts_of(level_ms * values)) is None


@settings(max_examples=200)
@given(SEEDS, st.integers(2_000, 30_000), st.floats(0.15, 0.85), st.floats(1.8, 40.0), st.floats(0.01, 0.07))
def test_two_modes_are_found(seed: int, n: int, share: float, apart: float, width: float) -> None:
    rng = np.random.default_rng(seed)
    low = rng.random(n) < share
    values = np.where(low, 5.0, 5.0 * apart) * rng.lognormal(0, width, n)
    modes = find_two_modes(counts_of(values))
    assert modes is not None
    assert modes.low_ms == pytest.approx(5.0, rel=0.05)
    assert modes.high_ms == pytest.approx(5.0 * apart, rel=0.05)
    assert modes.low_share == pytest.approx(low.mean(), abs=0.02)
    assert 5.0 < modes.border_ms < 5.0 * apart


def test_a_tail_is_no_mode() -> None:
    rng = np.random.default_rng(2)
    values = np.concatenate((rng.lognormal(1.6, 0.1, 9700), rng.lognormal(4, 0.1, 300)))
    assert find_two_modes(counts_of(values)) is None


def test_the_sentence_names_what_the_modes_are() -> None:
    rng = np.random.default_rng(2)
    values = np.concatenate((rng.lognormal(2, 0.05, 5000), rng.lognormal(4, 0.05, 2000)))
    found = assess_steadiness(
        series_of(np.full(30, 8.0)), counts_of(values), closed_loop=True, groups=lambda: "full batches and timer runs"
    )
    assert found.label == "bimodal"
    (finding,) = found.findings
    assert finding.text.startswith(
        "inference has two modes, 7.39 ms (71.4 %) and 54.6 ms (28.6 %): full batches and timer"
    )
