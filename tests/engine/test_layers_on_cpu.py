"""The layers of real models on the CPU: names, graph, what the two engines are, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import numpy as np
import openvino as ov
import pytest
from harness.stateful_models import accumulator, decoder
from openvino import opset13 as op

from ovtui.engine.errors import UsageError
from ovtui.engine.layers import layers_child
from ovtui.engine.layers.profiled_pair import is_profiled, make_pair
from ovtui.engine.layers.runtime_graph import graph_layers
from ovtui.host.layers_profiler import NotProfiled, profile_layers
from ovtui.records.layers import Doing, Layers, LayersDone, LayersQuestion, LayersStep, LayersTold
from ovtui.settings.schema.settings import Settings


def settings(model: str = "demo-cnn", device: str = "CPU", **more: Any) -> Settings:
    return Settings(model=model, device=device, **{"hint": "latency", **more})


def small_cnn() -> ov.Model:
    """A chain with a branch; every layer has a name of its own, so that no compile makes one up."""
    image = op.parameter([1, 3, 32, 32], np.float32, name="image")
    gain = op.parameter([1, 8, 1, 1], np.float32, name="gain")
    weights = op.constant(np.ones((8, 3, 3, 3), np.float32), name="weights")
    conv = op.convolution(image, weights, [1, 1], [1, 1], [1, 1], [1, 1], name="conv")
    left = op.relu(conv, name="left")
    right = op.softmax(op.multiply(conv, gain, name="scaled"), 1, name="right")
    return ov.Model([op.result(op.concat([left, right], 1, name="joined"), name="y")], [image, gain], "small")


def looping() -> ov.Model:
    x, inside = op.parameter([1, 8], np.float32, name="x"), op.parameter([1, 8], np.float32, name="inside")
    step = op.tanh(op.add(inside, op.constant(np.ones((1, 8), np.float32))), name="step")
    body = ov.Model([op.result(step), op.result(op.constant(True))], [inside], "body")
    loop = op.loop(op.constant(np.int32(5)), op.constant(True))
    loop.set_friendly_name("loop")
    loop.set_function(body)
    loop.set_special_body_ports([-1, 1])
    loop.set_merged_input(inside, x.output(0), step.output(0))
    last = loop.get_iter_value(step.output(0), -1)
    return ov.Model([op.result(op.relu(last, name="after"), name="y")], [x], "looping")


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[ov.Model], str]:
    def save(model: ov.Model) -> str:
        path = tmp_path / f"{model.get_friendly_name()}.xml"
        ov.save_model(model, path, compress_to_fp16=False)
        return str(path)

    return save


@pytest.fixture(scope="module")
def cnn() -> tuple[Layers, list[LayersStep]]:
    steps: list[LayersStep] = []
    return profile_layers(settings(), inferences=30, graph=True, each=True, on_step=steps.append), steps


def test_the_names_are_those_of_the_runtime_model_and_of_the_profile(saved: Callable[[ov.Model], str]) -> None:
    path = saved(small_cnn())
    found = profile_layers(settings(path), inferences=5)
    compiled = ov.Core().compile_model(path, "CPU", {"PERF_COUNT": True, "PERFORMANCE_HINT": "LATENCY"})
    graph = compiled.get_runtime_model().get_ordered_ops()
    assert sorted(each.name for each in found.layers if each.in_graph) == sorted(op.get_friendly_name() for op in graph)
    request = compiled.create_infer_request()
    request.infer()
    profile = request.profiling_info
    assert sorted(each.profiled_as for each in found.layers if each.profiled_as) == sorted(i.node_name for i in profile)
    told = {each.profiled_as: each for each in found.layers}
    for info in profile:
        each = told[info.node_name]
        assert (each.type, each.status) == (info.node_type, str(info.status).rpartition(".")[2])
        assert each.exec_type == ("" if info.exec_type == "undef" else info.exec_type)
    for node in graph:
        about = {key: value.value for key, value in node.get_rt_info().items()}
        of = next(each for each in found.layers if each.in_graph and each.name == node.get_friendly_name())
        assert of.original_names == [name for name in about["originalLayersNames"].split(",") if name]
        assert of.precision in (about["runtimePrecision"], "")


def test_names_that_openvino_numbers_are_those_of_a_program_of_its_own(saved: Callable[[ov.Model], str]) -> None:
    image = op.parameter([1, 8, 16, 16], np.float32, name="image")
    conv = op.convolution(image, op.constant(np.ones((8, 8, 3, 3), np.float32)), [1, 1], [1, 1], [1, 1], [1, 1])
    normed = op.batch_norm_inference(conv, *(op.constant(np.ones(8, np.float32)) for _ in range(4)), 1e-5)
    path = saved(ov.Model([op.result(op.relu(normed), name="y")], [image], "numbered"))
    program = (
        "import openvino as ov, sys, json; core = ov.Core(); model = core.read_model(sys.argv[1]); "
        "made = [core.compile_model(model, 'CPU', {'PERF_COUNT': True, 'PERFORMANCE_HINT': 'LATENCY'}) for _ in '12']; "
        "print(json.dumps([[op.get_friendly_name() for op in each.get_runtime_model().get_ops()] for each in made]))"
    )
    told = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True).stdout
    names, of_another_compile = map(sorted, json.loads(told))
    assert names != of_another_compile
    found = profile_layers(settings(path), inferences=3)
    assert sorted(each.name for each in found.layers if each.in_graph) == names


def test_every_layer_that_is_executed_has_times_of_every_inference(cnn: tuple[Layers, list[LayersStep]]) -> None:
    found, _ = cnn
    executed = [each for each in found.layers if each.status == "EXECUTED"]
    assert len([each for each in executed if each.type == "Convolution"]) == 8
    for each in executed:
        assert (each.inferences, len(each.each_us)) == (30, 30)
        assert each.median_us == pytest.approx(np.median(each.each_us), abs=0.01)
        assert each.p95_us == pytest.approx(np.percentile(each.each_us, 95), abs=0.01)
        assert each.mean_us == pytest.approx(np.mean(each.each_us), abs=found.head.resolution_us)
        assert each.reported_us is not None
    assert [each.order for each in found.layers] == [*range(len(found.layers))]
    fused = [each for each in found.layers if each.part_of]
    assert {each.type for each in fused} == {"Relu"}
    assert all(each.median_us is None and each.inferences == 0 for each in fused)


def test_the_head_tells_of_both_engines(cnn: tuple[Layers, list[LayersStep]]) -> None:
    head = cnn[0].head
    assert (head.model, head.device, head.execution_device, head.inferences) == ("demo-cnn", "CPU", "CPU", 30)
    assert head.accumulated
    assert head.resolution_us <= 33
    assert len(head.cost) == 3
    assert head.cost[1] <= head.cost[0] <= head.cost[2]
    assert 0 < head.untouched_us.p5 <= head.untouched_us.median <= head.untouched_us.p95
    sums = np.sum([each.each_us for each in cnn[0].layers if each.each_us], axis=0)
    assert head.layers_us.median == pytest.approx(np.median(sums), abs=head.resolution_us * len(cnn[0].layers))


def test_the_single_times_go_with_the_wall_times_as_no_reading_of_the_profile_does(
    cnn: tuple[Layers, list[LayersStep]],
) -> None:
    """The layers of one inference cannot take longer than it does, beyond what the cut readings hide."""
    head = cnn[0].head
    assert head.unexplained_us.p5 > -head.resolution_us * len(cnn[0].layers)


def test_the_graph_parses_and_has_the_times(cnn: tuple[Layers, list[LayersStep]]) -> None:
    root = ElementTree.fromstring(cnn[0].graph_xml)
    times = {each.attrib["name"]: each.find("data").attrib["execTimeMcs"] for each in root.iter("layer")}  # type: ignore[union-attr]
    assert {each.name for each in cnn[0].layers if each.in_graph} == {*times}
    for each in cnn[0].layers:
        if each.in_graph:
            told = "not_executed" if each.median_us is None else f"{each.median_us:.1f}".removesuffix(".0")
            assert times[each.name] == told


def test_the_steps_say_what_it_does(cnn: tuple[Layers, list[LayersStep]]) -> None:
    texts = [step.text for step in cnn[1] if isinstance(step, Doing)]
    assert texts[:4] == ["reading the model", "compiling for CPU with profiling", "compiling for CPU", "warming up"]
    last = [step for step in cnn[1] if isinstance(step, LayersTold) and not step.so_far]
    assert [each for step in last for each in step.layers] == cnn[0].layers


@pytest.mark.parametrize("asked", ["YES", "NO"])
def test_only_one_of_the_engines_is_profiled_whatever_the_settings_say(asked: str) -> None:
    pair = make_pair(ov.Core(), settings("demo-matmul", properties={"PERF_COUNT": asked}), lambda _: None)
    assert (is_profiled(pair.untouched), is_profiled(pair.profiled)) == (False, True)
    pair.renew_profiled()
    assert is_profiled(pair.profiled)
    names = {each.name for each in graph_layers(pair.profiled.get_runtime_model())}
    assert "MatMul_4" in names or any("MatMul" in name for name in names)


def test_both_engines_have_the_settings_and_one_stream() -> None:
    core, threads = ov.Core(), 2
    wanted = settings("demo-matmul", hint="throughput", nstreams="2", nthreads=threads, precision="f32")
    pair = make_pair(core, wanted, lambda _: None)
    for engine in (pair.untouched, pair.profiled):
        assert engine.get_property("NUM_STREAMS") == 1
        assert engine.get_property("INFERENCE_NUM_THREADS") == threads // 2
        assert str(engine.get_property("PERFORMANCE_HINT")).endswith("THROUGHPUT")
        assert "float" in str(engine.get_property("INFERENCE_PRECISION_HINT"))
    assert pair.notes == [
        "CPU would have 2 streams of 1 thread; one request in flight uses one of them, so both engines have one of 1 "
        "thread (--hint latency is the whole device for one request)"
    ]


@pytest.mark.parametrize(("device", "note"), [("AUTO", "AUTO serves on CPU"), ("MULTI:CPU", "MULTI:CPU serves on CPU")])
def test_the_layers_of_auto_are_those_of_the_device_that_serves(device: str, note: str) -> None:
    head = profile_layers(settings("demo-matmul", device), inferences=4).head
    assert (head.device, head.execution_device) == (device, "CPU")
    assert head.notes[0].startswith(note)


@pytest.mark.parametrize(
    ("device", "text"),
    [
        ("BATCH:CPU(4)", "give -d CPU --batch-size 4"),
        ("HETERO:CPU", "profile each by itself: -d CPU"),
    ],
)
def test_devices_whose_profile_is_of_something_else_are_refused(device: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        make_pair(ov.Core(), settings("demo-matmul", device), lambda _: None)


def test_a_model_with_state_has_its_layers(saved: Callable[[ov.Model], str]) -> None:
    for model in (accumulator(), decoder()):
        found = profile_layers(settings(saved(model)), inferences=4)
        types = [each.type for each in found.layers]
        assert any(each.startswith(("ReadValue", "Assign")) for each in types), types


def test_a_loop_is_one_layer(saved: Callable[[ov.Model], str]) -> None:
    found = profile_layers(settings(saved(looping())), inferences=4)
    assert {"loop", "after"} <= {each.name for each in found.layers if each.median_us is not None}
    assert "step" not in {each.name for each in found.layers}


def test_one_data_shape_is_profiled_and_several_are_refused(saved: Callable[[ov.Model], str]) -> None:
    x = op.parameter([-1, 8], np.float32, name="x")
    scores = op.softmax(op.matmul(x, op.constant(np.ones((8, 8), np.float32)), False, False), 1)
    path = saved(ov.Model([op.result(scores)], [x], "open"))
    found = profile_layers(settings(path, data_shape="[3,8]"), inferences=4)
    assert any(each.median_us is not None for each in found.layers)
    with pytest.raises(NotProfiled, match="2 shapes in turn") as raised:
        profile_layers(settings(path, data_shape="[3,8][5,8]"), inferences=4)
    assert raised.value.misused


def test_a_compiled_model_is_profiled(tmp_path: Path) -> None:
    path = tmp_path / "small.blob"
    blob = ov.Core().compile_model(small_cnn(), "CPU").export_model()
    path.write_bytes(blob.read() if hasattr(blob, "read") else blob)
    found = profile_layers(settings(str(path)), inferences=4)
    assert "right" in {each.name for each in found.layers if each.median_us is not None}


@pytest.mark.parametrize(
    ("model", "device", "text"),
    [("nothing.xml", "CPU", "no such model file"), ("demo-matmul", "NPU", "no NPU on this machine")],
)
def test_what_is_not_there_is_one_sentence(model: str, device: str, text: str) -> None:
    with pytest.raises(NotProfiled, match=text) as raised:
        profile_layers(settings(model, device))
    assert "\n" not in str(raised.value)


def test_what_is_there_is_told_while_it_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers_child, "_TOLD_EVERY_NS", 0)
    monkeypatch.setattr(layers_child, "_TELLING_SHARE", 0)
    steps: list[LayersStep] = []
    layers_child.profile(LayersQuestion(settings=settings("demo-matmul"), inferences=6, parent_pid=0), steps.append)
    measured = [step.done for step in steps if isinstance(step, Doing) and step.text == "measuring"]
    assert measured == [1, 2, 3, 4, 5, 6]
    so_far = [step for step in steps if isinstance(step, LayersTold) and step.so_far]
    assert [max(layer.inferences for layer in step.layers) for step in so_far] == measured
    assert isinstance(steps[-1], LayersDone)


def test_at_the_time_limit_the_result_is_of_what_was_measured_until_then() -> None:
    steps: list[LayersStep] = []
    question = LayersQuestion(settings=settings("demo-matmul"), limit_s=0.001, parent_pid=0)
    layers_child.profile(question, steps.append)
    assert isinstance(steps[-1], LayersDone)
    head = steps[-1].head
    assert (head.inferences, head.cost) == (1, [])
    assert "the time limit ended it after 1 profiled inferences" in head.notes


def test_a_process_without_a_parent_ends_itself() -> None:
    question = msgspec.json.encode({"settings": msgspec.to_builtins(settings()), "parent_pid": 1})
    command = [sys.executable, "-m", "ovtui.engine.layers.layers_child"]
    done = subprocess.run(command, input=question, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) != (0, b"")
