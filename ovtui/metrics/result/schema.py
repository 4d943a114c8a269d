"""A session's figures as plain values: what `ovtui run --json` writes, and what the summary and the reports render.

Programs parse the JSON. Every key is always there; what is not known is null. Figures are rounded already, in
metrics.latency and metrics.groups: the dashboard shows the same numbers."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.expectations.expectation import Expectation
from ovtui.metrics.result.advice import AdviceResult
from ovtui.metrics.result.batching_schema import Batching as Batching
from ovtui.metrics.result.beside import BesideResult
from ovtui.metrics.result.energy_schema import DisturbanceResult, Energy, Sources
from ovtui.metrics.result.limit_result import LimitResult
from ovtui.metrics.result.recording_schema import Recording as Recording
from ovtui.metrics.result.startup_schema import Startup as Startup
from ovtui.metrics.result.state_schema import State
from ovtui.metrics.result.studies import StudyResult
from ovtui.metrics.result.trials import TrialResult
from ovtui.records.events import InputPreparation, Machine, Port
from ovtui.settings.schema.settings import Settings

VERSION = 4
"""Of the schema: raised when a key changes its meaning or goes, not when a key is added.

2: the CPU that stands in for an accelerator is named `(CPU)`; it was `CPU (standing in)`.

3: `duration_s` is the span of the load and `throughput` the successful completions over it, first inferences included,
in the result, in segments and for their devices; they were counted from the first submission to the last completion of
requests that were neither failed nor first. `handovers[].phases` each last from the last completion of the phase
before. `requests.late` and `load.schedule_error_ms`, `.queued_ms`: a request that is late because the load thread was,
and would have found an idle infer request when it was due, is no longer among those that waited for one.
`warm_up.until_s` counts from when the engine began to serve; it was session time. `throughput` is null where a closed
loop of a number of requests ended within two rounds of its infer requests. `requests.abandoned` of a recording that
broke off leaves out what was in flight there. `slo`: a limit is held, missed or not known. `batching`: the shares are
those of the device in force, and full batches that were held until the timer are told apart.

4: `requests.unfinished` takes the place of `requests.abandoned`, which left out what was in flight when a session was
ended or its host died: submitted = completed + unfinished, and due = submitted + shed + unsent, in every outcome.
`requests.unsent` counts what came due up to the death of an engine, also what that had not looked at any more, and is
null (and `due` with it) where nothing tells."""


class LatencyMs(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution, ms to the nanosecond. p99 needs 662 requests and p999 (the 99.9th percentile) 6,630."""

    count: int
    min: float | None
    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None
    p999: float | None
    max: float | None
    mean: float | None


class Latencies(msgspec.Struct, frozen=True, kw_only=True):
    """Of requests that succeeded, without those of each engine's start that `warm_up` leaves out."""

    inference: LatencyMs
    """OpenVINO's own."""
    service: LatencyMs
    """From submission to completion."""
    response: LatencyMs
    """From when the request was due: what a caller would have waited."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    inputs: list[Port]
    outputs: list[Port]
    preparation: list[InputPreparation]
    """What becomes of each input's data on its way to the model, in the engine in force: what is done before, and what
    is a part of the model that was measured. Empty in recordings of an older ovtui."""


class Device(msgspec.Struct, frozen=True, kw_only=True):
    requested: str
    compiled: str | None
    """The device that the model was compiled for: the requested device or its fallback."""
    execution: list[str]
    """EXECUTION_DEVICES as last seen."""
    full_names: dict[str, str]
    """By name, of every device of the machine."""
    properties: dict[str, str]
    """The compiled model's values of the properties that were set, and of its streams, threads and precision."""


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """The device indicator at the end."""

    device: str
    """`GPU.0`, `(CPU)`, `one of GPU.0, CPU`; `–` where none served."""
    sentence: str
    """The explanation beside it; may be empty."""


class PhaseResult(msgspec.Struct, frozen=True, kw_only=True):
    requests: int
    """Measured requests: first inferences and errors are left out."""
    errors: int
    throughput: float | None
    """Measured completions a second, from the last completion of the phase before to the last one of this phase."""
    latency_ms: Latencies


