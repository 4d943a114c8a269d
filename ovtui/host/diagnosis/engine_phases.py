"""What each engine is doing, by the session's events and by what the host has told it: read the model, compile, serve,
drain. Followed while all is well, so that it is known when nothing answers any more."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.diagnosis import Phase
from ovtui.records.events import (
    AcceleratorChanged,
    Compiled,
    EngineExited,
    EngineSpawned,
    Event,
    FirstInference,
    LoadEnded,
    ModelRead,
    SegmentBegan,
)


@dataclass(frozen=True, slots=True)
class PhaseState:
    """Times are on the session's clock, in nanoseconds."""

    phase: Phase
    since_ns: int | None = None
    device: str = ""
    """For which it compiles: as the settings name it."""
    accelerator: str = ""
    """The device that AUTO compiles for, by its log; empty where it compiles for none, or does not say."""
    accelerator_ns: int = 0
    """When the log said so."""
    first_done: bool = False
    """It has made an inference."""
    api: str = ""


class EnginePhases:
    """Owner: the host's loop. Any thread may call `of`: a state is replaced as a whole."""

    def __init__(self) -> None:
        self._states: dict[int, PhaseState] = {}

    def follow(self, event: Event) -> None:
        match event:
            case EngineSpawned():
                self._states[event.engine] = PhaseState("starting", event.t_ns, event.settings.device)
            case EngineExited():
                self._states.pop(event.engine, None)
            case ModelRead() | Compiled() | SegmentBegan() | FirstInference() | LoadEnded() | AcceleratorChanged() if (
                event.engine in self._states
            ):
                self._states[event.engine] = _after(event, self._states[event.engine])
            case _:
                pass

    def of(self, engine: EngineProcess) -> PhaseState:
        state = self._states.get(engine.number, PhaseState("unknown"))
        if engine.halt_told_ns is not None and not engine.drained and state.phase not in ("starting", "compiling"):
            return replace(state, phase="draining", since_ns=engine.halt_told_ns)
        return state


def _after(event: Event, before: PhaseState) -> PhaseState:
    match event:
        case ModelRead():
            return replace(before, phase="compiling", since_ns=event.t_ns)
        case Compiled():
            return replace(before, phase="compiled", since_ns=event.t_ns, device=event.device)
        case SegmentBegan():
            serves: Phase = "load" if before.first_done else "first-inference"
            since_ns = before.since_ns if before.phase == serves else event.t_ns
            return replace(before, phase=serves, since_ns=since_ns, api=event.api)
        case FirstInference():
            return replace(before, phase="load", since_ns=event.t_ns, first_done=True)
        case LoadEnded():
            return replace(before, phase="over", since_ns=event.t_ns)
        case AcceleratorChanged(state="compiling"):
            return replace(before, accelerator=event.device, accelerator_ns=event.t_ns)
        case AcceleratorChanged(state="compiled" | "failed"):
            return replace(before, accelerator="")
    return before
