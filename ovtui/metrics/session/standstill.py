"""What is said of an engine that stands still (host.standstill_watch finds it)."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.diagnosis import Diagnosis, EngineDiagnosed
from ovtui.records.events import EngineResumed, EngineStalled

CAUSES = {
    "stopped": "its process is stopped (SIGSTOP): kill -CONT {pid}",
    "kernel": "its process waits in the kernel, as for a disk or a driver (state D)",
    "busy": "its process computes",
    "asleep": "its process sleeps: it waits for its device or for a lock",
}


def standstill_text(
    stalled: EngineStalled,
    now_ns: int,
    waiting: int = 0,
    found: Diagnosis | None = None,
    *,
    replayed: bool = False,
) -> str:
    """'no request has come back since 01:19.4 (3.10 s), 930 are due: its process is stopped (SIGSTOP): kill -CONT 12'.
    `waiting`: open loop: requests that are due and were not sent, as the schedule says. `found`: once it has been
    looked at. `replayed`: the process was there when the session was recorded, and nobody can wake it now."""
    cause = _cause_text(stalled, replayed=replayed)
    if found is not None and stalled.cause != "stopped":
        cause = f"it {where_text(found)}"
    due = f", {waiting:,} {'were' if replayed else 'are'} due" if waiting else ""
    came = "came back" if replayed else "has come back"
    since, lasts = number_format.session_time(stalled.since_ns, 1), _seconds(now_ns - stalled.since_ns)
    return f"no request {came} since {since} ({lasts}){due}: {cause}"


def session_standstill(state: SessionState, now_ns: int, *, replayed: bool = False) -> str:
    """Of the engine that stands still; '' where none does."""
    if state.stalled is None:
        return ""
    return standstill_text(state.stalled, now_ns, state.due_meanwhile, state.stall_found, replayed=replayed)


def stalled_event_text(stalled: EngineStalled) -> str:
    """What the event tells afterwards, when the process may be another's: without the command that woke it."""
    since, lasted = number_format.session_time(stalled.since_ns, 1), _seconds(stalled.t_ns - stalled.since_ns)
    cause = _cause_text(stalled, replayed=True)
    return f"no request has come back since {since} ({lasted}), {stalled.in_flight} in flight: {cause}"


def resumed_event_text(resumed: EngineResumed) -> str:
    """'no request came back from 00:03.2 to 00:13.4 (10.20 s)'."""
    since, until = (number_format.session_time(t_ns, 1) for t_ns in (resumed.since_ns, resumed.t_ns))
    return f"no request came back from {since} to {until} ({_seconds(resumed.t_ns - resumed.since_ns)})"


def _cause_text(stalled: EngineStalled, *, replayed: bool) -> str:
    text = CAUSES[stalled.cause].format(pid=stalled.pid)
    return text.partition(": kill")[0].replace("process is", "process was") if replayed else text


def diagnosis_text(event: EngineDiagnosed) -> str:
    """'engine 1, in infer() of request 1,234 for 12.0 s: waits in the driver i915 (ioctl)'. Without what could be typed
    then: the event is read when the process may be another's."""
    found = event.diagnosis
    held = f"; {found.native_by} held it for up to {_seconds(int(found.held_s * 1e9))}" if found.held_s else ""
    return f"engine {event.engine}, {found.doing}: {where_text(found)}{held}"


def where_text(found: Diagnosis) -> str:
    return f"{found.where}{' (deduced)' if found.deduced else ''}"


def _seconds(ns: int) -> str:
    return number_format.seconds(max(ns, 0) / 1e9)
