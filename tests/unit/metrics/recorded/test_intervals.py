"""The intervals hold the truth about as often as they say, where requests depend on each other, too."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import records

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.recorded.cells import RecordedCells
from ovtui.metrics.recorded.intervals import (
    Interval,
    count_interval,
    percentile_shares,
    ratio_interval,
    share_interval,
)
from ovtui.records.arrays import Floats

SIGMA, SLOWER = 0.3, 1.2
SEEDS = 60


def latencies(rng: np.random.Generator, n: int, alike: int) -> Floats:
    """[n] lognormal latencies around 1 ms, of which as many neighbours as `alike` are moved by the same things."""
    noise = rng.standard_normal(n + alike - 1)
    level = np.convolve(noise, np.full(alike, alike**-0.5), "valid")
    found: Floats = np.exp(SIGMA * level)
    return found


def of_run(ms: Floats, q: float, *, as_if_independent: bool = False) -> tuple[float, Interval] | None:
    """The percentile and its interval; None where that is not known."""
    at = float(np.quantile(ms, q / 100, method="inverted_cdf"))
    cells = RecordedCells({"it": at}, "service")
    cells.add(records(1000 + np.arange(len(ms)) * 10.0, service_ms=ms))
    independent = len(ms) if as_if_independent else cells.independent("it")
    low, high = percentile_shares(q, independent)
    if high is None:
        return None
    ends = np.quantile(ms, [low, high], method="inverted_cdf")
    return at, Interval(float(ends[0]), float(ends[1]))


def held(n: int, alike: int, q: float, **how: bool) -> float:
    """The share of pairs of runs whose interval of the ratio holds SLOWER."""
    rng = np.random.default_rng(19)
    found = []
    for _ in range(SEEDS):
        a = of_run(latencies(rng, n, alike), q, **how)
        b = of_run(SLOWER * latencies(rng, n, alike), q, **how)
        if a is not None and b is not None:
            found.append(ratio_interval(*a, *b))
    assert len(found) > 0.9 * SEEDS
    return sum(each.low <= SLOWER <= each.high for each in found) / len(found)


@pytest.mark.parametrize(("n", "alike", "q"), [(2000, 1, 50), (2000, 1, 99), (4000, 40, 50), (9000, 40, 90)])
def test_the_ratio_of_two_percentiles_is_in_its_interval(n: int, alike: int, q: float) -> None:
    assert held(n, alike, q) >= 0.93


def test_taking_them_for_independent_would_be_wrong() -> None:
    """The test above can fail."""
    assert held(4000, 40, 50, as_if_independent=True) < 0.7


def test_the_mean_of_requests_that_depend_on_each_other() -> None:
    rng, good, widths = np.random.default_rng(5), 0, []
    truth = math.exp(SIGMA**2 / 2)
    for _ in range(SEEDS):
        cells = RecordedCells({}, "service")
        cells.add(records(1000 + np.arange(4000) * 10.0, service_ms=latencies(rng, 4000, 40)))
        found = cells.mean_ms()
        assert found is not None
        good += found.low <= truth <= found.high
        widths.append(found.high / found.low - 1)
    assert good >= 0.93 * SEEDS
    assert max(widths) < 0.4


def test_a_percentile_without_enough_independent_requests_has_no_upper_end() -> None:
    assert percentile_shares(99, 367)[1] is None
    low, high = percentile_shares(99, 369)
    assert high is not None
    assert low < 0.99 < high <= 1


@given(st.floats(1, 99.9), st.floats(2, 1e6))
def test_the_interval_of_a_percentile_lies_around_it(q: float, independent: float) -> None:
    low, high = percentile_shares(q, independent)
    assert 0 <= low <= q / 100 + 1 / independent
    assert high is None or q / 100 - 1 / independent <= high <= 1


def test_the_exact_binomial_interval_of_a_median() -> None:
    """Of 100 requests the 40th and the 61st (Hahn, Meeker, Escobar: table J.11), within the interpolated rank."""
    low, high = percentile_shares(50, 100)
    assert high is not None
    assert low == pytest.approx(0.40, abs=0.015)
    assert high == pytest.approx(0.60, abs=0.015)


def test_the_share_that_failed() -> None:
    """Clopper, Pearson: 0 of 100 is below 3.62 %, 10 of 100 between 4.90 and 17.62 %."""
    assert share_interval(0, 100) == Interval(0.0, pytest.approx(0.0362, abs=1e-4))
    found = share_interval(10, 100)
    assert found.low == pytest.approx(0.0490, abs=1e-4)
    assert found.high == pytest.approx(0.1762, abs=1e-4)
    assert share_interval(100, 100).high == 1.0


def test_a_regular_load_has_a_narrow_rate_and_a_random_one_a_wide() -> None:
    regular = count_interval(np.full(1000, 5.0))
    random = count_interval(np.random.default_rng(3).poisson(5.0, 1000).astype(np.float64))
    assert regular.high - regular.low < 5
    assert random.high - random.low == pytest.approx(2 * 1.96 * math.sqrt(5000), rel=0.25)


RATES = st.floats(0.01, 1e4)


@given(RATES, RATES, st.floats(1, 3), st.floats(1, 3), st.floats(1, 3), st.floats(1, 3))
def test_an_interval_of_a_ratio(a: float, b: float, down_a: float, up_a: float, down_b: float, up_b: float) -> None:
    found = ratio_interval(a, Interval(a / down_a, a * up_a), b, Interval(b / down_b, b * up_b))
    assert found.low <= b / a * (1 + 1e-9)
    assert found.high >= b / a * (1 - 1e-9)
    # Never wider than both at their worst, never narrower than one alone.
    assert found.low >= b / down_b / (a * up_a) * (1 - 1e-9)
    assert found.low <= b / down_b / a * (1 + 1e-9)
    back = ratio_interval(b, Interval(b / down_b, b * up_b), a, Interval(a / down_a, a * up_a))
    assert back.low == pytest.approx(1 / found.high)


def test_where_an_estimate_is_zero_the_ends_decide() -> None:
    found = ratio_interval(0.0, Interval(0.0, 0.01), 0.05, Interval(0.03, 0.08))
    assert found.low == pytest.approx(3.0)
    assert found.high == math.inf
    assert ratio_interval(0.0, Interval(0.0, 0.01), 0.0, Interval(0.0, 0.01)) == Interval(0.0, math.inf)


def test_sqrt_of_two_normal_logs() -> None:
    """Of two lognormal medians the interval on logarithms is the textbook's: 1.96 times the root of both variances."""
    a, b = (math.exp(-z * 0.1) for z in (1.96, -1.96)), 2.0
    found = ratio_interval(1.0, Interval(*a), b, Interval(b * math.exp(-1.96 * 0.2), b * math.exp(1.96 * 0.2)))
    z = NormalDist().inv_cdf(0.975)
    assert math.log(found.high / 2) == pytest.approx(z * math.hypot(0.1, 0.2), rel=1e-3)


def test_a_histogram_gives_the_same_percentiles() -> None:
    """The figures come from histograms, the intervals above from the values: within half a bucket they are the same."""
    ms = latencies(np.random.default_rng(1), 5000, 1)
    histogram = Histogram()
    histogram.add(ms)
    assert histogram.percentile(90) == pytest.approx(float(np.quantile(ms, 0.9, method="inverted_cdf")), rel=0.004)
