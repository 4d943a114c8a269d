from __future__ import annotations

import json
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import SECOND, began, compiled, device_changed, model_read, records, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.result.build import build_result, json_schema, to_json
from ovtui.metrics.result.schema import Result, Startup
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.device_codes import AMBIGUOUS, STAND_IN, UNKNOWN
from ovtui.records.events import AcceleratorChanged, BatchingPlan, FirstInference, LoadEnded
from ovtui.records.record import Flag
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

GPU0 = 0x20
KEYS = [
    "schema",
    "started_at_s",
    "ovtui",
    "openvino",
    "host",
    "model",
    "device",
    "serving",
    "settings",
    "startup",
    "handovers",
    "load",
    "state",
    "requests",
    "duration_s",
    "throughput",
    "items_per_request",
    "items_are",
    "items_per_s",
    "latency_ms",
    "warm_up",
    "steadiness",
    "slo",
    "expectation",
    "by_device",
    "by_shape",
    "batching",
    "earlier_segments",
    "segments",
    "trials",
    "beside",
    "studies",
    "advice",
    "recording",
    "energy",
    "disturbances",
    "events",
    "telemetry",
]


def written(*updates: Any) -> dict[str, Any]:
    digest = Digest()
    for one in updates:
        digest.feed(one)
    return json.loads(to_json(build_result(digest)))


def a_run() -> dict[str, Any]:
    stand_in = records(np.arange(400, 1400, 100), 100.0, segment=1, device=STAND_IN)
    gpu = records(np.arange(4000, 5000, 1.0), 8.0, segment=1, device=GPU0, batch_size=16)
    settings = Settings(device="AUTO:GPU,CPU", nireq=16, duration_s=10.0)
    return written(
        update(stand_in, *started(settings), now_s=3, submitted=26),
        update(gpu, device_changed(["(CPU)"], ["GPU.0"], 3.71, 3.61), now_s=5, submitted=1026),
        update(
            records([6000], 2.0, segment=2, device=GPU0, batch_size=1, flags=Flag.TIMED_OUT),
            segment(
                2, t_s=5.5, settings=with_changes(settings, {"nireq": 4}), changes=["in flight 16→4"], first_seq=1010
            ),
            LoadEnded(t_ns=6, engine=1, reason="duration", submitted=1011),
            now_s=7,
            submitted=1011,
            finished=True,
        ),
    )


def test_every_key_of_the_contract_is_there_even_with_nothing_measured() -> None:
    empty = written()
    assert list(empty) == KEYS
    assert empty["schema"] == 4
    for unknown in (
        "ovtui",
        "openvino",
        "host",
        "model",
        "device",
        "settings",
        "load",
        "state",
        "throughput",
        "telemetry",
    ):
        assert empty[unknown] is None, unknown
    assert list(empty["startup"]) == list(Startup.__struct_fields__)
    assert set(empty["startup"].values()) == {None}
    counts = ("due", "submitted", "completed", "errors", "late", "out_of_order", "lost", "shed", "unsent", "unfinished")
    assert empty["requests"] == {**dict.fromkeys(counts, 0), "error_share": None, "error_reasons": []}
    assert empty["latency_ms"]["response"]["p50"] is None
    assert empty["latency_ms"]["response"]["count"] == 0
    assert empty["batching"]["fill"] is None
    assert [empty[name] for name in ("advice", "segments", "trials", "handovers")] == [[], [], [], []]
    assert empty["by_device"] == {}


def test_a_run_with_a_handover_and_two_segments() -> None:
    run = a_run()
    assert list(run) == KEYS
    assert run["model"]["name"] == "demo-cnn"
    assert run["model"]["inputs"] == [
        {"name": "image", "shape": "[1,3,224,224]", "type": "f32", "node": "", "layout": ""}
    ]
    assert run["device"] == {
        "requested": "AUTO:GPU,CPU",
        "compiled": "AUTO:GPU,CPU",
        "execution": ["GPU.0"],
        "full_names": {"CPU": "Test CPU", "GPU": "Test GPU"},
        "properties": {},
    }
    [handover] = run["handovers"]
    assert (handover["t_s"], handover["from"], handover["to"]) == (3.71, "(CPU)", "GPU.0")
    assert (handover["since_compile_s"], handover["engine"]) == (3.61, 1)
    assert (run["startup"]["read_ms"], run["startup"]["compile_ms"]) == (12.5, 210.0)
    assert run["requests"] == {
        "due": 1011,
        "submitted": 1011,
        "completed": 1011,
        "errors": 0,
        "error_share": 0.0,
        "error_reasons": [],
        "late": 0,
        "out_of_order": 10,
        "lost": 0,
        "shed": 0,
        "unsent": 0,
        "unfinished": 0,
    }
    assert run["settings"]["nireq"] == 4
    assert run["load"] == {
        "loop": "closed", "rate": None, "nireq": 16, "api": "async", "duration_s": 10.0, "requests": None,
        "ended": "duration", "schedule_error_ms": None, "schedule_kept": None, "queued_ms": None,
        "input_copy_ms": None,
        "state_reset_ms": None,
    }  # fmt: skip
    assert run["host"]["quota_cores"] == 1.5


