"""The load of one recording that is compared with that of another: which it is, its figures with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.confidence.dependence import long_run_variance
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.latency.histogram import BUCKETS, Histogram, bucket_edges_ms, percentile_buckets, samples_needed
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.queries.power import part_power, segment_power
from ovtui.metrics.recorded.cells import RecordedCells
from ovtui.metrics.recorded.intervals import (
    CONFIDENCE,
    LEAST_CELLS,
    LEAST_LOOKS,
    STANDARD_ERRORS,
    Interval,
    Z,
    around,
    percentile_shares,
)
from ovtui.records.device_codes import name_of
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Records

PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0, "p99.9": 99.9}
MANY_ERRORS = 0.01
"""Share of failed requests from which it is said that the latencies are of the others."""
NO_RATE = "fewer than two rounds of the infer requests came back"


class NoSuchLoad(ValueError):
    """The recording holds no load that could be compared. The text is the reason, one sentence without its name."""


@dataclass(frozen=True, slots=True)
class SideFigure:
    """One figure of one recording: ms, 1/s, a share from 0 to 1, or joules an inference."""

    value: float | None = None
    interval: Interval | None = None
    """What it may be, with CONFIDENCE, by what varied while the load lasted."""
    why: str = ""
    """What of this recording keeps it from having a value or an interval: '120 requests'."""
    needs: str = ""
    """What it would take: 'p99 needs 662'; empty where that cannot be said."""
    times: float | None = None
    """About how many times as many requests that would be; None where that is plain, or cannot be said."""


@dataclass(frozen=True, slots=True)
class RecordedLoad:
    began: SegmentBegan
    segments: int
    """That the recording has had."""
    is_side: bool
    """One side of a trial: its turns together, with the guards between them."""
    device: str
    """The device whose part of the segment this is, where others served in it, too; else empty."""
    devices: tuple[str, ...]
    """Those that served."""
    requests: int
    """Whose latencies count."""
    completed: int
    span_s: float | None
    histogram: Histogram
    kind: LatencyKind
    remarks: tuple[str, ...]
    """What is to be known of it before it is compared: each goes on from the side's name, 'A was overloaded: ...'."""
    figures: dict[str, SideFigure]
    """By the names of UNITS in schema.py."""


def find_segment(digest: Digest, number: int | None) -> SegmentBegan:
    """The segment of that number, or with None the one in force. Raises NoSuchLoad."""
    state = digest.session_state
    if number is None:
        if state.segment is None:
            raise NoSuchLoad("no load began in it" + (f"; {state.failure}" if state.failure else ""))
        return state.segment
    found = next((began for began in state.segments if began.segment == number), None)
    if found is None:
        have = sorted(began.segment for began in state.segments)
        raise NoSuchLoad(f"there is no segment {number}; it has {_ranges(have)}")
    return found


def load_of(digest: Digest, chunks: Iterable[Records], number: int | None, kind: LatencyKind) -> RecordedLoad:
    """`digest`: of the whole recording. `chunks`: all its records once more; they are marked. Raises NoSuchLoad."""
    began = find_segment(digest, number)
    in_force, state = digest.in_force, digest.session_state
    device = in_force.device if state.segment is not None and began.segment == state.segment.segment else None
    group = digest.segment(began.segment) if device is None else digest.part(began.segment, device)
    if not group.completed:
        others = sorted(number for number, each in digest.segments.items() if each.measured)
        have = f"; {_ranges(others)} of it do" if others else ""
        raise NoSuchLoad(f"its segment {began.segment} holds no request{have}")
    latency, histogram = group.latency[kind], group.histogram(kind)
    values = {name: value for name in PERCENTILES if (value := latency_figure(latency, name)) is not None}
    cells = RecordedCells(values, kind)
    for rows in chunks:
        own = rows["segment"] == began.segment
        if device is not None:
            own &= rows["device"] == device
        chosen = rows[own]
        digest.mark_left_out(chosen)
        cells.add(chosen)
    served = [
        code for segment, code in digest.parts if segment == began.segment and digest.part(segment, code).measured
    ]
    return RecordedLoad(
        began=began,
        segments=max(each.segment for each in state.segments),
        is_side=bool(began.trial),
        device="" if device is None else name_of(device),
        devices=tuple(map(name_of, sorted(served))),
        requests=histogram.count,
        completed=group.completed,
        span_s=group.span_s,
        histogram=histogram,
        kind=kind,
        remarks=_remarks(digest, began, group, chosen=number is not None),
        figures={
            "throughput": _throughput(group, cells),
            **{name: _percentile(name, latency, histogram, cells) for name in PERCENTILES},
            "mean": _mean(latency, cells),
            "max": SideFigure(latency.max, None, needs="the highest of a run has no interval"),
            "errors": SideFigure(group.error_share, cells.error_share()),
            "joules": _joules(digest, began.segment, device),
        },
    )


def latency_figure(latency: Latency, name: str) -> float | None:
    """'p99.9' of a Latency, ms; None without enough samples."""
    value: float | None = getattr(latency, name.replace(".", ""))
    return value


def _throughput(group: GroupFigures, cells: RecordedCells) -> SideFigure:
    value = group.throughput if group.completed > 1 else None
    if value is None:
        return SideFigure(None, None, NO_RATE)
    shares = cells.completions()
    if shares is None:
        return SideFigure(value, None, "nothing succeeded")
    return SideFigure(value, Interval(value * shares.low, value * shares.high))


