"""Advice from real figures: the simulated GPU is a CPU in disguise and slower than the stand-in before it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from driven import driven

from ovtui.metrics.advice import advise
from ovtui.metrics.advice.situation import situation_of
from ovtui.records.events import DeviceChanged

pytestmark = pytest.mark.rig
REQUESTS = 40


def test_an_accelerator_that_is_slower_is_told(
    rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in rig_env(build_ms=300).items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)
    with driven(device="AUTO:GPU,CPU", hint="latency") as run:
        run.wait_event(DeviceChanged)
        run.wait_completed(REQUESTS)
        situation = situation_of(run.digest)
        assert situation is not None
        assert situation.stand_in is not None
        assert situation.accelerator is not None
        assert situation.accelerator.p50_ms > 2 * situation.stand_in.p50_ms, "on the rig a convolution takes long"
        (advice,) = [advice for advice in advise(situation) if advice.id == "accelerator-slower"]
        assert advice.remedy == {"device": "CPU"}
        assert "GPU.0 is slower than the CPU was while it stood in" in advice.text
