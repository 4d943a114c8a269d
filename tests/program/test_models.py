"""Models of other makers and kinds, through the run and the dashboard."""

from __future__ import annotations

import json
from pathlib import Path

from harness.fixture_types import Headless, StartProgram
from harness.reading import completed
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


def test_openvino_ir(headless: Headless, tmp_path: Path) -> None:
    model = save(pointwise_net(), tmp_path / "pointwise.xml")
    done = headless("run", str(model), "-d", "CPU", "-n", "50", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["model"]["name"]
