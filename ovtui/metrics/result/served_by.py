"""Which devices served, as texts have it: 'one of' names those that it may have been; and where none serves at the end,
because the engine did not end in order, the reason, for the top of summaries and reports."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.handover.device_state import ENGINE_DIED
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


def end_text(result: Result) -> str:
    """'engine 1 died: SIGKILL (9: ...), 16 requests unfinished; at 00:08.3'; of a start that failed its reason. Empty
    where the last engine ended in order, or still serves."""
    serving = result.serving
    if serving.device != number_format.UNKNOWN:
        return ""
    newest = next((event for event in reversed(result.events) if event.kind in ("died", "failed")), None)
    died = serving.sentence.startswith(ENGINE_DIED)
    if newest is None or not (died or newest.text == serving.sentence):
        return serving.sentence if died else ""  # another engine was starting then
    when = number_format.session_time(round(newest.t_s * 1e9), 1)
    failed = "the engine failed" if result.segments else "the engine could not start"
    return f"{newest.text if died else f'{failed}: {newest.text}'}; at {when}"


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
