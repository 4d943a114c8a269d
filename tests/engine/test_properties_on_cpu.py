"""What the real OpenVINO lists, takes and ignores, against the catalogue, and how it reaches a view."""

from __future__ import annotations

from collections.abc import Iterator

import openvino as ov
import pytest
from driven import Driven, driven

from ovtui.engine import properties
from ovtui.engine.compile import properties_of
from ovtui.records.events import CompiledProperties, DeviceProperties, FirstInference, Note, SegmentBegan
from ovtui.settings.catalogue import Kind, Property, catalogue
from ovtui.settings.fields import convert
from ovtui.settings.property_rows import property_rows

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
        if known is not None and known.kind is not Kind.OPAQUE:
            assert known.settable == (access != "RO"), name


@pytest.mark.parametrize("device", ["CPU", "AUTO", "MULTI", "HETERO", "BATCH"])
def test_the_device_takes_every_value_that_the_catalogue_offers(core: ov.Core, device: str) -> None:
    for name, access in core.get_property(device, "SUPPORTED_PROPERTIES").items():
        known = catalogue()[name]
        if access == "RO" or not known.settable:
            continue
        for value in values_of(known, device):
            core.set_property(device, {name: known.read(value)})


def values_of(known: Property, device: str) -> Iterator[str]:
    if known.name == "MODEL_DISTRIBUTION_POLICY":
        yield "PIPELINE_PARALLEL" if device == "HETERO" else "TENSOR_PARALLEL"
    elif known.kind in (Kind.BOOL, Kind.CHOICE):
        # An open choice is offered for several devices, and not each takes all.
        yield from () if known.open else known.offered
    elif known.kind in (Kind.INT, Kind.FLOAT):
        assert known.minimum is not None
        yield f"{known.minimum:g}"
        yield from known.words


def test_values_are_told_as_they_are_written(core: ov.Core) -> None:
    told = {reported.name: reported for reported in properties.listed(core, "CPU")}
    assert (told["PERF_COUNT"].value, told["PERF_COUNT"].type) == ("NO", "bool")
    assert told["SCHEDULING_CORE_TYPE"].value == "ANY_CORE"
    assert "PCORE_ONLY" in told["SCHEDULING_CORE_TYPE"].choices
    assert told["INFERENCE_NUM_THREADS"].type == "int"
    assert told["FULL_DEVICE_NAME"].access == "RO"
    for device in ("CPU", "AUTO", "MULTI", "HETERO"):
        for reported in properties.listed(core, device):
            known = catalogue().get(reported.name)
            if known is not None and known.settable and reported.value and reported.name != "NUM_STREAMS":
                core.set_property(device, {reported.name: known.read(reported.value)})


def test_a_device_that_cannot_be_asked_lists_nothing(core: ov.Core) -> None:
    assert properties.listed(core, "NONSENSE") == []


