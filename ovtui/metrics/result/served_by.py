"""The name of a device in `by_device`, as texts have it: 'one of' names the devices that it may have been."""

from __future__ import annotations

from ovtui.metrics.result.schema import Result
from ovtui.records.device_codes import AMBIGUOUS, name_of


def served_by_text(name: str, result: Result) -> str:
    """'GPU.0', 'one of (CPU), GPU.0': the devices that requests changed between, and where OpenVINO lists several at
    the end, those too."""
    if name != name_of(AMBIGUOUS):
        return name
    listed = result.device.execution if result.device is not None and len(result.device.execution) > 1 else []
    sides = [side for change in result.handovers for side in (change.before, change.after)]
    changed = [device for side in sides for device in side.split(", ")]
    known = list(dict.fromkeys(device for device in (*changed, *listed) if device))
    return f"{name} {', '.join(known)}" if len(known) > 1 else f"{name} several"


def device_text(result: Result) -> str:
    """What was asked for, what it was compiled for where that differs, what serves, and why."""
    serving, device = result.serving, result.device
    why = serving.sentence
    told = f"{serving.device}, {why}" if "(" in why else f"{serving.device} ({why})" if why else serving.device
    if result.settings is None or result.settings.device == serving.device:
        return told
    requested = result.settings.device
    if device is not None and device.compiled is not None and device.compiled != requested:
        return f"{device.compiled} instead of {requested}: {told}"
    return f"{requested}: {told}"
