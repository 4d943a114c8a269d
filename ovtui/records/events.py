"""The events of a session, as typed messages. The engine and the host emit them, the host keeps them in order, and
metrics.session folds them into the SessionState on screen. A session consists of its records and its events only, so
that live, attached and replayed sessions look the same to the dashboard.

`t_ns` is CLOCK_MONOTONIC nanoseconds from the session's start. `engine` numbers the engine processes from 1."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.beside_events import BesideSecond as BesideSecond
from ovtui.records.descriptions import BatchEvidence as BatchEvidence
from ovtui.records.descriptions import BatchingPlan as BatchingPlan
from ovtui.records.descriptions import DataShape as DataShape
from ovtui.records.descriptions import InputPreparation as InputPreparation
from ovtui.records.descriptions import Machine as Machine
from ovtui.records.descriptions import Port as Port
from ovtui.records.descriptions import StallCause as StallCause
from ovtui.records.descriptions import Variable as Variable
from ovtui.records.diagnosis import EngineDiagnosed as EngineDiagnosed
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.experiment import Experiment as Experiment
from ovtui.records.machine_events import IdleMeasured as IdleMeasured
from ovtui.records.machine_events import LoadPaused as LoadPaused
from ovtui.records.machine_events import OtherLoadBegan as OtherLoadBegan
from ovtui.records.machine_events import OtherLoadEnded as OtherLoadEnded
from ovtui.records.machine_events import PowerSource as PowerSource
from ovtui.records.machine_events import PowerSources as PowerSources
from ovtui.records.machine_events import ThrottleBegan as ThrottleBegan
from ovtui.records.machine_events import ThrottleEnded as ThrottleEnded
from ovtui.records.machine_events import ThrottleSource as ThrottleSource
from ovtui.records.study_events import StudyBegan as StudyBegan
from ovtui.records.study_events import StudyEnded as StudyEnded
from ovtui.records.study_events import StudyLayers as StudyLayers
from ovtui.records.study_events import StudyPoint as StudyPoint
from ovtui.records.study_events import StudyStep as StudyStep
from ovtui.records.study_events import StudyStopping as StudyStopping
from ovtui.records.study_events import TurnBegan as TurnBegan
from ovtui.records.study_events import TurnEnded as TurnEnded
from ovtui.records.study_events import TurnRefused as TurnRefused
from ovtui.records.trial_events import TrialBegan as TrialBegan
from ovtui.records.trial_events import TrialBlock as TrialBlock
from ovtui.records.trial_events import TrialEnded as TrialEnded
from ovtui.records.trial_events import TrialEnding as TrialEnding
from ovtui.records.trial_events import TrialMark as TrialMark
from ovtui.records.trial_events import TrialSide as TrialSide
from ovtui.records.trial_events import TrialTurn as TrialTurn
from ovtui.settings.openvino_properties.reported import ReportedProperty
from ovtui.settings.schema.settings import Settings

Severity = Literal["info", "warning", "error"]
REQUESTS_FAIL = "requests fail: "
"""Prefix of the note that tells a new reason for which requests fail."""


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t_ns: int


class SessionBegan(_Event, frozen=True, tag="session"):
    session: str
    ovtui: str
    started_at_s: float
    """Unix time, for display; no measurement uses it."""
    machine: Machine
    settings: Settings
    experiment: Experiment | None = None
    """Null where it began without a preset that is checked, and in recordings of an older ovtui."""


class EngineSpawned(_Event, frozen=True, tag="spawned"):
    engine: int
    pid: int
    settings: Settings
    changes: list[str] = []
    """Differences from the settings in force, as texts: 'streams 1→2'. Empty at the first start."""


class ModelRead(_Event, frozen=True, tag="model-read"):
    engine: int
    openvino: str
    name: str
    inputs: list[Port]
    outputs: list[Port]
    read_ms: float
    """All that comes before the compile: OpenVINO itself, the devices, the model."""
    available: dict[str, str]
    """Devices of this machine: name to full name."""
    variables: list[Variable] = []
    """Empty for a model without state, and in recordings of an older ovtui."""
    file_ms: float | None = None
    """Reading the file alone; None where that is no step of its own, and in recordings of an older ovtui."""
    shaped_ms: float | None = None
    """Giving it the shapes, batch and preprocessing of the settings; None where `file_ms` is."""
    plugins: dict[str, str] = {}  # of the devices that were asked for: name to build; empty in older recordings


class Compiled(_Event, frozen=True, tag="compiled"):
    engine: int
    device: str
    """The device that was compiled for: the requested one, or the fallback."""
    compile_ms: float
    execution_devices: list[str]
    optimal_requests: int
    nireq: int
    """Requests in the pool."""
    batching: BatchingPlan
    properties: dict[str, str] = {}
    """The compiled model's values of the properties that were set."""
    began_ns: int | None = None
    """Time of the call of compile_model, on the session clock."""
    request_tokens: int | None = None
    """Tokens of a sequence that each request gives to a stateful model; None where its inputs do not tell, or where
    requests differ."""
    sequences: int = 1
    """Side by side in a request of a stateful model."""
    inputs: list[InputPreparation] = []
    """What becomes of each input's data; empty in recordings of an older ovtui."""
    data_shapes: list[DataShape] = []
    """By the `data_shape` of the engine's records. Empty without `--data-shape`, where it gives more shapes than a
    record can tell apart, and in recordings of an older ovtui."""
    items: int | None = None
    """Items (pictures, sequences) that each request holds: the size of the model's own batch dimension. None where that
    is not known, where data shapes differ in it, and in recordings of an older ovtui."""
    items_deduced: bool = False
    """True where no layout names the batch dimension: it is the first one of a picture, as for benchmark_app, or one
    that the model leaves open."""
    peaks_bytes: tuple[int, int] | None = None  # VmPeak before and after compile_model; None in older recordings


