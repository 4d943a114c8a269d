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


def standstill_text(stalled: EngineStalled, now_ns: int, waiting: int = 0, found: Diagnosis | None = None) -> str:
    """'no request has come back for 3.1 s, 930 are due: its process is stopped (SIGSTOP): kill -CONT 1234'. `waiting`:
    open loop: requests that are due and were not sent, as the schedule says. `found`: once it has been looked at."""
    cause = CAUSES[stalled.cause].format(pid=stalled.pid)
    if found is not None and stalled.cause != "stopped":
        cause = f"it {where_text(found)}"
    due = f", {waiting:,} are due" if waiting else ""
    return f"no request has come back for {_seconds(now_ns - stalled.since_ns)}{due}: {cause}"


def session_standstill(state: SessionState, now_ns: int) -> str:
    """Of the engine that stands still; '' where none does."""
    if state.stalled is None:
        return ""
    return standstill_text(state.stalled, now_ns, state.due_meanwhile, state.stall_found)


def stalled_event_text(stalled: EngineStalled) -> str:
    cause = CAUSES[stalled.cause].format(pid=stalled.pid)
    return f"no request has come back since {_seconds(stalled.since_ns)}, {stalled.in_flight} in flight: {cause}"


def resumed_event_text(resumed: EngineResumed) -> str:
    """'no request came back from 3.2 s to 13.4 s'."""
    return f"no request came back from {_seconds(resumed.since_ns)} to {_seconds(resumed.t_ns)}"


def diagnosis_text(event: EngineDiagnosed) -> str:
    """'engine 1, in infer() of request 1,234 for 12.0 s: waits in the driver i915 (ioctl)'."""
    found = event.diagnosis
    remedy = f"; {found.remedy}" if found.remedy else ""
    held = f"; {found.native_by} held it for up to {_seconds(int(found.held_s * 1e9))}" if found.held_s else ""
    return f"engine {event.engine}, {found.doing}: {where_text(found)}{remedy}{held}"


def where_text(found: Diagnosis) -> str:
    return f"{found.where}{' (deduced)' if found.deduced else ''}"


def _seconds(ns: int) -> str:
    return number_format.seconds(max(ns, 0) / 1e9)
