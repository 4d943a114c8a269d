"""Models as people have them, out of wheels or in the form of optimum-intel's exports: told by `inspect`, run by `run`
with the command that `inspect` gives."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from harness.fixture_types import Headless, StartProgram
from harness.language_model import language_model
from harness.stateful_models import saved

USAGE, UNUSABLE, INTERRUPTED = 2, 4, 130


def told(headless: Headless, *arguments: str) -> dict[str, Any]:
    done = headless("inspect", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run_as_told(headless: Headless, found: dict[str, Any], *more: str) -> dict[str, Any]:
    """The result of the command, through a shell's quoting."""
    ovtui, *arguments = shlex.split(shlex.join(found["command"]))
    assert ovtui == "ovtui"
    done = headless(*arguments, "-d", "CPU", "-n", "4", "--no-record", "--json", "-", *more)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert (result["requests"]["completed"], result["requests"]["errors"]) == (4, 0)
    return result


def shapes_of(result: dict[str, Any]) -> list[str]:
    return [port["shape"] for port in result["model"]["inputs"]]


def test_speech_with_a_scalar_and_a_state(headless: Headless, silero_model: Path, tmp_path: Path) -> None:
    found = told(headless, str(silero_model))
    assert found["format"] == "ONNX"
    assert [(each["name"], each["shape"], each["type"]) for each in found["inputs"]] == [
        ("input", "[?,?]", "f32"), ("sr", "[]", "i64"), ("state", "[2,?,128]", "f32"),
    ]  # fmt: skip
    assert [each["dynamic"] for each in found["inputs"]] == [True, False, True]
    assert "dynamic shape" in found["needs"]
    assert found["carried_inference"] is True
    np.save(tmp_path / "rate.npy", np.array(16000))
    rate = f"sr:{tmp_path / 'rate.npy'}"
    result = run_as_told(headless, found, "-i", rate)
    assert shapes_of(result) == [each["request_shape"] for each in found["inputs"]]
    assert result["model"]["inputs"][1]["shape"] == "[]"


def test_a_language_model(headless: Headless, tmp_path: Path) -> None:
    model = saved(language_model(), tmp_path)
    found = told(headless, model)
    assert (found["format"], found["format_version"], found["needs"]) == ("OpenVINO IR", "11", None)
    assert [(each["id"], each["shape"]) for each in found["variables"]] == [
        ("past.0.key", "[?,2,?,16]"), ("past.0.value", "[?,2,?,16]"),
    ]  # fmt: skip
    assert {each["request_shape"] for each in found["inputs"][:3]} == {"[1,1]"}
    assert found["inputs"][3]["request_shape"] == "[1]"
    assert {each["request_shape_from"] for each in found["inputs"]} == {"decoder"}
    state = run_as_told(headless, found, "--state", "4", "--nireq", "1")["state"]
    assert (state["tokens"], state["request_tokens"]) == (4, 1)


def test_a_wake_word_whose_batch_is_open(headless: Headless, wake_word_model: Path) -> None:
    found = told(headless, str(wake_word_model))
    [port] = found["inputs"]
    assert (found["format"], port["name"]) == ("TensorFlow Lite", "serving_default_input_1:0")
    assert (port["shape"], port["request_shape"], port["request_shape_from"]) == (
        "[?,76,32,1]", "[1,76,32,1]", "batch 1",
    )  # fmt: skip
    assert (found["needs"], found["carried_inference"]) == (None, True)
    assert shapes_of(run_as_told(headless, found)) == ["[1,76,32,1]"]


def test_a_picture_whose_sides_are_open(headless: Headless, onnx_classifier: Path) -> None:
    done = headless("inspect", str(onnx_classifier))
    assert done.returncode == 0, done.stderr
    assert "  x     [?,3,?,?]  f32" in done.stdout
    assert "needs        the model has inputs of dynamic shape: x [?,3,?,?]; give them with" in done.stdout
    assert "tried        the shapes that ovtui chose have carried one inference, on the CPU" in done.stdout
    command = shlex.split(done.stdout.splitlines()[-1])[1:]
    assert command[:4] == ["ovtui", "run", str(onnx_classifier), "--shape"]
    run_as_told(headless, {"command": command})


def test_what_cannot_be_told_is_one_sentence(headless: Headless, tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_text("this is not a model")
    for arguments, code, words in (
        ((str(tmp_path / "broken.onnx"),), UNUSABLE, "broken.onnx: "),
        (("demo-cnn", "-i", "no-such.png"), USAGE, "no such file"),
    ):
        done = headless("inspect", *arguments, "--json")
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith("ovtui: ")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_reader_that_hangs(
    start: StartProgram, headless: Headless, program_env: dict[str, str], tmp_path: Path
) -> None:
    """It hangs as the process begins, until the time is over, or ctrl+c."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    hang = 'import sys\nif any("inspection_child" in word for word in sys.orig_argv):\n'
    (tmp_path / "sitecustomize.py").write_text(f"{hang}    open({str(pipe)!r}).read()\n")
    env = {**program_env, "PYTHONPATH": str(tmp_path)}
    done = headless("inspect", "demo-mlp", "--time-limit", "0.5", env=env)
    assert (done.returncode, done.stdout) == (UNUSABLE, "")
    assert done.stderr == "ovtui: demo-mlp: no answer from OpenVINO within 0.5 s; --time-limit gives it longer\n"
    program = start("inspect", "demo-mlp", env=env)
    writer = os.open(pipe, os.O_WRONLY)  # waits for the reader, which hangs until this is closed
    program.keys("ctrl+c")
    assert program.wait() == INTERRUPTED
    os.close(writer)
    assert "Traceback" not in program.text
