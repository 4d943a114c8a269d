"""Models of other makers and kinds, through the run and the dashboard."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import openvino as ov
from harness.fixture_types import Headless, StartProgram
from harness.reading import completed
from openvino import opset13 as op
from rig.nets import pointwise_net, save

CLASSIFIER_SHAPE = "[1,3,48,192]"


def test_onnx_through_the_run(headless: Headless, onnx_classifier: Path) -> None:
    done = headless("run", str(onnx_classifier), "--shape", CLASSIFIER_SHAPE, "-d", "CPU", "-n", "50", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert [port["shape"] for port in result["model"]["inputs"]] == [CLASSIFIER_SHAPE]
    assert result["requests"]["completed"] == 50
    assert result["requests"]["errors"] == 0
    assert result["latency_ms"]["inference"]["p50"] > 0


def test_onnx_in_batches(headless: Headless, onnx_classifier: Path) -> None:
    shape, batch = ("--shape", CLASSIFIER_SHAPE), ("-d", "BATCH:CPU(4)", "--nireq", "8")
    done = headless("run", str(onnx_classifier), *shape, *batch, "-n", "80", "--json", "-")
    assert done.returncode == 0, done.stderr
    batching = json.loads(done.stdout)["batching"]
    assert batching["size"] == 4
    assert batching["batched"] >= 40


def test_onnx_through_the_dashboard(start: StartProgram, onnx_classifier: Path) -> None:
    program = start(str(onnx_classifier), "--shape", CLASSIFIER_SHAPE, "-d", "CPU")
    text = program.wait_for(lambda text: completed(text) > 50)
    assert onnx_classifier.name in text.splitlines()[0]


def test_an_integer_model_that_does_not_batch(headless: Headless, magika_model: Path) -> None:
    done = headless("run", str(magika_model), "--shape", "[1,2048]", "-d", "CPU", "-n", "20", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["model"]["inputs"][0]["type"] == "i32"
    assert result["requests"]["completed"] == 20


def test_inputs_of_any_name_and_the_batch_of_those_that_have_one(headless: Headless, tmp_path: Path) -> None:
    """What a refusal says of --layout is pasted into a shell."""
    x, state, rate = (
        op.parameter(ov.PartialShape(shape), np.float32, name=name)
        for name, shape in (("call/x:0", [-1, 6]), ('it\'s "[state]"', [2, 1, 6]), ("sr, Hz", []))
    )
    for node in (x, state, rate):
        node.output(0).set_names({node.friendly_name})
    both = op.add(state, op.multiply(x, rate))
    model = save(ov.Model([op.result(both)], [x, state, rate], "odd"), tmp_path / "odd names.xml")
    np.save(tmp_path / "a, b:c.npy", np.ones((4, 6), np.float32))
    given = ("run", str(model), "-d", "CPU", "-n", "8", "--json", "-")
    done = headless(*given, "-b", "4", "-i", f"call/x:0:{tmp_path}/a, b:c.npy")
    assert done.returncode == 0, done.stderr
    assert [port["shape"] for port in json.loads(done.stdout)["model"]["inputs"]] == ["[4,6]", "[2,1,6]", "[]"]
    note = next(line for line in done.stderr.splitlines() if "batch 4" in line)
    advised = shlex.split(note.partition("name a batch dimension with ")[2])
    again = headless(*given, "-b", "4", *advised)
    assert [port["shape"] for port in json.loads(again.stdout)["model"]["inputs"]] == ["[4,6]", "[2,4,6]", "[]"]
    shaped = headless(*given, "--data-shape", '"call/x:0"[3,6][5,6]')
    assert json.loads(shaped.stdout)["requests"]["completed"] == 8, shaped.stderr


def test_openvino_ir(headless: Headless, tmp_path: Path) -> None:
    model = save(pointwise_net(), tmp_path / "pointwise.xml")
    done = headless("run", str(model), "-d", "CPU", "-n", "50", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"]["name"]
