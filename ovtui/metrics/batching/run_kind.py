"""Latencies by the kind of run (full batch, held batch, timer run, alone), computed from the kept records. This is
asked for only now and then, so it is not counted with every update."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from ovtui.metrics.judgement.bimodality import find_two_modes
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.records.arrays import Bools, Floats, Ints
from ovtui.records.data_shapes import NO_DATA_SHAPES, DataShapes
from ovtui.records.device_codes import name_of
from ovtui.records.record import LATENCY_MS, Flag, Records

MAJORITY = 0.8
"""A group belongs to a side if more than this share of it lies there; groups explain a side if they make up more than
this share of it."""

MAX_NAMES = 3
"""Groups of a side that are named."""


class RunKind(IntEnum):
    UNKNOWN = 0
    ALONE = 1
    TIMER = 2
    """Alone, after the batch timer."""
    BATCHED = 3
    HELD = 4
    """In a full batch that was held until the timer."""

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    RunKind.UNKNOWN: "runs unknown",
    RunKind.ALONE: "alone",
    RunKind.TIMER: "timer runs",
    RunKind.BATCHED: "full batches",
    RunKind.HELD: "full, held",
}


def run_kinds_of(records: Records) -> Ints:
    """[n] RunKind of each record."""
    size = records["batch_size"]
    timer = (size == 1) & (records["flags"] & Flag.TIMED_OUT != 0)
    return np.select(
        [(size > 1) & (records["flags"] & Flag.HELD != 0), size > 1, timer, size == 1],
        [RunKind.HELD, RunKind.BATCHED, RunKind.TIMER, RunKind.ALONE],
        RunKind.UNKNOWN,
    ).astype(np.int64)


def histograms_by_run_kind(rows: Records, kind: LatencyKind) -> dict[str, Histogram]:
    """The latencies of [n] requests by label of their run kind. Costs 5 ms for as many as a RequestHistory keeps."""
    kinds, values_ms = run_kinds_of(rows), LATENCY_MS[kind](rows)
    return {run.label: _histogram(values_ms[kinds == run]) for run in RunKind if (kinds == run).any()}


def describe_mode_groups(
    rows: Records, device: int | None, histogram: Histogram, shapes: DataShapes = NO_DATA_SHAPES
) -> str:
    """Which of [n] requests make up the two modes of an inference latency distribution, as in "GPU.0 and (CPU)"; empty
    if neither devices nor data shapes nor run kinds account for most of both modes.

    `histogram`: the distribution of `device`, or of all devices for None. `shapes`: the session's."""
    modes = find_two_modes(histogram.counts)
    if modes is None:
        return ""
    if device is not None:
        rows = rows[rows["device"] == device]
    values_ms, kinds = LATENCY_MS["inference"](rows), run_kinds_of(rows)
    devices = {name_of(code): rows["device"] == code for code in np.unique(rows["device"]).tolist()}
    texts = np.array(shapes.texts(rows))
    by_shape = {text: texts == text for text in shapes.newest}
    for groups in (devices, by_shape, {run.label: kinds == run for run in RunKind}):
        low, high = (
            _groups_of_side(groups, side) for side in (values_ms < modes.border_ms, values_ms >= modes.border_ms)
        )
        if low and high:
            return f"{_listed(low)} and {_listed(high)}"
    return ""


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (f" (and {more} more)" if more > 0 else "")


def _groups_of_side(groups: dict[str, Bools], side: Bools) -> list[str]:
    """The names of the groups that lie mostly on this side, if together they make up most of it; else none."""
    found = {name: group for name, group in groups.items() if (group & side).sum() > MAJORITY * group.sum()}
    covered = sum(int((group & side).sum()) for group in found.values())
    return list(found) if covered > MAJORITY * side.sum() else []


def _histogram(values_ms: Floats) -> Histogram:
    histogram = Histogram()
    histogram.add(values_ms)
    return histogram
