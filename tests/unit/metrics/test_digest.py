from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, began, records, segment, spawned, started, update

from ovtui.metrics.digest import SEGMENTS, Digest
from ovtui.records.device_codes import STAND_IN
from ovtui.records.events import EngineExited, LoadEnded
from ovtui.records.record import Flag

GPU0 = 0x20


def fed(*updates) -> Digest:
    digest = Digest()
    for one in updates:
        digest.feed(one)
    return digest


def test_before_the_first_update_nothing_is_known() -> None:
    snapshot = Digest().snapshot()
    assert (snapshot.submitted, snapshot.completed, snapshot.in_flight) == (0, 0, 0)
    assert snapshot.throughput is None
    assert snapshot.mean_throughput is None
    assert snapshot.elapsed_s == 0
    assert snapshot.latency["response"].p50 is None
    assert snapshot.segment_latency["response"].count == 0
    assert snapshot.batches.known == 0


def test_latency_covers_the_run_and_the_segment_in_force() -> None:
    digest = fed(
        update(records([1000, 1010], 10.0, segment=1), *started(), now_s=2),
        update(records([3000], 4.0, segment=2), segment(2, t_s=2.5), now_s=4),
    )
    snapshot = digest.snapshot()
    assert snapshot.latency["service"].count == 3
    assert snapshot.latency["service"].max == 10.0
    assert snapshot.segment_latency["service"].count == 1
    assert snapshot.segment_latency["service"].max == 4.0


def test_a_late_record_belongs_to_the_segment_it_carries() -> None:
    digest = fed(
        update(None, *started(), segment(2, t_s=2.5), now_s=3),
        update(records([2900, 3000], [50.0, 4.0], segment=[1, 2]), now_s=4),
    )
    assert digest.snapshot().segment_latency["service"].max == 4.0
    assert digest.segments[1].histogram("service").max_ms == 50.0


def test_a_segment_that_has_begun_without_records_is_empty() -> None:
    digest = fed(update(records([100], segment=1), *started(), now_s=1), update(None, segment(2), now_s=2))
    assert digest.snapshot().segment_latency["service"].count == 0


def test_records_may_come_before_their_segments_event() -> None:
    digest = fed(update(records([100], 7.0, segment=2), *started(), now_s=1), update(None, segment(2), now_s=2))
    assert digest.snapshot().segment_latency["service"].max == 7.0


def test_warm_ups_and_errors_are_counted_but_not_measured() -> None:
    rows = records(
        [100, 200, 300, 400], [90.0, 5.0, 0.0, 6.0], flags=[Flag.WARM_UP, 0, Flag.ERROR, Flag.LATE], segment=1
    )
    snapshot = fed(update(rows, *started(), now_s=1, submitted=6)).snapshot()
    assert (snapshot.completed, snapshot.errors, snapshot.late, snapshot.in_flight) == (4, 1, 1, 2)
    for kind in ("inference", "service", "response"):
        assert snapshot.latency[kind].count == 2
        assert snapshot.latency[kind].max == pytest.approx(6.0)
    assert snapshot.latency["service"].min == 5.0
    assert snapshot.batches.known == 2


def test_an_update_of_nothing_but_errors() -> None:
    snapshot = fed(update(records([100], flags=Flag.ERROR), now_s=1, submitted=1)).snapshot()
    assert (snapshot.completed, snapshot.errors, snapshot.in_flight) == (1, 1, 0)
    assert snapshot.latency["response"].count == 0


def test_lost_records_are_of_requests_that_did_complete() -> None:
    snapshot = fed(update(records([100, 200]), now_s=1, submitted=12, lost=8)).snapshot()
    assert (snapshot.completed, snapshot.lost, snapshot.in_flight) == (10, 8, 2)
    assert snapshot.latency["response"].count == 2


def test_devices_are_told_apart_by_response_latency() -> None:
    rows = records([100, 200, 300], [100.0, 5.0, 6.0], device=[STAND_IN, GPU0, GPU0])
    rows["due_ns"] -= 10 * MS
    devices = fed(update(rows, now_s=1)).devices
    assert {code: group.completed for code, group in devices.items()} == {STAND_IN: 1, GPU0: 2}
    assert devices[STAND_IN].latency["response"].max == 110.0
    assert devices[GPU0].latency["response"].max == 16.0


def test_batch_shares_are_of_the_segment_in_force() -> None:
    sizes = [4] * 8 + [1, 1, 0]
    rows = records(np.arange(100, 111), segment=1, batch_size=sizes, flags=[0] * 8 + [Flag.TIMED_OUT, 0, 0])
    digest = fed(update(rows, *started(), now_s=1))
    shares = digest.snapshot().batches
    assert (shares.known, shares.batched, shares.timed_out, shares.single, shares.batches) == (10, 8, 1, 1, 2)
    digest.feed(update(records([2000], segment=2), segment(2), now_s=2))
    assert digest.snapshot().batches.batched == 0
    assert digest.run.batches.batched == 8


