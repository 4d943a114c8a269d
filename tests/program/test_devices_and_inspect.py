"""`ovtui devices` and what `ovtui inspect` tells of devices, as the real program on this machine's CPU and on the
simulated GPU."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from harness.fixture_types import Headless, RigEnv, StartProgram
from harness.language_model import language_model
from harness.stateful_models import saved
from rig.nets import pointwise_net, with_gain

UNUSABLE, FAILED = 4, 1
LONG = ("--time-limit", "120")
"""For a machine that is slow or busy."""


def inspected(headless: Headless, *arguments: str, env: dict[str, str] | None = None) -> dict[str, Any]:
    done = headless("inspect", *arguments, "--json", *LONG, **({} if env is None else {"env": env}))
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def verdicts(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["device"]: each for each in found["devices"]}


def batching(verdict: dict[str, Any]) -> dict[str, tuple[bool, int | None, str]]:
    return {each["device"]: (each["batches"], each["size"], each["certainty"]) for each in verdict["batching"]}


def test_all_properties_of_the_cpu(headless: Headless) -> None:
    done = headless("devices", "CPU", "BATCH", "--json", *LONG)
    assert (done.returncode, done.stderr) == (0, "")
    cpu, batch = json.loads(done.stdout)["devices"]
    listed = {each["name"]: each for each in cpu["properties"]}
    supported = ov.Core().get_property("CPU", "SUPPORTED_PROPERTIES")
    assert {name: each["access"] for name, each in listed.items()} == dict(supported)
    assert all(each["value"] is not None or each["unread"] for each in listed.values())
    assert listed["NUM_STREAMS"]["help"] == "Inferences that the device runs in parallel."
    assert listed["PERFORMANCE_HINT"]["choices"] == ["LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"]
    live = [each["name"] for each in (*cpu["properties"], *batch["properties"]) if each["settable"] == "live"]
    assert live == ["AUTO_BATCH_TIMEOUT"]


def test_every_device_has_a_line_in_brief(headless: Headless) -> None:
    done = headless("devices", "--brief", *LONG)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["DEVICE", "CPU", "GPU", "NPU"]


@pytest.mark.parametrize(("columns", "terminal"), [(80, "xterm-256color"), (120, "dumb"), (200, "xterm")])
def test_the_text_fits_the_terminal(
    start: StartProgram, program_env: dict[str, str], columns: int, terminal: str
) -> None:
    env = {**program_env, "TERM": terminal, "NO_COLOR": "1", "LC_ALL": "C"}
    program = start("devices", "CPU", *LONG, env=env, columns=columns, rows=120)
    assert program.wait() == 0
    words = " ".join(program.text.split())
    assert "live: also while it runs" in words
    assert "NUM_STREAMS int RW" in words
    assert "WEIGHTS_PATH text WO - " in words


def test_a_driver_that_dies_or_hangs_is_a_line_and_the_others_stand(
    headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    """The GPU's process dies as it begins, the NPU's hangs."""
    code = (
        "import os, sys\n"
        "if any('device_listing_child' in word for word in sys.orig_argv):\n"
        "    text = sys.stdin.buffer.read()\n"
        "    if b'\"GPU\"' in text:\n"
        "        os.write(2, b'driver: out of range\\n'); os.abort()\n"
        "    if b'\"NPU\"' in text:\n"
        "        os.read(os.pipe()[0], 1)\n"
        "    import io\n"
        "    sys.stdin = io.TextIOWrapper(io.BytesIO(text))\n"
    )
    (tmp_path / "sitecustomize.py").write_text(code)
    env = {**program_env, "PYTHONPATH": str(tmp_path)}
    done = headless("devices", "--brief", "--time-limit", "6", env=env)
    assert (done.returncode, done.stderr) == (FAILED, "")
    _, cpu, gpu, npu = done.stdout.splitlines()
    assert cpu.split()[0] == "CPU"
    assert gpu == "GPU     crashed with SIGABRT: driver: out of range"
    assert npu == "NPU     no answer in 6 s; --time-limit gives it longer"


@pytest.mark.usefixtures("no_leftovers")
@pytest.mark.parametrize(
    "command", [("devices", "--time-limit", "60"), ("inspect", "demo-matmul", "--time-limit", "60")]
)
def test_ctrl_c_ends_what_hangs(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    names = ("device_listing_child", "device_trial_child")
    hang = f"import sys\nif any(name in word for word in sys.orig_argv for name in {names}):\n"
    (tmp_path / "sitecustomize.py").write_text(f"{hang}    open({str(pipe)!r}).read()\n")
    program = start(*command, env={**program_env, "PYTHONPATH": str(tmp_path)})
    writer = os.open(pipe, os.O_WRONLY)  # waits for a reader, which hangs until this is closed
    program.keys("ctrl+c")
    assert program.wait() == 130
    os.close(writer)
    assert "Traceback" not in program.text


def test_what_the_cpu_makes_of_a_model(headless: Headless, tmp_path: Path) -> None:
    found = inspected(headless, "demo-cnn")
    cpu = verdicts(found)["CPU"]
    assert (cpu["present"], cpu["compiles"], cpu["unlisted"]) == (True, True, [])
    assert batching(cpu) == {"CPU": (False, None, "deduced"), "BATCH:CPU(4)": (True, 4, "verified")}
    assert found["content"]["operations"][0] == {"type": "Convolution", "count": 8}
    stateful = inspected(headless, saved(language_model(), tmp_path), "-d", "CPU")
    assert list(verdicts(stateful)) == ["CPU"]
    [_, told] = verdicts(stateful)["CPU"]["batching"]
    assert (told["batches"], told["certainty"]) == (False, "deduced")
    assert told["why"] == "the model holds state, which a batch would share"
    assert len(stateful["variables"]) == 2


def test_an_input_that_a_batch_would_share_is_warned_of(headless: Headless, tmp_path: Path) -> None:
    model = saved(with_gain(pointwise_net()), tmp_path)
    found = verdicts(inspected(headless, model, "-d", "CPU"))["CPU"]["batching"]
    assert found[1]["shared_inputs"] == ["gain"]
    done = headless("inspect", model, "-d", "CPU", *LONG)
    assert "requests with another value get wrong results" in " ".join(done.stdout.split())


def test_a_device_that_is_not_there_and_one_that_is_misspelt(headless: Headless) -> None:
    assert verdicts(inspected(headless, "demo-matmul", "-d", "AUTO:NPU,CPU"))["NPU"]["present"] is False
    done = headless("inspect", "demo-matmul", "-d", "AUTO:NPU,cpu")
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert done.stderr == "ovtui: no device cpu here; did you mean CPU?\n"


def test_the_simulated_gpu(headless: Headless, rig_env: RigEnv, tmp_path: Path) -> None:
    env = rig_env()
    done = headless("devices", "GPU", "--json", *LONG, env=env)
    [gpu] = json.loads(done.stdout)["devices"]
    assert (gpu["device"], gpu["present"], gpu["why"]) == ("GPU", True, None)
    listed = {each["name"]: each for each in gpu["properties"]}
    assert listed["OPTIMAL_BATCH_SIZE"]["value"] is None
    assert "ovtui inspect" in listed["OPTIMAL_BATCH_SIZE"]["unread"]
    model = saved(with_gain(pointwise_net()), tmp_path)
    verdict = verdicts(inspected(headless, model, "-d", "GPU", env=env))["GPU"]
    size = verdict["optimal_batch_size"]
    assert size > 2
    own = verdict["batching"][0]
    assert (own["device"], own["batches"], own["certainty"], own["shared_inputs"]) == (
        "GPU", True, "verified", ["gain"],
    )  # fmt: skip
    assert 1 < own["size"] <= size


@pytest.mark.parametrize("kind", ["folder", "empty", "garbage", "pipe", "gone", "control"])
def test_bad_models_are_one_sentence(headless: Headless, tmp_path: Path, kind: str) -> None:
    path = tmp_path / ("a\x1b[31m\n.xml" if kind == "control" else f"{kind}.xml")
    match kind:
        case "folder":
            path.mkdir()
        case "empty" | "control":
            path.touch()
        case "garbage":
            path.write_bytes(bytes(range(256)) * 50)
        case "pipe":
            os.mkfifo(path)
    done = headless("inspect", str(path))
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert done.stderr.startswith("ovtui: ")
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert "Traceback" not in done.stderr


def test_real_models_batch_or_not(headless: Headless, onnx_classifier: Path, magika_model: Path) -> None:
    classifier = inspected(headless, str(onnx_classifier), "-d", "CPU")
    assert classifier["suggested_shape"]
    assert batching(verdicts(classifier)["CPU"])["BATCH:CPU(4)"] == (True, 4, "verified")
    magika = verdicts(inspected(headless, str(magika_model), "-d", "CPU"))["CPU"]
    assert batching(magika)["BATCH:CPU(4)"] == (False, 1, "verified")
    assert magika["batching"][1]["why"] == (
        "the compiled model shows B = 1: OpenVINO finds no batch dimension that it can follow through the model"
    )


def test_a_tflite_model_tells_what_it_is_made_of(headless: Headless, wake_word_model: Path) -> None:
    found = inspected(headless, str(wake_word_model), "-d", "CPU")
    assert (found["format"], found["weights_bytes"]) == ("TensorFlow Lite", None)
    assert found["content"]["parameters"] > 100_000
    assert {each["type"] for each in found["content"]["operations"]} >= {"Convolution"}
    assert verdicts(found)["CPU"]["compiles"] is True
