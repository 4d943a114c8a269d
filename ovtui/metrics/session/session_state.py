"""The state of a session, folded from its events: which engine serves, on which device, and what happened when."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from ovtui.metrics.session.accounts import Accounts
from ovtui.metrics.session.beside_state import BesideState
from ovtui.metrics.session.disturbances import MACHINE_EVENTS, Disturbances
from ovtui.metrics.session.engine_state import EngineState as EngineState
from ovtui.metrics.session.shared_parts import share_parts
from ovtui.metrics.session.study_state import STUDY_EVENTS, StudyState, fold_study
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.events import (
    AcceleratorChanged,
    BatchingLearnt,
    BesideSecond,
    Compiled,
    CompiledProperties,
    DeviceChanged,
    DeviceProperties,
    EngineDiagnosed,
    EngineExited,
    EngineFailed,
    EngineResumed,
    EngineSpawned,
    EngineStalled,
    Event,
    FirstInference,
    LoadEnded,
    LogLine,
    ModelRead,
    Note,
    RecordingBegan,
    RecordingEnded,
    Refused,
    SegmentBegan,
    SessionBegan,
    StateGrew,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    TrialBegan,
    TrialEnded,
    TrialEnding,
    TrialTurn,
    TurnEnded,
)
from ovtui.records.study_events import BesideSpec
from ovtui.settings.openvino_properties.reported import ReportedProperty
from ovtui.settings.schema.settings import Settings

SessionPhase = Literal["starting", "serving", "ended", "failed", "died"]
EventMarkKind = Literal["handover", "settings", "died", "restarted", "throttle", "other-load"]
STAND_IN_DEVICES = ["(CPU)"]
OF_ONE_ENGINE = (
    ModelRead, Compiled, CompiledProperties, FirstInference, DeviceChanged, AcceleratorChanged, BatchingLearnt,
    StateGrew, EngineExited,
)  # fmt: skip


@dataclass(slots=True)
class TrialState:
    """A trial, by its events. Its figures: metrics.comparison.trial_figures."""

    began: TrialBegan
    turns: list[TrialTurn] = field(default_factory=list)
    ended: TrialEnded | None = None


@dataclass(frozen=True, slots=True)
class EventMark:
    """A moment that the plots mark with a line."""

    t_ns: int
    kind: EventMarkKind
    text: str


@dataclass(slots=True)
class SessionState:
    """Owner: the Digest, which folds events into it. Any code on the same thread may read it."""

    session: SessionBegan | None = None
    engines: dict[int, EngineState] = field(default_factory=dict)
    """By number: the first one, the newest ENGINES_LIMIT, and those that died."""
    engines_spawned: int = 0
    """How many there have been."""
    device_changes: int = 0
    """Changes of device, of all of them."""
    serving: int = 0
    """The engine whose segment is in force; 0 before the first segment."""
    compiling: int = 0
    """The engine that is starting to take over; 0 if there is none."""
    segment: SegmentBegan | None = None
    segments: list[SegmentBegan] = field(default_factory=list)
    """The first one and the newest SEGMENTS_LIMIT, those of trials included."""
    segments_begun: int = 0
    """How many there have been, but for those of trials."""
    phase: SessionPhase = "starting"
    failure: str = ""
    failure_detail: str = ""
    """OpenVINO's whole text on it."""
    unusable: bool = False
    misused: bool = False
    suggestion: dict[str, str] = field(default_factory=dict)
    """Settings by name, as texts, with which the newest engine, which failed, can start. Empty once another starts."""
    died: EngineExited | None = None
    ended: LoadEnded | None = None
    accounts: Accounts = field(default_factory=Accounts)
    """Of requests that were not sent, or never came back."""
    disturbances: Disturbances = field(default_factory=Disturbances)
    resting: TurnEnded | None = None
    """Between two turns of a study, while there is no load."""
    refused: Refused | None = None
    """The newest refused change of settings, until a later change is applied."""
    recording: RecordingBegan | None = None
    recording_ended: RecordingEnded | None = None
    """Set if the recording ended before the session did: the file takes no more data, or could not be created."""
    notes: list[Note] = field(default_factory=list)
    marks: list[EventMark] = field(default_factory=list)
    """The newest MARKS_LIMIT; changes of settings go first."""
    explained: list[EngineFailed | Refused | Note] = field(default_factory=list)
    """The newest events with a longer text than a line has room for: OpenVINO's whole text, and why an engine could not
    start. A refused change tells it of the engine that failed for it, so that one is left out."""
    log: list[Event] = field(default_factory=list)
    """The newest LOG_LIMIT events, AUTO's log lines included. Lists of properties, lengths of a state and
    seconds of a second model are left out: they are long or many, and mark no change."""
    trials: list[TrialState] = field(default_factory=list)
    studies: list[StudyState] = field(default_factory=list)
    beside: BesideState | None = None
    """The second model, of the newest study of that kind, also after it; None where there was none."""
    device_properties: dict[str, list[ReportedProperty]] = field(default_factory=dict)
    """The properties that each device of the machine lists, AUTO, MULTI, HETERO and BATCH included; empty until the
    engine has reported them."""

    stalls: dict[int, EngineStalled] = field(default_factory=dict)
    """By engine: those that stand still."""

    diagnosed: list[EngineDiagnosed] = field(default_factory=list)
    """The newest DIAGNOSED_LIMIT, of all engines."""

    due_meanwhile: int = 0
    """Open loop: requests that are due and wait while the engine stands still."""

    LOG_LIMIT = 2000
    ENGINES_LIMIT = 256
    SEGMENTS_LIMIT = 512
    MARKS_LIMIT = 512
    EXPLAINED_LIMIT = 20
    DIAGNOSED_LIMIT = 16

    @property
    def engine(self) -> EngineState | None:
        """The engine in force; before the first segment the engine that is starting."""
        return self.engines.get(self.serving) or self.engines.get(self.compiling)

    @property
    def stalled(self) -> EngineStalled | None:
        """Of the engine that serves, or of the one that starts."""
        return self.stalls.get(self.serving) or self.stalls.get(self.compiling)

    @property
    def stall_found(self) -> Diagnosis | None:
        """What was found of the engine of `stalled` since it stands still."""
        told = self.stalled
        newest = next((each for each in reversed(self.diagnosed) if told and each.engine == told.engine), None)
        return newest.diagnosis if told and newest and newest.t_ns >= told.t_ns else None

    @property
    def trial(self) -> TrialState | None:
        """The trial that runs. Segment, engine and settings in force stay those from before it."""
        return self.trials[-1] if self.trials and self.trials[-1].ended is None else None

    @property
    def study(self) -> StudyState | None:
        """The study that runs. What is in force is the point that it serves."""
        return self.studies[-1] if self.studies and self.studies[-1].ended is None else None

    @property
    def in_turns(self) -> bool:
        """True while the two sides of a trial serve in turns: the figures of the segment in force are those from before
        the trial. A second model that is switched on and off beside it leaves it in force."""
        return self.trial is not None and bool(self.trial.turns) and not self.trial.began.beside

    @property
    def settings(self) -> Settings | None:
        """The settings in force."""
        if self.segment is not None:
            return self.segment.settings
        return self.session.settings if self.session else None

    def fold(self, event: Event) -> None:
        if isinstance(event, OF_ONE_ENGINE) and event.engine not in self.engines:
            return  # of one that exited so long ago that nothing more is known of it
        if isinstance(event, DeviceProperties):
            self.device_properties[event.device] = event.properties
            return
        if isinstance(event, CompiledProperties):
            self._compiled_properties(event)
            return
        if isinstance(event, StateGrew):
            self.engines[event.engine].state_tokens = event.tokens
            return
        if isinstance(event, BesideSecond):
            if self.beside is not None and self.beside.study == event.study:
                self.beside.add(event)
            return
        if isinstance(event, MACHINE_EVENTS):
            self.disturbances.fold(event)
        if isinstance(event, STUDY_EVENTS):
            fold_study(self.studies, event)
            if isinstance(event, StudyBegan) and isinstance(event.spec, BesideSpec):
                self.beside = BesideState(event.study, event.spec.settings)
            elif isinstance(event, StudyEnded) and self.trial is not None and self.trial.began.beside:
                self.trials[-1].ended = _broken_off(self.trial, event)
            elif isinstance(event, StudyLayers) and event.head is None:
                return  # a part of a list that is told while it is measured
        self._share(event)
        if len(self.log) >= self.LOG_LIMIT:
            del self.log[: self.LOG_LIMIT // 10]
        self.log.append(event)
        self.accounts.fold(event)
        match event:
            case SessionBegan():
                self.session = event
            case EngineSpawned():
                self._spawned(event)
            case ModelRead(engine=number):
                self.engines[number].model = event
            case Compiled(engine=number):
                self.engines[number].compiled = event
                self.engines[number].devices = event.execution_devices
            case FirstInference(engine=number):
                self.engines[number].first = event
            case SegmentBegan():
                self._segment(event)
            case TrialBegan():
                self.trials.append(TrialState(event))
            case TrialTurn():
                self._turn(event)
            case TrialEnded():
                self._trial_ended(event)
            case TurnEnded():
                self.resting = event
            case DeviceChanged(engine=number):
                engine = self.engines[number]
                engine.devices = event.after
                engine.device_changes.append(event)
                self.device_changes += 1
                if number == self.serving:
                    self._mark(EventMark(event.t_ns, "handover", ",".join(event.after)))
            case AcceleratorChanged(engine=number):
                self.engines[number].accelerator_events.append(event)
                if event.state != "released":
                    self.engines[number].accelerator = event
            case BatchingLearnt(engine=number):
                self.engines[number].batching_learnt = event
            case Refused():
                self.refused = event
                self.compiling = 0
                self._explain(event)
            case EngineFailed():
                self._explain(event)
                self.suggestion = event.suggestion
                if self.phase == "starting" or event.engine == self.serving:
                    self.phase, self.failure, self.failure_detail = "failed", event.reason, event.detail
                    self.unusable, self.misused = event.unusable, event.misused
            case EngineExited():
                self._exited(event)
            case EngineStalled(engine=number):
                self.stalls[number] = event
            case EngineResumed(engine=number):
                self.stalls.pop(number, None)
            case EngineDiagnosed():
                self.diagnosed = [*self.diagnosed[1 - self.DIAGNOSED_LIMIT :], event]
            case LoadEnded():
                self.stalls.pop(event.engine, None)
                self.phase, self.ended = "ended", event
            case Note():
                self.notes.append(event)
                del self.notes[: -self.LOG_LIMIT]
                self._explain(event)
            case RecordingBegan():
                self.recording = event
            case RecordingEnded():
                self.recording_ended = event
            case LogLine():
                pass

    def _share(self, event: Event) -> None:
        """Before anything of it is kept."""
        match event:
            case SegmentBegan() | EngineSpawned():
                share_parts(event, self.segment)
            case ModelRead() | Compiled() if len(self.engines) > 1:
                before = list(self.engines.values())[-2]
                share_parts(event, before.model if isinstance(event, ModelRead) else before.compiled)

    @property
    def explains_now(self) -> bool:
        """Whether something has been explained since the segment in force began: what has failed before it is over."""
        newest = self.explained[-1].t_ns if self.explained else -1
        return newest >= 0 and (self.segment is None or newest >= self.segment.t_ns)

    def _explain(self, event: EngineFailed | Refused | Note) -> None:
        last = self.explained[-1] if self.explained else None
        if isinstance(event, Refused) and isinstance(last, EngineFailed) and last.reason == event.reason:
            self.explained.pop()
        elif not event.detail and not isinstance(event, EngineFailed):
            return
        self.explained.append(event)
        del self.explained[: -self.EXPLAINED_LIMIT]

    def _compiled_properties(self, event: CompiledProperties) -> None:
        engine = self.engines[event.engine]
        if engine.compiled is not None and event.device == engine.compiled.device:
            engine.properties = {}  # the inner devices follow, and may have changed
        engine.properties[event.device] = event.values

    def _spawned(self, event: EngineSpawned) -> None:
        self.engines[event.engine] = EngineState(event.engine, event.pid, event.t_ns, event.settings, event.changes)
        self.engines_spawned += 1
        self.compiling, self.suggestion = event.engine, {}
        if self.phase in ("died", "failed"):
            self.phase, self.failure, self.died = "starting", "", None

    def _turn(self, event: TrialTurn) -> None:
        if self.compiling == event.engine:
            self.compiling = 0
        if self.trials:
            self.trials[-1].turns.append(event)

    def _trial_ended(self, event: TrialEnded) -> None:
        if self.trials:
            self.trials[-1].ended = event
            if self.compiling == self.trials[-1].began.engine:
                self.compiling = 0

    def _segment(self, event: SegmentBegan) -> None:
        self.segments.append(event)
        if len(self.segments) > 1 + self.SEGMENTS_LIMIT:
            del self.segments[1]
        if event.trial:
            return
        self.segments_begun += 1
        if self.segment is not None:
            restarted = event.engine != self.serving and not event.changes
            text = "restarted" if restarted else ", ".join(event.changes)
            self._mark(EventMark(event.t_ns, "restarted" if restarted else "settings", text))
        self.serving, self.phase, self.refused, self.resting = event.engine, "serving", None, None
        if self.compiling == event.engine:
            self.compiling = 0
        self.segment = event

    def _mark(self, mark: EventMark) -> None:
        self.marks.append(mark)
        if len(self.marks) > self.MARKS_LIMIT:
            del self.marks[next((n for n, old in enumerate(self.marks) if old.kind == "settings"), 0)]

    def _exited(self, event: EngineExited) -> None:
        self.engines[event.engine].exited = event
        self.stalls.pop(event.engine, None)
        if len(self.engines) > 1 + self.ENGINES_LIMIT:
            exits = ((number, engine.exited) for number, engine in islice(self.engines.items(), 1, None))
            old = next((number for number, exited in exits if exited is not None and exited.expected), event.engine)
            if old not in (event.engine, self.serving):
                del self.engines[old]
        if event.engine != self.serving:
            self.engines[event.engine].properties = {}  # or a thousand changes of settings would pile them up
        if self.compiling == event.engine:
            self.compiling = 0
        if event.expected or self.phase in ("failed", "ended"):
            return
        if event.engine == self.serving or not self.serving:
            self.phase, self.died = "died", event
            self._mark(EventMark(event.t_ns, "died", event.signal or f"exit {event.code}"))


def _broken_off(trial: TrialState, study: StudyEnded) -> TrialEnded:
    """Of a study whose process was killed before it had told the end of its trial."""
    reason: TrialEnding = "cancelled" if study.reason == "stopped" else "failed"
    return TrialEnded(t_ns=study.t_ns, trial=trial.began.trial, reason=reason, text=study.text)
