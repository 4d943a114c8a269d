"""What a device string says by itself: which virtual device it names, and which physical ones it can run on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError

VIRTUAL = ("AUTO", "MULTI", "HETERO", "BATCH")
PHYSICAL = ("CPU", "GPU", "NPU")
_DEVICE_PATTERN = re.compile(r"[\w.]+(:(-?[\w.]+(\(\d+\))?)(,-?[\w.]+(\(\d+\))?)*)?")
_MIN_SIMILARITY = 0.7
"""CPUU is nearly CPU, and XPU is not."""
_BATCH_PATTERN = re.compile(r"BATCH:([^()]+?)(?:\((\d+)\))?", re.IGNORECASE)


def canonical_device(text: str) -> str:
    """A device as a person writes it, without blanks between its parts. Raises SettingsError where its form alone says
    that no device can be meant; whether the machine has it is another question."""
    device = re.sub(r"\s*([:,()])\s*", r"\1", text.strip())
    if device and not _DEVICE_PATTERN.fullmatch(device):
        raise SettingsError(
            f"device: {text!r} names no device; write CPU, GPU.1, AUTO:GPU,CPU, BATCH:CPU(4) or the like"
        )
    return device


def virtual_of(device: str) -> str:
    """'AUTO' for 'AUTO:GPU,CPU'; empty for a device named directly."""
    head = device.partition(":")[0].upper()
    return head if head in VIRTUAL else ""


def kind_of(device: str) -> str:
    """'GPU' for 'GPU.1', 'AUTO' for 'AUTO:GPU,CPU'."""
    return device.partition(":")[0].partition(".")[0].strip().upper()


def candidates(device: str, available: Iterable[str]) -> list[str]:
    """The physical devices that a device string can run on; a bare AUTO or MULTI has every one of the machine,
    less those struck out ('AUTO:-CPU')."""
    virtual, _, rest = device.partition(":")
    if not virtual_of(device):
        return [device]
    if virtual.upper() == "BATCH":
        found = _BATCH_PATTERN.fullmatch(device)
        return [found[1].strip()] if found else [rest]
    names = [part.partition("(")[0].strip() for part in rest.split(",") if part.strip()]
    struck = {name[1:] for name in names if name.startswith("-")}
    named = [name for name in names if not name.startswith("-")]
    return named or [name for name in available if name.partition(".")[0] not in struck and name not in struck]


def left_out_by_auto(device: str, available: Iterable[str]) -> list[str]:
    """The devices of the machine beside the CPU, if `device` is a bare AUTO; else none. To be asked when AUTO compiled
    for the CPU alone: it considers by itself neither an NPU nor a GPU of another maker than Intel (auto plugin, device
    selection)."""
    if device.strip().upper() != "AUTO":
        return []
    return [name for name in available if not name.startswith("CPU")]


def matches_device(name: str, device: str) -> bool:
    """Whether a name means this physical device: GPU means each GPU, and GPU.0 the only one."""
    name, device = name.upper(), device.upper()
    return name == device or kind_of(device) == name or (name.endswith(".0") and name[:-2] == device)


def is_missing(name: str, available: Iterable[str]) -> bool:
    """Whether the machine has no such physical device; GPU and GPU.0 both mean the only GPU."""
    return not any(
        name == device or device.startswith(f"{name}.") or (name.endswith(".0") and name[:-2] == device)
        for device in available
    )


def missing_devices(device: str, available: Collection[str]) -> list[str]:
    """What a device string names and the machine does not have, where that keeps it from running: AUTO passes over
    what is not there as long as one is left."""
    named = candidates(device, available)
    lacking = [name for name in named if is_missing(name, available)]
    return [] if virtual_of(device) == "AUTO" and len(lacking) < len(named) else lacking


def device_suggestion(name: str, available: Collection[str]) -> str:
    """', did you mean CPU?' where a device has nearly this name; OpenVINO takes none in small letters."""
    large = name.upper()
    if kind_of(name) in PHYSICAL:
        return f", did you mean {large}?" if large != name else ""
    return did_you_mean(large, available, _MIN_SIMILARITY)


def explicit_batch_size(device: str) -> int | None:
    """4 for 'BATCH:CPU(4)', 0 for 'BATCH:GPU' (the device says), None for anything else."""
    found = _BATCH_PATTERN.fullmatch(device.strip())
    return None if found is None else int(found[2] or 0)