def test_how_the_engine_came_up_moment_by_moment() -> None:
    first = FirstInference(t_ns=int(0.36 * SECOND), engine=1, since_spawn_ms=355.0, infer_ms=100.0)
    log = [("compiling", 0.11, "GPU.0", None), ("compiled", 3.70, "GPU.0", 3590.0), ("released", 3.72, "CPU", None)]
    news = [
        AcceleratorChanged(t_ns=int(t_s * SECOND), engine=1, device=device, state=state, compile_ms=took_ms)
        for state, t_s, device, took_ms in log
    ]
    rows = records([400.0, 3990.0], [90.0, 200.0], segment=1, device=[STAND_IN, GPU0])
    run = written(update(rows, *started(), first, *news, device_changed(["(CPU)"], ["GPU.0"], 3.71), now_s=5))
    assert run["startup"] == {
        "read_ms": 12.5,
        "compile_ms": 210.0,
        "first_inference_ms": 355.0,
        "model_read_at_ms": 95.0,
        "compile_called_at_ms": 95.0,
        "stand_in_ready_at_ms": 305.0,
        "accelerator": "GPU.0",
        "accelerator_compiling_at_ms": 105.0,
        "accelerator_compiled_at_ms": 3695.0,
        "accelerator_failed_at_ms": None,
        "accelerator_compile_ms": 3590.0,
        "device_changed_at_ms": 3705.0,
        "accelerator_served_at_ms": 3985.0,
        "stand_in_released_at_ms": 3715.0,
    }
    [handover] = run["handovers"]
    assert (handover["compile_ms"], handover["first_served_ms"]) == (3590.0, 280.0)


def test_without_a_stand_in_the_accelerator_still_has_a_first_request() -> None:
    events = [began(), spawned(), model_read(), compiled(execution=["GPU.0"]), segment()]
    startup = written(update(records([500.0], segment=1, device=GPU0), *events, now_s=1))["startup"]
    assert (startup["stand_in_ready_at_ms"], startup["device_changed_at_ms"]) == (None, None)
    assert startup["accelerator_served_at_ms"] == 500.0


def test_what_requests_felt_of_the_handover() -> None:
    stand_in = records(np.arange(3000, 3700, 10.0), 10.0, segment=1, device=STAND_IN)
    gpu = records(4000 + np.arange(300) * 2.0, [400.0] + [2.0] * 299, segment=1, device=GPU0)
    run = written(
        update(stand_in, *started(), now_s=3),
        update(gpu, device_changed(["(CPU)"], ["GPU.0"], 3.71), now_s=5, finished=True),
    )
    [handover] = run["handovers"]
    assert (handover["worst_ms"], handover["settled_ms"]) == (400.0, 290.0)
    assert handover["glitch_ms"] == pytest.approx(390.0, abs=0.1)
    phases = handover["phases"]
    assert [phases[name]["requests"] for name in ("before", "during", "after")] == [70, 1, 299]
    assert phases["after"]["latency_ms"]["inference"]["p50"] == pytest.approx(2.0, rel=0.005)


def test_latencies_hold_each_percentile_or_null() -> None:
    latency = a_run()["latency_ms"]
    assert list(latency) == ["inference", "service", "response"]
    service = latency["service"]
    assert list(service) == ["count", "min", "p50", "p90", "p95", "p99", "p999", "max", "mean"]
    assert (service["count"], service["min"], service["max"]) == (1011, 2.0, 100.0)
    assert service["p50"] == pytest.approx(8.0, rel=0.005)
    assert service["p99"] == pytest.approx(8.0, rel=0.005)
    assert service["p999"] is None


def test_figures_by_device() -> None:
    devices = a_run()["by_device"]
    assert {name: one["requests"] for name, one in devices.items()} == {"(CPU)": 10, "GPU.0": 1001}
    assert devices["GPU.0"]["share"] == 0.9901
    assert devices["(CPU)"]["latency_ms"]["inference"]["min"] == 100.0


def test_the_counts_of_batching_add_up_to_what_completed() -> None:
    run = a_run()
    for whole, batching in [(run["requests"]["completed"], run["batching"])] + [
        (each["completed"], each["batching"]) for each in run["segments"]
    ]:
        counts = ("known", "deduced", "unknown", "stood_in", "left_out")
        assert sum(batching[name] or 0 for name in counts) == whole


def test_devices_that_have_no_name_still_have_a_key() -> None:
    run = written(update(records([1, 2, 3], device=[UNKNOWN, AMBIGUOUS, GPU0 + 1]), now_s=1))
    assert sorted(run["by_device"]) == ["GPU.1", "one of", "unknown"]


