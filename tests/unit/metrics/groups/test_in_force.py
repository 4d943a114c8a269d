"""A stand-in and an accelerator in one segment: the figures of now are those of the device that serves now."""

from __future__ import annotations

import numpy as np
import pytest
from samples import SECOND, compiled, device_changed, records, segment, spawned, started, update

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import Records, join_records
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20
HANDOVER_S = 2.498
"""When the first request of the GPU is due, and the last of the stand-in is over."""


def stood_in() -> Records:
    """Two seconds of 100/s."""
    return records(np.arange(500, 2500, 10), 2.0, device=STAND_IN, segment=1)


def in_batches() -> Records:
    """Four seconds of 400/s in batches of four, each of whose members waits for the last."""
    parts = []
    for number in range(400):
        rows = records([2508 + 10 * number] * 4, [9.5, 7.0, 4.5, 2.0], device=GPU0, segment=1)
        rows["batch_id"], rows["batch_size"] = number + 1, 4
        parts.append(rows)
    return join_records(parts)


def session(*parts: Records, changed: bool = True) -> Digest:
    settings = Settings(device="AUTO:GPU,CPU", rate=400.0, warm_up="first")
    digest = Digest()
    digest.feed(update(None, *started(settings), now_s=0.4))
    for rows in parts:
        events = [device_changed(["(CPU)"], ["GPU.0"], HANDOVER_S)] if changed and rows["device"][0] == GPU0 else []
        digest.feed(update(rows, *events, now_s=int(rows["done_ns"].max()) / SECOND, submitted=2000))
    return digest


def test_a_segment_of_one_device_is_whole() -> None:
    digest = session(stood_in())
    assert (digest.in_force.device, digest.in_force.device_name) == (None, "")
    assert digest.in_force.group.measured == 200
    snapshot = digest.snapshot()
    assert (snapshot.in_force_device, snapshot.served) == ("", ())


def test_until_the_new_device_has_served_the_figures_are_those_of_the_old_one() -> None:
    digest = session(stood_in())
    digest.feed(update(None, device_changed(["(CPU)"], ["GPU.0"], HANDOVER_S), now_s=2.8))
    assert digest.in_force.device is None
    assert digest.in_force.group.latency["service"].max == 2.0


def test_after_a_handover_they_are_of_the_device_that_serves_now() -> None:
    digest = session(stood_in(), in_batches())
    snapshot = digest.snapshot()
    assert snapshot.in_force_device == "GPU.0"
    assert snapshot.segment_latency["service"].count == 1600
    assert snapshot.segment_latency["service"].min == 2.0
    assert snapshot.segment_latency["service"].mean == pytest.approx(5.75)
    assert snapshot.segment_throughput == pytest.approx(400)
    assert (snapshot.batches.known, snapshot.batches.batched, snapshot.batches.stood_in) == (1600, 1600, 0)
    assert snapshot.batches.cost_ms == pytest.approx(3.75)
    assert [(part.device, part.serves_now, part.requests) for part in snapshot.served] == [
        ("GPU.0", True, 1600),
        ("(CPU)", False, 200),
    ]
    assert snapshot.served[1].throughput == pytest.approx(100)


def test_advice_sets_the_wait_for_a_batch_against_the_latency_of_those_that_waited() -> None:
    facts = advice_facts(session(stood_in(), in_batches()))
    assert facts is not None
    assert facts.waited_ms == pytest.approx(3.75)
    assert facts.service_ms == pytest.approx(5.75)
    assert facts.throughput == pytest.approx(400)
    assert (facts.completed, facts.batched, facts.single) == (1600, 1600, 0)


def test_the_result_has_the_figures_of_each_device() -> None:
    result = build_result(session(stood_in(), in_batches()))
    stand_in, gpu = result.by_device["(CPU)"], result.by_device["GPU.0"]
    assert (stand_in.throughput, gpu.throughput) == (pytest.approx(100), pytest.approx(400))
    assert (stand_in.batching.single, stand_in.batching.batched) == (200, 0)
    assert (gpu.batching.batched, gpu.batching.single, gpu.batching.waiting_cost_ms) == (1600, 0, pytest.approx(3.75))
    parts = {part.device: part for part in result.segments[-1].devices}
    assert parts["GPU.0"].batching.waiting_cost_ms == pytest.approx(3.75)
    assert parts["(CPU)"].batching.waiting_cost_ms is None


def test_the_rate_of_a_device_leaves_out_the_time_in_which_another_served() -> None:
    """The stand-in of a second engine serves again, long after that of the first."""
    digest = session(stood_in(), in_batches())
    later = records(np.arange(20_002, 23_002, 10), 2.0, device=STAND_IN, segment=2)
    digest.feed(update(later, spawned(2, 19.0), compiled(2, 19.5), segment(2, engine=2, t_s=20.0), now_s=23))
    stand_in = digest.devices[STAND_IN]
    assert (stand_in.span_s, stand_in.throughput) == (5.0, pytest.approx(100))


def test_with_several_devices_in_execution_devices_the_segment_is_whole() -> None:
    digest = session(stood_in(), in_batches(), changed=False)
    digest.feed(update(None, device_changed(["(CPU)"], ["GPU.0", "CPU"], HANDOVER_S), now_s=8))
    assert digest.in_force.device is None
    assert digest.in_force.group.measured == 1800