class DeviceProperties(_Event, frozen=True, tag="device-properties"):
    """All properties that a device of this machine, or a virtual one, lists. Each engine emits them after its first
    inference; the host passes on the new ones."""

    engine: int
    device: str
    """'CPU', 'GPU.0', 'AUTO', 'BATCH'."""
    properties: list[ReportedProperty]

    def lists_as(self, other: DeviceProperties | None) -> bool:
        return other is not None and other.properties == self.properties


class CompiledProperties(_Event, frozen=True, tag="compiled-properties"):
    """The properties of the compiled model. Each device inside a virtual one has an event of its own."""

    engine: int
    device: str
    """The device that was compiled for ('AUTO:GPU,CPU'), or one inside it."""
    values: dict[str, str]


class StateGrew(_Event, frozen=True, tag="state"):
    """How long the state of a stateful model has become, counted from the tokens that its requests gave it. Emitted
    where it has grown by a fiftieth, and when a load or a segment ends."""

    engine: int
    tokens: int
    """Of a sequence: the most that the state of an infer request has held since `--state` is in force."""


class FirstInference(_Event, frozen=True, tag="first"):
    engine: int
    since_spawn_ms: float
    """From the start (fork) of the engine process to the first completed inference."""
    infer_ms: float


class SegmentBegan(_Event, frozen=True, tag="segment"):
    """Records from `first_seq` on carry the label `segment`, since other settings are in force."""

    segment: int
    engine: int
    first_seq: int
    nireq: int
    settings: Settings
    changes: list[str] = []
    api: Literal["sync", "async"] = "async"
    """How requests are made: `infer()` in the load thread, or `start_async`."""
    trial: TrialMark = ""
    """The side of a trial whose requests carry this label, in all of its turns; empty outside of trials. Such a segment
    changes nothing of what is in force."""
    load_began_ns: int | None = None
    """When the first request of the load was due to which the segment belongs; None in older recordings."""
    until_ns: int | None = None
    """When that load is to end; None without a duration, and where it goes on for whole rounds."""
    shed: int | None = None  # before it, in the whole session; None in older recordings


class DeviceChanged(_Event, frozen=True, tag="device"):
    """EXECUTION_DEVICES of a compiled model changed: AUTO handed over, or fell back."""

    engine: int
    before: list[str]
    after: list[str]
    since_compile_ms: float
    """From the call of compile_model to the change."""
    optimal_requests: int = 0
    """OPTIMAL_NUMBER_OF_INFER_REQUESTS after the change, for example 1 for the stand-in and 16 for the GPU."""


class BatchingLearnt(_Event, frozen=True, tag="batching-learnt"):
    """What was asked of the device that batches once it served: under AUTO it is not known before."""

    engine: int
    device: str
    size: int | None = None
    """Requests in a full batch, 1 where the device batches nothing, 0 where it does not tell; None where it was not
    asked."""
    certain: bool = True
    """False where too little memory may have made `size` smaller, which nothing tells."""
    shared_inputs: list[str] = []
    """As BatchingPlan.shared_inputs."""
    probe_cost_us: float | None = None
    """What the batch probe costs each run: the median difference of runs of a small net with and without it."""
    probe_cost_low_us: float | None = None
    probe_cost_high_us: float | None = None
    """The 95 % interval of that median."""


class AcceleratorChanged(_Event, frozen=True, tag="accelerator"):
    """From AUTO's log: the accelerator's compile began, ended or failed, or the stand-in was released."""

    engine: int
    device: str
    """The device being compiled for; with 'released' the stand-in, which AUTO releases after a failed compile too."""
    state: Literal["compiling", "compiled", "failed", "released"]
    compile_ms: float | None = None
    reason: str = ""


class Refused(_Event, frozen=True, tag="refused"):
    """New settings that OpenVINO or ovtui refused, or that a person cancelled. The old ones stay in force."""

    settings: Settings
    changes: list[str]
    reason: str
    called_off: bool = False
    """True when a person cancelled them while their engine was compiling."""
    detail: str = ""
    """OpenVINO's whole text, at most 16 KiB; empty where there is none, and in recordings of an older ovtui."""


