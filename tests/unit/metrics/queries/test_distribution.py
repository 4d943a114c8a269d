from __future__ import annotations

import numpy as np
import pytest
from samples import records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.queries.distribution import Distribution, distributions_of
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import Flag

GPU0 = 0x20


def distribution(values_ms: np.ndarray) -> Distribution:
    histogram = Histogram()
    histogram.add(np.asarray(values_ms, np.float64))
    return Distribution("all", histogram.counts, histogram.count, histogram.min_ms, histogram.max_ms)


def test_bars_hold_every_request_once() -> None:
    values = np.random.default_rng(1).lognormal(2, 0.5, 5000)
    found = distribution(values)
    for edges in (np.geomspace(0.5, 200, 40), np.linspace(0, 200, 300)):
        bars = found.bars(edges)
        exact, _ = np.histogram(values, edges)
        assert bars.sum() == pytest.approx(exact.sum(), abs=2)
        # A bucket on a border is divided: no bar is off by more than what its two border buckets hold.
        assert np.abs(np.cumsum(bars) - np.cumsum(exact)).max() <= 60


def test_bars_narrower_than_buckets_make_no_comb() -> None:
    values = np.linspace(4.0, 5.0, 100_000, endpoint=False)
    bars = distribution(values).bars(np.linspace(4.0, 5.0, 400))
    assert bars.min() > 0.9 * bars.mean()
    assert bars.max() < 1.1 * bars.mean()


def test_the_curve_runs_through_the_percentiles() -> None:
    values = np.random.default_rng(2).lognormal(2, 0.6, 40_000)
    curve = distribution(values).curve(np.array([-np.log10(0.5), 1.0, 2.0, 3.0]))
    exact = [np.percentile(values, q) for q in (50, 90, 99, 99.9)]
    assert curve == pytest.approx(exact, rel=0.02)


def test_the_curve_ends_where_samples_do() -> None:
    curve = distribution(np.linspace(1, 2, 1000)).curve(np.array([1.0, 2.0, 2.1, 2.3, 3.0]))
    assert np.isfinite(curve[:3]).all()
    assert np.isnan(curve[3:]).all()
    few = distribution(np.linspace(1, 2, 10)).curve(np.array([0.3, 1.0, 1.3, 2.0]))
    assert np.isfinite(few[:3]).all()
    assert np.isnan(few[3])


def test_a_percentile_needs_its_samples() -> None:
    found = distribution(np.linspace(1, 2, 661))
    assert found.percentile(99) is None
    assert found.percentile(95) == pytest.approx(1.95, rel=0.01)


def digest() -> Digest:
    digest = Digest()
    rows = records(np.arange(1000, 1100), np.r_[np.full(40, 8.0), np.full(60, 2.0)], segment=1)
    rows["device"] = np.r_[np.full(40, STAND_IN), np.full(60, GPU0)]
    rows["batch_size"] = np.r_[np.full(50, 1), np.full(50, 4)]
    rows["flags"][45:50] = Flag.TIMED_OUT
    digest.feed(update(rows, *started(), now_s=2))
    later = records(np.arange(3000, 3030), 5.0, segment=2, device=GPU0)
    digest.feed(update(later, segment(2, t_s=2.9), now_s=3.5))
    return digest


def test_groups_by_device_batching_and_segment() -> None:
    found = digest()
    names = {
        (span, grouping): {group.name: group.count for group in distributions_of(found, "service", span, grouping)}
        for span in ("segment", "run")
        for grouping in ("all", "device", "batching", "segment")
    }
    assert names["run", "all"] == {"whole run": 130}
    assert names["segment", "all"] == {"segment 2": 30}
    assert names["run", "device"] == {"(CPU)": 40, "GPU.0": 90}
    assert names["segment", "device"] == {"GPU.0": 30}
    # The device batches, so all that ran alone on it waited for the timer, those recorded without the mark as well.
    assert names["run", "batching"] == {"alone": 40, "timer runs": 40, "full batches": 50}
    assert names["segment", "batching"] == {"timer runs": 30}
    assert names["segment", "segment"] == names["run", "segment"] == {"segment 1": 100, "segment 2": 30}


def test_the_last_seconds_are_one_group() -> None:
    (group,) = distributions_of(digest(), "service", 10, "device")
    assert (group.name, group.count) == ("last 10 s", 130)
    assert group.bars(np.array([0.0, 3.0, 6.0, 9.0])) == pytest.approx([60, 30, 40])
    assert distributions_of(digest(), "service", 1, "all")[0].count == 30


def test_of_nothing_there_are_no_groups() -> None:
    for span in ("segment", "run", 60):
        for grouping in ("all", "device", "batching", "segment"):
            assert distributions_of(Digest(), "response", span, grouping) == []
