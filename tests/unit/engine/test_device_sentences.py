"""What is said of the devices that a device string excludes, names or leaves out. The outcomes are those of OpenVINO
2026.4.1 on a machine with the CPU alone, and on one with a GPU that AUTO by itself passes over."""

from __future__ import annotations

import pytest

from ovtui.engine import devices
from ovtui.engine.errors import SetupError
from ovtui.settings.schema.settings import Settings

ALONE = {"CPU": "AMD EPYC"}
WITH_GPU = {"CPU": "AMD EPYC", "GPU": "NVIDIA H100 (dGPU)"}
SEE_DOCTOR = "; ovtui doctor says why"
NOTHING = "Please, check environment due to no supported devices can be used"


@pytest.mark.parametrize(
    ("device", "here", "sentence"),
    [
        ("AUTO", ALONE, "AUTO has only the CPU here, so there will be no handover; "
         "ovtui doctor says why, ovtui demo replays one"),
        ("AUTO:-NPU", ALONE, "AUTO has only the CPU here, so there will be no handover; "
         "ovtui doctor says why, ovtui demo replays one"),
        ("AUTO:-GPU", ALONE, "AUTO:-GPU excludes GPU, so there will be no handover"),
        ("AUTO:-GPU", WITH_GPU, "AUTO:-GPU excludes GPU, so there will be no handover"),
        ("AUTO:-GPU.0", WITH_GPU, "AUTO:-GPU.0 excludes GPU, so there will be no handover"),
        ("AUTO:-GPU,CPU", WITH_GPU, "AUTO:-GPU,CPU names the CPU alone, so there will be no handover"),
        ("AUTO:CPU", ALONE, "AUTO:CPU names the CPU alone, so there will be no handover"),
        ("AUTO:NPU,CPU", WITH_GPU,
         "of AUTO:NPU,CPU this machine has only the CPU, so there will be no handover; "
         "ovtui doctor says why, ovtui demo replays one"),
        ("AUTO:NPU,GPU,CPU", ALONE,
         "of AUTO:NPU,GPU,CPU this machine has only the CPU, so there will be no handover; "
         "ovtui doctor says why, ovtui demo replays one"),
        ("AUTO:GPU,CPU", WITH_GPU, ""),
        ("AUTO", WITH_GPU, ""),
        ("CPU", ALONE, ""),
        ("MULTI:-GPU", WITH_GPU, ""),
    ],
)  # fmt: skip
def test_why_there_is_no_handover(device: str, here: dict[str, str], sentence: str) -> None:
    assert devices.why_no_handover(device, here) == sentence


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("AUTO", "AUTO by itself leaves out GPU (NVIDIA H100 (dGPU)); use AUTO:GPU,CPU"),
        ("AUTO:-NPU", "AUTO by itself leaves out GPU (NVIDIA H100 (dGPU)); use AUTO:GPU,CPU"),
        ("MULTI:-NPU", "MULTI by itself leaves out GPU (NVIDIA H100 (dGPU)); use MULTI:GPU,CPU"),
        ("AUTO:-GPU", ""),
        ("AUTO:CPU", ""),
        ("CPU", ""),
    ],
)
def test_what_is_left_out(device: str, sentence: str) -> None:
    assert devices.unused_accelerators(device, WITH_GPU, ["CPU"]) == sentence


def test_with_the_cpu_excluded_nothing_may_be_left() -> None:
    for device, why in (
        ("AUTO:-CPU", "; ovtui doctor says why"),
        ("MULTI:-CPU", "; ovtui doctor says why"),
        ("AUTO:-CPU,-GPU", ""),
    ):
        with pytest.raises(SetupError) as refused:
            devices.choose_device(Settings(device=device), ALONE)
        excluded = "CPU and GPU" if "GPU" in device else "CPU"
        assert str(refused.value) == (
            f"{device}: nothing is left to run on: with {excluded} excluded, this machine has no other device{why}"
        )
    instead, said = devices.choose_device(Settings(device="AUTO:-CPU", fallback_device="CPU"), ALONE)
    assert (instead, said.endswith("CPU runs instead of AUTO:-CPU")) == ("CPU", True)


def test_with_the_cpu_excluded_only_what_auto_passes_over_may_be_left() -> None:
    assert devices.choose_device(Settings(device="AUTO:-CPU"), WITH_GPU) == ("AUTO:-CPU", "")
    assert devices.nothing_found("AUTO:-CPU", WITH_GPU, NOTHING) == (
        "nothing is left to run on: AUTO by itself leaves out GPU (NVIDIA H100 (dGPU)); use AUTO:GPU"
    )
    assert devices.nothing_found("AUTO:-CPU", WITH_GPU, "no memory") == ""
    assert devices.nothing_found("AUTO:GPU", WITH_GPU, NOTHING) == ""


def test_an_exclusion_beside_named_devices_has_no_effect() -> None:
    said = devices.idle_exclusion_note("AUTO:GPU,-GPU")
    assert said == "AUTO:GPU,-GPU uses GPU: where devices are named, an exclusion has no effect"
    assert devices.idle_exclusion_note("AUTO:-GPU,CPU") == ""
