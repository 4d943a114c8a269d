"""The steps of `ovtui benchmark_app` from a session's events, and what is found out before and after the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import samples

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.counters import Counter
from ovtui.cli.benchmark_app.facts import groups_of, outcome_of, setup_of
from ovtui.cli.benchmark_app.frame_rate import batch_of_inputs
from ovtui.cli.benchmark_app.outputs import Written, check_outputs, report_files
from ovtui.cli.benchmark_app.profiled_run import counters_of_requests, mean_counters, profiled_settings
from ovtui.cli.benchmark_app.steps import Steps, load_lines
from ovtui.metrics.benchmark_app.figures import Figures
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.descriptions import DataShape, InputPreparation, Port
from ovtui.records.events import Compiled, CompiledProperties, Event, FirstInference, SegmentBegan
from ovtui.records.inspection import InspectedInput
from ovtui.records.layers import Layers, LayersHead, LayerTimes, Spread
from ovtui.settings.schema.settings import Settings

MODEL = "tiny.xml"
NCHW = InputPreparation(input="image", tensor_type="f32", model_type="f32", layout="NCHW")
SETTINGS = Settings(model=MODEL, device="CPU", end_rule="benchmark_app", requests=41, warm_up="first")


def compiled(**more: Any) -> Compiled:
    known = samples.compiled(device="CPU")
    inputs = [msgspec.structs.replace(NCHW, layout="")]
    told = {"inputs": inputs, "compile_ms": 48.914, "execution_devices": ["CPU"], **more}
    return msgspec.structs.replace(known, **told)


def first() -> FirstInference:
    return FirstInference(t_ns=0, engine=1, since_spawn_ms=900.0, infer_ms=0.339)


def properties() -> CompiledProperties:
    values = {"NETWORK_NAME": "tiny", "NUM_STREAMS": "2", "PERF_COUNT": "NO"}
    return CompiledProperties(t_ns=0, engine=1, device="CPU", values=values)


def state_of(*events: Event) -> SessionState:
    state = SessionState()
    for event in events:
        state.fold(event)
    return state


def begun(settings: Settings = SETTINGS, **more: Any) -> list[Event]:
    return [samples.spawned(), samples.model_read(), compiled(**more), in_turns_of_3(settings)]


def in_turns_of_3(settings: Settings) -> SegmentBegan:
    return msgspec.structs.replace(samples.segment(settings=settings), nireq=3)


def arguments(**given: Any) -> Arguments:
    return Arguments(path_to_model=MODEL, **given)


def test_each_step_is_printed_once_it_is_known() -> None:
    steps, state = Steps(arguments(), SETTINGS), SessionState()
    assert steps.begin() == [
        "[Step 1/11] Parsing and validating input arguments", "[ INFO ] Parsing input parameters",
    ]  # fmt: skip
    state.fold(samples.spawned())
    assert steps.news(state) == []
    state.fold(samples.model_read())
    lines = steps.news(state)
    assert lines[0] == "[Step 2/11] Loading OpenVINO Runtime"
    assert lines[2] == "[ INFO ] Build ................................. 2026.4.1"
    state.fold(compiled())
    lines = steps.news(state)
    assert lines[-2:] == [
        "[Step 7/11] Loading the model to the device", "[ INFO ] Compile model took 48.91 ms",
    ]  # fmt: skip
    assert "[ INFO ]     image : f32 / [1,3,224,224]" in lines
    for event in (in_turns_of_3(SETTINGS), first()):
        state.fold(event)
        assert steps.news(state) == []
    state.fold(properties())
    assert steps.news(state) == [
        "[Step 8/11] Querying optimal runtime parameters",
        "[ INFO ] Model:",
        "[ INFO ]   NETWORK_NAME: tiny",
        "[ INFO ]   NUM_STREAMS: 2",
        "[ INFO ]   PERF_COUNT: NO",
        "[Step 9/11] Creating infer requests and preparing input tensors",
        "[ INFO ] Fill input 'image' with random values ",
        "[Step 10/11] Measuring performance "
        "(Start inference asynchronously, 3 inference requests, limits: 42 iterations)",
        "[ INFO ] Benchmarking in inference only mode (inputs filling are not included in measurement loop).",
        "[ INFO ] First inference took 0.34 ms",
    ]
    assert steps.news(state, final=True) == []


def test_at_the_end_what_never_came_is_left_out() -> None:
    steps = Steps(arguments(no_warmup=True), SETTINGS)
    lines = steps.news(state_of(*begun()), final=True)
    assert lines[-1] == "[ INFO ] Skipping warmup inference due to -no_warmup flag"
    assert not any("NETWORK_NAME" in line or "First inference" in line for line in lines)
    assert Steps(arguments(), SETTINGS).news(SessionState(), final=True) == []


def test_limits_streams_and_the_kind_of_load_are_told() -> None:
    settings = msgspec.structs.replace(SETTINGS, duration_s=2.0, nstreams="2", fill_inputs="each")
    steps = Steps(arguments(), settings)
    lines = steps.news(state_of(*begun(settings), properties(), first()), final=True)
    assert (
        "[Step 10/11] Measuring performance (Start inference asynchronously, 3 inference requests using 2 streams for "
        "CPU, limits: 2000 ms duration, 42 iterations)"
    ) in lines
    assert "[ INFO ] Benchmarking in full mode (inputs filling are included in measurement loop)." in lines


def test_a_compiled_model_is_imported() -> None:
    lines = load_lines(True, import_ms=12.345)
    assert lines[0] == "[Step 4/11] Reading model files (skipped)"
    assert lines[-1] == "[ INFO ] Import model took 12.35 ms"
    blob = msgspec.structs.replace(SETTINGS, model="tiny.blob")
    setup = setup_of(state_of(*begun(blob)), blob)
    assert setup is not None
    assert setup.imported


def test_reading_and_reshaping_are_told_where_they_were_measured() -> None:
    settings = msgspec.structs.replace(SETTINGS, shape="[2,3,224,224]")
    read = msgspec.structs.replace(samples.model_read(), file_ms=10.136, shaped_ms=2.5)
    for asked, told in ((settings, ["Read model took 10.14 ms", "Reshape model took 2.50 ms"]),
                        (SETTINGS, ["Read model took 10.14 ms"])):  # fmt: skip
        state = state_of(samples.spawned(), read, compiled())
        lines = [line.removeprefix("[ INFO ] ") for line in Steps(arguments(), asked).news(state)]
        assert [line for line in lines if " model took" in line] == [*told, "Compile model took 48.91 ms"]


def test_devices_nodes_and_memory_are_told_where_the_engine_tells_them() -> None:
    takes, gives = (
        Port("image", "[1,3,8,8]", "f32", "image_node", "[...]"), Port("scores", "[1,5]", "f32", "Relu_7", "[...]"),
    )  # fmt: skip
    read = msgspec.structs.replace(
        samples.model_read(), inputs=[takes], outputs=[gives], plugins={"CPU": "2026.4.1-22"}
    )
    state = state_of(samples.spawned(), read, compiled(inputs=[NCHW], peaks_bytes=(500 << 20, 612 << 20)))
    lines = [line.removeprefix("[ INFO ] ") for line in Steps(arguments(), SETTINGS).news(state)]
    at = lines.index("Device info:")
    assert lines[at - 1 : at + 5] == [
        "", "Device info:", "CPU", "Build ................................. 2026.4.1-22", "", "",
    ]  # fmt: skip
    assert "    image (node: image_node) : f32 / [N,C,H,W] / [1,3,8,8]" in lines
    assert "    scores (node: Relu_7) : f32 / [...] / [1,5]" in lines
    assert lines[-3:] == [
        "Start of compilation memory usage: Peak 512000 KB",
        "End of compilation memory usage: Peak 626688 KB",
        "Compile model ram used 114688 KB",
    ]
    imported = load_lines(True, import_ms=1.0, peaks_bytes=(1 << 20, 3 << 20))
    assert imported[-1] == "[ INFO ] Import model ram used 2048 KB"


def test_an_open_model_is_filled_before_each_request() -> None:
    settings = msgspec.structs.replace(SETTINGS, fill_inputs="benchmark_app")
    read = samples.model_read()
    opened = msgspec.structs.replace(read, inputs=[Port("image", "[?,3,?,?]", "f32")])
    both = [setup_of(state_of(samples.spawned(), each, compiled()), settings) for each in (read, opened)]
    assert [setup.inference_only for setup in both if setup is not None] == [True, False]


def test_the_data_shapes_of_all_inputs_are_named() -> None:
    read = msgspec.structs.replace(
        samples.model_read(), inputs=[Port("left", "[?,3]", "f32"), Port("right", "[1,8]", "f32")]
    )
    alone = [DataShape("[1,3]"), DataShape("[2,3]")]
    named = [DataShape("left[1,3],right[4]"), DataShape("left[2,3],right[5]")]
    for shapes, texts in (
        (alone, [" left: [1,3] right: [1,8]", " left: [2,3] right: [1,8]"]),
        (named, [" left: [1,3] right: [4]", " left: [2,3] right: [5]"]),
    ):
        state = state_of(samples.spawned(), read, compiled(data_shapes=shapes))
        assert state.engine is not None
        assert [group.text for group in groups_of(state.engine)] == texts


def test_the_outcome_has_groups_where_they_are_asked_for() -> None:
    figures = Figures(first_inference=False, by_shape=True)
    figures.add(samples.records([1, 2, 3], 1.0, data_shape=[0, 1, 0]))
    shapes = [DataShape("[1,3,224,224]", 1), DataShape("[2,3,224,224]", 2)]
    state = state_of(*begun(data_shapes=shapes, inputs=[NCHW]))
    asked = outcome_of(state, figures, arguments(pcseq=True))
    assert [group.latencies.count for group in asked.groups] == [2, 1]
    assert asked.fps == pytest.approx(4 / 0.003)
    assert outcome_of(state, figures, arguments()).groups == []
    setup = setup_of(state, SETTINGS)
    assert setup is not None
    assert setup.batch == "?"


def layer(name: str, mean_us: float | None, **more: Any) -> LayerTimes:
    known = {
        "name": name, "type": "Relu", "exec_type": "jit", "precision": "f32", "original_names": [name], "order": 0,
        "status": "EXECUTED", "inferences": 100, "median_us": mean_us, "p95_us": mean_us, "mean_us": mean_us,
        "mean_cpu_us": mean_us,
    }  # fmt: skip
    return LayerTimes(**{**known, **more})


def layers(*rows: LayerTimes, accumulated: bool = True) -> Layers:
    some = Spread(median=1.0, p5=1.0, p95=1.0)
    head = LayersHead(
        model=MODEL, device="CPU", execution_device="CPU", full_name="a CPU", inferences=100, untouched_us=some,
        profiled_us=some, cost=[], layers_us=some, unexplained_us=some, accumulated=accumulated,
    )  # fmt: skip
    return Layers(head=head, layers=list(rows))


def test_counters_have_the_names_and_states_of_the_profile() -> None:
    found = mean_counters(
        layers(
            layer("conv", 1_500.0, profiled_as="Convolution_4"),
            layer("relu", None, status="NOT_RUN", exec_type="", mean_cpu_us=None),
            layer("constant", None, status=""),
        )
    )
    assert found == [
        Counter("Convolution_4", "EXECUTED", "Relu", "jit", 1.5, 1.5),
        Counter("relu", "NOT_RUN", "Relu", "undef", 0.0, 0.0),
    ]


def test_detailed_counters_are_of_single_inferences_where_the_device_tells_them() -> None:
    rows = layer("conv", 2_000.0, each_us=[1_000.0, 2_000.0, 3_000.0]), layer("relu", None, status="NOT_RUN")
    single = counters_of_requests(layers(*rows, accumulated=False), 2)
    assert [[counter.real_ms for counter in each] for each in single] == [[2.0, 0.0], [3.0, 0.0]]
    assert len(counters_of_requests(layers(*rows, accumulated=False), 9)) == 3
    assert counters_of_requests(layers(*rows), 2) == [mean_counters(layers(*rows))]


@pytest.mark.parametrize(
    ("given", "profiled"),
    [
        ({"device": "BATCH:CPU(4)"}, {"device": "CPU", "batch_size": 4}),
        ({"device": "BATCH:CPU(4)", "batch_size": 2}, {"device": "CPU", "batch_size": 8}),
        ({"device": "BATCH:GPU"}, {"device": "GPU", "batch_size": 0}),
        ({"device": "HETERO:CPU"}, {"device": "CPU"}),
        ({"device": "HETERO:GPU,CPU"}, {"device": "HETERO:GPU,CPU"}),
        ({"data_shape": '"a:0"[1,8][2,8],b[3]'}, {"data_shape": '"a:0"[1,8],b[3]'}),
        ({"data_shape": "[1,8]"}, {"data_shape": "[1,8]"}),
    ],
)
def test_what_can_be_profiled_of_a_run(given: dict[str, Any], profiled: dict[str, Any]) -> None:
    found = profiled_settings(msgspec.structs.replace(SETTINGS, **given))
    assert {name: getattr(found, name) for name in profiled} == profiled


def inspected(**more: Any) -> InspectedInput:
    known = {
        "name": "a", "names": ["a"], "option_name": "a", "shape": "[?,3]", "type": "f32", "layout": None,
        "layout_from": None, "dynamic": True, "request_shape_from": None, "preparation": None,
    }  # fmt: skip
    return InspectedInput(**{**known, **more})


def test_a_batch_counts_where_a_layout_or_a_flag_says_it() -> None:
    figures = Figures(first_inference=False, by_shape=True)
    figures.add(samples.records([1, 2, 3], 1.0))

    def fps(*, inputs: list[InputPreparation], shape: str = "[4,32]", **given: Any) -> float | None:
        spawned, read, *later = begun(items=4, inputs=inputs)
        read = msgspec.structs.replace(read, inputs=[Port("image", shape, "f32")])
        return outcome_of(state_of(spawned, read, *later), figures, arguments(**given)).fps

    unnamed = msgspec.structs.replace(NCHW, layout="")
    assert fps(inputs=[unnamed], shape="[4,32]") == pytest.approx(1000)
    assert fps(inputs=[unnamed], shape="[4,1,28,28]") == pytest.approx(4000)
    assert fps(inputs=[unnamed], shape="[4,28,28]") == pytest.approx(1000)
    assert fps(inputs=[unnamed, NCHW]) == pytest.approx(4000)
    assert fps(inputs=[unnamed], batch_size=4) == pytest.approx(4000)
    assert fps(inputs=[unnamed], batch_size=4, data_shape="[4,3]") == pytest.approx(1000)


def test_the_batch_of_a_rate_in_frames() -> None:
    none = inspected(batch_dimension=None, request_shape="[8,3]")
    assert batch_of_inputs([none]) == 1
    named = inspected(batch_dimension=1, request_shape="[3,8]", layout="?N")
    assert batch_of_inputs([none, named]) == 8
    assert batch_of_inputs([none, inspected(batch_dimension=1, request_shape="[3,8]")]) == 1
    assert batch_of_inputs([inspected(batch_dimension=0, request_shape=None)]) == 1
    guessed = inspected(batch_dimension=None, shape="[?,1,28,28]", request_shape="[6,1,28,28]")
    assert batch_of_inputs([guessed]) == 6


def test_outputs_are_checked_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given, says in (
        ({"report_type": "no_counters", "report_folder": str(tmp_path / "none")}, "there is no such folder"),
        ({"exec_graph_path": str(tmp_path)}, "that is a folder; name a file"),
        ({"exec_graph_path": "/proc/none/graph.xml"}, "it cannot be written"),
        ({"dump_config": str(tmp_path / "none" / "c.json")}, "there is no folder"),
    ):
        with pytest.raises(click.UsageError) as raised:
            check_outputs(arguments(**given))
        assert says in raised.value.message
    check_outputs(arguments(exec_graph_path=str(tmp_path / "new" / "folder" / "graph.xml")))
    check_outputs(arguments(json_stats=True))
    assert "-json_stats does nothing without -report_type" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_files_of_a_report() -> None:
    names = [path.name for path in report_files(arguments(report_type="average_counters", perf_counts_sort="sort"))]
    assert names == ["benchmark_report.csv", "benchmark_average_counters_report.csv", "benchmark_sorted_report.csv"]
    off = arguments(report_type="average_counters", perf_counts_sort="sort", spellings=(("perf_counts", "-pc"),))
    assert [path.name for path in report_files(off)] == ["benchmark_report.csv"]
    only = report_files(arguments(report_type="detailed_counters", number_iterations=0, json_stats=True))
    assert [path.name for path in only] == ["benchmark_report.json"]


def test_a_file_that_fails_costs_none_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written = Written()
    (tmp_path / "none").write_bytes(b"")
    written.text(tmp_path / "none" / "a.csv", "a", "Report is stored to")
    written.text(tmp_path / "b.csv", "b\r\n", "Report is stored to")
    assert written.failures == [f"{tmp_path}/none/a.csv: it cannot be written (File exists)"]
    assert (tmp_path / "b.csv").read_bytes() == b"b\r\n"
    assert capsys.readouterr().out == f"[ INFO ] Report is stored to {tmp_path}/b.csv\n"
