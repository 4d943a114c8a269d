"""The events of a study: long work that serves one point after another in a session and decides something with it (the
highest rate that holds, the best of many settings, the price of a second model). Host and study publish them; the event
log and the recording keep them, so that the dashboard, a script, an attached view and a replay show the same study, and
one that was killed goes on from them.

Two settings against each other are no study but a trial: records.trial_events."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.layers import LEAST_INFERENCES, LayersHead, LayerTimes
from ovtui.settings.schema.settings import Settings


class _Spec(msgspec.Struct, frozen=True, kw_only=True, tag_field="study"):
    limit_s: float = 0.0
    """The longest that it lasts; 0 for no limit."""
    resumes: str = ""
    """The recording, or the folder, of a study that was broken off: its points are not measured again. Empty for
    none."""


class FindRateSpec(_Spec, frozen=True, tag="find-rate"):
    """The highest rate of an open loop at which the limits hold."""

    slo: str
    """As --slo has it: 'p99<20ms'."""
    within: float = 0.02
    """The search ends where the first rate that failed is at most so much higher than the last that held."""
    arrival: str = "poisson"
    """As --arrival has it: constant, poisson or burst:N."""
    probe_s: float = 0.0
    """The longest that a rate is measured at a time; 0 for the default."""


class SweepSpec(_Spec, frozen=True, tag="sweep"):
    """All points of a grid, or as many as its samplers choose: settings, each with several values."""

    vary: dict[str, list[str]]
    """By the name of a setting: its values, as texts."""
    goal: str = "throughput"
    slo: str = ""
    """Limits that the best point has to hold."""
    point_s: float = 5.0
    """How long each point is measured, at most."""
    most_points: int = 64
    folder: str = ""
    """Where its storage is; absolute."""
    preset: str = ""
    """The name under which the best point is saved; empty for none."""


class BesideSpec(_Spec, frozen=True, tag="beside"):
    """What a second model on the same machine costs this one."""

    settings: Settings
    """Of the second model, its load included."""
    record: str = ""
    """Absolute path of the second model's recording; empty for none."""
    alternate_s: float = 60.0
    """How long alone and beside take turns at most, from when both models serve."""
    goes_on: bool = False
    """After the verdict the second model serves on, until a person stops the study: one wants to look."""


class LayersSpec(_Spec, frozen=True, tag="layers"):
    """The times of the layers, of a profiled engine in a process of its own; the session's load rests meanwhile."""

    settings: Settings
    """Of the profiled engine: the model, the device, how it is compiled."""
    devices: list[str]
    """One or two, profiled one after the other."""
    inferences: int = LEAST_INFERENCES


class RankSpec(_Spec, frozen=True, tag="rank"):
    """The leaderboard of the box: every device with every hint."""

    devices: list[str]
    hints: list[str]
    point_s: float = 5.0
    """How long each is measured, at most."""
    agreement: bool = True
    """Whether each device computes the same as the CPU is looked at too."""


StudySpec = FindRateSpec | SweepSpec | BesideSpec | LayersSpec | RankSpec


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    t_ns: int


class StudyBegan(_Event, frozen=True, tag="study"):
    """Published by the host, which then starts the process of the study."""

    study: int
    """Studies of a session are numbered from 1."""
    spec: StudySpec
    settings: Settings
    """In force when it began, and again after it. A point is these with changes."""


Doing = Literal["compiling", "measuring", "measuring again", "resting", "serving"]


class StudyStep(_Event, frozen=True, tag="study-step"):
    """What the study does now: published where that changes, by its process."""

    study: int
    doing: Doing
    text: str
    """The point, for a person: '412/s', 'streams 2, in flight 8'."""
    point: int = 0
    """Points are numbered from 1; 0 for none."""
    planned: int | None = None
    """How many points there will be; None where that is not known."""
    ends_ns: int | None = None
    """When the whole study is expected to end, on the session clock; None where that is not known."""


class StudyLayers(_Event, frozen=True, tag="study-layers"):
    """Layers of one device, some at a time so that a message holds them; those of the same `order` take the place of
    earlier ones. Published by the study's process."""

    study: int
    device: str
    layers: list[LayerTimes]
    head: LayersHead | None = None
    """With the last ones: all are told."""


