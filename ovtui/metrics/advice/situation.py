"""What the rules look at: plain values of the segment in force, so that a test can make any situation."""

from __future__ import annotations

from dataclasses import dataclass, field

from ovtui.metrics.digest import Digest
from ovtui.metrics.snapshot import Latency, LatencyKind
from ovtui.metrics.tally import Tally
from ovtui.records.events import BatchingPlan
from ovtui.settings.schema import Settings

DEFAULT_TIMEOUT_MS = 1000
"""OpenVINO's AUTO_BATCH_TIMEOUT where none is set."""


@dataclass(frozen=True, slots=True)
class Situation:
    settings: Settings = field(default_factory=Settings)
    device: str = "CPU"
    """As compiled."""
    serving: tuple[str, ...] = ("CPU",)
    """EXECUTION_DEVICES."""
    nireq: int = 1
    batching: BatchingPlan = field(default_factory=BatchingPlan)
    batch_size: int | None = None
    """B, where it is known or has been seen; None where it is not."""
    completed: int = 0
    """In this segment, as all counts here."""
    batched: int = 0
    timed_out: int = 0
    single: int = 0
    throughput: float | None = None
    latency: dict[LatencyKind, Latency] = field(default_factory=dict)

    @property
    def timeout_ms(self) -> int:
        return self.settings.batch_timeout_ms or DEFAULT_TIMEOUT_MS

    @property
    def known(self) -> int:
        """Requests of which it is known how they ran."""
        return self.batched + self.timed_out + self.single

    @property
    def timer_share(self) -> float:
        return self.timed_out / self.known if self.known else 0.0


def situation_of(digest: Digest) -> Situation | None:
    """None before the first segment."""
    story = digest.story
    segment, engine = story.segment, story.engine
    if segment is None or engine is None or engine.compiled is None:
        return None
    tally = digest.segments.get(segment.segment) or Tally()
    shares = tally.batches()
    return Situation(
        settings=segment.settings,
        device=engine.compiled.device,
        serving=tuple(engine.devices),
        nireq=segment.nireq,
        batching=engine.compiled.batching,
        batch_size=tally.largest_batch or _planned(engine.compiled.batching),
        completed=tally.completed,
        batched=shares.batched,
        timed_out=shares.timed_out,
        single=shares.single,
        throughput=tally.throughput,
        latency=tally.latency(),
    )


def _planned(plan: BatchingPlan) -> int | None:
    return plan.size if plan.size is not None and plan.size > 1 else None
