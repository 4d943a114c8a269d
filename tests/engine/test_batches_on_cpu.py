"""Explicit BATCH on the CPU with the real engine: which requests ran together."""

from __future__ import annotations

import numpy as np
import pytest
from driven import assert_none_lost, driven

from ovtui.records.events import Compiled, SegmentBegan
from ovtui.records.record import Flag

BATCH = {"model": "demo-cnn", "device": "BATCH:CPU(4)"}


def test_full_batches_hold_each_of_a_workers_requests_once() -> None:
    with driven(**BATCH, nireq=8, requests=200, batch_timeout_ms=60000) as run:
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, 200)
        assert set(records["batch_size"]) == {4}
        for batch in np.unique(records["batch_id"]):
            members = records[records["batch_id"] == batch]
            assert len(members) == 4
            first = int(members["request"].min()) // 4 * 4
            assert sorted(members["request"]) == list(range(first, first + 4))
        assert not (records["flags"] & Flag.INFERRED_BATCH).any()
        plan = run.of(Compiled)[0].batching
        assert (plan.size, plan.exact, plan.evidence) == (4, True, "witness")


def test_requests_that_wait_for_the_timeout_run_alone() -> None:
    # Three in flight can never fill a batch of four.
    with driven(**BATCH, nireq=3, requests=9, batch_timeout_ms=20) as run:
        run.wait_finished()
        records = run.records()
        assert set(records["batch_size"]) == {1}
        assert set(records["batch_id"]) == {0}
        assert ((records["flags"] & Flag.TIMED_OUT) != 0).all()


def test_batch_timeout_changes_while_running() -> None:
    with driven(**BATCH, nireq=3, batch_timeout_ms=1500) as run:
        run.wait_completed(6)
        run.apply(batch_timeout_ms=5)
        second = run.wait_event(SegmentBegan, 2)
        run.wait_completed(30)
        assert second.engine == 1
        records = run.records()
        slow, fast = (records[records["segment"] == segment]["infer_us"] for segment in (1, 2))
        # Waits of up to 1,500 ms against 5 ms and an inference, which takes 100 ms on a busy machine.
        assert np.median(slow) > 2 * np.median(fast[6:])


@pytest.mark.parametrize(("probe", "evidence"), [("no", "witness"), ("yes", "probe")])
def test_the_probe_is_a_choice(probe: str, evidence: str) -> None:
    with driven(**BATCH, nireq=4, requests=40, batch_timeout_ms=60000, probe=probe) as run:
        run.wait_finished()
        assert set(run.records()["batch_size"]) == {4}
        plan = run.of(Compiled)[0].batching
        assert (plan.evidence, plan.exact, plan.why_not) == (evidence, True, "")


def test_a_model_without_a_batch_dimension_runs_alone_and_says_why() -> None:
    with driven(model="demo-matmul", device="BATCH:CPU(4)", nireq=4, requests=40) as run:
        run.wait_finished()
        assert set(run.records()["batch_size"]) == {1}
        plan = run.of(Compiled)[0].batching
        assert (plan.size, plan.evidence) == (1, "none")
        assert "no batch dimension" in plan.why_not


@pytest.mark.parametrize("load", [{}, {"rate": 2000.0}])
def test_where_none_can_share_a_batch_each_ran_alone(load: dict[str, float]) -> None:
    with driven(model="demo-matmul", device="CPU", nireq=2, requests=40, **load) as run:
        run.wait_finished()
        assert set(run.records()["batch_size"]) == {1}


def test_grouped_dispatch_keeps_to_few_workers_and_is_a_live_change() -> None:
    """Requests come one by one, 16 in the pool of four workers: first in first out would use all workers. So few that
    a busy machine serves them, too: with all in flight no order has a choice."""
    with driven(**BATCH, nireq=16, rate=40.0, batch_timeout_ms=30, dispatch="fifo") as run:
        run.wait_completed(100)
        run.apply(dispatch="grouped")
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(100)
        records = run.records()
        used = {
            segment: np.bincount(records["request"][records["segment"] == segment] // 4, minlength=4)
            for segment in (1, 2)
        }
        assert len(run.of(Compiled)) == 1
    assert used[1].min() > 0
    # Which one depends on whose requests were in flight at the change: one is filled for as long as it has idle ones.
    assert used[2].max() > used[2].sum() / 2 > used[1].max()
