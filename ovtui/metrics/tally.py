"""What is kept of a group of requests (the run, a segment, a device): counts, distributions and batches."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.gathering import UNMEASURED
from ovtui.metrics.histogram import Histogram
from ovtui.metrics.snapshot import BatchShares, Latency, LatencyKind
from ovtui.metrics.waiting import Waiting
from ovtui.records.layout import LATENCIES, Flag, Records

KINDS: tuple[LatencyKind, ...] = ("inference", "service", "response")


def measured(records: Records) -> Records:
    """The records that latency, batches and throughput are made from: no warm-ups, no errors."""
    good = (records["flags"] & UNMEASURED) == 0
    return records if good.all() else records[good]


class Tally:
    """Sums that can be added to one another. 100 KiB, however many requests."""

    __slots__ = ("completed", "errors", "first_ns", "last_ns", "late", "latencies", "sizes", "timed_out", "waiting")

    def __init__(self) -> None:
        self.completed = 0
        """Requests that came back, warm-ups and errors included."""
        self.errors = 0
        self.late = 0
        self.latencies = {kind: Histogram() for kind in KINDS}
        self.sizes: dict[int, int] = {}
        """Measured requests by the size of the batch they ran in, where that is known."""
        self.timed_out = 0
        self.waiting = Waiting()
        """What waiting for batches cost; the Digest fills it, for the run and for segments."""
        self.first_ns: int | None = None
        """First submission of a measured request."""
        self.last_ns: int | None = None
        """Last completion of one."""

    def add(self, records: Records) -> None:
        if len(records) == 0:
            return
        flags = records["flags"]
        self.completed += len(records)
        self.errors += int(np.count_nonzero(flags & Flag.ERROR))
        self.late += int(np.count_nonzero(flags & Flag.LATE))
        good = measured(records)
        if len(good) == 0:
            return
        for kind in KINDS:
            self.latencies[kind].add(LATENCIES[kind](good))
        for size, count in enumerate(np.bincount(good["batch_size"])[1:].tolist(), 1):
            if count:
                self.sizes[size] = self.sizes.get(size, 0) + count
        alone = (good["flags"] & Flag.TIMED_OUT != 0) & (good["batch_size"] == 1)
        self.timed_out += int(np.count_nonzero(alone))
        self._reach(int(good["submit_ns"].min()), int(good["done_ns"].max()))

    def merge(self, other: Tally) -> None:
        self.completed += other.completed
        self.errors += other.errors
        self.late += other.late
        self.timed_out += other.timed_out
        self.waiting.merge(other.waiting)
        for kind in KINDS:
            self.latencies[kind].merge(other.latencies[kind])
        for size, count in other.sizes.items():
            self.sizes[size] = self.sizes.get(size, 0) + count
        if other.first_ns is not None and other.last_ns is not None:
            self._reach(other.first_ns, other.last_ns)

    @property
    def measured(self) -> int:
        return self.latencies["response"].count

    @property
    def span_s(self) -> float | None:
        """From the first submission to the last completion; None where there was none."""
        if self.first_ns is None or self.last_ns is None:
            return None
        return (self.last_ns - self.first_ns) / 1e9

    @property
    def throughput(self) -> float | None:
        """Measured completions a second over that span."""
        return self.measured / self.span_s if self.span_s else None

    @property
    def largest_batch(self) -> int | None:
        """OpenVINO runs full batches or single requests and nothing between, so this is the batch size."""
        largest = max(self.sizes, default=1)
        return largest if largest > 1 else None

    def latency(self) -> dict[LatencyKind, Latency]:
        return {kind: self.latencies[kind].latency() for kind in KINDS}

    def batches(self) -> BatchShares:
        together = {size: count for size, count in self.sizes.items() if size > 1}
        return BatchShares(
            known=sum(self.sizes.values()),
            batched=sum(together.values()),
            timed_out=self.timed_out,
            single=self.sizes.get(1, 0) - self.timed_out,
            # By size, not by id: ids may be unknown, and a batch that comes in two updates counts once.
            batches=sum(-(-count // size) for size, count in together.items()),
            size=self.largest_batch,
            first_wait=self.waiting.first_wait(),
            cost_ms=self.waiting.cost_ms(),
            cost_estimated=self.waiting.estimated,
        )

    def _reach(self, first_ns: int, last_ns: int) -> None:
        self.first_ns = first_ns if self.first_ns is None else min(self.first_ns, first_ns)
        self.last_ns = last_ns if self.last_ns is None else max(self.last_ns, last_ns)
