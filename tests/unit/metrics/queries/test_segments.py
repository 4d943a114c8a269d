from __future__ import annotations

import numpy as np
import pytest
from samples import SECOND, compiled, device_changed, model_read, records, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.queries.segments import segment_rows
from ovtui.records.device_codes import AMBIGUOUS, STAND_IN
from ovtui.records.events import FirstInference
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20


def fed(*updates) -> Digest:
    digest = Digest()
    for one in updates:
        digest.feed(one)
    return digest


def first(engine: int, t_s: float, since_spawn_ms: float) -> FirstInference:
    return FirstInference(t_ns=int(t_s * SECOND), engine=engine, since_spawn_ms=since_spawn_ms, infer_ms=9.0)


def two_hints() -> Digest:
    """Latency with a stand-in and a handover, then throughput straight on the GPU."""
    latency = Settings(device="AUTO:GPU,CPU", hint="latency")
    throughput = with_changes(latency, {"hint": "throughput"})
    stand_in = records(np.arange(500, 1500, 10.0), 10.0, segment=1, device=STAND_IN)
    between = records([1510.0], 200.0, segment=1, device=AMBIGUOUS)
    gpu = records(np.arange(2000, 4000, 2.0), 2.0, segment=1, device=GPU0)
    later = records(np.arange(6000, 8000, 1.0), 8.0, segment=2, device=GPU0)
    return fed(
        update(stand_in, *started(latency), first(1, 0.5, 480.0), now_s=1.5),
        update(between, device_changed(["(CPU)"], ["GPU.0"], 1.5), now_s=2),
        update(gpu, now_s=4),
        update(
            later,
            *(spawned(2, 4.5, throughput), model_read(2), compiled(2, 5.5, execution=["GPU.0"])),
            segment(2, engine=2, t_s=5.6, settings=throughput, changes=["hint latency→throughput"]),
            first(2, 5.7, 1200.0),
            now_s=8,
        ),
    )


def test_a_row_for_each_device_that_served_in_a_segment() -> None:
    rows = segment_rows(two_hints())
    assert [(row.began.segment, row.device, row.first_of_segment) for row in rows] == [
        (1, STAND_IN, True),
        (1, GPU0, False),
        (1, AMBIGUOUS, False),
        (2, GPU0, True),
    ]
    assert [row.requests for row in rows] == [100, 1000, 1, 2000]
    assert rows[1].latency["response"].p50 == pytest.approx(2.0, rel=0.005)
    assert rows[3].latency["inference"].p50 == pytest.approx(8.0, rel=0.005)
    assert rows[0].latency["response"].p99 is None
    # From the change at 5.6 s until now, 8 s; the stand-in until it was replaced at 1.5 s.
    assert rows[3].throughput == pytest.approx(2000 / 2.4, rel=0.001)
    assert rows[0].throughput == pytest.approx(100 / (1.5 - 0.49), rel=0.001)
    assert rows[1].throughput == pytest.approx(1000 / (5.6 - 1.5), rel=0.001)
    assert [row.in_force for row in rows] == [False, False, False, True]


def test_what_was_changed_and_how_long_it_took() -> None:
    rows = segment_rows(two_hints())
    assert rows[0].what == "latency, 16 in flight"
    assert rows[3].what == "hint latency→throughput"
    assert [row.first_inference_s for row in rows] == [0.48, None, None, 1.2]
    assert [row.handover_s for row in rows] == [None, pytest.approx(1.48), None, None]


def test_a_segment_of_the_same_engine_does_not_tell_its_start_again() -> None:
    digest = two_hints()
    live = segment(3, engine=2, t_s=9, settings=digest.session_state.settings, changes=["in flight 16→4"])
    digest.feed(update(records([9100.0], segment=3, device=GPU0), live, now_s=10))
    row = segment_rows(digest)[-1]
    assert (row.what, row.first_inference_s, row.handover_s) == ("in flight 16→4", None, None)


def test_the_handover_is_told_where_the_accelerator_begins_be_it_in_a_later_segment() -> None:
    settings = Settings(device="AUTO:GPU,CPU")
    digest = fed(
        update(records([500.0], segment=1, device=STAND_IN), *started(settings), first(1, 0.5, 480.0), now_s=1),
        update(None, device_changed(["(CPU)"], ["GPU.0"], 1.5), segment(2, t_s=1.6, settings=settings), now_s=2),
        update(records([2000.0], segment=2, device=GPU0), now_s=3),
    )
    assert [row.handover_s for row in segment_rows(digest)] == [None, pytest.approx(1.48)]


def test_a_segment_in_which_nothing_came_back_has_a_row() -> None:
    [row] = segment_rows(fed(update(None, *started(), now_s=1)))
    assert (row.device, row.requests, row.throughput) == (None, 0, None)
    assert row.latency["response"].p50 is None


def test_a_restart_is_called_so() -> None:
    digest = two_hints()
    digest.feed(update(None, spawned(3, 11.0), segment(3, engine=3, t_s=12), now_s=12))
    assert segment_rows(digest)[-1].what == "started again"
