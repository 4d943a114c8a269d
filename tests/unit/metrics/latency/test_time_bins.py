from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, records

from ovtui.metrics.latency.samples import measured_requests
from ovtui.metrics.latency.time_bins import COARSE_BINS, FINE_BINS, FINE_NS, TimeBins
from ovtui.records.device_codes import CPU, STAND_IN
from ovtui.records.record import Records

GPU0 = 0x20


def timeline_of(*parts: Records) -> TimeBins:
    timeline = TimeBins()
    for part in parts:
        timeline.add_measured(measured_requests(part))
    return timeline


def test_an_empty_timeline_has_empty_columns() -> None:
    columns = TimeBins().columns("response", 10 * SECOND, 10 * SECOND, 10)
    assert columns.edges_s.tolist() == list(range(11))
    assert np.isnan(columns.p50_ms).all()
    assert np.isnan(columns.worst_ms).all()
    assert columns.count.tolist() == [0] * 10
    assert columns.device.tolist() == [0] * 10


def test_columns_hold_the_median_and_the_worst_of_their_time() -> None:
    timeline = timeline_of(records([100, 200, 300, 2500], [10.0, 20.0, 400.0, 5.0]))
    columns = timeline.columns("response", 4 * SECOND, 4 * SECOND, 4)
    assert columns.count.tolist() == [3, 0, 1, 0]
    assert columns.worst_ms[[0, 2]].tolist() == [400.0, 5.0]
    assert columns.p50_ms[[0, 2]] == pytest.approx([20.0, 5.0], rel=0.035)
    assert np.isnan(columns.p50_ms[[1, 3]]).all()
    assert np.isnan(columns.worst_ms[[1, 3]]).all()


def test_kinds_are_kept_apart() -> None:
    rows = records([100], [10.0], infer_us=4000.0)
    rows["due_ns"] -= 30 * MS
    timeline = timeline_of(rows)
    worst = {
        kind: timeline.columns(kind, SECOND, SECOND, 1).worst_ms[0] for kind in ("inference", "service", "response")
    }
    assert worst == {"inference": 4.0, "service": 10.0, "response": 40.0}


def test_a_border_belongs_to_the_column_after_it() -> None:
    timeline = timeline_of(records([999.999, 1000.0]))
    assert timeline.columns("response", 2 * SECOND, 2 * SECOND, 2).count.tolist() == [1, 1]


def test_the_device_of_a_column_is_the_one_that_most_ran_on() -> None:
    timeline = timeline_of(
        records([10, 20, 30], device=STAND_IN),
        records([40, 1100], device=CPU),
        records([1200, 1300], device=GPU0),
    )
    columns = timeline.columns("response", 3 * SECOND, 3 * SECOND, 3)
    assert columns.device.tolist() == [STAND_IN, GPU0, 0]


def test_more_devices_than_places_are_still_counted() -> None:
    timeline = timeline_of(*(records([10 * n], device=0x20 + n) for n in range(12)))
    columns = timeline.columns("response", SECOND, SECOND, 1)
    assert columns.count.tolist() == [12]
    assert columns.device[0] in range(0x20, 0x2C)


def test_late_records_are_added_to_their_own_time() -> None:
    timeline = timeline_of(records([5000]), records([1000], 77.0))
    columns = timeline.columns("response", 6 * SECOND, 6 * SECOND, 6)
    assert columns.count.tolist() == [0, 1, 0, 0, 0, 1]
    assert columns.worst_ms[1] == 77.0


def test_the_ring_of_bins_forgets_only_what_is_older_than_it_is_long() -> None:
    timeline = TimeBins()
    length_s = FINE_BINS * FINE_NS // SECOND
    assert length_s >= 15 * 60
    timeline.add_measured(measured_requests(records([0, 60_000], [50.0, 60.0])))
    timeline.add_measured(measured_requests(records([(length_s + 30) * 1000], 70.0)))
    recent = timeline.columns("response", 61 * SECOND, SECOND, 10)
    assert recent.count.sum() == 1
    assert np.nanmax(recent.worst_ms) == 60.0
    assert timeline.columns("response", SECOND, SECOND, 10).count.sum() == 0


