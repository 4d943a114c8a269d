"""From a kind of device to OpenVINO's names of those that are here."""

from __future__ import annotations

from typing import cast

import openvino as ov
import pytest

from ovtui.engine.named_devices import devices_of


class Plugins:
    """Stands in for a Core: kinds and the ids that their plugins list."""

    def __init__(self) -> None:
        self.ids = {"CPU": [""], "GPU": ["0"], "MYRIAD": ["0", "7.2"], "NPU": []}

    def get_property(self, device: str, name: str) -> list[str]:
        assert name == "AVAILABLE_DEVICES"
        if device not in self.ids:
            raise RuntimeError(f"Device with {device} name is not registered")
        return self.ids[device]


@pytest.mark.parametrize(
    ("device", "names"),
    [
        ("CPU", ["CPU"]), ("CPU.0", ["CPU.0"]), ("CPU.1", []), ("GPU", ["GPU"]), ("GPU.0", ["GPU.0"]), ("GPU.1", []),
        ("MYRIAD", ["MYRIAD.0", "MYRIAD.7.2"]), ("MYRIAD.7.2", ["MYRIAD.7.2"]), ("NPU", []), ("NPU.0", []),
        ("XPU", []), ("AUTO", ["AUTO"]), ("BATCH", ["BATCH"]),
    ],
)  # fmt: skip
def test_names(device: str, names: list[str]) -> None:
    assert devices_of(cast("ov.Core", Plugins()), device) == names