def _percentile(name: str, latency: Latency, histogram: Histogram, cells: RecordedCells) -> SideFigure:
    q, value, n = PERCENTILES[name], latency_figure(latency, name), histogram.count
    if value is None:
        return SideFigure(None, None, _quantity(n), f"{name} needs {samples_needed(q):,}")
    if not cells.requests:
        return SideFigure(value, None, "requests that cannot be read again")
    independent = cells.independent(name)
    needs = max(math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(q / 100)), math.ceil(LEAST_LOOKS))
    amounts = f"{_quantity(n)} worth {max(int(independent), 1):,} independent ones"
    low, high = percentile_shares(q, independent)
    if high is None or independent < LEAST_LOOKS:
        return SideFigure(value, None, amounts, f"an interval of {name} needs {needs:,}", needs / max(independent, 1.0))
    return SideFigure(value, _between(histogram, value, low, high))


def _quantity(requests: int) -> str:
    return number_format.quantity(requests, "request") if requests else "no request that counts"


def _mean(latency: Latency, cells: RecordedCells) -> SideFigure:
    found = cells.mean_ms()
    if latency.mean is None or found is None:
        few = "worth a few independent ones" if latency.count >= LEAST_LOOKS else ""
        return SideFigure(latency.mean, None, f"{_quantity(latency.count)} {few}".rstrip(), "a mean needs more")
    # The cells hold what could be read again; the figure is the one of every surface.
    return SideFigure(latency.mean, Interval(min(found.low, latency.mean), max(found.high, latency.mean)))


def _remarks(digest: Digest, began: SegmentBegan, group: GroupFigures, *, chosen: bool) -> tuple[str, ...]:
    """`chosen`: the segment was named."""
    state, found = digest.session_state, []
    if not chosen and (studies := sum(len(study.points) for study in state.studies)):
        points = number_format.quantity(studies, "point")
        found.append(f"holds a study of {points}: its segment {began.segment} is compared, others by their number")
    if not chosen and state.trials:
        numbers = {turn.side: turn.segment for turn in state.trials[-1].turns}
        sides = " and ".join(f"{number} ({side})" for side, number in sorted(numbers.items()))
        found.append(f"holds a trial, whose sides are its segments {sides}: its segment {began.segment} is compared")
    queue = digest.queue() if state.segment is not None and began.segment == state.segment.segment else None
    if queue is not None and queue.overloaded:
        found.append(f"was {queue.sentence}: its responses grow with the length of the run")
    if group.errors and group.errors >= MANY_ERRORS * group.completed:
        share = number_format.share(group.error_share)
        found.append(f"failed in {share} of its requests: latencies are of those that succeeded")
    return tuple(found)


def _between(histogram: Histogram, value_ms: float, low: float, high: float) -> Interval:
    """The outer edges of the buckets in which these shares of the requests end, within the extremes: the figure itself
    is the middle of one."""
    cumulated, edges_ms = np.cumsum(histogram.counts), bucket_edges_ms()
    first = int(percentile_buckets(cumulated, 100 * low)) if low > 0 else 0
    last = min(int(percentile_buckets(cumulated, 100 * high)), BUCKETS - 1)
    low_ms, high_ms = max(float(edges_ms[first]), histogram.min_ms), min(float(edges_ms[last + 1]), histogram.max_ms)
    return Interval(min(low_ms, value_ms), max(high_ms, value_ms))


def _joules(digest: Digest, segment: int, device: int | None) -> SideFigure:
    """Joules an inference, by the source that says most of the device."""
    power = segment_power(digest, segment) if device is None else part_power(digest, segment, device)
    main = power.main
    if main is None or main.joules_per_inference is None:
        return SideFigure(None, None, "no counter of power" if not power.sources else "too few readings of power")
    line = digest.telemetry.watts.by_name[main.name]
    work = digest.work(segment if device is None else [(segment, device)])
    parts = [part for span in work.times for part in line.covered(span)]
    cells = [cell for part in parts for cell in _seconds(*part)]
    if len(cells) < LEAST_CELLS:
        few = f"{number_format.quantity(len(cells), 'second')} of readings"
        return SideFigure(main.joules_per_inference, None, few, f"an interval needs {LEAST_CELLS}")
    used, done = np.array([line.joules(cell) for cell in cells]), np.array([work.succeeded([cell]) for cell in cells])
    variance, error = long_run_variance(used, done)
    half = Z * math.sqrt(float(variance) * (1 + STANDARD_ERRORS * float(error))) / float(done.sum())
    each = main.joules_per_inference
    return SideFigure(each, around(each, half))


_MOST_CELLS = 1024


def _seconds(since_ns: int, until_ns: int) -> list[tuple[int, int]]:
    """A covered part in pieces of about a second, in which there is a reading each; at most _MOST_CELLS."""
    n = min(max((until_ns - since_ns) // 1_000_000_000, 1), _MOST_CELLS)
    edges = [since_ns + (until_ns - since_ns) * at // n for at in range(n + 1)]
    return list(pairwise(edges))


def _ranges(numbers: list[int]) -> str:
    """'segment 1', 'segments 1 to 3, 5'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    texts = [str(low) if low == high else f"{low} to {high}" for low, high in runs]
    return ("segment " if len(numbers) == 1 else "segments ") + ", ".join(texts)