class PhasesAround(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of the engine within 60 s of the change, under the same settings and no nearer to another change; at
    most 8,192 before it and 32,768 from it on."""

    before: PhaseResult
    during: PhaseResult
    """From the first request that was in flight at the change until response latency had settled: until 20 in a row
    lay between the 5th percentile / 1.5 and the 95th * 1.5 of the later half of all since the change,
    and before that half."""
    after: PhaseResult
    """Empty where latency did not settle."""


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """A change of the serving device: to the accelerator, or back when it failed."""

    t_s: float
    """Session time."""
    before: str = msgspec.field(name="from")
    after: str = msgspec.field(name="to")
    since_compile_s: float
    """From the call of compile_model."""
    engine: int
    compile_ms: float | None
    """The new device's compile, by AUTO's log."""
    first_served_ms: float | None
    """From the change to the completion of the first request that is known to have run on the new device."""
    settled_ms: float | None
    """From the change until latency had settled; null where it did not."""
    worst_ms: float | None
    """Longest response at the change: of all measured requests of `phases.during`, whatever `warm_up` leaves out."""
    glitch_ms: float | None
    """By how much `worst_ms` exceeds what the longest of as many responses before or after the change stays below in 99
    of 100 cases, whichever is longer: 0 where it is no more than the peak of a sawtooth of waits for batches."""
    phases: PhasesAround | None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    loop: Literal["closed", "open"]
    rate: float | None
    """Requests a second that were asked for; null in a closed loop."""
    nireq: int | None
    """Infer requests in the pool."""
    api: Literal["sync", "async"] | None
    """How requests are made, as benchmark_app's -api: by `infer()`, or by `start_async`."""
    duration_s: float | None
    requests: int | None
    """The limits that were set; null for none."""
    schedule_error_ms: LatencyMs | None = None
    """Of the requests of all open loops of the run that found an idle infer request when they were due: from then to
    when they were taken up. Null where all of the run was a closed loop, and for a recording of before ovtui told the
    two apart."""
    schedule_kept: bool | None = None
    """Whether the p99 of `schedule_error_ms` is within 1 ms; null where it is null, and where the load in force is a
    closed loop."""
    queued_ms: LatencyMs | None = None
    """Of the others of open loops: the same, which is how long they waited for an idle one."""
    input_copy_ms: LatencyMs | None = None
    """What filling in the next input took, before the inference and no part of it; null where inputs are not cycled
    through, but filled in once."""
    state_reset_ms: LatencyMs | None = None
    """What resetting the state of a stateful model took, before the input was filled in and no part of the inference;
    null where it was not reset."""
    ended: Literal["duration", "requests", "trace", "stopped"] | None
    """What ended the load; null while it runs, or if the engine died."""


class Requests(msgspec.Struct, frozen=True, kw_only=True):
    due: int | None
    """submitted + shed + unsent, in every outcome. In a closed loop a request is due when it is submitted. Null where
    unsent is."""
    submitted: int
    """completed + unfinished, once the session is over."""
    completed: int
    """Requests that came back: those that succeeded, errors and lost."""
    errors: int
    error_share: float | None
    """Of those that came back and were recorded, 0 to 1; null where none was."""
    error_reasons: list[str] = []
    """Why requests failed, in OpenVINO's words: each reason once, at most 8 of each engine."""
    late: int
    """Open loop: sent more than 1 ms after they were due."""
    out_of_order: int
    """Requests that came back out of order: one that was submitted later had completed before. Members of one batch
    complete together."""
    lost: int
    """Requests whose records were overwritten before they were read: completed, but in no other figure."""
    shed: int
    """Open loop: due and never sent, because the backlog was full, or the load was changed while they waited."""
    unsent: int | None
    """Open loop: came due, and still waited to be sent when the load ended, or the engine under it, however that ended.
    Null where a recording of an older ovtui breaks off, which does not tell."""
    unfinished: int
    """Submitted, and never came back: in flight when their engine or the session ended. Where a recording breaks off:
    not back when it was last written."""


class DeviceShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one device served in the whole run."""

    requests: int
    errors: int
    """Those of them that failed."""
    share: float | None
    """Of all that completed, 0 to 1."""
    throughput: float | None
    """Successful completions a second, first inferences included, over the time in which the device served: that in
    which EXECUTION_DEVICES named it, within the spans of all segments (sides of trials included). In a segment that it
    served alone that is the segment's span, and where several are named all along, too; null where fewer than two came
    back."""
    latency_ms: Latencies
    batching: Batching
    energy: Sources


class ShapeShare(msgspec.Struct, frozen=True, kw_only=True):
    """What the requests of one data shape were like in the whole run."""

    shape: str
    """Its text as for `--data-shape`: '[1,3,224,224]', and with names ('image[1,3,224,224]') where the model has
    several dynamic inputs. 'other shapes' for those after the first 64."""
    items: int | None
    """Items (pictures, sequences) of a request; null where that is not known."""
    requests: int
    """That came back."""
    errors: int
    """Those of them that failed."""
    share: float | None
    """Of all that completed, 0 to 1."""
    first_ms: float | None
    """The inference latency of the first request of this shape, for which the device prepares itself (the longest of
    all engines). `latency_ms` leaves it out, unless the warm-up rule is none."""
    latency_ms: Latencies


class SegmentDevice(msgspec.Struct, frozen=True, kw_only=True):
    """What one device served in a segment: a percentile over a stand-in and an accelerator together describes neither
    of them."""

    device: str
    requests: int
    """That came back."""
    errors: int
    """Those of them that failed."""
    throughput: float | None
    """Successful completions a second, first inferences included, over the time in which the device served: the part of
    the segment's span in which EXECUTION_DEVICES named it, and all of it where it served alone or several are named
    all along; null where fewer than two came back."""
    latency_ms: Latencies
    batching: Batching
    energy: Sources
    handover_s: float | None
    """From the start of its engine's process until the accelerator served; in its engine's first entry."""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A span of the run under one set of settings."""

    segment: int
    engine: int
    t_s: float
    first_seq: int
    nireq: int
    api: Literal["sync", "async"]
    changes: list[str]
    settings: Settings
    completed: int
    errors: int
    error_share: float | None
    """Of `completed`, 0 to 1."""
    duration_s: float | None
    """From the change of settings that began it, or from the first request due, to the change that ended it, to the
    first turn of a trial, or to the end of the load."""
    throughput: float | None
    """Successful completions a second, over duration_s."""
    latency_ms: Latencies
    batching: Batching
    energy: Sources
    first_inference_s: float | None
    """From the start of its engine's process; in the engine's first segment."""
    devices: list[SegmentDevice]
    """In the order in which they first served; requests whose device is ambiguous come last."""


class EventResult(msgspec.Struct, frozen=True, kw_only=True):
    t_s: float
    kind: str
    """As in the dashboard's list of events, in lower case: `handover`, `segment`, `died`, `refused`, `note`, ..."""
    severity: Literal["info", "warning", "error"]
    text: str


class WarmUpResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the percentiles leave out of engines' starts; counts of requests leave out nothing."""

    rule: Literal["rule", "first", "none"]
    """The rule in force: of the settings, unless it was changed on the dashboard."""
    requests: int
    """Left out of latency_ms, of all engines."""
    until_s: float | None
    """How long the last engine warmed up, in s from when it began to serve; null where only first inferences are left
    out."""
    steady: bool | None
    """Whether its median became steady within 10 s; null under other rules, and while that is open."""


class FindingResult(msgspec.Struct, frozen=True, kw_only=True):
    id: Literal["drift", "throttling", "bimodal", "state-growth"]
    text: str


class SteadinessResult(msgspec.Struct, frozen=True, kw_only=True):
    """Of the last segment on its last device."""

    word: str
    seconds: int
    """Seconds of completions that it rests on; a drift is looked for from 20 on."""
    findings: list[FindingResult]


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    min: float
    mean: float
    max: float


class Result(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    started_at_s: float | None
    """Unix time of session time 0."""
    ovtui: str | None
    openvino: str | None
    host: Machine | None
    model: Model | None
    device: Device | None
    serving: Serving
    settings: Settings | None
    """In force at the end."""
    startup: Startup
    handovers: list[Handover]
    load: Load | None
    state: State | None
    """Null for a model without state."""
    requests: Requests
    duration_s: float
    """The span of the load. It begins when the first request is due. It ends with the duration that was set, or when
    the load is told to stop; under a number of requests in an open loop when the next request would be due; in a closed
    loop with the last completion, and then it begins with the first completion of each infer request (of whole
    batches), which do not count. Failed requests are part of it; time without a load is not."""
    throughput: float | None
    """Successful completions a second, over duration_s: in an open loop of all requests that came due, in a closed loop
    of those that came back in the span."""
    items_per_request: float | None
    """Items (pictures, sequences) that a request held on average: the model's own batch. Null where it is not known:
    where neither a layout nor `--batch-size` names the batch dimension, and the input does not show it."""
    items_are: Literal["known", "deduced"] | None
    """deduced: no layout names the batch dimension, which is taken to be the first one of a picture, or one that the
    model leaves open; null where it is not known."""
    items_per_s: float | None
    """`throughput` * `items_per_request`."""
    latency_ms: Latencies
    warm_up: WarmUpResult
    steadiness: SteadinessResult
    slo: list[LimitResult]
    """Empty where no limit was set."""
    expectation: Expectation | None
    """Null where the session did not begin with a preset that names a check."""
    by_device: dict[str, DeviceShare]
    by_shape: list[ShapeShare]
    """In the order in which `--data-shape` gives them; empty without it."""
    batching: Batching
    earlier_segments: int
    """Segments before the first of `segments`, whose figures are no longer kept."""
    segments: list[Segment]
    trials: list[TrialResult]
    """The newest eight, oldest first; empty where there was none."""
    beside: BesideResult | None
    studies: list[StudyResult]
    advice: list[AdviceResult]
    recording: Recording | None
    """Null where nothing was recorded."""
    energy: Energy | None
    """Null in recordings of an older ovtui, which did not look."""
    disturbances: list[DisturbanceResult]
    """Throttling, and other processes on the cores, in the order in which they began."""
    events: list[EventResult]
    """Changes of device and of settings, deaths, refusals and notes, in order of time."""
    telemetry: dict[str, Spread | None] | None
    """Readings of the machine, one a second, by name (records/machine_readings.py); null where the machine does not
    offer the reading, and as a whole where the session was over before the first."""
