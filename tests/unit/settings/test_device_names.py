from __future__ import annotations

import pytest

from ovtui.settings.device_names import canonical_device, device_suggestion, missing_devices, why_cpu_alone
from ovtui.settings.errors import SettingsError

HERE = ("CPU", "GPU.0", "GPU.1")


@pytest.mark.parametrize(
    ("device", "lacking"),
    [
        ("CPU", []), ("GPU", []), ("GPU.1", []), ("GPU.2", ["GPU.2"]), ("NPU", ["NPU"]), ("BATCH:CPU(4)", []),
        ("BATCH:NPU", ["NPU"]), ("MULTI:NPU,CPU", ["NPU"]), ("HETERO:GPU,CPU", []), ("AUTO", []), ("AUTO:-CPU", []),
        ("AUTO:NPU,CPU", []), ("AUTO:NPU", ["NPU"]), ("AUTO:NPU,GPU.7", ["NPU", "GPU.7"]),
    ],
)  # fmt: skip
def test_what_keeps_a_device_from_running(device: str, lacking: list[str]) -> None:
    assert missing_devices(device, HERE) == lacking


def test_the_first_gpu_is_the_only_one() -> None:
    assert missing_devices("GPU.0", ("CPU", "GPU")) == []
    assert missing_devices("GPU.1", ("CPU", "GPU")) == ["GPU.1"]


@pytest.mark.parametrize(
    ("text", "device"),
    [
        ("CPU", "CPU"), (" GPU.1 ", "GPU.1"), ("AUTO: GPU, CPU", "AUTO:GPU,CPU"), ("AUTO:-CPU", "AUTO:-CPU"),
        ("BATCH:CPU ( 4 )", "BATCH:CPU(4)"), ("MULTI:GPU(2),CPU(1)", "MULTI:GPU(2),CPU(1)"), ("", ""), ("XYZ", "XYZ"),
    ],
)  # fmt: skip
def test_how_a_device_is_written(text: str, device: str) -> None:
    assert canonical_device(text) == device


@pytest.mark.parametrize("text", ["CPU,", "BATCH:CPU(4", "BATCH:", "AUTO:GPU,,CPU", "BATCH:CPU(x)", "C PU", ",", "(4)"])
def test_what_names_no_device(text: str) -> None:
    with pytest.raises(SettingsError, match="names no device"):
        canonical_device(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("MULTI", "MULTI has to be told its devices: write MULTI:GPU,CPU"),
        ("hetero", "HETERO has to be told its devices"),
        ("BATCH", "BATCH has to be told its devices: write BATCH:CPU"),
        # It would run on the GPU.
        ("HETERO:-GPU", "HETERO excludes no devices"),
        ("auto", "in capitals alone; write AUTO$"),
        ("batch:cpu(4)", r"in capitals alone; write BATCH:CPU\(4\)$"),
        ("BATCH:CPU(0)", "a batch holds at least 1 request"),
        ("BATCH:-GPU", "BATCH excludes no devices"),
    ],
)
def test_what_openvino_would_misunderstand(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        canonical_device(text)


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("AUTO:-GPU", "AUTO:-GPU excludes GPU.0 and GPU.1"),
        ("AUTO:-GPU.0,-GPU.1", "AUTO:-GPU.0,-GPU.1 excludes GPU.0 and GPU.1"),
        ("AUTO:-GPU.0", ""),
        ("MULTI:-GPU", "MULTI:-GPU excludes GPU.0 and GPU.1"),
        ("AUTO:-NPU", ""),
        ("AUTO:-GPU,CPU", "AUTO:-GPU,CPU names the CPU alone"),
        ("CPU", ""),
    ],
)
def test_why_the_cpu_is_alone(device: str, why: str) -> None:
    assert why_cpu_alone(device, HERE) == why


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("CPUU", "CPU"), ("cpu", "CPU"), ("gpu", "GPU"), ("npu", "NPU"), ("gpu.1", "GPU.1"), ("GPU.7", ""), ("XYZ", "")],
)
def test_what_was_meant(name: str, suggested: str) -> None:
    assert device_suggestion(name, HERE) == (f", did you mean {suggested}?" if suggested else "")
