"""`ovtui run MODEL --compile-only`: cold and out of the cache, the blob, and what is refused."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import openvino as ov
import psutil
import pytest
from harness.fixture_types import Headless, RigEnv
from harness.gpu_sim import STANDS_IN_MS
from harness.program import ovtui

from ovtui.records.compile_times import CompileResult

DEMO = ("run", "demo-cnn", "-d", "CPU", "--compile-only")


def times(headless: Headless, *arguments: str, env: dict[str, str] | None = None) -> CompileResult:
    done = headless(*arguments, "--json", "-", env=env)
    assert done.returncode == 0, done.stderr
    return msgspec.json.decode(done.stdout, type=CompileResult)


def refused(headless: Headless, *arguments: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    done = headless(*arguments, env=env)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize(
    "given", [("-t", "3"), ("--rate", "100"), ("--requests", "9"), ("--api", "sync"), ("--warm-up", "first")]
)
def test_what_belongs_to_a_load_is_refused(headless: Headless, given: tuple[str, str]) -> None:
    code, said = refused(headless, *DEMO, *given)
    assert code == 2
    assert "there is no load; leave it out" in said


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_cold_and_cached_side_by_side_and_then_from_a_warm_cache(headless: Headless, tmp_path: Path) -> None:
    cache, model = tmp_path / "blobs", str(tmp_path / "net.xml")
    ov.save_model(_demo(), model)
    command = ("run", model, "-d", "CPU", "--compile-only", "--cache-dir", str(cache))
    found = times(headless, *command)
    assert [(run.way, run.with_cache) for run in found.runs] == [("cold", True), ("cached", True)]
    assert not found.cache_was_warm
    cold, cached = (run.times for run in found.runs)
    assert (cold.loaded_from_cache, cached.loaded_from_cache) == (False, True)
    assert cold.compile_ms is not None
    assert (cold.import_ms, cached.compile_ms, cold.reshape_ms) == (None, None, None)
    assert cached.import_ms is not None
    held = sum(map(len, files(cache).values()))
    assert (cold.cache_bytes_before, cold.cache_bytes, cached.cache_bytes) == (0, held, held)
    assert cold.blob_bytes is not None
    assert 0 <= held - cold.blob_bytes < 4096, "the cache holds the blob and a head"
    for each in (cold, cached):
        assert each.read_ms is not None
        assert each.first_inference_ms is not None
        assert 0 < each.memory_before_bytes < each.memory_after_bytes <= each.peak_memory_bytes
        assert each.properties["NUM_STREAMS"]
    assert cached.blob_bytes is None
    before, blob = files(cache), tmp_path / "net.blob"
    again = times(headless, *command, "--export-blob", str(blob))
    assert [(run.way, run.with_cache) for run in again.runs] == [("cold", False), ("cached", True)]
    assert again.cache_was_warm
    assert files(cache) == before, "nothing of the person's is deleted or added"
    assert again.notes == [
        "the cache already held the model: the cold compile was measured without a cache, so that it does not write one"
    ]
    assert blob.stat().st_size == again.runs[0].times.blob_bytes
    assert times(headless, "run", str(blob), "-d", "CPU", "--compile-only").runs[0].way == "imported"


def test_the_table_and_the_schema(headless: Headless) -> None:
    done = headless(*DEMO, "--batch-size", "2", "--nstreams", "CPU:1")
    assert done.returncode == 0
    labels = [line[:18].strip() for line in done.stdout.splitlines() if line[:18].strip()]
    assert labels == [
        "model", "device", "read", "reshape", "compile", "first inference", "memory before", "memory after",
        "peak memory", "blob", "in force",
    ]  # fmt: skip
    assert "NUM_STREAMS 1\n" in done.stdout
    schema: Any = json.loads(headless("run", "--compile-only", "--json-schema").stdout)
    assert schema["$ref"] == "#/$defs/CompileResult"


def test_a_blob_is_written_and_runs(headless: Headless, tmp_path: Path) -> None:
    blob = tmp_path / "cnn.blob"
    found = times(headless, *DEMO, "--export-blob", str(blob))
    assert (found.exported, found.runs[0].times.blob_bytes) == (str(blob), blob.stat().st_size)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".tmp"].count("cnn.blob") == 1
    done = headless("run", str(blob), "-d", "CPU", "--requests", "5", "--json", "-")
    assert json.loads(done.stdout)["requests"]["completed"] == 5
    imported = times(headless, "run", str(blob), "-d", "CPU", "--compile-only").runs[0]
    assert (imported.way, imported.times.read_ms, imported.times.compile_ms) == ("imported", None, None)
    assert imported.times.import_ms is not None
    whole = blob.read_bytes()
    assert refused(headless, "run", str(blob), "-d", "CPU", "--compile-only", "--export-blob", str(blob)) == (
        2,
        f"ovtui: --export-blob: {blob} is a compiled model already; copy the file",
    )
    old, half = tmp_path / "old.blob", tmp_path / "half.blob"
    release = ov.__version__.partition("-")[0]
    old.write_bytes(whole.replace(f"ov={release}".encode(), b"ov=2024.0.0", 1))
    half.write_bytes(whole[: len(whole) // 2])
    code, said = refused(headless, "run", str(old), "-d", "CPU", "--compile-only")
    assert code == 4
    assert f"OpenVINO 2024.0.0 made it, and this is {release}, which takes its own alone" in said
    code, said = refused(headless, "run", str(half), "-d", "CPU", "--requests", "1")
    assert (code, "it is cut short or damaged (" in said) == (4, True)


def test_a_blob_without_weights_is_not_written(headless: Headless, tmp_path: Path) -> None:
    model, blob = str(tmp_path / "net.xml"), tmp_path / "net.blob"
    ov.save_model(_demo(), model)
    given = ("--set", "CACHE_MODE=OPTIMIZE_SIZE", "--export-blob", str(blob))
    code, said = refused(headless, "run", model, "-d", "CPU", "--compile-only", *given)
    assert code == 4
    assert said.startswith("ovtui: --export-blob: CPU exports a blob that it does not take itself: ")
    assert said.endswith("; leave CACHE_MODE out")
    assert not blob.exists()


def test_values_by_device_reach_the_devices(headless: Headless, rig_env: RigEnv) -> None:
    command = ("run", "demo-matmul", "-d", "MULTI:GPU,CPU", "--hint", "none", "--compile-only")
    given = ("--nstreams", "CPU:1,GPU:2", "--infer-precision", "CPU:f32,GPU:f32")
    told = times(headless, *command, *given, env=rig_env()).runs[0].times.properties
    assert [told[f"{device}.NUM_STREAMS"] for device in ("CPU", "GPU.0")] == ["1", "2"]
    assert [told[f"{device}.INFERENCE_PRECISION_HINT"] for device in ("CPU", "GPU.0")] == ["f32", "f32"]


def test_auto_is_followed_until_the_gpu_serves(headless: Headless, rig_env: RigEnv) -> None:
    done = headless(
        "run", "demo-matmul", "-d", "AUTO:GPU,CPU", "--compile-only", "--json", "-", env=rig_env(STANDS_IN_MS)
    )
    found = msgspec.json.decode(done.stdout, type=CompileResult).runs[0].times
    assert found.execution_devices == ["GPU.0"]
    assert found.compile_ms is not None
    assert found.handover_ms is not None
    assert found.handover_ms >= max(found.compile_ms, STANDS_IN_MS)
    assert found.first_inference_ms is not None


def test_straight_from_the_file(headless: Headless, tmp_path: Path) -> None:
    model = str(tmp_path / "net.xml")
    ov.save_model(_demo(), model)
    found = times(headless, "run", model, "-d", "CPU", "--compile-only", "--load-from-file", "yes").runs[0]
    assert (found.way, found.times.read_ms) == ("compiled", None)
    assert found.times.compile_ms is not None


def test_shapes_that_stay_open_are_compiled_and_not_run(headless: Headless, tmp_path: Path) -> None:
    from openvino import opset13 as op

    image = op.parameter([-1, 3, -1, -1], ov.Type.f32, name="image")
    ov.save_model(ov.Model([op.relu(image)], [image], "open"), tmp_path / "open.xml")
    times_of = times(headless, "run", str(tmp_path / "open.xml"), "-d", "CPU", "--compile-only").runs[0].times
    assert times_of.first_inference_ms is None
    assert times_of.notes == ["its shapes stay open, so there is no first inference; --shape gives them"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*DEMO, "--export-blob", "/proc/x.blob"), 2, "--export-blob /proc/x.blob: it cannot be written ("),
        ((*DEMO, "--export-blob", "/nowhere/x.blob"), 2, "--export-blob /nowhere/x.blob: there is no folder /nowhere"),
        ((*DEMO, "--export-blob", "x.bin"), 2, "known by its ending: write x.bin.blob"),
        ((*DEMO, "--json", "/nowhere/x.json"), 2, "--json /nowhere/x.json: there is no folder /nowhere"),
        ((*DEMO, "--detach"), 2, "--compile-only with --detach: there is no session; leave it out"),
        (("run", "demo-cnn", "--export-blob", "x.blob"), 2, "--export-blob belongs to --compile-only"),
        ((*DEMO, "--load-from-file", "yes"), 2, "demo-cnn is built into ovtui and has no file"),
        ((*DEMO[:2], "-d", "AUTO:CPU", "--compile-only", "--export-blob", "x.blob"), 4, "as in -d CPU"),
        ((*DEMO[:2], "-d", "XPU", "--compile-only"), 4, "no XPU on this machine"),
        (("run", "nothing.xml", "-d", "CPU", "--compile-only"), 4, "nothing.xml: no such model file"),
        ((*DEMO, "--time-limit", "0.05"), 4, "no answer in 0.1 s; --time-limit gives it longer"),
    ],
)
def test_what_is_refused(
    headless: Headless,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    found_code, found = refused(headless, *arguments)
    assert (found_code, said in found) == (code, True), found


def test_an_interrupt_leaves_no_process(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    blob = tmp_path / "x.blob"
    command = ovtui(*DEMO, "--export-blob", str(blob))
    process = subprocess.Popen(command, env=program_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (children := psutil.Process(process.pid).children()):
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, out, blob.exists(), "Traceback" in said) == (130, "", False, False)
    assert psutil.wait_procs(children, timeout=30)[1] == []


def test_a_blob_of_the_gpu(headless: Headless, rig_env: RigEnv, tmp_path: Path) -> None:
    env, blob = rig_env(), str(tmp_path / "gpu.blob")
    found = times(headless, "run", "demo-matmul", "-d", "GPU", "--compile-only", "--export-blob", blob, env=env)
    assert found.runs[0].times.execution_devices == ["GPU.0"]
    done = headless("run", blob, "-d", "GPU", "--requests", "5", "--json", "-", env=env)
    assert json.loads(done.stdout)["requests"]["completed"] == 5
    code, said = refused(headless, "run", blob, "-d", "CPU", "--requests", "1", env=env)
    assert code == 4
    assert "CPU cannot import this blob: it was made for GPU; name that device, as in -d GPU, or make it again" in said


def _demo() -> ov.Model:
    from ovtui.engine.model.builtin_models import demo_matmul

    return demo_matmul()
