"""Events as text: one line of the event list, the same on screens, in summaries and in exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ovtui.metrics import number_format
from ovtui.metrics.handover.device_state import accelerator_of, compile_failure_text, no_stand_in_text
from ovtui.metrics.session.machine_event_text import describe_machine_event
from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState, SessionState
from ovtui.metrics.session.standstill import diagnosis_text, resumed_event_text, stalled_event_text
from ovtui.metrics.session.study_event_text import describe_study_event
from ovtui.records.events import (
    AcceleratorChanged,
    BatchingLearnt,
    BesideSecond,
    Compiled,
    CompiledProperties,
    DeviceChanged,
    DeviceProperties,
    Ending,
    EngineDiagnosed,
    EngineExited,
    EngineFailed,
    EngineResumed,
    EngineSpawned,
    EngineStalled,
    Event,
    FirstInference,
    IdleMeasured,
    LoadEnded,
    LoadPaused,
    LogLine,
    ModelRead,
    Note,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    RecordingBegan,
    RecordingEnded,
    Refused,
    SegmentBegan,
    SessionBegan,
    Severity,
    StateGrew,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    ThrottleBegan,
    ThrottleEnded,
    TrialBegan,
    TrialEnded,
    TrialTurn,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.last_words import how_it_ended, words_text
from ovtui.settings.device_names import virtual_of
from ovtui.settings.schema.arrival import describe_in_flight

ENDINGS: dict[Ending, str] = {
    "duration": "the time was over",
    "requests": "all requests were done",
    "trace": "the trace was at its end",
    "stopped": "it was stopped",
}


@dataclass(frozen=True, slots=True)
class EventText:
    t_ns: int
    label: str
    """The kind of event, in capitals, at most nine letters."""
    text: str
    severity: Severity
    raw: bool = False
    """True for a line of a log, mostly AUTO's, that is shown as it was written."""


def describe_event(event: Event, session_state: SessionState) -> EventText:
    """The text of an event, which `session_state` must have folded already. Names and reasons from outside are included
    unchanged: the caller cleans them for its surface."""
    label, text, severity = _describe(event, session_state)
    return EventText(event.t_ns, label, text, severity, isinstance(event, LogLine))


