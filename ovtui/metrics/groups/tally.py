"""Figures of one group of requests (the run, a segment, a device): counts, latency distributions and batching."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ovtui.metrics.batching.batch_runs import Certainty
from ovtui.metrics.batching.batch_wait import BatchShares, BatchWait
from ovtui.metrics.batching.timer_claims import Judgements
from ovtui.metrics.latency.histogram import Histogram, LatencyHistograms, merge_histograms
from ovtui.metrics.latency.latency import Latency, LatencyKind, rounded_ms
from ovtui.metrics.latency.samples import KINDS, MeasuredRequests, measured_requests
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import LATENCY_MS, Flag, Records
from ovtui.settings.schema.settings import WarmUpRule

WarmUpClass = Literal["counted", "pending", "warming", "first"]
"""How a latency stands to the warm-up rule: it counts; it is not decided yet; the rule leaves it out as warm-up; it is
an engine's first inference."""
_KEPT_WAITING = Flag.LATE | Flag.QUEUED
KEPT_CLASSES: dict[WarmUpRule, tuple[WarmUpClass, ...]] = {
    "rule": ("counted", "pending"),
    "first": ("counted", "pending", "warming"),
    "none": ("counted", "pending", "warming", "first"),
}
"""The classes that count under each rule."""


class Tally:
    """Sums over a group of requests; tallies can be merged. Takes 100 KiB for any number of requests, and three times
    that if the group has a warm-up. Owner: Breakdowns."""

    __slots__ = (
        "completed",
        "deduced",
        "deduced_stood_in",
        "errors",
        "held",
        "histograms_by_class",
        "itemised",
        "items",
        "kept_waiting",
        "late",
        "measured",
        "sizes",
        "stood_in",
        "timed_out",
        "waiting",
    )  # fmt: skip

    def __init__(self) -> None:
        self.completed = 0
        """Completed requests, first inferences and errors included."""
        self.measured = 0
        """Completed requests without errors and without engines' first inferences."""
        self.errors = 0
        self.late = 0
        self.kept_waiting = 0
        """Late requests that found no idle infer request."""
        self.histograms_by_class: dict[WarmUpClass, LatencyHistograms] = {"counted": _empty_histograms()}
        self.sizes: dict[int, int] = {}
        """Measured requests by the size of the batch that they ran in; requests of unknown batch size are missing."""
        self.held: dict[int, int] = {}
        """Those of `sizes` whose batch was full and held until the timer."""
        self.deduced = 0
        """Those of `sizes` whose batch size is deduced, not known."""
        self.deduced_stood_in = 0
        """Those of them that AUTO's stand-in served."""
        self.timed_out = 0
        """Measured requests that ran alone after the timer, as recorded: this count never falls."""
        self.stood_in = 0
        """Measured requests that AUTO's stand-in served, each alone. Counted by Breakdowns."""
        self.itemised = self.items = 0
        """Succeeded requests of which it is known how many items they held; these items. Counted by Breakdowns."""
        self.waiting = BatchWait()
        """Time spent waiting for batches. Breakdowns fills it."""

    def add(self, records: Records, known: MeasuredRequests | None = None) -> None:
        """Counts [n] records, their latencies as "counted". `known`: the measured ones of them, if the caller has
        them."""
        if len(records) == 0:
            return
        flags = records["flags"]
        self.completed += len(records)
        if flags.any():
            self.errors += int(np.count_nonzero(flags & Flag.ERROR))
            self.late += int(np.count_nonzero(flags & Flag.LATE))
            self.kept_waiting += int(np.count_nonzero((flags & _KEPT_WAITING) == _KEPT_WAITING))
            self._add_first(records[(flags & Flag.WARM_UP != 0) & (flags & Flag.ERROR == 0)])
        good = measured_requests(records) if known is None else known
        if len(good) == 0:
            return
        self.measured += len(good)
        for kind in KINDS:
            self.counted_histograms[kind].add(good.ms[kind], good.buckets[kind])
        rows = good.rows
        for size, count in enumerate(np.bincount(rows["batch_size"])[1:].tolist(), 1):
            if count:
                self.sizes[size] = self.sizes.get(size, 0) + count
        if flags.any():
            alone = (rows["flags"] & Flag.TIMED_OUT != 0) & (rows["batch_size"] == 1)
            self.timed_out += int(np.count_nonzero(alone))
            held = rows["batch_size"][rows["flags"] & Flag.HELD != 0]
            for size in np.unique(held).tolist():
                self.held[size] = self.held.get(size, 0) + int(np.count_nonzero(held == size))
            deduced = rows["flags"] & Flag.DEDUCED_SIZE != 0
            if deduced.any():
                self.deduced += int(np.count_nonzero(deduced))
                self.deduced_stood_in += int(np.count_nonzero(rows["device"][deduced] == STAND_IN))

    def _add_first(self, rows: Records) -> None:
        if len(rows):
            spread = self.histograms_by_class.setdefault("first", _empty_histograms())
            for kind in KINDS:
                spread[kind].add(LATENCY_MS[kind](rows))

    def merge(self, other: Tally, part: WarmUpClass = "counted") -> None:
        """Adds `other`. `part`: the class to which the "counted" latencies of `other` are added."""
        self.completed += other.completed
        self.measured += other.measured
        self.errors += other.errors
        self.late += other.late
        self.kept_waiting += other.kept_waiting
        self.deduced += other.deduced
        self.deduced_stood_in += other.deduced_stood_in
        self.timed_out += other.timed_out
        self.stood_in += other.stood_in
        self.itemised += other.itemised
        self.items += other.items
        self.waiting.merge(other.waiting)
        for theirs, spread in other.histograms_by_class.items():
            self.merge_histograms(spread, part if theirs == "counted" else theirs)
        for size, count in other.sizes.items():
            self.sizes[size] = self.sizes.get(size, 0) + count
        for size, count in other.held.items():
            self.held[size] = self.held.get(size, 0) + count

    def merge_histograms(self, spread: LatencyHistograms, part: WarmUpClass) -> None:
        mine = self.histograms_by_class.get(part)
        if mine is None:
            mine = self.histograms_by_class[part] = _empty_histograms()
        for kind in KINDS:
            mine[kind].merge(spread[kind])

    def settle(self) -> None:
        """Drops the pending latencies. Called after the decision, when Breakdowns has added them to their class."""
        self.histograms_by_class.pop("pending", None)

    @property
    def counted_histograms(self) -> LatencyHistograms:
        """The latencies that count under every rule."""
        return self.histograms_by_class["counted"]

    @property
    def first_inference_ms(self) -> float | None:
        """The longest of those marked as first; None where none is."""
        first = self.histograms_by_class.get("first")
        return rounded_ms(first["inference"].max_ms) if first is not None else None

    def spread(self, rule: WarmUpRule) -> LatencyHistograms:
        """The latencies that count under a rule. The caller must not change them."""
        parts = [self.histograms_by_class[part] for part in KEPT_CLASSES[rule] if part in self.histograms_by_class]
        if len(parts) == 1:
            return parts[0]
        return {kind: merge_histograms(part[kind] for part in parts) for kind in KINDS}

    def cut(self, rule: WarmUpRule) -> int:
        """The number of requests whose latencies a rule leaves out."""
        kept = KEPT_CLASSES[rule]
        return sum(spread["response"].count for part, spread in self.histograms_by_class.items() if part not in kept)

    @property
    def largest_batch(self) -> int | None:
        """The batch size as seen; None if no batch ran. OpenVINO runs full batches or single requests, nothing in
        between, so the largest size is the batch size."""
        largest = max(self.sizes, default=1)
        return largest if largest > 1 else None

    def latency(self, rule: WarmUpRule) -> dict[LatencyKind, Latency]:
        return {kind: histogram.latency() for kind, histogram in self.spread(rule).items()}

    def batches(self, judgements: Judgements) -> BatchShares:
        """How the measured requests ran, those alone as they are judged. Requests that AUTO's stand-in served are left
        out, because it cannot batch, unless nothing else served."""
        together = {size: count for size, count in self.sizes.items() if size > 1}
        known = sum(self.sizes.values())
        stood_in = self.stood_in if self.stood_in < known else 0
        deduced = self.deduced - (self.deduced_stood_in if stood_in else 0)
        certainty = self.waiting.certainty(judgements)
        timed_out = self.waiting.timer_runs(judgements)
        return BatchShares(
            known=known - stood_in,
            deduced=deduced,
            unknown=self.measured - known,
            batched=sum(together.values()),
            held=sum(self.held.values()),
            timed_out=timed_out,
            single=self.sizes.get(1, 0) - timed_out - stood_in,
            stood_in=stood_in,
            # By size and not by id: ids may be unknown, and a batch that is split over two updates counts once.
            batches=sum(-(-count // size) for size, count in together.items()),
            held_batches=sum(-(-count // size) for size, count in self.held.items()),
            withdrawn=self.waiting.withdrawn(judgements),
            undecided=self.waiting.undecided(judgements),
            size=self.largest_batch,
            first_wait=self.waiting.first_wait(),
            cost_ms=rounded_ms(self.waiting.cost_ms(judgements)),
            held_wait_ms=rounded_ms(self.waiting.held_wait_ms()),
            # Of deduced batches no wait is exact.
            cost_certainty=Certainty.ESTIMATED if deduced and certainty is Certainty.EXACT else certainty,
        )


def _empty_histograms() -> LatencyHistograms:
    return {kind: Histogram() for kind in KINDS}
