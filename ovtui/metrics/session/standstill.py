"""What is said of an engine that stands still (host.standstill_watch finds it)."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.records.events import EngineResumed, EngineStalled

CAUSES = {
    "stopped": "its process is stopped (SIGSTOP): kill -CONT {pid}",
    "kernel": "its process waits in the kernel, as for a disk or a driver (state D)",
    "busy": "its process computes",
    "asleep": "its process sleeps: it waits for its device or for a lock",
}


def standstill_text(stalled: EngineStalled, now_ns: int, waiting: int = 0) -> str:
    """'no request has come back for 3.1 s, 930 are due: its process is stopped (SIGSTOP): kill -CONT 1234'. `waiting`:
    open loop: requests that are due and were not sent, as the schedule says."""
    cause = CAUSES[stalled.cause].format(pid=stalled.pid)
    due = f", {waiting:,} are due" if waiting else ""
    return f"no request has come back for {_seconds(now_ns - stalled.since_ns)}{due}: {cause}"


def stalled_event_text(stalled: EngineStalled) -> str:
    cause = CAUSES[stalled.cause].format(pid=stalled.pid)
    return f"no request has come back since {_seconds(stalled.since_ns)}, {stalled.in_flight} in flight: {cause}"


def resumed_event_text(resumed: EngineResumed) -> str:
    """'no request came back from 3.2 s to 13.4 s'."""
    return f"no request came back from {_seconds(resumed.since_ns)} to {_seconds(resumed.t_ns)}"


def _seconds(ns: int) -> str:
    return number_format.seconds(max(ns, 0) / 1e9)