def test_batching_of_the_run_and_of_each_segment() -> None:
    run = a_run()
    assert run["batching"]["size"] == 16
    # Ten more were served by the stand-in.
    assert (run["batching"]["batched"], run["batching"]["timed_out"], run["batching"]["single"]) == (1000, 1, 0)
    assert run["batching"]["fill"] == round(1000 / 1001, 4)
    assert run["batching"]["exact"] is False
    first, second = run["segments"]
    assert (first["segment"], first["completed"], first["changes"]) == (1, 1010, [])
    assert (second["segment"], second["completed"], second["changes"]) == (2, 1, ["in flight 16→4"])
    assert (second["t_s"], second["first_seq"], second["settings"]["nireq"]) == (5.5, 1010, 4)
    assert (second["batching"]["timed_out"], second["batching"]["fill"]) == (1, 0.0)
    assert second["duration_s"] == 0.5  # from the change until now
    assert second["throughput"] == 2


def test_unknown_batching_is_null_and_not_zero() -> None:
    plan = BatchingPlan(size=None, exact=None, probe=False, why_not="no probe")
    events = [began(), spawned(), model_read(), compiled(batching=plan), segment()]
    batching = written(update(records([1, 2], batch_size=0, segment=1), *events, now_s=1))["batching"]
    assert batching.pop("why_not") == "no probe"
    counts = ("evidence", "known", "deduced", "unknown", "left_out")
    assert [batching.pop(name) for name in counts] == ["none", 0, 0, 2, 0]
    assert batching.pop("shared_inputs") == []
    assert set(batching.values()) == {None}


def test_batching_says_how_many_sizes_are_known_deduced_and_unknown() -> None:
    plan = BatchingPlan(size=4, exact=False, evidence="deduced")
    events = [began(), spawned(), model_read(), compiled(batching=plan), segment()]
    rows = records(range(1, 9), batch_size=[4, 4, 4, 4, 1, 0, 0, 1], segment=1)
    rows["flags"][:5] = Flag.DEDUCED_SIZE
    batching = written(update(rows, *events, now_s=1))["batching"]
    assert [batching[name] for name in ("evidence", "known", "deduced", "unknown")] == ["deduced", 1, 5, 2]
    assert (batching["batched"], batching["exact"]) == (4, False)


def test_a_batch_size_that_was_not_known_before_is_the_one_that_was_seen() -> None:
    plan = BatchingPlan(size=None, exact=False, probe=True)
    events = [began(), spawned(), model_read(), compiled(batching=plan), segment()]
    rows = records([1, 2, 3], batch_size=[8, 8, 1], segment=1)
    assert written(update(rows, *events, now_s=1))["batching"]["size"] == 8


def test_an_open_loop_says_its_rate() -> None:
    settings = Settings(rate=33.3, requests=500)
    load = written(update(None, *started(settings), now_s=1))["load"]
    assert (load["loop"], load["rate"], load["requests"], load["duration_s"]) == ("open", 33.3, 500, None)


def test_duration_and_throughput_are_of_the_load_and_not_of_the_session() -> None:
    run = written(update(records([1000, 2000, 3000], 500.0), now_s=50, finished=True))
    assert run["duration_s"] == 2.5
    assert run["throughput"] == 1.2


def test_startup_is_of_the_first_engine() -> None:
    second = [spawned(2, 5.0), model_read(2, 5.1), compiled(2, 6.0), segment(2, engine=2)]
    run = written(update(None, *started(), now_s=1), update(None, *second, now_s=7))
    assert run["startup"]["compile_ms"] == 210.0
    assert len(run["segments"]) == 2
    assert run["segments"][1]["engine"] == 2


def test_the_json_reads_back_as_a_result_and_fits_the_schema() -> None:
    digest = Digest()
    digest.feed(update(records([100], segment=1), *started(), now_s=1, submitted=1))
    result = build_result(digest)
    assert msgspec.json.decode(to_json(result), type=Result) == result
    schema = json.loads(json_schema())["$defs"]
    assert list(schema["Result"]["properties"]) == KEYS
    assert schema["Result"]["required"] == KEYS
    assert "from" in schema["Handover"]["required"]
    assert schema["LatencyMs"]["required"] == list(a_run()["latency_ms"]["response"])


def test_the_advice_of_several_segments_says_of_which_it_is() -> None:
    settings = Settings(device="CPU", rate=100.0, warm_up="none")
    due_ns = SECOND + np.arange(1000) * SECOND // 100
    rows = records(due_ns / 1e6 + 55, 5.0, segment=1, due_ns=due_ns)
    digest = Digest()
    digest.feed(update(rows, *started(settings, device="CPU", execution=["CPU"]), now_s=12))
    assert "advice       schedule not kept" in "\n".join(summary_lines(build_result(digest)))
    digest.feed(update(None, segment(2, t_s=12.0, settings=with_changes(settings, {"rate": 101.0})), now_s=13))
    result = build_result(digest)
    told = "\n".join(summary_lines(result))
    assert "advice       in segment 2, the last one:\n             schedule not kept" in told
    assert "It is about what was found in segment 2, the last one." in render_markdown(build_report(result, {}))
