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
