"""The real engine on the CPU, through the real host."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest
from driven import assert_none_lost, driven

from ovtui.metrics.result.build import build_result
from ovtui.records import device_codes
from ovtui.records.events import (
    Compiled,
    EngineExited,
    EngineFailed,
    EngineSpawned,
    FirstInference,
    LoadEnded,
    ModelRead,
    Note,
    Refused,
    SegmentBegan,
)
from ovtui.records.record import Flag
from ovtui.settings.changes import with_changes

MATMUL = {"model": "demo-matmul", "device": "CPU"}
"""For loads that end soon: a closed loop of it without an end, 50,000 requests/s, keeps other tests' processes waiting
for two cores, for seconds where they run beside it (measured on a virtual machine)."""
CNN = {"model": "demo-cnn", "device": "CPU"}


def test_closed_loop_runs_the_number_asked_for() -> None:
    with driven(**MATMUL, requests=5000, nireq=4) as run:
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, 5000)
        assert run.wait_event(LoadEnded).reason == "requests"
        assert set(records["request"]) == {0, 1, 2, 3}
        assert set(records["device"]) == {device_codes.CPU}
        assert set(records["segment"]) == {1}
        assert (records["infer_us"] > 0).all()
        assert (records["done_ns"] >= records["submit_ns"]).all()
        # The first inference, and it alone, is the warm-up.
        assert records["seq"][(records["flags"] & Flag.WARM_UP) != 0].tolist() == [0]


def test_events_of_the_start_come_in_order() -> None:
    with driven(**MATMUL, requests=100) as run:
        run.wait_finished()
        kinds = [type(event) for event in run.events]
        started = [EngineSpawned, ModelRead, Compiled, SegmentBegan, FirstInference, LoadEnded]
        assert [kind for kind in kinds if kind in started] == started
        model = run.of(ModelRead)[0]
        assert (model.inputs[0].name, model.inputs[0].shape) == ("matrix", "[64,64]")
        assert run.of(Compiled)[0].nireq == run.of(Compiled)[0].optimal_requests


def test_duration_ends_the_load() -> None:
    with driven(**MATMUL, duration_s=0.5) as run:
        run.wait_finished()
        assert run.wait_event(LoadEnded).reason == "duration"
        records = run.records()
        assert_none_lost(records, len(records))
        assert records["submit_ns"].max() - records["submit_ns"].min() <= 0.5e9


def test_rate_keeps_its_own_schedule() -> None:
    with driven(**MATMUL, rate="5ms", requests=100, nireq=4) as run:
        run.wait_finished()
        records = np.sort(run.records(), order="seq")
        assert_none_lost(records, 100)
        # Due times are the schedule's, whatever happened to the submissions.
        assert np.abs(np.diff(records["due_ns"]) - 5e6).max() <= 1
        assert (records["submit_ns"] >= records["due_ns"]).all()


def test_late_requests_count_from_when_they_were_due() -> None:
    # One request that takes milliseconds, on a fast machine tenths of one, cannot serve 20,000 a second.
    with driven(model="demo-cnn", device="CPU", rate=20_000.0, requests=200, nireq=1) as run:
        run.wait_finished()
        records = np.sort(run.records(), order="seq")
        assert_none_lost(records, 200)
        assert np.abs(np.diff(records["due_ns"]) - 5e4).max() <= 1
        late = (records["flags"] & Flag.LATE) != 0
        assert late[20:].all()
        response = records["done_ns"] - records["due_ns"]
        assert response[-1] > 5 * np.median(records["done_ns"] - records["submit_ns"])
        assert run.digest.snapshot().late == late.sum()


def test_live_changes_are_segments_of_one_engine() -> None:
    with driven(**CNN, nireq=1) as run:
        run.wait_completed(50)
        run.apply(nireq=3)
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(50)
        run.apply(rate=200.0)
        run.wait_event(SegmentBegan, 3)
        run.wait_completed(20)
        run.apply(rate=0.0, nireq=2)
        run.wait_event(SegmentBegan, 4)
        run.wait_completed(50)
        run.session.stop()
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, len(records))
        assert len(run.of(EngineSpawned)) == 1
        by_segment = {segment: records[records["segment"] == segment] for segment in (1, 2, 3, 4)}
        assert set(by_segment[1]["request"]) == {0}
        assert set(by_segment[2]["request"]) == {0, 1, 2}
        assert set(by_segment[4]["request"]) == {0, 1}
        # No callback is paid for: completion is submission plus OpenVINO's latency. With one in flight the load thread
        # reads the clock when infer() has returned.
        beyond = {n: r["done_ns"] - r["submit_ns"] - r["infer_us"] * 1e3 for n, r in by_segment.items()}
        assert all(np.abs(beyond[segment]).max() < 1_000 for segment in (2, 3, 4))
        assert beyond[1].min() > -1_000
        assert np.median(beyond[1]) > 0
        assert run.of(SegmentBegan)[1].changes == ["in flight 1→3"]


def test_open_and_closed_loop_in_turn() -> None:
    with driven(**CNN, nireq=2) as run:
        for number in range(30):
            run.apply(rate=0.0 if number % 2 else 2000.0, nireq=1 + number % 3)
            run.wait_event(SegmentBegan, number + 2)
            run.wait_completed(10)
        run.session.stop()
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, len(records))
        assert len(run.of(EngineSpawned)) == 1
        for segment in run.of(SegmentBegan):
            assert set(records["request"][records["segment"] == segment.segment]) <= set(range(segment.nireq))


def test_a_recompile_hands_the_stream_over_without_losing_a_request() -> None:
    with driven(**CNN, nireq=2) as run:
        run.wait_completed(50)
        run.apply(nthreads=1)
        second = run.wait_event(SegmentBegan, 2)
        run.wait_completed(50)
        run.session.stop()
        run.wait_finished()
        records = run.records()
        assert_none_lost(records, len(records))
        assert second.engine == 2
        assert second.changes == ["threads auto→1"]
        assert records[records["segment"] == 2]["seq"].min() == second.first_seq
        assert records[records["segment"] == 1]["seq"].max() == second.first_seq - 1
        run.wait_for(lambda: len(run.of(EngineExited)) == 2, "both engines gone")
        assert all(exited.expected for exited in run.of(EngineExited))


def test_a_refused_setting_leaves_the_old_one_running() -> None:
    with driven(**CNN, nireq=1) as run:
        run.wait_completed(50)
        run.apply(properties={"NO_SUCH_PROPERTY": "1"})
        refused = run.wait_event(Refused)
        assert "NO_SUCH_PROPERTY" in refused.reason
        assert "\n" not in refused.reason
        run.wait_completed(200)
        assert run.session_state.phase == "serving"
        assert run.settings.properties == {}
        assert set(run.records()["segment"]) == {1}


def test_a_killed_engine_is_reported_with_its_signal_and_can_be_restarted() -> None:
    with driven(**CNN, nireq=2) as run:
        run.wait_completed(100)
        os.kill(run.of(EngineSpawned)[0].pid, signal.SIGKILL)
        exited = run.wait_event(EngineExited)
        assert (exited.expected, exited.signal) == (False, "SIGKILL")
        run.poll()
        before = run.completed
        assert run.digest.snapshot().completed == before >= 100
        assert run.digest.snapshot().in_flight == 0
        run.session.restart()
        run.wait_completed(100)
        records = run.records()
        assert len(set(records["seq"])) == len(records)
        assert set(records["segment"]) == {1, 2}


def test_requests_that_waited_in_a_killed_engine_are_counted() -> None:
    requests = 20_000  # all due at once, and minutes of work
    load = {"rate": 200_000.0, "requests": requests, "backlog": requests, "duration_s": 600}
    with driven(model="demo-cnn", device="CPU", nireq=1, **load) as run:
        run.wait_for(lambda: run.completed >= 5, "the overload")
        os.kill(run.of(EngineSpawned)[0].pid, signal.SIGKILL)
        exited = run.wait_event(EngineExited)
        run.wait_finished()
        assert exited.unsent > 0
        # What came due between the engine's last look and its death waited, too; no more than it was to send in all.
        unsent = run.digest.unsent or 0
        assert unsent >= exited.unsent
        assert run.digest.due == run.digest.snapshot().submitted + unsent <= requests


def test_killed_host_takes_its_engines_along() -> None:
    with driven(**CNN, nireq=2) as run:
        run.wait_completed(100)
        engine = psutil.Process(run.of(EngineSpawned)[0].pid)
        host = engine.parent()
        assert host is not None
        host.kill()
        run.wait_for(lambda: run.digest.snapshot().host_gone, "the host's end")
        psutil.wait_procs([engine], timeout=120)
        assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE
        assert run.digest.snapshot().completed >= 100


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"model": "/nowhere.xml"}, "no such model file"),
        ({"model": "/etc/hostname"}, "a text, not a model"),
        ({"device": "TPU"}, "no TPU on this machine"),
        ({"device": "CPU", "shape": "wrong"}, "--shape"),
        ({"device": "CPU", "shape": "other[1,3,8,8]"}, "no input 'other'"),
        ({"device": "CPU", "properties": {"NO_SUCH_PROPERTY": "1"}}, "NO_SUCH_PROPERTY"),
    ],
)
def test_unusable_settings_are_an_error_of_one_line(values: dict[str, object], text: str) -> None:
    with driven(**values) as run:
        run.wait_finished()
        failed = run.wait_event(EngineFailed)
        assert text in failed.reason
        assert "\n" not in failed.reason
        assert "Traceback" not in failed.reason
        assert run.wait_event(EngineExited).code == 4
        assert run.session_state.phase == "failed"


def test_a_missing_device_falls_back_with_a_note() -> None:
    with driven(model="demo-matmul", device="BATCH:NPU(4)", fallback_device="CPU", requests=10) as run:
        run.wait_finished()
        assert any("CPU runs instead of BATCH:NPU(4)" in note.text for note in run.of(Note))
        assert run.of(Compiled)[0].device == "CPU"


def test_batch_size_reshapes_the_model() -> None:
    with driven(model="demo-cnn", device="CPU", batch_size=2, requests=5) as run:
        run.wait_finished()
        assert run.of(ModelRead)[0].inputs[0].shape == "[2,3,224,224]"
        assert "batch 2: image [2,3,224,224]" in [note.text for note in run.of(Note)]
        assert run.completed == 5


def test_bursts_are_due_together() -> None:
    with driven(**MATMUL, rate=400.0, arrival="burst:8", requests=64, nireq=16) as run:
        run.wait_finished()
        records = np.sort(run.records(), order="seq")
        assert_none_lost(records, 64)
        due = records["due_ns"].reshape(8, 8)
        assert (due == due[:, :1]).all()
        assert np.abs(np.diff(due[:, 0]) - 20e6).max() <= 1


def test_a_full_backlog_sheds_and_counts() -> None:
    """One request that takes milliseconds, 20,000 due a second, and room for ten to wait."""
    with driven(model="demo-cnn", device="CPU", rate=20_000.0, backlog=10, duration_s=1.0, nireq=1) as run:
        run.wait_finished()
        records = run.records()
        assert run.last is not None
        shed = run.last.shed
        assert_none_lost(records, len(records))
        # Sent or shed, nothing else; what was still waiting at the end is neither, and counted, too.
        assert len(records) + shed + (run.digest.unsent or 0) == 20_000
        assert shed > len(records)
        # No request waited for more than those before it in the backlog.
        waited = records["submit_ns"] - records["due_ns"]
        assert np.median(waited) < 30 * np.median(records["done_ns"] - records["submit_ns"])


def test_a_trace_is_replayed_and_ends_the_load(tmp_path: Path) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text("time_s\n10.0\n10.01\n10.01\n10.2\n")
    with driven(**MATMUL, arrival=f"trace:{trace}") as run:
        run.wait_finished()
        assert run.wait_event(LoadEnded).reason == "trace"
        records = np.sort(run.records(), order="seq")
        assert ((records["due_ns"] - records["due_ns"][0]) / 1e6).round().tolist() == [0, 10, 10, 200]


def test_a_trace_that_cannot_be_read_is_refused_and_the_load_goes_on() -> None:
    with driven(**CNN, nireq=1) as run:
        run.wait_completed(20)
        run.apply(arrival="trace:/nowhere.csv")
        assert "/nowhere.csv" in run.wait_event(Refused).reason
        run.wait_completed(20)
        assert run.settings.arrival == "constant"


def test_an_imported_blob_runs_without_the_probe_and_with_the_reason(tmp_path: Path) -> None:
    blob = tmp_path / "relu.blob"
    save_blob(blob)
    with driven(model=str(blob), device="CPU", requests=50, nireq=2) as run:
        run.wait_finished()
        assert_none_lost(run.records(), 50)
        assert run.of(ModelRead)[0].inputs[0].shape == "[1,3,8,8]"
        plan = run.of(Compiled)[0].batching
        assert not plan.probe
        assert "imported blob" in plan.why_not


def test_a_broken_blob_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "broken.blob").write_bytes(b"\0\1nothing of a model")
    with driven(model=str(tmp_path / "broken.blob"), device="CPU") as run:
        run.wait_finished()
        failed = run.wait_event(EngineFailed)
        assert "cannot import this blob" in failed.reason
        assert "\n" not in failed.reason


def save_blob(path: Path) -> None:
    """In a process of its own: to destroy a compiled model can hang this one."""
    code = (
        "import sys, os, numpy, openvino as ov\n"
        "from openvino import opset13 as op\n"
        "x = op.parameter([1, 3, 8, 8], numpy.float32, name='x')\n"
        "compiled = ov.Core().compile_model(ov.Model([op.result(op.relu(x))], [x], 'relu'), 'CPU')\n"
        "open(sys.argv[1], 'wb').write(compiled.export_model().read())\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=120)


def test_schedule_lag_and_copying_are_no_part_of_latency(tmp_path: Path) -> None:
    with driven(**MATMUL, rate=500.0, requests=100, nireq=4) as run:
        run.wait_finished()
        load = build_result(run.digest).load
        assert load is not None
        assert load.schedule_error_ms is not None
        assert load.queued_ms is not None
        assert load.schedule_error_ms.count + load.queued_ms.count == 99  # all but the warm-up
        assert load.schedule_error_ms.count > 0
        assert load.input_copy_ms is None
    two = np.random.default_rng(0).random((2, 64, 64), np.float32)
    np.save(tmp_path / "two.npy", two)
    with driven(**MATMUL, input=str(tmp_path / "two.npy"), requests=100, nireq=2) as run:
        run.wait_finished()
        load = build_result(run.digest).load
        assert load is not None
        assert load.schedule_error_ms is None
        assert load.input_copy_ms is not None
        assert load.input_copy_ms.p50 is not None
        assert load.input_copy_ms.p50 > 0


def test_changes_faster_than_their_answers_all_count() -> None:
    """Back and forth before the first answer: the last change holds."""
    with driven(**CNN, nireq=4) as run:
        run.wait_completed(20)
        before = run.settings
        run.session.apply(with_changes(before, {"nireq": 8}))
        run.session.apply(before)
        run.wait_event(SegmentBegan, 3)
        assert run.settings.nireq == 4
        assert run.of(SegmentBegan)[-1].nireq == 4


def test_requests_without_a_batch_are_not_called_timed_out() -> None:
    with driven(model="demo-matmul", device="BATCH:CPU(4)", nireq=4, requests=40) as run:
        run.wait_finished()
        assert not (run.records()["flags"] & Flag.TIMED_OUT).any()


@pytest.mark.parametrize("load", [{}, {"rate": 200.0}], ids=["closed", "open"])
def test_the_time_of_copying_inputs_is_no_part_of_service_latency(load: dict[str, float], tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.random.default_rng(1).random((3, 64, 64), np.float32))
    with driven(**MATMUL, **load, requests=300, nireq=2, input=str(tmp_path / "x.npy")) as run:
        run.wait_finished()
        records = run.records()
        assert (records["copy_us"] > 0).all()
        # Filled in between due and submitted: of neither the service nor the inference that lies in it.
        assert (records["submit_ns"] - records["due_ns"] >= records["copy_us"] * 1e3 - 1).all()
        found = build_result(run.digest).load
        assert found is not None
        assert found.input_copy_ms is not None
        assert found.input_copy_ms.count == 299


@pytest.mark.parametrize("load", [{}, {"rate": 3000.0}], ids=["closed", "open"])
def test_never_more_in_flight_than_the_pool_has(load: dict[str, float]) -> None:
    """At every moment: 5 of 4 were once shown, because a count was read after the records."""
    with driven(**MATMUL, **load, nireq=4, requests=6_000) as run:
        seen = set()
        run.wait_for(lambda: seen.add(run.digest.snapshot().in_flight) or run.finished, "the end")
        assert max(seen) <= 4
        assert run.digest.snapshot().in_flight == 0
