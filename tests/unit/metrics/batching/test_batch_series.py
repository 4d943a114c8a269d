from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, records

from ovtui.metrics.batching.batch_assembly import fired_batches
from ovtui.metrics.batching.batch_series import SECONDS_KEPT, PerSecondBatching
from ovtui.records.record import Flag, Records, join_records


def batches(first_s: float, waits_ms: list[float], size: int = 4, first_id: int = 1) -> Records:
    """One full batch after the other, 10 ms apart, whose first member waited so long."""
    parts = []
    for number, wait_ms in enumerate(waits_ms):
        done_ms = first_s * 1e3 + 10 * number
        rows = records([done_ms] * size, 2.0, batch_size=size, batch_id=first_id + number)
        rows["submit_ns"][0] -= int(wait_ms * MS)
        parts.append(rows)
    return join_records(parts)


def seconds_of(*parts: Records) -> PerSecondBatching:
    seconds = PerSecondBatching()
    for rows in parts:
        seconds.add(rows, fired_batches(rows))
    return seconds


def test_shares_are_of_the_requests_of_each_second() -> None:
    timer = records(np.arange(2000, 2400, 100), 5.0, flags=Flag.TIMED_OUT)
    series = seconds_of(batches(1.1, [5] * 3), timer, batches(2.5, [5] * 3, first_id=9)).series(4 * SECOND, 10)
    assert series.t_s.tolist() == [0, 1, 2, 3]
    assert series.full.tolist() == pytest.approx([np.nan, 1, 0.75, np.nan], nan_ok=True)
    assert series.timer.tolist() == pytest.approx([np.nan, 0, 0.25, np.nan], nan_ok=True)


def test_waits_of_each_second() -> None:
    series = seconds_of(batches(1.0, [*range(1, 50), 400])).series(2 * SECOND, 1)
    assert series.mean_ms[0] == pytest.approx((49 * 25 + 400) / 50)
    assert series.max_ms[0] == 400
    assert series.p50_ms[0] == pytest.approx(25, rel=0.1)


def test_errors_warm_ups_and_unknown_runs_do_not_count() -> None:
    flags = [Flag.ERROR, Flag.WARM_UP, 0, Flag.TIMED_OUT]
    rows = records([1000, 1001, 1002, 1003], flags=flags, batch_size=[0, 1, 0, 1])
    series = seconds_of(rows).series(2 * SECOND, 1)
    assert (series.full[0], series.timer[0]) == (0, 1)


def test_what_is_never_batched_has_no_series() -> None:
    series = seconds_of(records(np.arange(1000, 1900))).series(2 * SECOND, 1)
    assert np.isnan(series.full[0])


def test_the_cut_into_updates_does_not_matter() -> None:
    rows = batches(1.0, list(range(1, 99)))
    whole, parts = seconds_of(rows), seconds_of(rows[: 4 * 33], rows[4 * 33 :])
    one, other = whole.series(3 * SECOND, 3), parts.series(3 * SECOND, 3)
    for name in ("full", "timer", "mean_ms", "p50_ms", "max_ms"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name


def test_only_the_last_quarter_of_an_hour_is_kept() -> None:
    late = batches(SECONDS_KEPT + 5.0, [7] * 5, first_id=50)
    seconds = seconds_of(batches(3.0, [5] * 5), late)
    seconds.add(batches(4.0, [9] * 5, first_id=99), None)
    series = seconds.series((SECONDS_KEPT + 6) * SECOND, 10 * SECONDS_KEPT)
    assert len(series.t_s) == SECONDS_KEPT
    assert series.t_s[0] == 6
    known = np.flatnonzero(~np.isnan(series.full))
    assert series.t_s[known].tolist() == [SECONDS_KEPT + 5]


def test_a_pause_is_no_fill_of_before() -> None:
    seconds = seconds_of(batches(1.0, [5] * 5), batches(1.0 + 2 * SECONDS_KEPT, [5] * 5, first_id=20))
    series = seconds.series((2 * SECONDS_KEPT + 2) * SECOND, SECONDS_KEPT)
    assert int((~np.isnan(series.full)).sum()) == 1
