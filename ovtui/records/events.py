"""What happened, as typed messages: written by the engine and the host, kept in order by the host, folded into the
state on screen by metrics.story. A session is its records and its events and nothing else, so that live, attached
and replayed sessions are the same to whoever draws them.

`t_ns` is CLOCK_MONOTONIC nanoseconds from the session's start. `engine` numbers the engine processes from 1."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.settings.openvino_properties.reported import ReportedProperty
from ovtui.settings.schema.settings import Settings

Severity = Literal["info", "warning", "error"]
REQUESTS_FAIL = "requests fail: "
"""How the note begins that an engine sends for each new reason with which requests fail."""


class Port(msgspec.Struct, frozen=True):
    name: str
    shape: str
    """As OpenVINO writes it: '[1,3,224,224]', '[?,3,?,?]'."""
    type: str


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    cpu: str
    cores: int
    """Cores this process may run on, a container's CPU quota not counted."""
    quota_cores: float | None = None
    """The cgroup's CPU quota in cores; None where there is none."""
    memory_bytes: int
    system: str


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t_ns: int


class SessionBegan(_Event, frozen=True, tag="session"):
    session: str
    ovtui: str
    started_at_s: float
    """Unix time, for people; nothing is measured with it."""
    machine: Machine
    settings: Settings


class EngineSpawned(_Event, frozen=True, tag="spawned"):
    engine: int
    pid: int
    settings: Settings
    changes: list[str] = []
    """What differs from the settings in force, one text each: 'streams 1→2'. Empty at the first start."""


class ModelRead(_Event, frozen=True, tag="model-read"):
    engine: int
    openvino: str
    name: str
    inputs: list[Port]
    outputs: list[Port]
    read_ms: float
    available: dict[str, str]
    """Devices of this machine with their full names."""


class BatchingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of automatic batching before the first request."""

    size: int | None = None
    """Requests that a full batch takes; None where only the probe will tell."""
    exact: bool | None = None
    """Whether batch ids will be known (True), deduced (False) or absent (None)."""
    probe: bool = False
    why_not: str = ""
    """Why requests cannot be batched or batches cannot be seen, in a sentence."""


class Compiled(_Event, frozen=True, tag="compiled"):
    engine: int
    device: str
    """As compiled: the requested device, or the fallback."""
    compile_ms: float
    execution_devices: list[str]
    optimal_requests: int
    nireq: int
    """Requests in the pool."""
    batching: BatchingPlan
    properties: dict[str, str] = {}
    """What the compiled model says of the properties that were set."""
    began_ns: int | None = None
    """When compile_model was called, on the session's clock."""


class DeviceProperties(_Event, frozen=True, tag="device-properties"):
    """All that a device of this machine, or a virtual one, lists. Told by each engine after its first inference; the
    host passes on what is new."""

    engine: int
    device: str
    """'CPU', 'GPU.0', 'AUTO', 'BATCH'."""
    properties: list[ReportedProperty]


class CompiledProperties(_Event, frozen=True, tag="compiled-properties"):
    """What the compiled model says of itself; of the devices inside a virtual one in messages of their own."""

    engine: int
    device: str
    """As compiled ('AUTO:GPU,CPU'), or the device inside."""
    values: dict[str, str]


class FirstInference(_Event, frozen=True, tag="first"):
    engine: int
    since_spawn_ms: float
    """From the engine process's start (fork) to the first completed inference."""
    infer_ms: float


class SegmentBegan(_Event, frozen=True, tag="segment"):
    """From `first_seq` on, records carry `segment`: other settings are in force."""

    segment: int
    engine: int
    first_seq: int
    nireq: int
    settings: Settings
    changes: list[str] = []


class DeviceChanged(_Event, frozen=True, tag="device"):
    """EXECUTION_DEVICES changed on a compiled model: AUTO handed over, or fell back."""

    engine: int
    before: list[str]
    after: list[str]
    since_compile_ms: float
    """From the call of compile_model to the change."""
    optimal_requests: int = 0
    """OPTIMAL_NUMBER_OF_INFER_REQUESTS after the change: a stand-in wants 1, the GPU behind it 16."""


class AcceleratorChanged(_Event, frozen=True, tag="accelerator"):
    """From AUTO's log: the accelerator's compile began, ended or failed, or the stand-in was let go."""

    engine: int
    device: str
    """What is compiled; for 'released' the stand-in, which AUTO also lets go when the compile has failed."""
    state: Literal["compiling", "compiled", "failed", "released"]
    compile_ms: float | None = None
    reason: str = ""


class Refused(_Event, frozen=True, tag="refused"):
    """New settings that OpenVINO or ovtui would not take, or that a person called off; the old ones keep running."""

    settings: Settings
    changes: list[str]
    reason: str
    called_off: bool = False
    """By a person, while the engine for them still compiled."""


class EngineFailed(_Event, frozen=True, tag="failed"):
    """Said by the engine itself before it ends: no model, no device, no compile."""

    engine: int
    reason: str
    unusable: bool = True
    """The model or the device cannot be used (exit code 4); False for anything else."""
    misused: bool = False
    """What was given for the inputs or the load is wrong (exit code 2), the model and the device are not to blame."""


class EngineExited(_Event, frozen=True, tag="exited"):
    engine: int
    expected: bool
    code: int
    """Exit code, or minus the signal's number."""
    signal: str = ""
    last_words: str = ""
    """The last line it wrote that is not of AUTO's log."""
    unfinished: int = 0
    """Requests it had submitted and will never complete."""
    unsent: int = 0
    """Open loop: due, and still waiting for an idle request, where no LoadEnded of this engine tells of them."""


Ending = Literal["duration", "requests", "trace", "stopped"]


class LoadEnded(_Event, frozen=True, tag="load-ended"):
    engine: int
    reason: Ending
    submitted: int
    unsent: int = 0
    """Open loop: due, and still waiting for an idle request at the end."""


class RecordingBegan(_Event, frozen=True, tag="recording"):
    """What is measured is being written to a session file."""

    path: str
    limit_bytes: int


class RecordingEnded(_Event, frozen=True, tag="recording-ended"):
    """The file takes no more, or could not be made; measuring goes on."""

    path: str
    reason: str
    disk_full: bool = False


class Note(_Event, frozen=True, tag="note"):
    severity: Severity
    text: str
    engine: int = 0


class LogLine(_Event, frozen=True, tag="log"):
    engine: int
    text: str
    left_out: int = 0
    """Lines that came here and were not kept, for there were too many; the text says so."""


Event = (
    SessionBegan
    | EngineSpawned
    | ModelRead
    | Compiled
    | DeviceProperties
    | CompiledProperties
    | FirstInference
    | SegmentBegan
    | DeviceChanged
    | AcceleratorChanged
    | Refused
    | EngineFailed
    | EngineExited
    | LoadEnded
    | RecordingBegan
    | RecordingEnded
    | Note
    | LogLine
)
