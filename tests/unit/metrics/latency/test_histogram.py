from __future__ import annotations

import numpy as np
import pytest

from ovtui.metrics.latency.histogram import BUCKETS, Histogram, bucket_edges_ms, bucket_indices, percentile_buckets


def histogram_of(*values_ms: float) -> Histogram:
    histogram = Histogram()
    histogram.add(np.array(values_ms, np.float64))
    return histogram


def test_nothing_counted_has_no_figures() -> None:
    assert Histogram().percentile(50) is None
    latency = Histogram().latency()
    assert (latency.count, latency.min, latency.p50, latency.max, latency.mean) == (0, None, None, None, None)


def test_count_min_max_and_mean_are_exact() -> None:
    latency = histogram_of(1.2345, 7.0, 0.0123, 3333.25).latency()
    assert latency.count == 4
    assert latency.min == 0.0123
    assert latency.max == 3333.25
    assert latency.mean == pytest.approx((1.2345 + 7.0 + 0.0123 + 3333.25) / 4, rel=1e-12)


def test_every_value_lies_in_its_bucket() -> None:
    edges = bucket_edges_ms()
    values = np.geomspace(0.001, 3_600_000, 100_001)
    buckets = bucket_indices(values)
    assert (edges[buckets] <= values).all()
    assert (values < edges[buckets + 1]).all()


def test_buckets_are_no_wider_than_0_8_percent() -> None:
    edges = bucket_edges_ms()
    assert (edges[1:] / edges[:-1]).max() <= 1 + 1 / 128
    assert edges[0] <= 0.001
    assert edges[-1] >= 3_600_000


@pytest.mark.parametrize("value", [-5.0, 0.0, 1e-9, float("nan")])
def test_what_is_too_short_counts_in_the_first_bucket(value: float) -> None:
    assert bucket_indices(np.array([value])).tolist() == [0]


@pytest.mark.parametrize("value", [2.0**22, 1e12, float("inf")])
def test_what_is_too_long_counts_in_the_last_bucket(value: float) -> None:
    assert bucket_indices(np.array([value])).tolist() == [BUCKETS - 1]


def test_a_zero_latency_is_shown_as_zero() -> None:
    assert histogram_of(0.0, 0.0).percentile(50) == 0.0


@pytest.mark.parametrize(("count", "p99", "p999"), [(661, False, False), (662, True, False), (6629, True, False)])
def test_tail_percentiles_need_samples(count: int, p99: bool, p999: bool) -> None:
    histogram = Histogram()
    histogram.add(np.linspace(1, 2, count))
    latency = histogram.latency()
    assert latency.p50 is not None
    assert latency.p95 is not None
    assert (latency.p99 is not None) is p99
    assert (latency.p999 is not None) is p999


def test_all_percentiles_from_6630_samples_on() -> None:
    histogram = Histogram()
    histogram.add(np.arange(1.0, 6631.0))
    latency = histogram.latency()
    expected = {"p50": 3315, "p90": 5967, "p95": 6299, "p99": 6564, "p999": 6624}
    for name, value in expected.items():
        assert getattr(latency, name) == pytest.approx(value, rel=0.004), name


def test_a_rank_that_is_whole_is_not_rounded_up() -> None:
    """0.999 * 1000 is 999.0000000000001 in some orders of the product: the maximum would be taken for the p99.9."""
    histogram = Histogram()
    histogram.add(np.concatenate((np.full(9990, 1.0), np.full(10, 100.0))))
    assert histogram.percentile(99.9) == pytest.approx(1.0, rel=0.004)
    assert histogram.percentile(99.91) == pytest.approx(100.0, rel=0.004)


def test_adding_nothing_changes_nothing() -> None:
    histogram = histogram_of(5.0)
    histogram.add(np.empty(0))
    histogram.merge(Histogram())
    assert histogram.latency() == histogram_of(5.0).latency()


@pytest.mark.parametrize("q", [0, 25, 50, 95, 99, 99.9, 100])
def test_the_bucket_of_a_percentile_is_that_of_its_nearest_rank(q: float) -> None:
    counts = np.random.default_rng(1).integers(0, 4, (50, 32))
    expected = []
    for row in counts:
        sorted_buckets = np.repeat(np.arange(32), row)
        # In whole thousandths of a percent, because 0.999 * 1000 is not 999 in floating point.
        rank = max(-(-round(q * 1000) * len(sorted_buckets) // 100_000), 1)
        expected.append(int(sorted_buckets[rank - 1]))
    cumulated = np.cumsum(counts, axis=1)
    assert percentile_buckets(cumulated, q).tolist() == expected
    assert [int(percentile_buckets(row, q)) for row in cumulated] == expected


@pytest.mark.parametrize("count", [1_000, 10_000, 123_000, 1_000_000_000])
def test_a_rank_that_is_whole_in_floating_point_too(count: int) -> None:
    cumulated = np.array([count * 999 // 1000, count])
    assert percentile_buckets(cumulated, 99.9) == 0
