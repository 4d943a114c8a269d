"""Figures by benchmark_app's definitions, against its own arithmetic on the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from samples import records

from ovtui.metrics.benchmark_app import latencies as latencies_module
from ovtui.metrics.benchmark_app.figures import Figures
from ovtui.metrics.benchmark_app.latencies import Latencies
from ovtui.records.record import Flag


def theirs(values_ms: list[float], percent: int) -> float:
    from openvino.tools.benchmark.benchmark import percentile

    found: float = percentile(sorted(values_ms), percent)
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 10, 99, 100, 101])
def test_percentiles_are_of_the_rank_that_benchmark_app_takes(count: int) -> None:
    values_us = np.random.default_rng(count).uniform(10, 90_000, count).astype(np.float32)
    found = Latencies()
    for part in np.array_split(values_us, 3):
        found.add(part)
    values_ms = (values_us.astype(np.float64) / 1e3).tolist()
    for percent in (1, 25, 50, 90, 95, 99, 100):
        assert found.percentile_ms(percent) == theirs(values_ms, percent)
    assert found.average_ms == pytest.approx(sum(values_ms) / count)
    assert (found.least_ms, found.most_ms) == (min(values_ms), max(values_ms))
    assert found.count == count


def test_of_nothing_nothing_is_known() -> None:
    found = Latencies()
    found.add([])
    assert (found.count, found.percentile_ms(50), found.average_ms, found.least_ms, found.most_ms) == (
        0, None, None, None, None,
    )  # fmt: skip


def test_equal_values_are_kept_once() -> None:
    found = Latencies()
    for _ in range(3):
        found.add([2.0, 5.0, 2.0])
    assert found.percentile_ms(66) == 0.002
    assert found.percentile_ms(67) == 0.005
    assert len(found._keys) == 2


def test_of_more_values_than_are_kept_the_figures_stay_within_a_hundredth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latencies_module, "KEPT", 3_000)
    values_us = np.random.default_rng(3).uniform(50, 1_200_000, 20_000).astype(np.float32)
    found = Latencies()
    for part in np.array_split(values_us, 37):
        found.add(part)
    values_ms = (values_us.astype(np.float64) / 1e3).tolist()
    for percent in (1, 50, 90, 99, 100):
        assert found.percentile_ms(percent) == pytest.approx(theirs(values_ms, percent), abs=0.01, rel=1 / 65_536)
    assert (found.count, found.least_ms, found.most_ms) == (20_000, min(values_ms), max(values_ms))


def test_the_first_inference_is_no_iteration() -> None:
    rows = records([5, 11, 12, 14], [5.0, 1.0, 1.0, 2.0], flags=[Flag.WARM_UP, 0, 0, 0])
    apart, among = Figures(), Figures(first_inference=False)
    for each in (apart, among):
        each.add(rows[:2])
        each.add(rows[2:])
    assert apart.iterations == 3
    assert apart.duration_ms == pytest.approx(4.0)  # from 10 to 14 ms
    assert apart.latencies.most_ms == pytest.approx(2.0)
    assert apart.fps(2) == pytest.approx(3 * 2 / 0.004)
    assert among.iterations == 4
    assert among.duration_ms == pytest.approx(14.0)
    assert among.latencies.most_ms == pytest.approx(5.0)


def test_the_duration_holds_the_filling_of_the_first_input() -> None:
    figures = Figures(first_inference=False)
    figures.add(records([2, 3], 1.0, copy_us=[250.0, 250.0], reset_us=[0.0, 0.0]))
    assert figures.duration_ms == pytest.approx(2.25)


def test_failed_requests_are_no_iterations() -> None:
    figures = Figures(first_inference=False)
    figures.add(records([1, 2, 3], 1.0, flags=[0, Flag.ERROR, 0]))
    assert (figures.iterations, figures.failed) == (2, 1)
    assert figures.fps(1) == pytest.approx(2 / 0.003)


def test_frames_are_those_of_each_data_shape() -> None:
    figures = Figures(first_inference=False, by_shape=True)
    figures.add(records([1, 2, 3], [1.0, 0.5, 1.0], data_shape=[0, 1, 0]))
    assert figures.fps(1, (4, 8)) == pytest.approx((4 + 8 + 4) / 0.003)
    assert figures.fps(4, (4,)) == pytest.approx(12 / 0.003)
    assert {shape: found.count for shape, found in figures.of_shape.items()} == {0: 2, 1: 1}
    assert figures.of_shape[1].average_ms == 0.5


def test_without_a_request_there_is_no_throughput() -> None:
    figures = Figures()
    figures.add(records([5], 5.0, flags=[Flag.WARM_UP]))
    assert (figures.iterations, figures.duration_ms, figures.fps(1)) == (0, 0.0, None)


def test_at_a_rate_no_throughput_is_above_it() -> None:
    measured = Figures(first_inference=False)
    slow, quick = (Figures(first_inference=False, rate_per_s=rate) for rate in (2_000.0, 10.0))
    for figures in (measured, slow, quick):
        figures.add(records([1, 2, 3, 4], 1.0))
    assert slow.duration_ms == measured.duration_ms > 2
    assert quick.duration_ms == pytest.approx(400)
    assert quick.fps(2) == pytest.approx(20)
