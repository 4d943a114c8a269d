"""What a view draws: frozen values, made by Digest.snapshot at the view's own pace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ovtui.metrics.certainty import Certainty
from ovtui.metrics.story import Story
from ovtui.records.readings import Readings
from ovtui.settings.schema import WarmUpRule

if TYPE_CHECKING:
    from ovtui.metrics.advice.rules import Advice
    from ovtui.metrics.queueing import Queue
    from ovtui.metrics.slo import Verdict

LatencyKind = Literal["inference", "service", "response"]


@dataclass(frozen=True, slots=True)
class Latency:
    """A distribution, ms. A percentile without enough samples is None: p99 under 662, p99.9 under 6,630."""

    count: int = 0
    min: float | None = None
    p50: float | None = None
    p90: float | None = None
    p95: float | None = None
    p99: float | None = None
    p999: float | None = None
    max: float | None = None
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class BatchShares:
    """How the requests of a span ran. Shares are of those whose batch size is known; None where none is."""

    known: int = 0
    batched: int = 0
    """Requests that ran with others."""
    timed_out: int = 0
    single: int = 0
    """Ran alone, the timer not involved."""
    stood_in: int = 0
    """Requests that AUTO's stand-in served, and that are in none of these counts."""
    batches: int = 0
    size: int | None = None
    """Requests in a full batch, as seen; None where none was."""
    first_wait: Latency = field(default_factory=Latency)
    """How long the first members of full batches waited."""
    cost_ms: float | None = None
    """Mean wait of a request for its batch or the timer, over those that are known; None where neither came in."""
    cost_certainty: Certainty = Certainty.EXACT
    """Of cost_ms: the waits of timer runs are estimates, or bounds."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A latency plot's columns, oldest first; NaN where nothing completed."""

    edges_s: npt.NDArray[np.float64]
    """[n + 1] session time of the columns' borders, s."""
    p50_ms: npt.NDArray[np.float64]
    """[n]"""
    worst_ms: npt.NDArray[np.float64]
    """[n]"""
    count: npt.NDArray[np.int64]
    """[n] completions."""
    device: npt.NDArray[np.uint8]
    """[n] code of the device that most of them ran on (records.devices), 0 where none."""


@dataclass(frozen=True, slots=True)
class WarmUpCut:
    """What percentiles leave out of engines' starts."""

    rule: WarmUpRule
    requests: int
    """Left out of the whole run's latencies, of all engines."""
    until_s: float | None
    """Session time up to which the engine in force warmed up; None where only first inferences are left out."""
    state: Literal["none", "open", "steady", "unsteady"]
    """Of the rule, for the engine in force: its median is not steady yet, is steady, or did not become so in 10 s."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a session at one moment."""

    now_ns: int
    story: Story
    submitted: int
    completed: int
    errors: int
    late: int
    lost: int
    in_flight: int
    elapsed_s: float
    """Since the first submission; stands still once finished."""
    throughput: float | None
    """Completions a second over the last 2 s; None before the first."""
    mean_throughput: float | None
    """Over the whole run."""
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    """Over the whole run, warm-up and errors left out."""
    segment_latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    """The same over the segment in force."""
    by_device: dict[int, Latency] = field(default_factory=dict)
    """Response latency by device code."""
    batches: BatchShares = field(default_factory=BatchShares)
    """Over the segment in force."""
    worst_at_switch_ms: float | None = None
    """The longest response at the newest change of the serving engine's device; None where there was none."""
    finished: bool = False
    host_gone: bool = False
    shed: int = 0
    """Requests that were due and never sent, for the backlog was full or the load was changed."""
    warm_up: WarmUpCut = field(default_factory=lambda: WarmUpCut("rule", 0, None, "none"))
    queue: Queue | None = None
    """Of an open loop, once it is known how it does."""
    slo: list[Verdict] = field(default_factory=list)
    """The limits as they were found within the last second."""
    advice: list[Advice] = field(default_factory=list)
    """As the view last asked for it, the most pressing first."""
    readings: Readings | None = None
    """The newest of the machine."""