def test_a_batch_that_comes_in_two_updates_is_one_batch() -> None:
    first = records([100, 101, 102], segment=1, batch_size=4)
    second = records([103], segment=1, batch_size=4)
    digest = fed(update(first, *started(), now_s=1), update(second, now_s=2))
    assert digest.snapshot().batches.batches == 1


def test_throughput_is_of_the_last_two_seconds() -> None:
    digest = fed(
        update(records(np.arange(0, 3000, 10.0)), now_s=3),
        update(records(np.arange(3000, 6000, 2.0)), now_s=6),
    )
    assert digest.snapshot().throughput == 500
    assert digest.snapshot().mean_throughput == pytest.approx(1800 / 6, rel=0.01)


def test_throughput_of_a_young_run_is_over_its_own_length() -> None:
    digest = fed(update(records(np.arange(1000, 1500, 10.0), 0.0), now_s=1.5))
    assert digest.snapshot().throughput == 100


def test_throughput_falls_to_zero_when_nothing_completes() -> None:
    digest = fed(update(records(np.arange(0, 1000, 10.0)), now_s=1), update(None, now_s=10))
    assert digest.snapshot().throughput == 0


def test_errors_are_no_throughput() -> None:
    rows = records(np.arange(0, 2000, 10.0), flags=np.arange(200) % 2 * int(Flag.ERROR))
    assert fed(update(rows, now_s=2)).snapshot().throughput == 50


def test_elapsed_counts_from_the_first_submission_and_stops_at_the_end() -> None:
    digest = fed(update(records([1500, 5000], 500.0), now_s=6))
    assert digest.snapshot().elapsed_s == 5.0
    digest.feed(update(None, now_s=8))
    assert digest.snapshot().elapsed_s == 7.0
    digest.feed(update(None, LoadEnded(t_ns=0, engine=1, reason="stopped", submitted=2), now_s=60, finished=True))
    snapshot = digest.snapshot()
    assert snapshot.finished
    assert snapshot.elapsed_s == 4.0
    assert snapshot.mean_throughput == 0.5


def test_the_throughput_shown_at_the_end_is_the_last_one_measured() -> None:
    digest = fed(update(records(np.arange(0, 4000, 10.0)), now_s=4), update(None, now_s=60, finished=True))
    assert digest.snapshot().throughput == 100


def test_nothing_is_in_flight_once_finished() -> None:
    assert fed(update(records([100]), now_s=1, submitted=17, finished=True)).snapshot().in_flight == 0


def test_what_a_dead_engine_left_is_not_in_flight_after_the_restart() -> None:
    died = EngineExited(t_ns=SECOND, engine=1, expected=False, code=-9, signal="SIGKILL", unfinished=16)
    digest = fed(
        update(records(np.arange(4.0)), *started(), now_s=1, submitted=20),
        update(None, died, now_s=2, submitted=20),
    )
    assert digest.snapshot().in_flight == 0
    digest.feed(update(None, spawned(2, 3.0), segment(2, engine=2, t_s=4.0, first_seq=20), now_s=4, submitted=23))
    assert digest.snapshot().in_flight == 3


def test_what_waited_in_a_dead_engine_was_due() -> None:
    died = EngineExited(t_ns=SECOND, engine=1, expected=False, code=-9, signal="SIGKILL", unsent=7)
    digest = fed(update(None, *started(), died, now_s=2, submitted=20))
    digest.feed(update(None, spawned(2, 3.0), segment(2, engine=2, t_s=4.0, first_seq=20), now_s=4, submitted=23))
    assert (digest.due, digest.unsent) == (30, 7)


def test_host_gone_is_passed_on() -> None:
    assert fed(update(None, began(), now_s=1, host_gone=True)).snapshot().host_gone


def test_only_the_newest_segments_are_kept_and_the_run_keeps_all() -> None:
    digest = Digest()
    for number in range(1, 201):
        digest.feed(update(records([number], segment=number), now_s=1))
    assert sorted(digest.segments) == list(range(201 - SEGMENTS, 201))
    digest.feed(update(records([300.0], segment=5), now_s=1))
    assert 5 not in digest.segments
    assert digest.run.measured == 201


def test_history_keeps_every_record_warm_ups_and_errors_too() -> None:
    rows = records([1, 2, 3], flags=[Flag.WARM_UP, Flag.ERROR, 0])
    digest = fed(update(rows, now_s=1))
    assert digest.history.tail(10)["flags"].tolist() == [Flag.WARM_UP, Flag.ERROR, 0]


def test_columns_leave_out_warm_ups_and_errors() -> None:
    rows = records([100, 200, 300], [900.0, 800.0, 5.0], flags=[Flag.WARM_UP, Flag.ERROR, 0])
    columns = fed(update(rows, now_s=1)).columns("response", SECOND, SECOND, 1)
    assert columns.count.tolist() == [1]
    assert columns.worst_ms.tolist() == [5.0]


def test_a_snapshot_does_not_change_afterwards() -> None:
    digest = fed(update(records([100]), now_s=1, submitted=1))
    before = digest.snapshot()
    digest.feed(update(records([200]), now_s=2, submitted=2))
    assert (before.completed, before.latency["response"].count) == (1, 1)
