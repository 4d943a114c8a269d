"""The events of the machine as text: throttling, other processes, idle power."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.session.machine_stats import LABELS
from ovtui.records.events import (
    IdleMeasured,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    Severity,
    ThrottleBegan,
    ThrottleEnded,
)

SOURCES = {"cpu": "the CPU", "gpu": "the GPU", "quota": "the process"}

MachineEvent = ThrottleBegan | ThrottleEnded | OtherLoadBegan | OtherLoadEnded | PowerSources | IdleMeasured


def describe_machine_event(event: MachineEvent) -> tuple[str, str, Severity]:
    """Its label, its text, how severe it is. The name of a process is included unchanged."""
    match event:
        case ThrottleBegan():
            return "THROTTLE", f"{SOURCES[event.source]} is throttled{_reasons(event.reasons)}", "warning"
        case ThrottleEnded():
            span = f"from {number_format.elapsed(event.since_ns / 1e9)} to {number_format.elapsed(event.t_ns / 1e9)}"
            return "THROTTLE", f"{SOURCES[event.source]} was throttled {span}{_reasons(event.reasons)}", "warning"
        case OtherLoadBegan():
            return "OTHER", f"{_who(event)} takes {event.percent:.0f} % of the cores", "warning"
        case OtherLoadEnded():
            span = f"from {number_format.elapsed(event.since_ns / 1e9)} to {number_format.elapsed(event.t_ns / 1e9)}"
            return "OTHER", f"{_who(event)} took {event.percent:.0f} % of the cores {span}", "info"
        case PowerSources():
            readable = [LABELS[source.name] for source in event.sources if source.readable]
            return "POWER", f"read from: {', '.join(readable) or 'nothing on this machine'}", "info"
        case IdleMeasured():
            watts = ", ".join(f"{LABELS[name]} {value:.1f}" for name, value in event.watts.items())
            return "IDLE", watts or event.text, "info"


def _reasons(reasons: list[str]) -> str:
    return f" ({', '.join(reasons)})" if reasons else ""


def _who(event: OtherLoadBegan | OtherLoadEnded) -> str:
    return f"another process ({event.name})" if event.name else "other processes"
