"""Histogram against numpy's exact percentiles, and its merge against one big array."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import rounded_ms

LATENCIES_MS = arrays(np.float64, st.integers(1, 400), elements=st.floats(0.001, 3_600_000))
QUANTILES = [0.5, 1, 50, 90, 95, 99, 99.9, 100]


def histogram_of(values_ms: np.ndarray) -> Histogram:
    histogram = Histogram()
    histogram.add(values_ms)
    return histogram


def nearest_rank(values_ms: np.ndarray, q: float) -> float:
    rank = max(math.ceil(Fraction(str(q)) * len(values_ms) / 100), 1)
    return float(np.sort(values_ms)[rank - 1])


@given(LATENCIES_MS)
def test_percentiles_are_within_half_a_percent_of_the_exact_ones(values_ms: np.ndarray) -> None:
    histogram = histogram_of(values_ms)
    for q in QUANTILES:
        assert histogram.percentile(q) == pytest.approx(nearest_rank(values_ms, q), rel=0.005), q


@given(st.integers(0, 2**32), st.floats(-5, 8), st.floats(0.05, 2.0))
def test_percentiles_of_real_looking_distributions(seed: int, log_median: float, spread: float) -> None:
    # A prime number of them: numpy takes a whole rank for the next one where q / 100 is not exact in binary.
    values_ms = np.random.default_rng(seed).lognormal(log_median, spread, 9_973)
    values_ms = np.clip(values_ms, 0.001, 3_600_000)
    latency = histogram_of(values_ms).latency()
    for name, q in {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}.items():
        exact = np.percentile(values_ms, q, method="inverted_cdf")
        assert getattr(latency, name) == pytest.approx(exact, rel=0.01), name


@given(st.lists(LATENCIES_MS, min_size=1, max_size=6))
def test_merging_parts_is_adding_the_whole(parts: list[np.ndarray]) -> None:
    merged, added = Histogram(), Histogram()
    for part in parts:
        merged.merge(histogram_of(part))
        added.add(part)
    whole = histogram_of(np.concatenate(parts))
    for histogram in (merged, added):
        assert (histogram.counts == whole.counts).all()
        assert (histogram.count, histogram.min_ms, histogram.max_ms) == (whole.count, whole.min_ms, whole.max_ms)
        assert histogram.sum_ms == pytest.approx(whole.sum_ms)


@given(LATENCIES_MS)
def test_percentiles_never_fall_and_stay_within_the_extremes(values_ms: np.ndarray) -> None:
    histogram = histogram_of(values_ms)
    found = [histogram.percentile(q) for q in QUANTILES]
    assert found == sorted(found)
    assert rounded_ms(histogram.min_ms) <= found[0]
    assert found[-1] <= rounded_ms(histogram.max_ms)
