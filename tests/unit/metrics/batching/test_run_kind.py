from __future__ import annotations

import numpy as np
import pytest
from samples import records

from ovtui.metrics.batching.run_kind import describe_mode_groups, histograms_by_run_kind
from ovtui.metrics.latency.histogram import Histogram
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import Flag, Records

GPU0 = 0x20


def requests(*, timer_ms: float = 2.0, stand_in_ms: float = 60.0, timers: int = 200) -> Records:
    """[1,099] full batches of 20 ms and timer runs on the GPU, and what the stand-in served before."""
    rng = np.random.default_rng(1)
    rows = records(np.arange(1100), np.r_[np.full(300, stand_in_ms), np.full(600, 20.0), np.full(200, timer_ms)])
    rows["infer_us"] *= rng.lognormal(0, 0.03, len(rows))
    rows["device"] = np.r_[np.full(300, STAND_IN), np.full(800, GPU0)]
    rows["batch_size"] = np.r_[np.full(300, 1), np.full(600, 4), np.full(200, 1)]
    rows["batch_size"][900 : 1100 - timers] = 4
    rows["flags"][1100 - timers :] = Flag.TIMED_OUT
    rows["segment"] = 1
    return rows[1:]


def histogram(rows: Records, device: int | None) -> Histogram:
    found = Histogram()
    found.add(rows["infer_us"][(rows["device"] == device) | (device is None)].astype(np.float64) / 1e3)
    return found


def test_requests_by_how_they_ran() -> None:
    found = histograms_by_run_kind(requests(), "service")
    assert {name: group.count for name, group in found.items()} == {
        "alone": 299,
        "timer runs": 200,
        "full batches": 600,
    }
    assert found["full batches"].percentile(50) == pytest.approx(20, rel=0.01)
    assert histograms_by_run_kind(requests()[:0], "service") == {}


def test_two_modes_of_one_device_are_described_by_run_kind() -> None:
    kept = requests()
    assert describe_mode_groups(kept, GPU0, histogram(kept, GPU0)) == "timer runs and full batches"


def test_two_modes_of_two_devices_are_described_by_device() -> None:
    kept = requests(timer_ms=20.0)
    assert describe_mode_groups(kept, None, histogram(kept, None)) == "GPU.0 and (CPU)"


def test_one_mode_has_no_description() -> None:
    kept = requests(timer_ms=20.0)
    assert describe_mode_groups(kept, GPU0, histogram(kept, GPU0)) == ""


def test_a_small_group_does_not_describe_a_mode() -> None:
    kept = requests(timers=20)
    assert describe_mode_groups(kept, GPU0, histogram(kept, GPU0)) == "", (
        "180 full batches and 20 timer runs in the lower mode"
    )
