from __future__ import annotations

import json

import numpy as np
import pytest
from samples import MS, records, started, update

from ovtui.metrics.batching.batch_assembly import MAX_OPEN_MEMBERS, BatchAssembler
from ovtui.metrics.batching.batch_runs import Certainty, RunReason, batches_of
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.record import Flag, Records, join_records


def full(batch: int, submits_ms: list[float], took_ms: float, **columns: int) -> Records:
    """A batch that fires at its last submission and takes `took_ms`."""
    fired_ms = max(submits_ms)
    rows = records([fired_ms + took_ms] * len(submits_ms), batch_id=batch, batch_size=len(submits_ms), **columns)
    rows["submit_ns"] = rows["due_ns"] = np.array(submits_ms) * MS
    rows["infer_us"] = (rows["done_ns"] - rows["submit_ns"]) / 1e3
    rows["seq"] = np.arange(len(submits_ms)) + 100 * batch
    return rows


def test_a_full_batch_fires_at_its_last_submission() -> None:
    rows = full(7, [10, 15.5, 21.4, 18], 8.2)
    batch = batches_of(rows).batch(0, rows)
    assert (batch.id, batch.size, batch.reason, batch.whole) == (7, 4, RunReason.FULL, True)
    assert batch.first_wait_ms == pytest.approx(11.4)
    assert batch.run_ms == pytest.approx(8.2)
    assert batch.certainty is Certainty.EXACT


def test_a_batch_whose_members_are_not_all_kept_claims_no_wait() -> None:
    rows = full(7, [10, 15, 21, 18], 8)[1:]
    batch = batches_of(rows).batch(0, rows)
    assert (batch.whole, batch.first_wait_ms, batch.run_ms) == (False, None, None)


def test_a_timer_run_waited_what_the_quickest_lone_run_did_not_take() -> None:
    rows = records([100, 300, 400], [54.0, 4.0, 9.0], flags=[Flag.TIMED_OUT, Flag.TIMED_OUT, 0])
    timer = batches_of(rows).batch(0, rows)
    assert (timer.reason, timer.certainty) == (RunReason.TIMER, Certainty.ESTIMATED)
    assert timer.first_wait_ms == pytest.approx(50)
    assert timer.run_ms == pytest.approx(4)


def test_the_quickest_batch_bounds_a_lone_run_where_all_of_those_waited() -> None:
    rows = join_records([full(1, [0, 30], 20), records([500], 400.0, flags=Flag.TIMED_OUT)])
    found = batches_of(rows)
    timer = found.batch(int(np.flatnonzero(found.reason == RunReason.TIMER)[0]), rows)
    assert timer.first_wait_ms == pytest.approx(380)
    assert timer.certainty is Certainty.ESTIMATED


def test_if_every_request_waited_for_the_timer_the_cost_is_an_upper_bound() -> None:
    """Three in flight of a batch of four: each waits the 200 ms nearly whole, and the 4 ms of its run are not known."""
    digest = Digest()
    digest.feed(update(None, *started(), now_s=0))
    digest.feed(update(records([300, 500, 700], [204, 206, 208], flags=[Flag.TIMED_OUT] * 3, segment=1), now_s=1))
    shares = digest.snapshot().batches
    assert (shares.cost_ms, shares.cost_certainty) == (pytest.approx(206), Certainty.AT_MOST)
    assert json.loads(to_json(build_result(digest)))["batching"]["waiting_cost_is"] == "at_most"
    assert any("≤ 206.0 ms a request" in line for line in summary_lines(build_result(digest)))
    # One that waited for nothing makes it an estimate.
    digest.feed(update(records([800], 4.0, segment=1), now_s=2))
    shares = digest.snapshot().batches
    assert (shares.cost_ms, shares.cost_certainty) == (pytest.approx(606 / 4), Certainty.ESTIMATED)


def test_with_an_unknown_run_time_the_latency_bounds_the_wait() -> None:
    rows = records([100, 300], [54.0, 4.0], flags=[Flag.TIMED_OUT, Flag.TIMED_OUT])
    timer = batches_of(rows).batch(0, rows)
    assert (timer.certainty, timer.first_wait_ms, timer.run_ms) == (Certainty.AT_MOST, pytest.approx(54), None)


def test_known_lone_runs_are_taken_before_those_in_sight() -> None:
    rows = records([100], 54.0, flags=Flag.TIMED_OUT, segment=3, device=0x20)
    assert batches_of(rows, {3 << 8 | 0x20: 4.0}).first_wait_ms.tolist() == pytest.approx([50])
    assert batches_of(rows, {}).first_wait_ms.tolist() == pytest.approx([54])


def test_no_records_have_no_runs() -> None:
    assert len(batches_of(records([])[:0])) == 0


def test_members_of_incomplete_batches_are_dropped() -> None:
    gatherer = BatchAssembler()
    lame = records(np.arange(3 * MAX_OPEN_MEMBERS), batch_size=4, batch_id=np.arange(3 * MAX_OPEN_MEMBERS) + 1)
    for part in np.array_split(lame, 12):
        assert not len(gatherer.add(part).key)
    assert len(gatherer._open["batch_id"]) == MAX_OPEN_MEMBERS
    assert gatherer.add(full(1 << 20, [0, 1], 2)).size.tolist() == [2]


def a_session() -> Digest:
    digest = Digest()
    digest.feed(update(None, *started(), now_s=0))
    digest.feed(update(records([1], 1.0, flags=Flag.WARM_UP, segment=1), now_s=1))
    digest.feed(update(full(1, [1000, 1004, 1008, 1012], 8, segment=1), now_s=2))
    digest.feed(update(full(2, [2000, 2002, 2004, 2006], 8, segment=1), now_s=3))
    digest.feed(update(records([3000, 3100], [102, 2], flags=Flag.TIMED_OUT, segment=1), now_s=4))
    return digest


def test_the_json_has_waits_and_their_cost() -> None:
    batching = json.loads(to_json(build_result(a_session())))["batching"]
    assert batching["first_wait_ms"] == {"p50": pytest.approx(6, rel=0.01), "p99": None, "max": 12}
    # (12 + 8 + 4 + 0) + (6 + 4 + 2 + 0) of the batches, 100 + 0 of the timer's, over ten requests.
    assert batching["waiting_cost_ms"] == pytest.approx(13.6)


def test_the_summary_marks_a_cost_with_timer_runs_as_an_estimate() -> None:
    lines = [line for line in summary_lines(build_result(a_session())) if line.startswith("waited")]
    assert len(lines) == 1
    assert "max 12" in lines[0]
    assert "≈ 13.6 ms a request" in lines[0]


def test_without_batches_there_is_no_wait() -> None:
    digest = Digest()
    digest.feed(update(None, *started(), now_s=0))
    digest.feed(update(records(np.arange(1, 50), 1.0, segment=1), now_s=1))
    assert digest.snapshot().batches.cost_ms is None
    assert not [line for line in summary_lines(build_result(digest)) if line.startswith("waited")]
    assert json.loads(to_json(build_result(digest)))["batching"]["first_wait_ms"] is None


def test_unknown_sizes_are_unknown_runs() -> None:
    rows = records([1, 2], batch_size=0)
    assert batches_of(rows).reason.tolist() == [RunReason.UNKNOWN] * 2
    assert np.isnan(batches_of(rows).first_wait_ms).all()
