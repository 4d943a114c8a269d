"""Advice from real figures: the simulated GPU runs on the CPU and is slower than the stand-in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from driven import Driven, driven
from harness.gpu_sim import STANDS_IN_MS

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.advice.rules_device import MIN_REQUESTS
from ovtui.records.events import DeviceChanged

pytestmark = pytest.mark.rig


@pytest.fixture
def rig(rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rig_env(build_ms=STANDS_IN_MS).items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)


def compared(run: Driven) -> bool:
    now = advice_facts(run.digest)
    sides = (now.stand_in, now.accelerator) if now is not None else ()
    return bool(sides) and all(side is not None and side.completed >= MIN_REQUESTS for side in sides)


@pytest.mark.parametrize(
    ("load", "figures"),
    [
        ({"hint": "latency", "nireq": 1}, "inference p50 on GPU.0"),
        ({"hint": "throughput", "auto_batching": "no"}, "GPU.0 "),  # one in flight, then as many as the GPU wants
        ({"hint": "latency", "rate": 80.0}, "inference p50 on GPU.0"),
    ],
    ids=["latency", "throughput-optimal", "open"],
)
def test_an_accelerator_that_is_slower_is_advised_against(rig: None, load: dict[str, Any], figures: str) -> None:
    with driven(device="AUTO:GPU,CPU", **load) as run:
        run.wait_event(DeviceChanged)
        run.wait_for(lambda: compared(run), f"{MIN_REQUESTS} requests on either device")
        facts = advice_facts(run.digest)
        assert facts is not None
        cpu, gpu = facts.stand_in, facts.accelerator
        assert cpu is not None
        assert gpu is not None
        assert cpu.in_flight[1] <= gpu.in_flight[0]
        if load["hint"] == "latency":
            assert gpu.p50_ms > 2 * cpu.p50_ms, "on the rig a convolution takes long"
        else:
            assert gpu.throughput < cpu.throughput / 2
        (advice,) = [advice for advice in advise(facts) if advice.id == "accelerator-slower"]
        assert advice.remedy == {"device": "CPU"}
        assert advice.evidence.startswith(figures)
        assert "GPU.0 is slower than the CPU was while it stood in" in advice.text
