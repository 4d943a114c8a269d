"""The devices of this machine, the choice among them, and the reasons for a missing device or handover."""

from __future__ import annotations

import ctypes.util
from pathlib import Path

import openvino as ov

from ovtui.engine.errors import SetupError
from ovtui.settings.device_names import candidates as candidates
from ovtui.settings.device_names import device_suggestion, is_missing, left_out_by_auto, missing_devices
from ovtui.settings.device_names import virtual_of as virtual_of
from ovtui.settings.schema.settings import Settings


def read_available_devices(core: ov.Core) -> dict[str, str]:
    """OpenVINO's device names on this machine, each with its FULL_DEVICE_NAME."""
    return {name: str(core.get_property(name, "FULL_DEVICE_NAME")) for name in core.available_devices}


def choose_device(settings: Settings, available: dict[str, str]) -> tuple[str, str]:
    """The device to compile for, and a sentence for the person where that is the fallback. Raises SetupError when the
    machine has neither the device nor the fallback."""
    lacking = missing_devices(settings.device, available)
    if not lacking:
        return settings.device, ""
    here = ", ".join(available) or "none"
    if not settings.fallback_device:
        raise SetupError(
            f"{settings.device}: no {' and no '.join(lacking)} on this machine (devices: {here})"
            f"{_why_missing(lacking[0], available)}"
        )
    still = missing_devices(settings.fallback_device, available)
    if still:
        raise SetupError(
            f"neither {settings.device} nor its fallback {settings.fallback_device} can run here: no {still[0]} "
            f"(devices: {here})"
        )
    return settings.fallback_device, (
        f"no {' and no '.join(lacking)} on this machine: {settings.fallback_device} runs instead of {settings.device}"
    )


def why_no_handover(device: str, available: dict[str, str]) -> str:
    """Why AUTO will never hand over to an accelerator, as a sentence; empty where it may."""
    if virtual_of(device) != "AUTO":
        return ""
    usable = [name for name in candidates(device, available) if not is_missing(name, available)]
    if any(not name.startswith("CPU") for name in usable):
        return ""
    return f"AUTO has only the CPU here, so there will be no handover: {why_no_accelerator('GPU')}"


def unused_accelerators(device: str, available: dict[str, str], execution_devices: list[str]) -> str:
    """The accelerators that AUTO without a device list does not use although the machine has them, as a sentence; empty
    where there are none."""
    left_out = left_out_by_auto(device, available) if execution_devices == ["CPU"] else []
    if not left_out:
        return ""
    names = ", ".join(f"{name} ({available[name]})" for name in left_out)
    return f"AUTO by itself leaves out {names}: use AUTO:{','.join([*left_out, 'CPU'])}"


def why_no_accelerator(name: str) -> str:
    """What this machine lacks for a GPU or an NPU, as far as files and libraries show it; empty for other devices."""
    kind = name.partition(".")[0].upper()
    if kind == "GPU":
        if ctypes.util.find_library("OpenCL") is None:
            return "GPU: libOpenCL.so.1 is missing (Debian: apt install ocl-icd-libopencl1)"
        if not any(Path("/etc/OpenCL/vendors").glob("*.icd")):
            return "GPU: no OpenCL driver in /etc/OpenCL/vendors (Intel: apt install intel-opencl-icd)"
        if not Path("/dev/dri").exists():
            return "GPU: no /dev/dri on this machine; in a container pass it with --device /dev/dri"
        return "GPU: its driver shows no usable device (are you in the groups render and video?)"
    if kind == "NPU":
        return "NPU: no usable /dev/accel/accel0 with its intel_vpu driver"
    return ""


def _why_missing(name: str, available: dict[str, str]) -> str:
    return device_suggestion(name, available) or (f"; {why}" if (why := why_no_accelerator(name)) else "")
