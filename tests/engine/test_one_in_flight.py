"""One request in flight in a closed loop: the synchronous API of the real engine, its changes and its ends."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from driven import Driven, assert_none_lost, driven
from harness.gpu_sim import STANDS_IN_MS
from openvino import opset13 as op
from rig.nets import pointwise_net, save

from ovtui.records import device_codes
from ovtui.records.events import DeviceChanged, EngineExited, EngineSpawned, LoadEnded, Note, Refused, SegmentBegan
from ovtui.records.record import Flag, Records

CNN = {"model": "demo-cnn", "device": "CPU"}
MATMUL = {"model": "demo-matmul", "device": "CPU"}


def assert_one_after_another(records: Records) -> None:
    """In the order of submission, and none submitted before the one before was done."""
    assert (np.diff(records["seq"].astype("i8")) == 1).all()
    assert (records["order"] == records["seq"]).all()
    assert (records["submit_ns"][1:] >= records["done_ns"][:-1]).all()


def ended(run: Driven) -> Records:
    run.session.stop()
    run.wait_finished()
    records = run.records()
    assert_none_lost(records, run.digest.snapshot().submitted)
    return records


@pytest.mark.parametrize(
    ("values", "api", "nireq"),
    [
        ({"nireq": 1}, "sync", 1),
        ({"hint": "latency", "api": "sync"}, "sync", 1),
        ({"nireq": 0, "api": "sync"}, "sync", 1),
        ({"nireq": 1, "api": "async"}, "async", 1),
        ({"nireq": 2}, "async", 2),
        ({"nireq": 1, "rate": 2000.0}, "async", 1),
    ],
)
def test_the_api_in_force(values: dict[str, object], api: str, nireq: int) -> None:
    with driven(**MATMUL, **values, requests=500) as run:
        run.wait_finished()
        began = run.of(SegmentBegan)[0]
        assert (began.api, began.nireq) == (api, nireq)
        assert run.wait_event(LoadEnded).reason == "requests"
        records = run.records()
        assert_none_lost(records, 500)
        assert set(records["batch_size"]) == {1}
        assert set(records["request"]) == set(range(nireq))
        if api == "sync":
            assert_one_after_another(records)
            # OpenVINO's latency lies in the time from submission to completion, which the clock gives.
            assert (records["infer_us"] * 1e3 <= records["done_ns"] - records["submit_ns"] + 1).all()


def test_every_change_of_the_load_while_it_runs() -> None:
    steps: list[tuple[dict[str, object], str]] = [
        ({"nireq": 4}, "async"), ({"nireq": 1}, "sync"), ({"rate": 1000.0}, "async"), ({"rate": 0.0}, "sync"),
        ({"api": "async"}, "async"), ({"api": "sync"}, "sync"), ({"api": "auto", "nireq": 3}, "async"),
        ({"nireq": 0, "api": "sync"}, "sync"), ({"seed": 3}, "sync"),
    ]  # fmt: skip
    with driven(**CNN, nireq=1) as run:
        run.wait_completed(20)
        for number, (changes, api) in enumerate(steps):
            run.apply(**changes)
            began = run.wait_event(SegmentBegan, number + 2)
            assert began.api == api, changes
            run.wait_completed(20)
        records = ended(run)
        assert len(run.of(EngineSpawned)) == 2
        assert not run.of(Refused)
        for began in run.of(SegmentBegan):
            mine = np.sort(records[records["segment"] == began.segment], order="seq")
            assert len(mine) > 0
            if began.api == "sync":
                assert (mine["submit_ns"][1:] >= mine["done_ns"][:-1]).all()


def test_alone_under_batch_means_that_the_timeout_ran_out() -> None:
    with driven(model="demo-cnn", device="BATCH:CPU(4)", nireq=1, requests=12, batch_timeout_ms=10) as run:
        run.wait_finished()
        assert run.of(SegmentBegan)[0].api == "sync"
        records = run.records()
        assert_one_after_another(records)
        assert set(records["batch_size"]) == {1}
        assert ((records["flags"] & Flag.TIMED_OUT) != 0).all()


def test_batches_form_again_once_more_are_in_flight() -> None:
    """Both loops use the infer requests of one numbering, which binds them to batch workers."""
    with driven(model="demo-cnn", device="BATCH:CPU(4)", nireq=1, batch_timeout_ms=100) as run:
        run.wait_completed(5)
        run.apply(nireq=8)
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(200)
        run.apply(nireq=1)
        run.wait_event(SegmentBegan, 3)
        run.wait_completed(5)
        records = ended(run)
        assert set(records["batch_size"][records["segment"] != 2]) == {1}
        full = records[(records["segment"] == 2) & (records["batch_size"] == 4)]
        assert len(full) > 100
        assert {k // 4 for k in full["request"]} == {0, 1}


def test_a_kill_at_any_moment_leaves_the_right_sum() -> None:
    with driven(**MATMUL, nireq=1) as run:
        run.wait_completed(2000)
        os.kill(run.of(EngineSpawned)[0].pid, signal.SIGKILL)
        run.wait_event(EngineExited)
        run.poll()
        snapshot = run.digest.snapshot()
        assert snapshot.in_flight == 0
        # What was submitted is recorded, but for the one that was in flight.
        assert snapshot.submitted - len(run.records()) in (0, 1)
        assert_one_after_another(run.records())
        run.session.restart()
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(100)
        records = run.records()
        assert len(set(records["seq"].tolist())) == len(records)


def test_data_shapes_are_cycled_and_recorded(tmp_path: Path) -> None:
    image = op.parameter(ov.PartialShape([1, 3, -1, -1]), np.float32, name="image")
    ov.save_model(ov.Model([op.relu(image)], [image], "any_size"), tmp_path / "any_size.xml")
    values = {"model": str(tmp_path / "any_size.xml"), "device": "CPU", "data_shape": "[1,3,8,8][1,3,16,16][1,3,4,4]"}
    for load in ({"nireq": 1}, {"nireq": 2}, {"nireq": 2, "rate": 1000.0}):
        with driven(**values, **load, requests=30) as run:
            run.wait_finished()
            records = np.sort(run.records(), order="seq")
            assert records["data_shape"].tolist() == [0, 1, 2] * 10
            assert (records["copy_us"] > 0).all()


@pytest.fixture(scope="session")
def net(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save(pointwise_net(2), tmp_path_factory.mktemp("net") / "pointwise.xml"))


def put_rig_in_force(env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rig's control folder."""
    for name, value in env.items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)
    return Path(env["CLGPU_CTL"])


