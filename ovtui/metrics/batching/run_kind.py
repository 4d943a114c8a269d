"""How requests ran, for the newest ones that are kept whole: what is looked at only now and then is not counted with
every update."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ovtui.metrics.judgement.bimodality import find_two_modes
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import measured_records
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.records.device_codes import name_of
from ovtui.records.record import LATENCY_MS, Flag, Records

MAJORITY = 0.8
"""Of a group, and of a side: more than so much of it."""


class RunKind(IntEnum):
    UNKNOWN = 0
    ALONE = 1
    TIMER = 2
    """Alone, after the batch timer."""
    BATCHED = 3

    @property
    def words(self) -> str:
        return {"UNKNOWN": "runs unknown", "ALONE": "alone", "TIMER": "timer runs", "BATCHED": "full batches"}[
            self.name
        ]


def run_kinds_of(records: Records) -> npt.NDArray[np.int64]:
    """[n] Way of each."""
    size = records["batch_size"]
    timer = (size == 1) & (records["flags"] & Flag.TIMED_OUT != 0)
    return np.select(
        [size > 1, timer, size == 1], [RunKind.BATCHED, RunKind.TIMER, RunKind.ALONE], RunKind.UNKNOWN
    ).astype(np.int64)


def histograms_by_run_kind(history: RequestHistory, kind: LatencyKind, segment: int | None) -> dict[str, Histogram]:
    """The latencies of the newest requests by how they ran; of one segment, or of all. Costs 5 ms."""
    rows = _newest(history, segment)
    ways, values_ms = run_kinds_of(rows), LATENCY_MS[kind](rows)
    return {way.words: _histogram(values_ms[ways == way]) for way in RunKind if (ways == way).any()}


def describe_mode_groups(history: RequestHistory, segment: int, device: int | None, histogram: Histogram) -> str:
    """What lies on either side of the valley of a distribution of inference with two modes, as words; empty where no
    known groups make up most of both sides. `device`: whose distribution it is; None for all devices'."""
    modes = find_two_modes(histogram.counts)
    if modes is None:
        return ""
    rows = _newest(history, segment)
    if device is not None:
        rows = rows[rows["device"] == device]
    values_ms, ways = LATENCY_MS["inference"](rows), run_kinds_of(rows)
    devices = {name_of(code): rows["device"] == code for code in np.unique(rows["device"]).tolist()}
    for groups in (devices, {way.words: ways == way for way in RunKind}):
        low, high = (
            _groups_of_side(groups, side) for side in (values_ms < modes.border_ms, values_ms >= modes.border_ms)
        )
        if low and high:
            return f"{', '.join(low)} and {', '.join(high)}"
    return ""


def _groups_of_side(groups: dict[str, npt.NDArray[np.bool_]], side: npt.NDArray[np.bool_]) -> list[str]:
    """The groups that lie on that side for the most part, where they are most of it; none otherwise."""
    found = {name: here for name, here in groups.items() if (here & side).sum() > MAJORITY * here.sum()}
    covered = sum(int((here & side).sum()) for here in found.values())
    return list(found) if covered > MAJORITY * side.sum() else []


def _newest(history: RequestHistory, segment: int | None) -> Records:
    rows = measured_records(history.tail(len(history)))
    return rows if segment is None else rows[rows["segment"] == segment]


def _histogram(values_ms: npt.NDArray[np.float64]) -> Histogram:
    histogram = Histogram()
    histogram.add(values_ms)
    return histogram