class PointStart(msgspec.Struct, frozen=True, kw_only=True):
    """Of rank: what a point's engine took until it served, and what it holds. None: not known."""

    compile_ms: float | None = None
    """The call of compile_model. Of AUTO it returns once the stand-in is ready."""
    first_inference_ms: float | None = None
    """From the start of the engine's process to the first completed inference: OpenVINO is loaded, the model is read
    and compiled in it. Of AUTO the stand-in makes that inference."""
    handover_ms: float | None = None
    """From the start of the process until AUTO's accelerator served; None where nothing stood in."""
    memory_bytes: int | None = None
    """Resident, of the engine's process, while it serves."""
    device_memory_bytes: int | None = None
    in_flight: int | None = None
    """Infer requests while it was measured."""
    execution_devices: list[str] = []
    compiled_before: bool = False
    """An engine was compiled for one of these devices earlier in the session: the driver may have kept its kernels."""


class PointFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one point. None: not known, or too few requests for it."""

    requests: int
    """That came back and count."""
    measured_s: float
    throughput: float | None = None
    """1/s."""
    p50_ms: float | None = None
    p90_ms: float | None = None
    p99_ms: float | None = None
    mean_ms: float | None = None
    """Of the responses, as are the others."""
    errors: int = 0
    joules_per_request: float | None = None
    limited_ms: float | None = None
    """Of find-rate: the latency that its first limit is on."""
    items_per_request: float | None = None
    """On average; None where it is not known how many a request holds, and of find-rate."""


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """Of find-rate: how a rate stands against the limit on a percentile that it comes nearest to, by all its times
    together."""

    log: float
    """Of the percentile divided by its limit, the natural logarithm: below 0 it is within the limit."""
    sd: float
    """The standard deviation of `log`."""
    requests: int
    """That it rests on."""
    tail: float | None = None
    """As `log`, by the shape of the tail; None where it has none."""


PointOutcome = Literal[
    "held", "likely held", "likely missed", "missed", "unknown", "overload", "measured", "dropped", "refused", "failed"
]
"""held, missed, unknown: of the limits. likely: not known in the time that there was, by the measured figure. overload:
the queue grew. dropped: left early because it cannot win. refused:
by OpenVINO or by ovtui; failed: its engine died."""


class StudyPoint(_Event, frozen=True, tag="study-point"):
    """A point has been measured, or could not be. Published by the study's process."""

    study: int
    point: int
    text: str
    """As in StudyStep."""
    values: dict[str, str]
    """What makes the point: setting names with their values as texts; of find-rate {'rate': '412'}."""
    settings: Settings
    outcome: PointOutcome
    reason: str = ""
    """Why: the sentence of the limit's rule, of the queue, or OpenVINO's reason."""
    figures: PointFigures | None = None
    segment: int = 0
    """Whose records they are, in `recording`; 0 where there are none."""
    begin_ns: int = 0
    until_ns: int = 0
    """The measured span, on the session clock of that recording."""
    recording: str = ""
    """Absolute path of another recording, of the study that this one goes on with; empty for this session's."""
    round: int = 1
    """2 and more: measured again."""
    pressure: Pressure | None = None
    start: PointStart | None = None
    box: str = ""
    """The box of a fleet that measured it; empty for this machine."""


class FindRateAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="find-rate"):
    holds_per_s: float | None
    """The highest rate that held, or likely does; None where none did."""
    fails_per_s: float | None
    """The lowest above it that did not, or likely does not; None where all held."""
    probes: int
    lasted_s: float
    confidence: float = 0.99
    """Of the rule that a verdict of 'held' or 'missed' rests on."""
    missed_per_s: float | None = None
    """The lowest rate that is known to miss a limit or to overload; None where there is none."""
    known_per_s: float | None = None
    """The highest rate that is known to hold; None where there is none. Rates between it and missed_per_s could not be
    told with that confidence in their time."""
    holds_likely: str = ""
    """What holds_per_s rests on where it is not known with that confidence: 'p99 18.6 ms'. Empty where it is."""
    fails_likely: str = ""
    """The same of fails_per_s."""
    changed_per_s: list[float] = []
    """Rates that did otherwise when they were measured again: what they did last counts."""


class SweepAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="sweep"):
    best: int | None
    """Number of the best point; None where none may win."""
    front: list[int]
    """Points that no other one beats in throughput and p99 together."""
    points: int
    lasted_s: float
    compiling_s: float = 0.0
    measuring_s: float = 0.0
    preset: str = ""
    """The path of the preset that the best point was saved as."""
    tied: list[int] = []
    """The points among which none is told to be the best, `best` one of them; empty where it is told from all."""
    runner_up: int | None = None
    ratio: list[float] = []
    """Of the goal, the best point's divided by the runner-up's: estimate, low, high; empty where it is not known."""
    folder: str = ""
    """Where the sweep is kept, absolute."""


class BesideAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="beside"):
    trial: int
    """The trial whose sides are 'alone' and 'beside'; 0 where it did not come to one."""
    second: PointFigures | None = None
    """Of the second model, beside the first: what it loses by that cannot be told from this."""
    session: str = ""
    """Name of the second model's session."""
    recording: str = ""
    """Absolute path of its recording; empty for none."""
    offset_ns: int = 0
    """What a time of that session has more on the clock of this one."""
    overload: str = ""
    """That the second model did not keep up with its own load, as a sentence; empty where it did."""


class LayersAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="layers"):
    devices: list[str]
    """Those of which all layers are told."""


class DeviceAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a device computes what the CPU does."""

    device: str
    verdict: str = ""
    """A records.verification.Verdict; empty where it could not be looked at: `why`."""
    max_relative: float | None = None
    """The largest relative difference of the outputs, of the range of the output on the CPU."""
    tolerance: float | None = None
    why: str = ""


class RankAnswer(msgspec.Struct, frozen=True, kw_only=True, tag="rank"):
    by_throughput: list[int]
    """Points, the fastest first; those that were refused are not among them."""
    by_latency: list[int]
    """By p99 where each has one, else by p50."""
    latency: str = "p99"
    """What by_latency goes by: p99 or p50."""
    tied: list[int] = []
    """Points that cannot be told from the first by throughput, the first among them; empty where it is told from
    all."""
    tied_latency: list[int] = []
    """The same by latency."""
    agreements: list[DeviceAgreement] = []
    """One for each device beside the CPU that served, once all was measured."""
    lasted_s: float


StudyAnswer = FindRateAnswer | SweepAnswer | BesideAnswer | LayersAnswer | RankAnswer
StudyEnding = Literal["done", "time", "stopped", "failed"]


class StudyStopping(_Event, frozen=True, tag="study-stopping"):
    """A person stops it: its process ends it with what it has. Published by the host."""

    study: int


class StudyEnded(_Event, frozen=True, tag="study-ended"):
    """Published by its process; by the host where that has died."""

    study: int
    reason: StudyEnding
    """time: its limit was over; stopped: by a person; failed: `text` says why."""
    text: str
    """The answer in one line, or the reason."""
    answer: StudyAnswer | None = None


class TurnBegan(_Event, frozen=True, tag="turn"):
    """The load of a turn has begun. Published by the host."""

    turn: int
    segment: int
    engine: int
    compile_ms: float | None = None
    """From the start of its engine process to the end of its compile; None where the engine was resident."""


class TurnRefused(_Event, frozen=True, tag="turn-refused"):
    """A turn cannot be served: OpenVINO refuses its settings, or its engine died. Nothing serves now; the next turn can
    be taken. Published by the host."""

    turn: int
    reason: str
    died: bool = False
    """The engine had served in this turn, and died."""


class TurnEnded(_Event, frozen=True, tag="turn-ended"):
    """The engine of a turn has halted and drained. Until the next TurnBegan there is no load. Published by the host."""

    turn: int
    halted_ns: int
    """When the load ended, on the session clock: what came due later was not sent."""
    dropped: int = 0
    """Open loop: requests that were due and waited then. They were dropped, and count as shed."""
