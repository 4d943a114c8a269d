"""How one engine came up: from its process to the first request that the accelerator served, moment by moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState, SessionState
from ovtui.records.device_codes import AMBIGUOUS, CPU, UNKNOWN, name_of
from ovtui.records.device_codes import STAND_IN as STAND_IN_CODE
from ovtui.records.events import DeviceChanged

LOG_DELAY_NS = 1_000_000_000
"""AUTO's log takes another way than the engine's events, and may be read after what it led to."""


@dataclass(frozen=True, slots=True)
class StartupTimeline:
    """Moments of one engine, session time in ns, in the order in which they come; None for what did not happen or has
    not yet."""

    engine: int
    spawned_ns: int
    model_read_ns: int | None = None
    compile_called_ns: int | None = None
    """compile_model was called."""
    stand_in_ready_ns: int | None = None
    """compile_model returned, with the CPU to stand in."""
    ready_ns: int | None = None
    """compile_model returned."""
    first_inference_ns: int | None = None
    compiling_ns: int | None = None
    """AUTO chose the accelerator and began to compile for it; this, the end of the compile and the release of the
    stand-in are known from AUTO's log."""
    compiled_ns: int | None = None
    failed_ns: int | None = None
    changed_ns: int | None = None
    """EXECUTION_DEVICES turned to the accelerator."""
    stayed_ns: int | None = None
    """It turned to the CPU itself: the stand-in stays, for the compile has failed."""
    first_served_ns: int | None = None
    """The first request that an accelerator is known to have served came back."""
    released_ns: int | None = None
    """The stand-in was let go."""
    accelerator: str = ""
    """What was compiled for behind the stand-in, the last where AUTO tried several; else what served first beside
    the CPU."""
    together: tuple[str, ...] = ()
    """Devices that serve side by side from the start: cumulative throughput, MULTI."""
    accelerator_compile_ms: float | None = None
    """As AUTO measured it."""

    def since_spawn_ms(self, moment_ns: int | None) -> float | None:
        return None if moment_ns is None else (moment_ns - self.spawned_ns) / 1e6


def startup_timeline(
    story: SessionState, engine: EngineState, first_done_ns: Mapping[tuple[int, int], int]
) -> StartupTimeline:
    """`first_done_ns`: by segment and device code, as Digest.first_done_ns."""
    compiled, first = engine.compiled, engine.first
    ready_ns = compiled.t_ns if compiled else None
    stands_in = compiled is not None and compiled.execution_devices == STAND_IN_DEVICES
    news = {event.state: event for event in engine.accelerator_events}
    tried = [news[state] for state in ("compiling", "compiled", "failed") if state in news]
    changes = [change for change in engine.device_changes if _is_accelerator(change.after)]
    stayed = [c.t_ns for c in engine.device_changes if c.before == STAND_IN_DEVICES and c.after == ["CPU"]]
    segments = {began.segment for began in story.segments if began.engine == engine.number}
    served = [
        (done_ns, device)
        for (segment, device), done_ns in first_done_ns.items()
        if segment in segments and device not in (UNKNOWN, CPU, STAND_IN_CODE, AMBIGUOUS)
    ]
    first_served = min(served, default=None)
    return StartupTimeline(
        engine=engine.number,
        # The announcement comes some ms after the process's start, which the engine itself knows.
        spawned_ns=first.t_ns - int(first.since_spawn_ms * 1e6) if first else engine.spawned_ns,
        model_read_ns=engine.model.t_ns if engine.model else None,
        compile_called_ns=engine.compile_began_ns if compiled else None,
        stand_in_ready_ns=ready_ns if stands_in else None,
        ready_ns=ready_ns,
        first_inference_ns=first.t_ns if first else None,
        compiling_ns=news["compiling"].t_ns if "compiling" in news else None,
        compiled_ns=news["compiled"].t_ns if "compiled" in news else None,
        failed_ns=news["failed"].t_ns if "failed" in news else None,
        changed_ns=changes[0].t_ns if changes else None,
        stayed_ns=stayed[0] if stayed else None,
        first_served_ns=first_served[0] if first_served else None,
        released_ns=news["released"].t_ns if "released" in news else None,
        together=tuple(compiled.execution_devices) if compiled and len(compiled.execution_devices) > 1 else (),
        accelerator=tried[-1].device if tried else _name_of(first_served),
        accelerator_compile_ms=news["compiled"].compile_ms if "compiled" in news else None,
    )


def compile_ms_of(engine: EngineState, change: DeviceChanged) -> float | None:
    """How long the compile for the device that a change turned to took, as AUTO measured it."""
    found = [
        news.compile_ms
        for news in engine.accelerator_events
        if news.state == "compiled" and [news.device] == change.after and news.t_ns <= change.t_ns + LOG_DELAY_NS
    ]
    return found[-1] if found else None


def _name_of(first_served: tuple[int, int] | None) -> str:
    return name_of(first_served[1]) if first_served else ""


def _is_accelerator(execution_devices: list[str]) -> bool:
    return len(execution_devices) == 1 and execution_devices not in (STAND_IN_DEVICES, ["CPU"])
