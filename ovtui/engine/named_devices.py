"""From a kind of device, as 'GPU', to the names that OpenVINO has for those of this machine. Of that plugin alone, so
that another one, which may crash or hang, is not loaded."""

from __future__ import annotations

import openvino as ov

from ovtui.settings.device_names import VIRTUAL


def devices_of(core: ov.Core, device: str) -> list[str]:
    """['GPU.0', 'GPU.1'] of 'GPU', ['GPU'] where there is one, as `available_devices` names them; ['GPU.1'] of that
    name. Empty where the machine has none, and where OpenVINO has no such plugin."""
    if device in VIRTUAL:
        return [device]
    kind, dot, wanted = device.partition(".")
    try:
        ids = [str(each) for each in core.get_property(kind, "AVAILABLE_DEVICES")]
    except (RuntimeError, TypeError):
        return []
    if dot:
        return [device] if wanted in ids or (wanted == "0" and ids == [""]) else []
    return [kind] if len(ids) == 1 else [f"{kind}.{each}" for each in ids]


def full_name(core: ov.Core, device: str) -> str:
    """'Intel(R) Arc(TM) A770 Graphics (dGPU)'; empty where the device does not tell."""
    try:
        return str(core.get_property(device, "FULL_DEVICE_NAME"))
    except (RuntimeError, TypeError):
        return ""
