"""The state of a session that clients show: frozen values, made by Digest.snapshot at the client's own pace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovtui.metrics.batching.batch_wait import BatchShares
from ovtui.metrics.groups.group_figures import items_a_second
from ovtui.metrics.groups.in_force import ServedPart
from ovtui.metrics.groups.warm_up import WarmUpCut
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.machine_readings import MachineReading
from ovtui.records.source import HostState

if TYPE_CHECKING:
    from ovtui.metrics.comparison.trial_figures import TrialFigures
    from ovtui.metrics.judgement.overload import Queue
    from ovtui.metrics.limits.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a session at one moment."""

    now_ns: int
    session_state: SessionState
    submitted: int
    completed: int
    errors: int
    error_share: float | None
    """Failed requests of those that came back, 0 to 1; None before any."""
    late: int
    lost: int
    in_flight: int
    elapsed_s: float
    """The span of the load so far (metrics.groups.throughputs); stands still while there is none."""
    session_s: float
    """Session time of these figures, as events and requests have it; stands still once finished."""
    throughput: float | None
    """Completions a second over the last 2 s; None before the first."""
    mean_throughput: float | None
    """Over that span."""
    items_per_request: float | None = None
    """Items (pictures, sequences) of a request, on average in the segment in force, on the device that serves now; None
    where that is not known."""
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    """Over the whole run, under the warm-up rule in force."""
    segment_latency: dict[LatencyKind, Latency] = field(default_factory=dict)
    """Over the segment in force; where several devices served in it, only of the one that serves now (InForce)."""
    segment_throughput: float | None = None
    """Of the same requests, over their own span."""
    batches: BatchShares = field(default_factory=BatchShares)
    """Of the same requests."""
    in_force_device: str = ""
    """The device that these three are of, where others served in the segment too; else empty."""
    served: tuple[ServedPart, ...] = ()
    """Then what each of these devices served, the one that serves now first."""
    devices_served: int = 0
    """How many devices served in the whole run."""
    worst_at_handover_ms: float | None = None
    """The longest response at the newest change of the serving engine's device; None where there was none."""
    finished: bool = False
    host_gone: bool = False
    host: HostState = field(default_factory=HostState)
    read_share: float | None = None
    """The share of a recording, or of a session's history, that these figures are of, while the rest is still being
    read."""
    out_of_order: int = 0
    """Requests that came back after one that was submitted later; see records.completion_order."""
    shed: int = 0
    """Requests that were due and never sent, because the backlog was full or the load was changed."""
    warm_up: WarmUpCut = field(default_factory=lambda: WarmUpCut("rule", 0, None, "none"))
    queue: Queue | None = None
    """Of an open loop; None until enough requests came back to estimate it."""
    schedule_error_p99_ms: float | None = None
    """Of open loops, over the whole run: by how much the load thread was late; None for a closed loop."""
    slo: list[Verdict] = field(default_factory=list)
    """The limits, checked within the last second."""
    readings: MachineReading | None = None
    """The newest reading of the machine."""
    trial: TrialFigures | None = None
    """The newest trial, which runs or is over; None before the first."""

    @property
    def items_per_s(self) -> float | None:
        """`throughput` in items."""
        return items_a_second(self.throughput, self.items_per_request)
