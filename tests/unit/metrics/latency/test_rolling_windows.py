from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, records

from ovtui.metrics.latency.rolling_windows import SLOT_NS, RollingWindows
from ovtui.metrics.latency.samples import measured_requests
from ovtui.records.record import Flag, Records


def windows_of(*parts: Records, now_s: float) -> RollingWindows:
    windows = RollingWindows()
    for part in parts:
        windows.add(measured_requests(part))
    windows.move_to(int(now_s * SECOND))
    return windows


def test_each_window_holds_its_own_span() -> None:
    rows = records([5_000, 55_000, 62_000, 64_600, 64_900], [50.0, 40.0, 30.0, 20.0, 10.0])
    windows = windows_of(rows, now_s=65)
    assert [windows.latency("service", span_s).count for span_s in (1, 10, 60)] == [2, 3, 4]
    assert windows.latency("service", 1).max == 20.0
    assert windows.latency("service", 10).max == 30.0
    assert windows.latency("service", 60).max == 40.0
    assert windows.latency("service", 60).min == 10.0
    assert windows.latency("service", 60).mean == pytest.approx(25.0)


def test_windows_forget_as_time_passes_though_nothing_comes_back() -> None:
    windows = windows_of(records([1000, 1100], 5.0), now_s=1.2)
    assert windows.latency("response", 1).count == 2
    windows.move_to(3 * SECOND)
    assert windows.latency("response", 1).count == 0
    assert windows.latency("response", 1).p50 is None
    assert windows.latency("response", 10).p50 == pytest.approx(5.0, rel=0.008)
    windows.move_to(10_000 * SECOND)
    assert windows.latency("response", 60).count == 0


def test_percentiles_are_within_one_percent() -> None:
    rng = np.random.default_rng(5)
    service_ms = rng.lognormal(2, 0.7, 20_000)
    rows = records(np.sort(rng.uniform(1_000, 9_000, 20_000)), service_ms)
    latency = windows_of(rows, now_s=9).latency("service", 10)
    for q, found in ((50, latency.p50), (90, latency.p90), (99, latency.p99), (99.9, latency.p999)):
        exact = np.sort(service_ms)[round(q * 200) - 1]
        assert found == pytest.approx(exact, rel=0.01)


def test_a_percentile_needs_its_samples_here_too() -> None:
    latency = windows_of(records(np.linspace(1000, 1900, 661), 5.0), now_s=2).latency("service", 10)
    assert latency.p95 is not None
    assert latency.p99 is None


def test_errors_and_first_inferences_are_left_out() -> None:
    rows = records([1000, 1100, 1200], 5.0, flags=[Flag.WARM_UP, Flag.ERROR, 0])
    assert windows_of(rows, now_s=1.3).latency("service", 1).count == 1


def test_what_comes_late_lands_in_its_own_slot() -> None:
    windows = windows_of(records([20_000], 1.0), records([15_000], 9.0), records([100], 3.0), now_s=20.1)
    assert windows.latency("service", 1).count == 1
    assert windows.latency("service", 10).count == 2
    assert windows.latency("service", 60).count == 3
    windows.add(measured_requests(records([100_000], 1.0)))
    windows.add(measured_requests(records([30_000], 1.0)))
    assert windows.latency("service", 60).count == 1


def test_the_flow_is_of_whole_slots() -> None:
    rows = records(np.arange(1000, 3000, 10.0), 4.0)
    rows["due_ns"] = rows["submit_ns"] - 6 * MS
    windows = windows_of(rows, now_s=3.1)
    flow = windows.flow(1.0)
    slots = SECOND // SLOT_NS
    assert len(flow.count) == slots
    assert flow.count.tolist() == [25] * slots
    assert flow.waited_ms == pytest.approx([6.0] * slots)
    assert flow.done_s - flow.due_s == pytest.approx([0.010] * slots)
    assert flow.inference_ms == pytest.approx([4.0] * slots)


def test_a_second_has_its_median() -> None:
    rows = records([1000, 1300, 1900, 2100], [3.0, 5.0, 9.0, 70.0])
    windows = windows_of(rows, now_s=2.5)
    assert windows.second(1) == (pytest.approx(5.0, rel=0.01), 3)
    median, count = windows.second(0)
    assert np.isnan(median)
    assert count == 0