class EngineFailed(_Event, frozen=True, tag="failed"):
    """Emitted by the engine before it exits: no model, no device, no compile."""

    engine: int
    reason: str
    unusable: bool = True
    """True when the model or the device cannot be used (exit code 4)."""
    misused: bool = False
    """True when the given inputs or load are wrong (exit code 2)."""
    suggestion: dict[str, str] = {}
    """Settings by name, as texts, with which an inference has worked; the reason names them too."""
    detail: str = ""
    """OpenVINO's whole text, at most 16 KiB; empty where there is none, and in recordings of an older ovtui."""


class EngineExited(_Event, frozen=True, tag="exited"):
    engine: int
    expected: bool
    code: int
    """Exit code, or the negative signal number."""
    signal: str = ""
    last_words: str = ""
    """Last line of its output that is not part of AUTO's log."""
    unfinished: int = 0
    """Requests that it submitted and will never complete."""
    unsent: int = 0
    """Open loop: requests that were due and waited for an idle infer request, where no LoadEnded of this engine counts
    them."""
    counts: EngineCounts | None = None
    """What its ring told last. With the schedule it tells what came due since the engine last looked, too, as long as
    no LoadEnded counts that. None in recordings of an older ovtui."""
    told_over_ns: int | None = None
    """When it was told that the load is over, where it was: nothing comes due after that, also of an engine that stood
    still and never answered."""
    killed_by: str = ""
    """Who sent its SIGKILL: 'by the kernel: ...'; empty if unknown, where it was ovtui, and in older recordings."""

    @property
    def load_over_ns(self) -> int:
        return self.t_ns if self.told_over_ns is None else self.told_over_ns


Ending = Literal["duration", "requests", "trace", "stopped"]


class LoadEnded(_Event, frozen=True, tag="load-ended"):
    engine: int
    reason: Ending
    submitted: int
    unsent: int = 0
    """Open loop: requests that were due and waited for an idle infer request at the end."""
    unsent_due_ns: list[int] = []
    """When they were due, the oldest first, at most 1,000: of more each `unsent_step`-th. Empty in older recordings."""
    unsent_step: int = 1
    ended_ns: int | None = None
    """When the load ended: when its duration was over, when it was told to stop, or in an open loop when the request
    after the last one would have been due, but not before the last one was sent. None where the last completion ends
    it, as in a closed loop with a number of requests; after a trace, of which nothing follows; in older recordings."""


class EngineStalled(_Event, frozen=True, tag="stalled"):
    """No request has come back of an engine for longer than it ever took, or its process is stopped."""

    engine: int
    pid: int
    since_ns: int
    """When the last one came back, or the oldest that is in flight was sent, to a quarter of a second."""
    cause: StallCause
    in_flight: int


class EngineResumed(_Event, frozen=True, tag="resumed"):
    """It goes on: from `since_ns` to now nothing came back."""

    engine: int
    since_ns: int


class RecordingBegan(_Event, frozen=True, tag="recording"):
    """The session is being recorded to a file."""

    path: str
    limit_bytes: int


class RecordingEnded(_Event, frozen=True, tag="recording-ended"):
    """The recording stopped, or could not start. The measurement goes on."""

    path: str
    reason: str
    disk_full: bool = False
    until_ns: int | None = None
    """Session time up to which the file reaches; None where there is none, and in recordings of an older ovtui."""


class Note(_Event, frozen=True, tag="note"):
    severity: Severity
    text: str
    engine: int = 0
    detail: str = ""
    """OpenVINO's whole text, at most 16 KiB; empty where there is none, and in recordings of an older ovtui."""


class LogLine(_Event, frozen=True, tag="log"):
    engine: int
    text: str
    left_out: int = 0
    """Number of lines dropped here because there were too many; the text says so."""


Event = (
    SessionBegan
    | EngineSpawned
    | ModelRead
    | Compiled
    | DeviceProperties
    | CompiledProperties
    | StateGrew
    | FirstInference
    | SegmentBegan
    | TrialBegan
    | TrialTurn
    | TrialEnded
    | StudyBegan
    | StudyStep
    | StudyPoint
    | StudyLayers
    | StudyStopping
    | StudyEnded
    | TurnBegan
    | TurnRefused
    | TurnEnded
    | BesideSecond
    | DeviceChanged
    | BatchingLearnt
    | AcceleratorChanged
    | Refused
    | EngineFailed
    | EngineExited
    | LoadEnded
    | EngineStalled
    | EngineResumed
    | EngineDiagnosed
    | RecordingBegan
    | RecordingEnded
    | ThrottleBegan
    | ThrottleEnded
    | OtherLoadBegan
    | OtherLoadEnded
    | PowerSources
    | LoadPaused
    | IdleMeasured
    | Note
    | LogLine
)
