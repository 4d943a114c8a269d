"""Properties that OpenVINO lists, accepts and ignores, compared with the catalogue, and how they reach a client."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import openvino as ov
import pytest
from driven import Driven, driven

from ovtui.engine import property_report
from ovtui.engine.device_attribution import DeviceEvidence, device_evidence
from ovtui.engine.model.builtin_models import demo_matmul
from ovtui.engine.model.compile import compile_properties
from ovtui.engine.model.compile import reported_properties as told_by
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN, code_of
from ovtui.records.events import CompiledProperties, DeviceProperties, FirstInference, Note, SegmentBegan
from ovtui.settings.changes import convert
from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.property import Property, PropertyKind
from ovtui.settings.openvino_properties.rows import property_rows

TRIED = "2026.4"
"""The release that the catalogue was made from."""
LISTS = ("CPU", "AUTO", "MULTI", "HETERO", "BATCH", "GPU", "NPU")
"""Devices whose plugin lists its properties even where the machine has no such device."""


@pytest.fixture
def core() -> ov.Core:
    return ov.Core()


def test_every_property_that_a_plugin_lists_is_known(core: ov.Core) -> None:
    """A newer OpenVINO may have more: they are rows of free text then."""
    listed = {name for device in LISTS for name in core.get_property(device, "SUPPORTED_PROPERTIES")}
    assert len(listed) > 80
    unknown = listed - set(catalogue())
    assert not unknown or not ov.__version__.startswith(TRIED)


@pytest.mark.parametrize("device", ["CPU", "AUTO", "MULTI", "HETERO", "BATCH"])
def test_what_is_settable_here_is_settable_there(core: ov.Core, device: str) -> None:
    for name, access in core.get_property(device, "SUPPORTED_PROPERTIES").items():
        known = catalogue().get(name)
        if known is not None and known.kind is not PropertyKind.OPAQUE:
            assert known.settable == (access != "RO"), name


@pytest.mark.parametrize("device", ["CPU", "AUTO", "MULTI", "HETERO", "BATCH"])
def test_the_device_accepts_every_value_that_the_catalogue_offers(core: ov.Core, device: str) -> None:
    for name, access in core.get_property(device, "SUPPORTED_PROPERTIES").items():
        known = catalogue()[name]
        if access == "RO" or not known.settable:
            continue
        for value in values_of(known, device):
            core.set_property(device, {name: known.read(value)})


def values_of(known: Property, device: str) -> Iterator[str]:
    if known.name == "MODEL_DISTRIBUTION_POLICY":
        yield "PIPELINE_PARALLEL" if device == "HETERO" else "TENSOR_PARALLEL"
    elif known.kind in (PropertyKind.BOOL, PropertyKind.CHOICE):
        # An open choice is offered for several devices, and not each takes all.
        yield from () if known.open_ended else known.offered
    elif known.kind in (PropertyKind.INT, PropertyKind.FLOAT):
        assert known.minimum is not None
        yield f"{known.minimum:g}"
        yield from known.keywords


def test_values_are_reported_as_they_are_written(core: ov.Core) -> None:
    by_name = {reported.name: reported for reported in property_report.device_properties(core, "CPU")}
    assert (by_name["PERF_COUNT"].value, by_name["PERF_COUNT"].type) == ("NO", "bool")
    assert by_name["SCHEDULING_CORE_TYPE"].value == "ANY_CORE"
    assert "PCORE_ONLY" in by_name["SCHEDULING_CORE_TYPE"].choices
    assert by_name["INFERENCE_NUM_THREADS"].type == "int"
    assert by_name["FULL_DEVICE_NAME"].access == "RO"
    for device in ("CPU", "AUTO", "MULTI", "HETERO"):
        for reported in property_report.device_properties(core, device):
            known = catalogue().get(reported.name)
            if known is not None and known.settable and reported.value and reported.name != "NUM_STREAMS":
                core.set_property(device, {reported.name: known.read(reported.value)})


def test_a_device_that_cannot_be_queried_lists_nothing(core: ov.Core) -> None:
    assert property_report.device_properties(core, "NONSENSE") == []


@pytest.mark.parametrize(
    ("device", "key", "text"),
    [
        ("AUTO:CPU", "PERF_COUT", "neither it nor CPU has such a property, did you mean PERF_COUNT?"),
        ("MULTI:CPU", "NO_SUCH", "MULTI ignores NO_SUCH: neither it nor CPU has such a property"),
        ("HETERO:CPU", "NO_SUCH", "HETERO ignores NO_SUCH"),
        ("AUTO:CPU", "COMPILATION_NUM_THREADS", "AUTO ignores COMPILATION_NUM_THREADS"),
        ("AUTO:CPU", "CPU.NO_SUCH", "AUTO ignores CPU.NO_SUCH: CPU has no such property"),
        ("AUTO:CPU", "GPU.NUM_STREAMS", "GPU.NUM_STREAMS has no effect: nothing runs on GPU with device AUTO:CPU"),
        ("CPU", "GPU.NUM_STREAMS", "GPU.NUM_STREAMS has no effect: nothing runs on GPU with device CPU"),
        (
            "CPU",
            "GPU.GPU_THROUGHPUT_STREAMS",
            "GPU.GPU_THROUGHPUT_STREAMS has no effect: nothing runs on GPU with device CPU; OpenVINO replaced it by "
            "NUM_STREAMS (--nstreams)",
        ),
        ("AUTO:CPU", "SCHEDULING_CORE_TYPE", ""),
        ("AUTO:CPU", "MODEL_PRIORITY", ""),
        ("AUTO:CPU", "CPU.PERF_COUNT", ""),
        ("AUTO:CPU", "ENABLE_MMAP", ""),
        ("AUTO", "ENABLE_CPU_PINNING", ""),
        ("CPU", "NO_SUCH", ""),
        ("CPU", "CPU.PERF_COUNT", ""),
        ("BATCH:CPU(4)", "CPU.PERF_COUNT", ""),
    ],
)  # fmt: skip
def test_ignored_properties_are_noted(core: ov.Core, device: str, key: str, text: str) -> None:
    settings = convert({"device": device, "properties": {key: value_for(key)}})
    notes = property_report.ignored_property_notes(core, settings, device, {"CPU": "a CPU"})
    assert [text in note for note in notes] == ([True] if text else [])


def value_for(key: str) -> str:
    known = catalogue().get(key.rpartition(".")[2])
    return known.offered[0] if known is not None and known.offered else "2"


def test_openvino_itself_does_not_report_it(core: ov.Core) -> None:
    """The reason for the note: this compiles."""
    assert core.compile_model(demo_matmul(), "AUTO:CPU", {"NO_SUCH": "1"})
    with pytest.raises(RuntimeError, match="NO_SUCH"):
        core.compile_model(demo_matmul(), "CPU", {"NO_SUCH": "1"})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"nireq": 3}, 3),
        ({"nireq": 0}, None),
        ({"nireq": 3, "hint": "none"}, None),
        ({"nireq": 3, "properties": {"PERFORMANCE_HINT_NUM_REQUESTS": "5"}}, "5"),
        ({"nireq": 3, "properties": {"CPU.PERFORMANCE_HINT_NUM_REQUESTS": "5"}}, "5"),
    ],
)
def test_the_device_is_tuned_for_the_requests_in_flight(changes: dict[str, object], expected: object) -> None:
    properties = compile_properties(convert({"device": "CPU", **changes}), "CPU")
    assert properties.get("PERFORMANCE_HINT_NUM_REQUESTS") == expected


def test_streams_are_made_for_the_requests_in_flight(core: ov.Core) -> None:
    settings = convert({"device": "CPU", "hint": "throughput", "nireq": 1})
    compiled = core.compile_model(demo_matmul(), "CPU", compile_properties(settings, "CPU"))
    assert compiled.get_property("NUM_STREAMS") == 1


@pytest.mark.parametrize(
    ("device", "expected"),
    [("AUTO:GPU,CPU", {"GPU": {"PERF_COUNT": "NO"}}), ("MULTI:GPU.1,CPU", {"GPU.1": {"PERF_COUNT": "NO"}}),
     ("AUTO:NPU,CPU", None), ("GPU", None)],
)  # fmt: skip
def test_under_auto_and_multi_a_gpu_is_not_profiled(device: str, expected: object) -> None:
    """OpenVINO crashes when profiling is read while other requests run."""
    properties = compile_properties(convert({"properties": {"PERF_COUNT": "YES"}}), device)
    assert (properties["PERF_COUNT"], properties.get("DEVICE_PROPERTIES")) == ("YES", expected)


@pytest.mark.parametrize(
    ("device", "properties", "reads"),
    [
        ("AUTO:GPU,CPU", {"PERF_COUNT": "YES"}, True),
        ("MULTI:GPU,CPU", {"PERF_COUNT": "YES"}, True),
        ("MULTI:GPU,CPU", {}, False),
        ("MULTI:GPU,CPU", {"PERF_COUNT": "YES", "GPU.PERF_COUNT": "YES"}, False),
        # Runs each request on both, and its GPU part is profiled: reading that may crash.
        ("HETERO:GPU,CPU", {"PERF_COUNT": "YES"}, False),
    ],
)
def test_profiling_is_read_only_where_no_gpu_has_any(device: str, properties: dict[str, str], reads: bool) -> None:
    settings = convert({"device": device, "properties": properties})
    assert device_evidence(settings, device, ["GPU.0", "CPU"], ["CPU", "GPU"]).reads_profiling == reads
    gpu = compile_properties(settings, device).get("DEVICE_PROPERTIES", {}).get("GPU", {}).get("PERF_COUNT")
    assert not reads or gpu == "NO"


@pytest.mark.parametrize(
    ("device", "available", "batching_device"),
    [
        ("AUTO:GPU,CPU", ["CPU", "GPU"], code_of(["GPU.0"])),
        ("AUTO:GPU.1,CPU", ["CPU", "GPU.0", "GPU.1"], code_of(["GPU.1"])),
        ("AUTO:GPU,CPU", ["CPU", "GPU.0", "GPU.1"], AMBIGUOUS),
        ("AUTO:NPU,CPU", ["CPU", "GPU", "NPU"], AMBIGUOUS),
        ("AUTO", ["CPU", "GPU"], code_of(["GPU.0"])),
    ],
)
def test_a_batch_while_the_stand_in_is_named_ran_on_the_one_gpu(
    device: str, available: list[str], batching_device: int
) -> None:
    """The CPU never batches by itself: EXECUTION_DEVICES lags behind the switch."""
    found = device_evidence(convert({"device": device}), device, ["(CPU)"], available)
    assert found.device_by_batch(STAND_IN, STAND_IN, 8) == batching_device
    assert found.device_by_batch(STAND_IN, code_of(["GPU.1"]), 8) == code_of(["GPU.1"])


@pytest.mark.parametrize(
    ("kinds", "device"),
    [({"jit_avx512_f32", "undef"}, CPU), ({"undef"}, AMBIGUOUS), ({"jit_avx512_f32", "ocl::conv"}, AMBIGUOUS)],
)
def test_kernels_of_two_devices_are_not_conclusive(kinds: set[str], device: int) -> None:
    request = SimpleNamespace(profiling_info=[SimpleNamespace(exec_type=kind) for kind in kinds])
    assert DeviceEvidence(batching_device=0x20, reads_profiling=True).device_by_kernels(request) == device


def test_auto_does_not_report_what_it_was_tuned_for_but_ovtui_does(core: ov.Core) -> None:
    settings = convert({"device": "AUTO:CPU", "hint": "throughput", "nireq": 1})
    compiled = core.compile_model(demo_matmul(), "AUTO:CPU", compile_properties(settings, "AUTO:CPU"))
    assert told_by(compiled, settings, "AUTO:CPU")["PERFORMANCE_HINT_NUM_REQUESTS"] == "1"


def test_under_explicit_batch_the_device_is_not_tuned_for_them() -> None:
    """BATCH:CPU(4) makes 2 requests of 8."""
    assert "PERFORMANCE_HINT_NUM_REQUESTS" not in compile_properties(convert({"nireq": 8}), "BATCH:CPU(4)")


def test_properties_of_another_device_do_not_reach_this_one() -> None:
    settings = convert(
        {"device": "CPU", "hint": "none", "properties": {"GPU.PERF_COUNT": "1", "CPU.LOG_LEVEL": "LOG_INFO"}}
    )
    assert compile_properties(settings, "CPU") == {"LOG_LEVEL": "LOG_INFO"}
    assert compile_properties(settings, "BATCH:CPU(2)") == {"LOG_LEVEL": "LOG_INFO"}
    assert compile_properties(settings, "AUTO:CPU")["DEVICE_PROPERTIES"] == {
        "GPU": {"PERF_COUNT": "YES"}, "CPU": {"LOG_LEVEL": "LOG_INFO"},
    }  # fmt: skip


def wait_for_properties(run: Driven) -> None:
    run.wait_event(CompiledProperties)
    run.wait_for(lambda: "BATCH" in run.session_state.device_properties, "every device's properties")


def test_the_properties_of_every_device_come_after_the_first_inference() -> None:
    with driven(
        model="demo-matmul", device="AUTO:CPU", properties={"CPU.ENABLE_CPU_PINNING": "NO", "TYPO": "1"}
    ) as run:
        wait_for_properties(run)
        run.wait_for(lambda: "CPU" in run.session_state.engine.properties, "the compiled model's own properties")
        order = [type(event) for event in run.events]
        assert order.index(FirstInference) < order.index(DeviceProperties) < order.index(CompiledProperties)
        assert set(run.session_state.device_properties) == {"CPU", "AUTO", "MULTI", "HETERO", "BATCH"}
        assert not [
            event for event in run.session_state.log if isinstance(event, (DeviceProperties, CompiledProperties))
        ]
        assert any("AUTO ignores TYPO" in note.text for note in run.of(Note))

        rows = {row.key: row for row in property_rows(run.session_state.device_properties, run.settings)}
        assert rows["PERFORMANCE_HINT"].setting == "hint"
        assert rows["CPU.ENABLE_CPU_PINNING"].value == "NO"
        assert rows["CPU.FULL_DEVICE_NAME"].kind is PropertyKind.FACT
        assert rows["TYPO"].value == "1"
        compiled = run.session_state.engine.properties
        assert compiled["CPU"]["ENABLE_CPU_PINNING"] == "NO", "what was set for one device is in force"
        assert compiled["AUTO:CPU"]["EXECUTION_DEVICES"] == "CPU"


def test_another_engine_reports_its_compiled_model_but_not_the_same_devices_again() -> None:
    with driven(model="demo-cnn", device="CPU") as run:
        wait_for_properties(run)
        known = len(run.of(DeviceProperties))
        run.apply(properties={"ENABLE_CPU_PINNING": "NO"})
        assert run.wait_event(SegmentBegan, 2).changes == ["ENABLE_CPU_PINNING not set→NO"]
        run.wait_for(lambda: run.session_state.engine.properties, "the second engine's compiled model")
        assert run.session_state.engine.properties["CPU"]["ENABLE_CPU_PINNING"] == "NO"
        run.wait_completed(20)
        assert len(run.of(DeviceProperties)) == known
        assert known == 5