@pytest.mark.rig
def test_a_handover(rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch, net: str) -> None:
    put_rig_in_force(rig_env(build_ms=STANDS_IN_MS), monkeypatch)
    with driven(model=net, device="AUTO:GPU,CPU", hint="latency", nireq=1) as run:
        change = run.wait_event(DeviceChanged)
        assert (change.before, change.after) == (["(CPU)"], ["GPU.0"])
        run.wait_completed(100)
        records = ended(run)
        assert run.of(SegmentBegan)[0].api == "sync"
        assert_one_after_another(records)
        found = Counter(records["device"].tolist())
        assert set(found) <= {device_codes.STAND_IN, device_codes.AMBIGUOUS, 0x20}
        assert found[device_codes.STAND_IN] > 0
        assert found[0x20] > 0
        # One reading can differ, that at the switch.
        assert found[device_codes.AMBIGUOUS] <= 1
        changes = np.flatnonzero(np.diff(records["device"].astype(int)))
        assert len(changes) <= 2, "from the stand-in to the GPU, once"


@pytest.mark.rig
def test_failing_requests_are_recorded_and_the_load_goes_on(
    rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch, net: str
) -> None:
    control = put_rig_in_force(rig_env(build_ms=0), monkeypatch)
    with driven(model=net, device="GPU", hint="latency", nireq=1) as run:
        run.wait_completed(20)
        (control / "fail_run").touch()
        run.wait_for(lambda: run.digest.snapshot().errors >= 3, "failed requests")
        (control / "fail_run").unlink()
        errors = run.digest.snapshot().errors
        run.wait_completed(errors + 50)
        run.wait_for(lambda: not run.records()["flags"][-1] & Flag.ERROR, "a request that succeeds")
        records = ended(run)
        failed = records[(records["flags"] & Flag.ERROR) != 0]
        assert set(failed["infer_us"]) == {0}
        assert len([note for note in run.of(Note) if note.severity == "error"]) == 1