def _describe(event: Event, session_state: SessionState) -> tuple[str, str, Severity]:
    match event:
        case SessionBegan():
            machine = event.machine
            return "SESSION", f"ovtui {event.ovtui} on {machine.cpu}, {machine.cores} cores, {machine.system}", "info"
        case EngineSpawned():
            why = f": {', '.join(event.changes)}" if event.changes else ""
            return "ENGINE", f"engine {event.engine} starts (process {event.pid}){why}", "info"
        case ModelRead():
            return "MODEL", f"{event.name} read; devices here: {', '.join(event.available)}", "info"
        case Compiled():
            return "COMPILED", _compiled_text(event, session_state.engines.get(event.engine)), "info"
        case FirstInference():
            since_s = number_format.seconds(event.since_spawn_ms / 1e3)
            infer_ms = number_format.milliseconds(event.infer_ms)
            return "FIRST", f"first inference {since_s} after the engine's start: {infer_ms} ms", "info"
        case SegmentBegan():
            changes = f": {', '.join(event.changes)}" if event.changes else ""
            return (
                "SEGMENT",
                f"segment {event.segment} by engine {event.engine}, "
                f"{describe_in_flight(event.settings, event.nireq, event.api)}{changes}",
                "info",
            )
        case TrialBegan(beside=model) if model:
            return "BESIDE", f"alone against beside {model}", "info"
        case TrialBegan():
            against = "what is in force against the pinned settings" if event.pinned else "against those in force"
            return "TRIAL", f"{', '.join(event.changes) or 'the same settings'}: {against}", "info"
        case TrialTurn() if beside := _beside_of(event, session_state):
            switched = f"{beside} rests: alone" if event.side == "A" else f"beside {beside}"
            return "BESIDE", switched, "info"
        case TrialTurn():
            in_force = "B" if session_state.trials and session_state.trials[-1].began.pinned else "A"
            whose = "the settings in force" if event.side == in_force else "the settings on trial"
            return "TRIAL", f"{whose} serve: engine {event.engine}", "info"
        case TrialEnded() if beside := _beside_of(event, session_state):
            over = f"alone against beside {beside} is over" if not event.text else f"it ended: {event.text}"
            return "BESIDE", over, "warning" if event.reason == "failed" else "info"
        case TrialEnded():
            return "TRIAL", trial_ending_text(event), "warning" if event.reason == "failed" else "info"
        case StudyBegan() | StudyStep() | StudyPoint() | StudyLayers() | StudyStopping() | StudyEnded():
            return describe_study_event(event)
        case TurnBegan() | TurnRefused() | TurnEnded():
            return describe_study_event(event)
        case DeviceChanged():
            return _describe_change(event, session_state.engines.get(event.engine))
        case AcceleratorChanged():
            return _describe_accelerator(event)
        case BatchingLearnt():
            return "BATCHING", batching_learnt_text(event), "info"
        case Refused():
            return describe_refusal(event)
        case EngineFailed():
            return "FAILED", event.reason, "error"
        case EngineExited():
            unsent = session_state.accounts.by_engine.get(event.engine, event.unsent)
            return _describe_exit(event, unsent, session_state.engines.get(event.engine))
        case LoadEnded():
            left = f", {event.unsent:,} unsent" if event.unsent else ""
            return "ENDED", f"{ENDINGS[event.reason]}; {event.submitted:,} submitted{left}", "info"
        case EngineStalled():
            return "STALLED", stalled_event_text(event), "error"
        case EngineResumed():
            return "RESUMED", resumed_event_text(event), "warning"
        case EngineDiagnosed():
            return "DIAGNOSIS", diagnosis_text(event), "error" if event.diagnosis.stuck else "info"
        case RecordingBegan():
            return "RECORDING", f"to {event.path}", "info"
        case RecordingEnded():
            return "RECORDING", f"ended: {event.reason}", "warning"
        case ThrottleBegan() | ThrottleEnded() | OtherLoadBegan() | OtherLoadEnded() | PowerSources() | IdleMeasured():
            return describe_machine_event(event)
        case LoadPaused():
            return describe_machine_event(event)
        case Note():
            return "NOTE" if event.severity == "info" else event.severity.upper(), event.text, event.severity
        case LogLine():
            return "LOG", event.text, "info"
        case DeviceProperties():
            return "DEVICE", f"{event.device} lists {len(event.properties)} properties", "info"
        case CompiledProperties():
            return "COMPILED", f"{event.device} reports {len(event.values)} properties", "info"
        case StateGrew():
            return "STATE", f"holds {event.tokens:,} tokens", "info"
        case BesideSecond():
            return "BESIDE", f"{event.completed:,} in a second" if event.serving else "rests", "info"


def _beside_of(event: TrialTurn | TrialEnded, session_state: SessionState) -> str:
    """The second model that a trial is about; empty for a trial of settings."""
    trials = session_state.trials
    return next((each.began.beside for each in reversed(trials) if each.began.trial == event.trial), "")


def trial_ending_text(event: TrialEnded) -> str:
    match event.reason:
        case "failed":
            return f"the trial ended: {event.text}"
        case "cancelled":
            return "the trial was cancelled"
    return "the trial is over"


def describe_refusal(event: Refused) -> tuple[str, str, Severity]:
    text = f"{', '.join(event.changes) or 'settings'}: {event.reason}"
    return ("CANCELLED", text, "info") if event.called_off else ("REFUSED", text, "error")