def test_rows_are_clean_when_the_ring_comes_round() -> None:
    timeline = timeline_of(records(np.arange(0, 1000, 10), 500.0))
    round_ms = FINE_BINS * FINE_NS // MS
    timeline.add_measured(measured_requests(records([round_ms + 20], 3.0)))
    columns = timeline.columns("response", round_ms * MS + SECOND, SECOND, 20)
    assert columns.count.sum() == 1
    assert np.nanmax(columns.worst_ms) == 3.0


def test_a_record_older_than_the_fine_bins_still_counts_in_the_hour() -> None:
    timeline = timeline_of(records([30 * 60_000]), records([60_000], 9.0))
    columns = timeline.columns("response", 40 * 60 * SECOND, 40 * 60 * SECOND, 40)
    assert columns.count.tolist() == [0] + [1] + [0] * 28 + [1] + [0] * 9
    assert columns.worst_ms[1] == 9.0


def test_a_jump_of_more_than_the_whole_ring_leaves_only_the_new() -> None:
    timeline = timeline_of(records([100]), records([3 * COARSE_BINS * 1000], 2.0))
    end_ns = (3 * COARSE_BINS + 1) * SECOND
    for span_s in (10, 3600):
        assert timeline.columns("response", end_ns, span_s * SECOND, 10).count.sum() == 1


def test_columns_before_the_session_are_empty() -> None:
    timeline = timeline_of(records([500]))
    columns = timeline.columns("response", SECOND, 10 * SECOND, 10)
    assert columns.count.tolist() == [0] * 9 + [1]
    assert columns.edges_s[0] == -9


def test_columns_after_now_are_empty() -> None:
    timeline = timeline_of(records([500]))
    assert timeline.columns("response", 10 * SECOND, 10 * SECOND, 10).count.tolist() == [1] + [0] * 9


def test_columns_narrower_than_a_bin_show_the_bin_they_lie_in() -> None:
    timeline = timeline_of(records([25, 75], [1.0, 2.0]))
    columns = timeline.columns("response", 100 * MS, 100 * MS, 8)
    assert columns.worst_ms.tolist() == [1.0] * 4 + [2.0] * 4


def test_a_column_keeps_its_values_while_the_plot_scrolls() -> None:
    rng = np.random.default_rng(1)
    timeline = timeline_of(records(np.sort(rng.uniform(0, 60_000, 5000)), rng.lognormal(2, 1, 5000)))
    width_ns = 600 * MS
    first = timeline.columns("response", 50 * width_ns, 50 * width_ns, 50)
    later = timeline.columns("response", 57 * width_ns, 50 * width_ns, 50)
    np.testing.assert_array_equal(first.p50_ms[7:], later.p50_ms[:-7])
    np.testing.assert_array_equal(first.worst_ms[7:], later.worst_ms[:-7])


def test_the_median_is_never_above_the_worst() -> None:
    timeline = timeline_of(records([10, 20, 30], 1.001))
    columns = timeline.columns("response", SECOND, SECOND, 1)
    assert columns.p50_ms[0] <= columns.worst_ms[0] < 1.002


@pytest.mark.parametrize("value_ms", [0.0, 0.0005, 0.02, 0.4, 8.0, 900.0, 9_000.0, 60_000.0, 1e9])
def test_any_latency_can_be_shown(value_ms: float) -> None:
    columns = timeline_of(records([2e9], value_ms)).columns("service", 2_000_001 * SECOND, 2 * SECOND, 1)
    assert columns.count[0] == 1
    assert columns.worst_ms[0] == pytest.approx(value_ms, abs=1e-5)
    in_fine_range = 0.016 <= value_ms <= 10_000
    if in_fine_range:
        assert columns.p50_ms[0] == pytest.approx(value_ms, rel=0.035)
    assert columns.p50_ms[0] <= columns.worst_ms[0]


def test_completions_of_a_span_are_counted_in_whole_bins() -> None:
    timeline = timeline_of(records(np.arange(0, 5000, 10)))
    assert timeline.count(5 * SECOND, 2 * SECOND) == 200
    assert timeline.count(2 * SECOND, 60 * SECOND) == 200
    assert timeline.count(60 * SECOND, 2 * SECOND) == 0
    assert TimeBins().count(SECOND, SECOND) == 0
