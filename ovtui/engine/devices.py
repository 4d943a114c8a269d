"""The devices of this machine, the choice among them, and the reasons for a missing device or handover."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.settings.device_names import candidates as candidates
from ovtui.settings.device_names import (
    chooses_itself,
    device_suggestion,
    exclusions,
    idle_exclusions,
    is_missing,
    kind_of,
    left_out_by_auto,
    left_out_text,
    missing_devices,
    why_cpu_alone,
)
from ovtui.settings.device_names import virtual_of as virtual_of
from ovtui.settings.schema.settings import Settings

ACCELERATORS = ("GPU", "NPU")
WHY_NOT = "ovtui doctor says why"
"""Of a device that is missing. The reasons have one place, host/doctor."""


def read_available_devices(core: ov.Core) -> dict[str, str]:
    """OpenVINO's device names on this machine, each with its FULL_DEVICE_NAME."""
    return {name: str(core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices}


def choose_device(settings: Settings, available: dict[str, str]) -> tuple[str, str]:
    """The device to compile for, and a sentence for the person where that is the fallback. Raises SetupError when the
    machine has neither the device nor the fallback."""
    device = settings.device
    lacking = missing_devices(device, available)
    if not lacking and candidates(device, available):
        return device, ""
    here = ", ".join(available) or "none"
    why = f"no {' and no '.join(lacking)} on this machine"
    if not lacking:
        left = f"{' and '.join(exclusions(device))} excluded, this machine has no other device"
        why = f"nothing is left to run on: with {left}"
    fallback = settings.fallback_device
    if not fallback:
        if lacking:
            raise SetupError(f"{device}: {why} (devices: {here}){_why_missing(lacking[0], available)}")
        raise SetupError(f"{device}: {why}{_missing_accelerators(device, available)}")
    still = missing_devices(fallback, available)
    if still:
        raise SetupError(f"neither {device} nor its fallback {fallback} can run here: no {still[0]} (devices: {here})")
    return fallback, f"{why}: {fallback} runs instead of {device}"


def remarks(device: str, available: dict[str, str], execution_devices: list[str]) -> list[str]:
    """Sentences on what the compiled device string leaves out, or does not do as it reads."""
    return [
        sentence
        for sentence in (
            why_no_handover(device, available),
            unused_accelerators(device, available, execution_devices),
            idle_exclusion_note(device),
        )
        if sentence
    ]


def why_no_handover(device: str, available: dict[str, str]) -> str:
    """Why AUTO will never hand over to an accelerator, as a sentence; empty where it may."""
    if virtual_of(device) != "AUTO":
        return ""
    usable = [name for name in candidates(device, available) if not is_missing(name, available)]
    if any(kind_of(name) != "CPU" for name in usable):
        return ""
    excluded = [name for name in exclusions(device) if kind_of(name) != "CPU"]
    chosen = why_cpu_alone(device, available)
    if not chosen and any(kind_of(name) == "GPU" for name in excluded):
        chosen = f"{device} excludes {' and '.join(excluded)}"
    if not chosen and {kind_of(name) for name in candidates(device, ())} == {"CPU"}:
        chosen = f"{device} names the CPU alone"
    if chosen:
        return f"{chosen}, so there will be no handover"
    has = "AUTO has only the CPU here" if chooses_itself(device) else f"of {device} this machine has only the CPU"
    why = _missing_accelerators(device, available)
    return f"{has}, so there will be no handover{f'{why}, ovtui demo replays one' if why else ''}"


def unused_accelerators(device: str, available: dict[str, str], execution_devices: list[str]) -> str:
    """The accelerators that AUTO or MULTI, left to itself, does not use although the machine has them, as a sentence;
    empty where there are none."""
    left_out = left_out_by_auto(device, available) if execution_devices == ["CPU"] else []
    return left_out_text(device, {name: available[name] for name in left_out}) if left_out else ""


def nothing_found(device: str, available: dict[str, str], reason: str) -> str:
    """Why AUTO or MULTI, left to itself, finds no device among those of the machine, instead of OpenVINO's `reason`.
    Empty where that says something else."""
    left_out = left_out_by_auto(device, available)
    if "no supported devices can be used" not in reason or not left_out:
        return ""
    return f"nothing is left to run on: {left_out_text(device, {name: available[name] for name in left_out})}"


def idle_exclusion_note(device: str) -> str:
    """A sentence on a device that is excluded and used all the same; empty where there is none."""
    idle = idle_exclusions(device)
    if not idle:
        return ""
    return f"{device} uses {' and '.join(idle)}: where devices are named, an exclusion has no effect"


def _missing_accelerators(device: str, available: dict[str, str]) -> str:
    """A pointer to what tells why the accelerators are missing that the device string names, or the GPU where it names
    none; empty where they are excluded."""
    kinds = dict.fromkeys(kind_of(name) for name in candidates(device, ()) if is_missing(name, available))
    excluded = {kind_of(name) for name in exclusions(device)}
    missing = [kind for kind in (kinds or ["GPU"]) if kind not in excluded and why_no_accelerator(kind)]
    return f"; {WHY_NOT}" if missing else ""


def why_no_accelerator(name: str) -> str:
    """What tells why this machine lacks a GPU or an NPU; empty for other devices."""
    return WHY_NOT if kind_of(name).upper() in ACCELERATORS else ""


def _why_missing(name: str, available: dict[str, str]) -> str:
    return device_suggestion(name, available) or (f"; {why}" if (why := why_no_accelerator(name)) else "")
