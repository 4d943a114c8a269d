"""Streams and precision by device, as the compiled model tells them."""

from __future__ import annotations

from typing import Any

import openvino as ov
import pytest
from driven import driven

from ovtui.engine.errors import UsageError
from ovtui.engine.model.builtin_models import demo_matmul
from ovtui.engine.model.compile import compile_properties
from ovtui.engine.model.device_properties import refuse_unused_devices
from ovtui.records.events import EngineFailed
from ovtui.settings.changes import convert


def compiled(device: str, **given: Any) -> ov.CompiledModel:
    settings = convert({"device": device, "hint": "none", **given})
    return ov.Core().compile_model(demo_matmul(), device, compile_properties(settings, device))


@pytest.mark.parametrize("device", ["AUTO:CPU", "MULTI:CPU", "HETERO:CPU"])
def test_a_device_inside_has_its_own(device: str) -> None:
    cpu = compiled(device, nstreams="CPU:2", precision="CPU:f32").get_property("DEVICE_PROPERTIES")["CPU"]
    assert (cpu["NUM_STREAMS"], cpu["INFERENCE_PRECISION_HINT"]) == (2, ov.Type.f32)


@pytest.mark.parametrize("device", ["CPU", "BATCH:CPU(4)"])
def test_a_device_by_itself_has_what_is_for_it(device: str) -> None:
    model = compiled(device, nstreams="CPU:1", precision="CPU:f32")
    assert model.get_property("NUM_STREAMS") == 1
    assert compiled(device, nstreams="2").get_property("NUM_STREAMS") == 2


def test_what_is_for_all_and_what_is_for_one() -> None:
    settings = convert({"device": "AUTO:GPU,CPU", "nstreams": "4,GPU:1", "precision": "GPU:f16", "hint": "none"})
    made = compile_properties(settings, "AUTO:GPU,CPU")
    assert made["NUM_STREAMS"] == "4"
    assert made["DEVICE_PROPERTIES"]["GPU"]["NUM_STREAMS"] == "1"
    assert made["DEVICE_PROPERTIES"]["GPU"]["INFERENCE_PRECISION_HINT"] == "f16"
    assert "CPU" not in made["DEVICE_PROPERTIES"]


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("CPU", "--nstreams CPU:2,GPU:1: CPU does not run on GPU; it runs on CPU"),
        ("AUTO", "--nstreams CPU:2,GPU:1: AUTO does not run on GPU of this machine"),
        ("AUTO:GPU,CPU", None),
    ],
)
def test_a_device_that_the_load_does_not_run_on_is_refused(device: str, said: str | None) -> None:
    settings = convert({"device": device, "nstreams": "CPU:2,GPU:1"})
    if said is None:
        refuse_unused_devices(settings, device, ("CPU",))
        return
    with pytest.raises(UsageError) as refused:
        refuse_unused_devices(settings, device, ("CPU",))
    assert str(refused.value) == said


def test_the_engine_refuses_it_as_wrong_use() -> None:
    with driven(model="demo-matmul", device="CPU", precision="GPU:f16", requests=1) as run:
        failed = run.wait_event(EngineFailed)
        assert failed.misused
        assert failed.reason == "--infer-precision GPU:f16: CPU does not run on GPU; it runs on CPU"
