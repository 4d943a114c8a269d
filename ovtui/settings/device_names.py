"""Device strings such as 'AUTO:GPU,CPU': their syntax, the virtual device, and the physical devices they can run on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

VIRTUAL = ("AUTO", "MULTI", "HETERO", "BATCH")
PHYSICAL = ("CPU", "GPU", "NPU")
_DEVICE_PATTERN = re.compile(r"[\w.]+(:(-?[\w.]+(\(\d+\))?)(,-?[\w.]+(\(\d+\))?)*)?", re.ASCII)
_EXAMPLES = {"MULTI": "MULTI:GPU,CPU", "HETERO": "HETERO:GPU,CPU", "BATCH": "BATCH:CPU(4)"}
_MIN_SIMILARITY = 0.7
"""Finds CPU for CPUU, and nothing for XPU."""
_BATCH_PATTERN = re.compile(r"BATCH:([^()]+?)(?:\(([0-9]+)\))?", re.IGNORECASE)


def canonical_device(text: str) -> str:
    """The device string without blanks between its parts. Raises SettingsError where the syntax is wrong; whether the
    machine has the device is not checked."""
    device = re.sub(r"\s*([:,()])\s*", r"\1", text.strip())
    if device and not _DEVICE_PATTERN.fullmatch(device):
        raise SettingsError(
            f"device: {in_quotes(text)} names no device; write CPU, GPU.1, AUTO:GPU,CPU, BATCH:CPU(4) or the like"
        )
    if re.search(r"\d{8}", device):
        raise SettingsError(f"device: {in_quotes(text)}: no number of a device or a batch has so many digits")
    virtual, rest = virtual_of(device), device.partition(":")[2]
    if virtual in _EXAMPLES and not rest:
        raise SettingsError(f"device: {virtual} has to be told its devices: write {_EXAMPLES[virtual]} or the like")
    if virtual in ("HETERO", "BATCH") and "-" in rest:
        # HETERO:-GPU would run on the GPU.
        raise SettingsError(
            f"device: {device}: {virtual} excludes no devices; name those that it is to use: {_EXAMPLES[virtual]}"
        )
    if virtual and not device.startswith(virtual):
        raise SettingsError(f"device: {device}: OpenVINO knows names in capitals alone; write {device.upper()}")
    if re.search(r"\(0+\)", rest):
        raise SettingsError(
            f"device: {device}: a batch holds at least 1 request; write {_EXAMPLES['BATCH']} or the like"
        )
    return device


def required_device(text: str) -> str:
    """As `canonical_device`, and SettingsError also for an empty text."""
    device = canonical_device(text)
    if not device:
        raise SettingsError("device: it is empty; write CPU, GPU, AUTO:GPU,CPU or the like")
    return device


def virtual_of(device: str) -> str:
    """'AUTO' for 'AUTO:GPU,CPU'; empty for a device named directly."""
    head = device.partition(":")[0].upper()
    return head if head in VIRTUAL else ""


def hides_batch_workers(device: str) -> bool:
    """True when the device string does not tell which infer requests a batch worker takes: AUTO, MULTI and HETERO make
    requests of their own on the device inside. On a device named directly, and on BATCH, request k in the order of
    creation belongs to worker k // B (auto_batch plugin)."""
    return virtual_of(device) in ("AUTO", "MULTI", "HETERO")


def kind_of(device: str) -> str:
    """'GPU' for 'GPU.1', 'AUTO' for 'AUTO:GPU,CPU'."""
    return device.partition(":")[0].partition(".")[0].strip().upper()


def candidates(device: str, available: Iterable[str]) -> list[str]:
    """The physical devices that a device string can run on. A bare AUTO or MULTI runs on every device of the machine,
    except the excluded ones ('AUTO:-CPU')."""
    virtual, _, rest = device.partition(":")
    if not virtual_of(device):
        return [device]
    if virtual.upper() == "BATCH":
        found = _BATCH_PATTERN.fullmatch(device)
        return [found[1].strip()] if found else [rest]
    named = [name for name in _listed(rest) if not name.startswith("-")]
    excluded = exclusions(device)
    return named or [name for name in available if not any(matches_device(each, name) for each in excluded)]


def _listed(rest: str) -> list[str]:
    """'GPU' and '-CPU' of 'GPU(2),-CPU'."""
    return [part.partition("(")[0].strip() for part in rest.split(",") if part.strip()]


