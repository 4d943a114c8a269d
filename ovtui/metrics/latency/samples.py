"""Measured requests: which records count for latency, and their latencies and buckets, computed once per update."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics.latency.histogram import bucket_indices
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.records.arrays import Floats, Ints
from ovtui.records.record import LATENCY_MS, UNMEASURED, Records

KINDS: tuple[LatencyKind, ...] = ("inference", "service", "response")


@dataclass(frozen=True, slots=True)
class MeasuredRequests:
    rows: Records
    """[n] records without engines' first inferences and without errors."""
    ms: dict[LatencyKind, Floats]
    """[n] latencies of each kind."""
    buckets: dict[LatencyKind, Ints]
    """[n] Histogram bucket numbers of each kind."""

    def __len__(self) -> int:
        return len(self.rows)


def measured_records(records: Records) -> Records:
    """The records that latency, batching and throughput are computed from: no first inferences, no errors."""
    good = (records["flags"] & UNMEASURED) == 0
    return records if good.all() else records[good]


def measured_requests(records: Records) -> MeasuredRequests:
    rows = measured_records(records)
    ms = {kind: LATENCY_MS[kind](rows) for kind in KINDS}
    return MeasuredRequests(rows, ms, {kind: bucket_indices(values) for kind, values in ms.items()})
