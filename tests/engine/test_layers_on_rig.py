"""The layers of a model on the simulated GPU: a GPU's profile is read with nothing in flight, its names are not those
of its graph, and AUTO's choice is what is profiled."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from harness.fixture_types import Headless, RigEnv

pytestmark = pytest.mark.rig
SHAPE = ["--shape", "[1,3,32,32]", "--infer-precision", "f32"]


def test_the_layers_of_a_gpu_beside_those_of_the_cpu(headless: Headless, rig_env: RigEnv, tmp_path) -> None:  # type: ignore[no-untyped-def]
    arguments = ["layers", "demo-cnn", "-d", "CPU", "-d", "GPU", *SHAPE, "--inferences", "12", "--json", "-"]
    done = headless(*arguments, "--exec-graph", str(tmp_path / "g.xml"), env=rig_env())
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    cpu, gpu = found["devices"]
    assert (gpu["head"]["execution_device"], gpu["head"]["inferences"]) == ("GPU", 12)
    executed = [each for each in gpu["layers"] if each["median_us"] is not None]
    assert all(each["inferences"] == 12 for each in executed)
    convolutions = [each for each in executed if each["type"] == "Convolution"]
    assert len(convolutions) == 8, "one has its name from a Reorder before it, and the profile lacks it"
    softmax = next(each for each in executed if each["type"] == "Softmax")
    assert (softmax["name"], softmax["profiled_as"]) == ("Result_41", "Softmax_40")
    assert sum(each["share"] or 0 for each in gpu["layers"]) == pytest.approx(1)
    # Its kernels run one after the other: they take no longer than the inference that they are of.
    assert gpu["head"]["unexplained_us"]["p5"] > -gpu["head"]["resolution_us"] * len(executed)
    graph = ElementTree.parse(tmp_path / "g-GPU.xml").getroot()
    named = sorted(each.attrib["name"] for each in graph.iter("layer"))
    assert named == sorted(each["name"] for each in gpu["layers"] if each["in_graph"])
    pairs = [group for group in found["beside"] if group["a_us"] and group["b_us"]]
    assert len([group for group in pairs if group["type"] == "Convolution"]) == 8
    assert {"Softmax", "ReduceMean"} <= {
        group["type"] for group in found["beside"] if None not in (group["a_us"], group["b_us"])
    }
    assert any(group["a_us"] is None for group in found["beside"])
    assert len([each for each in cpu["layers"] if each["type"] == "Convolution"]) == 8


def test_auto_is_profiled_on_the_device_that_it_chooses(headless: Headless, rig_env: RigEnv) -> None:
    arguments = [
        "layers",
        "demo-matmul",
        "-d",
        "AUTO:GPU,CPU",
        "--hint",
        "throughput",
        "--inferences",
        "4",
        "--json",
        "-",
    ]
    done = headless(*arguments, env=rig_env(build_ms=500))
    assert done.returncode == 0, done.stderr
    head = json.loads(done.stdout)["devices"][0]["head"]
    assert (head["device"], head["execution_device"]) == ("AUTO:GPU,CPU", "GPU.0")
    assert head["notes"][0] == ("AUTO:GPU,CPU serves on GPU.0: the layers are those of GPU.0, compiled for it directly")
    assert "automatic batching is off for it: the layers are those of one request" in head["notes"]


def test_what_serves_from_two_devices_at_once_is_refused(headless: Headless, rig_env: RigEnv) -> None:
    done = headless("layers", "demo-matmul", "-d", "MULTI:GPU,CPU", env=rig_env())
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert last == (
        "ovtui: MULTI:GPU,CPU: it serves from GPU.0 and CPU at once; profile each by itself: -d GPU.0 -d CPU"
    )
