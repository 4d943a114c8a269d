"""The startup of one engine, from the start of its process to the first request served by the accelerator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState
from ovtui.records.device_codes import AMBIGUOUS, CPU, UNKNOWN, name_of
from ovtui.records.device_codes import STAND_IN as STAND_IN_CODE
from ovtui.records.events import DeviceChanged

LOG_DELAY_NS = 1_000_000_000
"""AUTO's log reaches the host by another path than the engine's events, so a log line may come after its effect."""


@dataclass(frozen=True, slots=True)
class StartupTimeline:
    """Moments of one engine in session time, ns, in the order in which they occur; None for a step that has not
    occurred."""

    engine: int
    spawned_ns: int
    model_read_ns: int | None = None
    compile_called_ns: int | None = None
    """compile_model was called."""
    stand_in_ready_ns: int | None = None
    """compile_model returned, with the CPU as stand-in."""
    ready_ns: int | None = None
    """compile_model returned."""
    first_inference_ns: int | None = None
    compiling_ns: int | None = None
    """AUTO chose the accelerator and began to compile for it. This moment, the end of the compile and the release of
    the stand-in are known from AUTO's log."""
    compiled_ns: int | None = None
    failed_ns: int | None = None
    changed_ns: int | None = None
    """EXECUTION_DEVICES changed to the accelerator."""
    stayed_ns: int | None = None
    """EXECUTION_DEVICES changed from the stand-in to the CPU itself, because the compile failed."""
    first_served_ns: int | None = None
    """Completion of the first request that is known to have run on an accelerator."""
    released_ns: int | None = None
    """AUTO released the stand-in."""
    exited_ns: int | None = None
    """The engine's process ended."""
    accelerator: str = ""
    """The device compiled for behind the stand-in (the last one if AUTO tried several); without a stand-in the first
    device beside the CPU that served."""
    together: tuple[str, ...] = ()
    """The devices that serve together from the start, with cumulative throughput or MULTI."""
    accelerator_compile_ms: float | None = None
    """As measured by AUTO."""

    def since_spawn_ms(self, moment_ns: int | None) -> float | None:
        return None if moment_ns is None else (moment_ns - self.spawned_ns) / 1e6


def startup_timeline(engine: EngineState, first_served_ns: Mapping[tuple[int, int], int]) -> StartupTimeline:
    """The timeline of `engine`. `first_served_ns`: first completion by engine and device code, as in Breakdowns."""
    compiled, first = engine.compiled, engine.first
    ready_ns = compiled.t_ns if compiled else None
    has_stand_in = compiled is not None and compiled.execution_devices == STAND_IN_DEVICES
    events = {event.state: event for event in engine.accelerator_events}
    tried = [events[state] for state in ("compiling", "compiled", "failed") if state in events]
    changes = [change for change in engine.device_changes if _is_accelerator(change.after)]
    stayed = [c.t_ns for c in engine.device_changes if c.before == STAND_IN_DEVICES and c.after == ["CPU"]]
    served = [
        (done_ns, device)
        for (number, device), done_ns in first_served_ns.items()
        if number == engine.number and device not in (UNKNOWN, CPU, STAND_IN_CODE, AMBIGUOUS)
    ]
    first_served = min(served, default=None)
    return StartupTimeline(
        engine=engine.number,
        # EngineSpawned comes some ms after the start of the process, which the engine itself knows exactly.
        spawned_ns=first.t_ns - int(first.since_spawn_ms * 1e6) if first else engine.spawned_ns,
        model_read_ns=engine.model.t_ns if engine.model else None,
        compile_called_ns=engine.compile_began_ns if compiled else None,
        stand_in_ready_ns=ready_ns if has_stand_in else None,
        ready_ns=ready_ns,
        first_inference_ns=first.t_ns if first else None,
        compiling_ns=events["compiling"].t_ns if "compiling" in events else None,
        compiled_ns=events["compiled"].t_ns if "compiled" in events else None,
        failed_ns=events["failed"].t_ns if "failed" in events else None,
        changed_ns=changes[0].t_ns if changes else None,
        stayed_ns=stayed[0] if stayed else None,
        first_served_ns=first_served[0] if first_served else None,
        released_ns=events["released"].t_ns if "released" in events else None,
        exited_ns=engine.exited.t_ns if engine.exited is not None else None,
        together=tuple(compiled.execution_devices) if compiled and len(compiled.execution_devices) > 1 else (),
        accelerator=tried[-1].device if tried else _name_of(first_served),
        accelerator_compile_ms=events["compiled"].compile_ms if "compiled" in events else None,
    )


def compile_ms_of(engine: EngineState, change: DeviceChanged) -> float | None:
    """How long the compile for the new device of a change took, as measured by AUTO; None if it is not in the log."""
    times_ms = [
        event.compile_ms
        for event in engine.accelerator_events
        if event.state == "compiled" and [event.device] == change.after and event.t_ns <= change.t_ns + LOG_DELAY_NS
    ]
    return times_ms[-1] if times_ms else None


def _name_of(first_served: tuple[int, int] | None) -> str:
    return name_of(first_served[1]) if first_served else ""


def _is_accelerator(execution_devices: list[str]) -> bool:
    return len(execution_devices) == 1 and execution_devices not in (STAND_IN_DEVICES, ["CPU"])