@pytest.mark.parametrize(
    ("device", "key", "words"),
    [
        ("AUTO:CPU", "PERF_COUT", "neither it nor CPU has such a property; did you mean PERF_COUNT?"),
        ("MULTI:CPU", "NO_SUCH", "MULTI ignores NO_SUCH: neither it nor CPU has such a property"),
        ("HETERO:CPU", "NO_SUCH", "HETERO ignores NO_SUCH"),
        ("AUTO:CPU", "COMPILATION_NUM_THREADS", "AUTO ignores COMPILATION_NUM_THREADS"),
        ("AUTO:CPU", "CPU.NO_SUCH", "AUTO ignores CPU.NO_SUCH: CPU has no such property"),
        ("AUTO:CPU", "GPU.NUM_STREAMS", "GPU.NUM_STREAMS has no effect: nothing runs on GPU with device AUTO:CPU"),
        ("CPU", "GPU.NUM_STREAMS", "GPU.NUM_STREAMS has no effect: nothing runs on GPU with device CPU"),
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
def test_what_nothing_takes_is_told(core: ov.Core, device: str, key: str, words: str) -> None:
    settings = convert({"device": device, "properties": {key: value_for(key)}})
    told = properties.ignored(core, settings, device, {"CPU": "a CPU"})
    assert [words in sentence for sentence in told] == ([True] if words else [])


def value_for(key: str) -> str:
    known = catalogue().get(key.rpartition(".")[2])
    return known.offered[0] if known is not None and known.offered else "2"


def test_openvino_itself_says_nothing_of_it(core: ov.Core) -> None:
    """The reason for the note: this compiles."""
    from ovtui.engine.builtin import demo_matmul

    assert core.compile_model(demo_matmul(), "AUTO:CPU", {"NO_SUCH": "1"})
    with pytest.raises(RuntimeError, match="NO_SUCH"):
        core.compile_model(demo_matmul(), "CPU", {"NO_SUCH": "1"})


def test_properties_of_another_device_do_not_reach_this_one() -> None:
    settings = convert(
        {"device": "CPU", "hint": "none", "properties": {"GPU.PERF_COUNT": "1", "CPU.LOG_LEVEL": "LOG_INFO"}}
    )
    assert properties_of(settings, "CPU") == {"LOG_LEVEL": "LOG_INFO"}
    assert properties_of(settings, "BATCH:CPU(2)") == {"LOG_LEVEL": "LOG_INFO"}
    assert properties_of(settings, "AUTO:CPU")["DEVICE_PROPERTIES"] == {
        "GPU": {"PERF_COUNT": "YES"}, "CPU": {"LOG_LEVEL": "LOG_INFO"},
    }  # fmt: skip


def told(run: Driven) -> None:
    run.wait_event(CompiledProperties)
    run.wait_for(lambda: "BATCH" in run.story.device_properties, "every device's properties")


def test_a_view_is_told_of_every_device_after_the_first_inference() -> None:
    with driven(
        model="demo-matmul", device="AUTO:CPU", properties={"CPU.ENABLE_CPU_PINNING": "NO", "TYPO": "1"}
    ) as run:
        told(run)
        run.wait_for(lambda: "CPU" in run.story.engine.properties, "the compiled model's own properties")
        order = [type(event) for event in run.events]
        assert order.index(FirstInference) < order.index(DeviceProperties) < order.index(CompiledProperties)
        assert set(run.story.device_properties) == {"CPU", "AUTO", "MULTI", "HETERO", "BATCH"}
        assert not [event for event in run.story.log if isinstance(event, (DeviceProperties, CompiledProperties))]
        assert any("AUTO ignores TYPO" in note.text for note in run.of(Note))

        rows = {row.key: row for row in property_rows(run.story.device_properties, run.settings)}
        assert rows["PERFORMANCE_HINT"].setting == "hint"
        assert rows["CPU.ENABLE_CPU_PINNING"].value == "NO"
        assert rows["CPU.FULL_DEVICE_NAME"].kind is Kind.FACT
        assert rows["TYPO"].value == "1"
        compiled = run.story.engine.properties
        assert compiled["CPU"]["ENABLE_CPU_PINNING"] == "NO", "what was set for one device is in force"
        assert compiled["AUTO:CPU"]["EXECUTION_DEVICES"] == "CPU"


def test_another_engine_tells_of_its_compiled_model_and_not_of_the_same_devices_again() -> None:
    with driven(model="demo-matmul", device="CPU") as run:
        told(run)
        known = len(run.of(DeviceProperties))
        run.apply(properties={"ENABLE_CPU_PINNING": "NO"})
        assert run.wait_event(SegmentBegan, 2).changes == ["ENABLE_CPU_PINNING default→NO"]
        run.wait_for(lambda: run.story.engine.properties, "the second engine's compiled model")
        assert run.story.engine.properties["CPU"]["ENABLE_CPU_PINNING"] == "NO"
        run.wait_completed(20)
        assert len(run.of(DeviceProperties)) == known
        assert known == 5
