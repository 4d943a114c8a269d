"""Models of other makers and kinds, through the run and the dashboard."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import openvino as ov
from harness.fixture_types import Headless, StartProgram
from harness.reading import completed
from harness.typed_models import one_of_each
from openvino import opset13 as op
from PIL import Image
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


def test_types_that_numpy_lacks(headless: Headless, tmp_path: Path) -> None:
    kinds = ["i4", "u4", "u1", "bf16", "f8e4m3", "f8e5m2", "boolean", "string"]
    ov.save_model(one_of_each(kinds), tmp_path / "kinds.xml", compress_to_fp16=False)
    np.save(tmp_path / "x.npy", np.arange(16).reshape(2, 8) % 2)
    (tmp_path / "x.txt").write_text("one\ntwo\nthree\n")
    files = ",".join(f"{kind}:{tmp_path / ('x.txt' if kind == 'string' else 'x.npy')}" for kind in kinds)
    for given in ((), ("-i", files), ("-i", files, "-d", "BATCH:CPU(4)", "--nireq", "4")):
        done = headless("run", str(tmp_path / "kinds.xml"), "-n", "40", *given, "--json", "-")
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        assert [port["type"] for port in result["model"]["inputs"]] == [
            "boolean" if kind == "u1" else kind for kind in kinds
        ]
        assert (result["requests"]["completed"], result["requests"]["errors"]) == (40, 0)
        assert "input u1: u1 runs as boolean" in done.stderr
    refused = headless("run", str(tmp_path / "kinds.xml"), "-n", "5", "-i", f"i4:{tmp_path / 'x.txt'}")
    assert refused.returncode == 2
    assert "the input i4 [1,8] i4 takes no .txt file; give it an image, .npy, .npz or .bin file" in refused.stderr
    ov.save_model(one_of_each(["nf4"]), tmp_path / "nf4.xml")
    refused = headless("run", str(tmp_path / "nf4.xml"), "-n", "5")
    assert refused.returncode == 4
    assert (
        "the input nf4 [1,8] has the element type nf4, which ovtui cannot fill; --input-precision nf4:f32"
        in refused.stderr
    )


def test_preprocessing_is_a_part_of_the_model(headless: Headless, tmp_path: Path) -> None:
    model = save(pointwise_net(), tmp_path / "pointwise.xml")
    Image.new("RGB", (12, 9), (200, 100, 50)).save(tmp_path / "a.png")
    picture = ("-i", str(tmp_path / "a.png"), "--color", "bgr")
    given = (*picture, "--input-precision", "u8", "--mean-values", "[120,110,100]")
    recording = tmp_path / "run.ovtui"
    batches = ("-d", "BATCH:CPU(4)", "--nireq", "8", "-n", "80", "--layout", "NCHW")
    done = headless("run", str(model), *batches, *given, "--json", "-", "--record", str(recording))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    (told,) = result["model"]["preparation"]
    assert result["model"]["inputs"][0]["type"] == told["tensor_type"] == "u8"
    assert (told["model_type"], told["mean"], told["scale"]) == ("f32", [120, 110, 100], [])
    assert (told["layout"], told["layout_from"], told["color"]) == ("NCHW", "given", "bgr")
    assert (told["file"], told["picture_size"], told["data"]) == ("a.png", [12, 9], "picture")
    assert result["batching"]["size"] == 4
    assert result["batching"]["batched"] >= 40
    reported = headless("report", str(recording), "-o", "-")
    assert "a.png 12x9" in reported.stdout, reported.stderr
    wrong = headless("run", str(model), "-d", "CPU", "-n", "5", "--mean-values", "[1,2]")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("ovtui: --mean-values: 2 numbers, and the input ")


def test_data_shapes_and_items_a_second(headless: Headless, tmp_path: Path) -> None:
    image = op.parameter([-1, 3, -1, -1], np.float32, name="image")
    ov.save_model(ov.Model([op.result(op.relu(image))], [image], "any_size"), tmp_path / "any_size.xml")
    shapes, written, recorded = ["[1,3,16,16]", "[4,3,32,32]"], tmp_path / "r.json", tmp_path / "r.ovtui"
    model = ("run", str(tmp_path / "any_size.xml"), "-d", "CPU", "--data-shape", "".join(shapes))
    done = headless(*model, "--layout", "NCHW", "-n", "40", "--json", str(written), "--record", str(recorded))
    assert done.returncode == 0, done.stderr
    result = json.loads(written.read_text(encoding="utf-8"))
    assert [(each["shape"], each["items"], each["requests"]) for each in result["by_shape"]] == [
        (shapes[0], 1, 20), (shapes[1], 4, 20)
    ]  # fmt: skip
    assert result["items_per_request"] == 2.5
    assert " items/s, 2.5 a request" in done.stdout
    assert f"by shape     {shapes[0]}: 20 (50.0 %), inference p50 " in done.stdout
    table = headless("export", str(recorded), "--to", "csv").stdout.splitlines()
    assert table[0].endswith(",data_shape")
    assert sorted(line.partition('"')[2] for line in table[1:]) == [f'{shape}"' for shape in shapes for _ in range(20)]