def _compiled_text(event: Compiled, engine: EngineState | None) -> str:
    took = f"for {event.device} in {number_format.duration(event.compile_ms)}"
    if event.execution_devices == STAND_IN_DEVICES:
        return f"{took}; {', '.join(STAND_IN_DEVICES)} stands in"
    serving = ", ".join(event.execution_devices) + (" serves" if len(event.execution_devices) == 1 else " serve")
    if engine is None or virtual_of(event.device) != "AUTO" or "CPU" in event.execution_devices:
        return f"{took}; {serving}"
    return f"{took}; {serving}: {no_stand_in_text(engine)}"


def _describe_change(event: DeviceChanged, engine: EngineState | None) -> tuple[str, str, Severity]:
    before, after = ", ".join(event.before), ", ".join(event.after)
    if event.before == STAND_IN_DEVICES and event.after == ["CPU"]:
        reason = engine.accelerator.reason if engine is not None and engine.accelerator is not None else ""
        name = accelerator_of(engine) if engine is not None else "the accelerator"
        return "STAYS", f"the CPU stays: {compile_failure_text(name, reason)}", "warning"
    if event.before == STAND_IN_DEVICES:
        since_s = number_format.seconds(event.since_compile_ms / 1e3)
        return "HANDOVER", f"{before} → {after}, {since_s} after the compile began", "info"
    if event.after == ["CPU"]:
        return "FALLBACK", f"{before} failed while running; the CPU serves", "warning"
    return "DEVICE", f"{before} → {after}", "info"


def _describe_accelerator(event: AcceleratorChanged) -> tuple[str, str, Severity]:
    if event.state == "failed":
        return "AUTO", compile_failure_text(event.device, event.reason), "warning"
    if event.state == "compiled":
        took = f" in {number_format.duration(event.compile_ms)}" if event.compile_ms is not None else ""
        return "AUTO", f"{event.device} compiled{took}", "info"
    if event.state == "released":
        return "AUTO", "the stand-in was released", "info"
    return "AUTO", f"chose {event.device} and compiles for it", "info"


def batching_learnt_text(event: BatchingLearnt) -> str:
    """'8 requests make a full batch on GPU.0; the batch probe costs about 45 us of each run on GPU.0'."""
    parts = []
    if event.size:
        alone = f"{event.device} batches nothing"
        batch = f"{'' if event.certain else '~'}{event.size} requests make a full batch on {event.device}"
        parts.append(batch if event.size > 1 else alone)
    if event.probe_cost_us is not None:
        parts.append(f"the batch probe costs {probe_cost_text(event)} of each run on {event.device}")
    return "; ".join(parts) or f"{event.device} does not tell how many requests make a full batch"


class ProbeCost(Protocol):
    """What the batch probe costs each run, us, and the bounds of its measurement."""

    @property
    def probe_cost_us(self) -> float | None: ...
    @property
    def probe_cost_low_us(self) -> float | None: ...
    @property
    def probe_cost_high_us(self) -> float | None: ...


def probe_cost_text(cost: ProbeCost) -> str:
    """'about 45 us'; 'less than 12 us' where the measurement cannot tell it from nothing."""
    if cost.probe_cost_us is None or cost.probe_cost_low_us is None or cost.probe_cost_high_us is None:
        return number_format.UNKNOWN
    if cost.probe_cost_low_us <= 0:
        return f"less than {max(cost.probe_cost_high_us, 1):.0f} us"
    return f"about {cost.probe_cost_us:.0f} us"


def _describe_exit(event: EngineExited, unsent: int, engine: EngineState | None) -> tuple[str, str, Severity]:
    left = f", {event.unfinished:,} requests unfinished" if event.unfinished else ""
    left += f", {unsent:,} unsent" if unsent else ""
    if event.expected:
        return "ENGINE", f"engine {event.engine} ended{left}", "info"
    how, words = how_it_ended(event.signal, event.code, event.killed_by), words_text(event.last_words)
    early = engine.early_crash if engine is not None else ""
    return "DIED", f"engine {event.engine} died: {how}{left}{words}{early}", "error"
