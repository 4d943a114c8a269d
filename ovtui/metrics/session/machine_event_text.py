"""The events of the machine as text: throttling, other processes, idle power."""

from __future__ import annotations

from ovtui.metrics import number_format
from ovtui.metrics.energy.source_names import SOURCE_NAMES
from ovtui.metrics.session.disturbances import Disturbance, MachineEvent
from ovtui.records.events import (
    IdleMeasured,
    LoadPaused,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    Severity,
    ThrottleBegan,
    ThrottleEnded,
    ThrottleSource,
)

SLOWED: dict[ThrottleSource, str] = {"cpu": "the CPU", "gpu": "the GPU", "quota": "the session"}
IDLE_REASONS = {
    "asked": "while the load paused",
    "load ended": "after the load had ended",
    "paused": "while there was no load",
}


def describe_machine_event(event: MachineEvent) -> tuple[str, str, Severity]:
    """Its label, its text, how severe it is. The name of a process is included unchanged."""
    match event:
        case ThrottleBegan():
            return "THROTTLE", f"{SLOWED[event.source]} is throttled{_why(event)}", "warning"
        case ThrottleEnded():
            return "THROTTLE", f"{SLOWED[event.source]} was throttled {_from_to(event)}{_why(event)}", "warning"
        case OtherLoadBegan():
            return "OTHER", f"{who(event, now=True)} {event.percent:.0f} % of the cores", "warning"
        case OtherLoadEnded():
            return "OTHER", f"{who(event)} {event.percent:.0f} % of the cores {_from_to(event)}", "info"
        case PowerSources():
            readable = [SOURCE_NAMES.get(source.name, source.name) for source in event.sources if source.readable]
            text = f"watts of {', '.join(dict.fromkeys(readable))}" if readable else "nothing tells the watts"
            closed = len(event.sources) - len(readable)
            counters = number_format.quantity(closed, "counter")
            return "POWER", f"{text}; {counters} cannot be read" if closed else text, "info"
        case LoadPaused():
            length = number_format.run_length((event.until_ns - event.t_ns) / 1e9)
            return "PAUSED", f"the load pauses for {length}: the idle machine is measured", "info"
        case IdleMeasured():
            return "IDLE", idle_text(event), "info"


def idle_text(event: IdleMeasured) -> str:
    """'idle with the model loaded: CPU packages 5.12 W, GPU 3 W (while the load paused)', or why nothing is known."""
    if not event.watts:
        return event.text or "no watts could be read"
    watts = ", ".join(
        f"{SOURCE_NAMES.get(name, name)} {number_format.watts(value)}" for name, value in event.watts.items()
    )
    model = "with the model loaded" if event.loaded else "without a model"
    return f"idle {model}: {watts} ({IDLE_REASONS.get(event.reason, event.reason)})"


def _from_to(event: ThrottleEnded | OtherLoadEnded) -> str:
    return f"from {number_format.elapsed(event.since_ns / 1e9)} to {number_format.elapsed(event.t_ns / 1e9)}"


def _why(event: ThrottleBegan | ThrottleEnded | Disturbance) -> str:
    """' (PL1)', ' (by the CPU quota, in 40 % of its periods)'; empty where nothing tells."""
    if event.source == "quota":
        share = "" if event.percent is None else f", in {event.percent:.0f} % of its periods"
        return f" (by the CPU quota{share})"
    return f" ({', '.join(event.reasons)})" if event.reasons else ""


def who(event: OtherLoadBegan | OtherLoadEnded | Disturbance, *, now: bool = False) -> str:
    """'another process (stress, 4711) takes', 'other processes took'."""
    if event.name:
        number = f", {event.pid}" if event.pid else ""
        return f"another process ({event.name}{number}) {'takes' if now else 'took'}"
    unseen = "other processes that cannot be seen here" if event.unseen else "other processes"
    return f"{unseen} {'take' if now else 'took'}"


def what_disturbs(span: Disturbance) -> str:
    """'the GPU was throttled (PL1)', 'another process (stress, 4711) took the cores'."""
    if span.kind == "throttle" and span.source is not None:
        reasons = _why(span) if span.source != "quota" else " by the CPU quota"
        return f"{SLOWED[span.source]} was throttled{reasons}"
    return f"{who(span)} the cores"


def disturbance_text(span: Disturbance, seconds: float, of_s: float) -> str:
    """'the GPU was throttled 8.0 s of 60.0 s (PL1)', of the load's time."""
    length = f"{number_format.run_length(seconds)} of {number_format.run_length(of_s)}"
    if span.kind == "throttle" and span.source is not None:
        return f"{SLOWED[span.source]} was throttled for {length}{_why(span)}"
    return f"{who(span)} {span.percent or 0:.0f} % of the cores for {length}"