def chooses_itself(device: str) -> bool:
    """True for an AUTO or MULTI that is told no device, or only devices that it must not use."""
    names = _listed(device.partition(":")[2])
    return virtual_of(device) in ("AUTO", "MULTI") and all(name.startswith("-") for name in names)


def exclusions(device: str) -> list[str]:
    """'GPU' of 'AUTO:-GPU'. Beside named devices an exclusion has no effect: 'AUTO:GPU,-GPU' runs on the GPU."""
    return [name[1:] for name in _listed(device.partition(":")[2])] if chooses_itself(device) else []


def idle_exclusions(device: str) -> list[str]:
    """'GPU' of 'AUTO:GPU,-GPU': excluded, but named, and so used."""
    names = _listed(device.partition(":")[2])
    return [name for name in names if f"-{name}" in names]


def left_out_by_auto(device: str, available: Iterable[str]) -> list[str]:
    """The devices beside the CPU that an AUTO or MULTI might use which chooses by itself; else none. To be asked when
    it compiled for the CPU alone or found nothing: it considers by itself neither an NPU nor a GPU of another maker
    than Intel (auto plugin, device selection)."""
    return [name for name in candidates(device, available) if kind_of(name) != "CPU"] if chooses_itself(device) else []


def left_out_text(device: str, left_out: Mapping[str, str]) -> str:
    """'AUTO by itself leaves out GPU (NVIDIA H100); use AUTO:GPU,CPU'. `left_out`: device name to full name, which may
    be empty."""
    names = " and ".join(f"{name} ({full})" if full else name for name, full in left_out.items())
    virtual = virtual_of(device)
    cpu = [] if "CPU" in exclusions(device) else ["CPU"]
    return f"{virtual} by itself leaves out {names}; use {virtual}:{','.join([*left_out, *cpu])}"


def why_cpu_alone(device: str, available: Iterable[str]) -> str:
    """Why the device string leaves the CPU alone on a machine that has more: 'AUTO:-GPU excludes GPU'. Empty where it
    does not."""
    others = [name for name in available if kind_of(name) != "CPU"]
    excluded = [name for name in others if any(matches_device(each, name) for each in exclusions(device))]
    if excluded and len(excluded) == len(others):
        return f"{device} excludes {' and '.join(excluded)}"
    if others and virtual_of(device) == "AUTO" and {kind_of(name) for name in candidates(device, ())} == {"CPU"}:
        return f"{device} names the CPU alone"
    return ""


def matches_device(name: str, device: str) -> bool:
    """True when `name` stands for the physical device: GPU stands for every GPU, GPU.0 also for the only one."""
    name, device = name.upper(), device.upper()
    return name == device or kind_of(device) == name or (name.endswith(".0") and name[:-2] == device)


def is_missing(name: str, available: Iterable[str]) -> bool:
    """True when the machine lacks this physical device. GPU and GPU.0 both stand for the only GPU."""
    return not any(
        name == device or device.startswith(f"{name}.") or (name.endswith(".0") and name[:-2] == device)
        for device in available
    )


def missing_devices(device: str, available: Collection[str]) -> list[str]:
    """The devices that the machine lacks and without which the device string cannot run. AUTO skips missing candidates
    as long as one is left."""
    named = candidates(device, available)
    missing = [name for name in named if is_missing(name, available)]
    return [] if virtual_of(device) == "AUTO" and len(missing) < len(named) else missing


def device_suggestion(name: str, available: Collection[str]) -> str:
    """', did you mean CPU?' where a device has a similar name, else empty. OpenVINO rejects names in lower case."""
    upper = name.upper()
    if kind_of(name) in PHYSICAL:
        return f", did you mean {upper}?" if upper != name else ""
    return did_you_mean(upper, available, _MIN_SIMILARITY)


def wrong_letters(name: str) -> str:
    """'no device gpu here; did you mean GPU?' where only the size of its letters is wrong, else empty."""
    upper = name.upper()
    if upper == name or kind_of(name) not in (*PHYSICAL, *VIRTUAL):
        return ""
    return f"no device {name} here; did you mean {upper}?"


def explicit_batch_size(device: str) -> int | None:
    """4 for 'BATCH:CPU(4)', 0 for 'BATCH:GPU' where the device chooses, None for any other device."""
    found = _BATCH_PATTERN.fullmatch(device.strip())
    return None if found is None else int(found[2] or 0)
