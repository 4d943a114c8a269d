"""`ovtui verify` as the real program."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from harness.fixture_types import Headless, RigEnv, StartProgram
from harness.verified_models import chain, killed, saved_pair

FINE, USAGE, LIMIT_MISSED, UNUSABLE, INTERRUPTED = 0, 2, 3, 4, 130
DIES = """
import os, sys
if any("verification_child" in word for word in sys.orig_argv):
    import openvino
    compiled = openvino.Core.compile_model
    def compile_model(core, model, device, *rest):
        if device == "{device}":
            os.write(2, b"driver: out of range\\n")
            {what}
        return compiled(core, model, device, *rest)
    openvino.Core.compile_model = compile_model
"""
"""Of a driver that does `what` when it compiles."""


def said(stderr: str) -> list[str]:
    """Without the lines of progress, of which a slow machine has some."""
    return [line for line in stderr.splitlines() if line.startswith("ovtui:")]


def with_driver(env: dict[str, str], folder: Path, device: str, what: str) -> dict[str, str]:
    (folder / "sitecustomize.py").write_text(DIES.format(device=device, what=what))
    return {**env, "PYTHONPATH": str(folder)}


def test_they_agree(headless: Headless, tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    done = headless("verify", "demo-matmul", "-d", "CPU", "--json", str(path))
    assert (done.returncode, said(done.stderr)) == (FINE, [])
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("device     CPU, infers in ")
    assert "agree" in done.stdout
    found = json.loads(path.read_text())
    assert (found["verdict"], found["device"], found["outputs"][0]["name"]) == ("agree", "CPU", "product")
    piped = headless("verify", "demo-matmul", "-d", "CPU", "--json", "-")
    assert json.loads(piped.stdout)["outputs"] == found["outputs"]


def test_a_fault_and_its_layer(headless: Headless, tmp_path: Path) -> None:
    right, wrong = saved_pair(chain, tmp_path)
    done = headless("verify", wrong, "-d", "CPU", "--against-model", right, "--layers", "--infer-precision", "f32")
    assert (done.returncode, said(done.stderr)) == (LIMIT_MISSED, [])
    words = " ".join(done.stdout.split())
    assert "wrong.xml on CPU differs from right.xml on CPU by a fault: output y, relative difference 0.5" in words
    assert "First layer that differs in f32: second (MatMul): relative difference 0.5, above 1e-4" in words
    assert "so does what it computes with: second_weights; 2 layers behind it differ too." in words


def test_a_difference_that_vanishes_is_a_limit_missed_with_layers_alone(headless: Headless, tmp_path: Path) -> None:
    right, wrong = saved_pair(killed, tmp_path)
    assert headless("verify", wrong, "-d", "CPU", "--against-model", right).returncode == FINE
    done = headless("verify", wrong, "-d", "CPU", "--against-model", right, "--layers")
    assert done.returncode == LIMIT_MISSED
    assert "the outputs agree all the same" in " ".join(done.stdout.split())


def test_a_tolerance_of_ones_own(headless: Headless, tmp_path: Path) -> None:
    right, wrong = saved_pair(chain, tmp_path, 1.001)
    given = ("verify", wrong, "-d", "CPU", "--against-model", right, "--infer-precision", "f32", "--tolerance")
    assert headless(*given, "0.2%").returncode == FINE
    assert headless(*given, "5e-4").returncode == LIMIT_MISSED


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["demo-cnn"], USAGE, "which device? name the one to verify, as in: ovtui verify MODEL -d GPU"),
        (["demo-cnn", "-d", "AUTO"], USAGE, "-d AUTO: AUTO and MULTI choose the device themselves"),
        (["demo-cnn", "-d", "CPU", "--against", ""], USAGE, "--against: it is empty"),
        (["demo-cnn", "-d", "CPU", "--tolerance", "much"], USAGE, "is no relative difference"),
        (["demo-cnn", "-d", "CPU", "--tolerance", "nan"], USAGE, "is no relative difference"),
        (["demo-cnn", "-d", "CPU", "--inputs", "0"], USAGE, "--inputs"),
        (["demo-cnn", "-d", "CPU", "--json", "/nowhere/at/all"], USAGE, "there is no folder /nowhere/at"),
        (["demo-cnn", "-d", "CPU", "--input", "image:/nowhere.npy"], USAGE, "/nowhere.npy"),
        (["demo-cnn", "-d", "NPU.9"], UNUSABLE, "no NPU.9 on this machine; ovtui doctor says why"),
        (["no-such.xml", "-d", "CPU"], UNUSABLE, "no-such.xml: no such model file"),
        (["demo-cnn", "-d", "CPU", "--against-model", "none.xml"], UNUSABLE, "none.xml: no such model file"),
    ],
)
def test_what_cannot_be_is_one_sentence(headless: Headless, arguments: list[str], code: int, text: str) -> None:
    done = headless("verify", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    [sentence] = said(done.stderr)
    assert text in sentence
    assert "Traceback" not in done.stderr


def test_the_schema_is_printed_without_a_model(headless: Headless) -> None:
    done = headless("verify", "--json-schema")
    assert done.returncode == FINE
    assert "Verification" in json.loads(done.stdout)["$defs"]


def test_a_driver_that_dies_or_hangs_is_a_sentence(
    headless: Headless, program_env: dict[str, str], rig_env: RigEnv, tmp_path: Path
) -> None:
    env = with_driver(rig_env(), tmp_path, "GPU", "os.abort()")
    done = headless("verify", "demo-matmul", "-d", "GPU", env=env)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert said(done.stderr) == [
        "ovtui: demo-matmul: the process that verifies it died with SIGABRT while it was compiling for GPU: driver: "
        "out of range"
    ]
    env = with_driver(program_env, tmp_path, "CPU", "os.read(os.pipe()[0], 1)")
    done = headless("verify", "demo-matmul", "-d", "CPU", "--time-limit", "12", env=env)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert said(done.stderr) == [
        "ovtui: demo-matmul: not done within 12 s (compiling for CPU); --time-limit gives it longer"
    ]


@pytest.mark.usefixtures("no_leftovers")
def test_ctrl_c_ends_it(start: StartProgram, program_env: dict[str, str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    env = with_driver(program_env, tmp_path, "CPU", f"open({str(pipe)!r}).read()")
    program = start("verify", "demo-matmul", "-d", "CPU", env=env)
    writer = os.open(pipe, os.O_WRONLY)  # waits for a reader, which hangs until this is closed
    program.keys("ctrl+c")
    assert program.wait() == INTERRUPTED
    os.close(writer)
    assert "Traceback" not in program.text


def test_the_simulated_gpu_against_the_cpu(headless: Headless, rig_env: RigEnv) -> None:
    done = headless("verify", "demo-matmul", "-d", "GPU", "--against", "CPU", "--layers", env=rig_env())
    assert done.returncode == FINE
    words = " ".join(done.stdout.split())
    assert "device GPU, which ran on GPU.0, infers in f16" in words
    assert "GPU and CPU agree within 0.01: the largest relative difference is" in words
    assert "The one layer agrees within 1e-4 in f32." in words
