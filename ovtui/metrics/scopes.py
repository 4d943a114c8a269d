"""Every group of requests that figures are kept of (the run, segments, devices, ways of running), counted together.

While it is open how much of an engine's start is warm-up, latencies are counted as pending; see metrics.warm_up."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from ovtui.metrics.batch_seconds import BatchSeconds
from ovtui.metrics.gathering import Fired, Gatherer, key_of
from ovtui.metrics.histogram import Histogram
from ovtui.metrics.measured import Measured, measured_of
from ovtui.metrics.modes import modes_of
from ovtui.metrics.tally import Part, Tally
from ovtui.metrics.warm_up import Block, WarmUp
from ovtui.records.devices import name_of
from ovtui.records.events import SegmentBegan
from ovtui.records.layout import Flag, Records, empty, join

SEGMENTS = 64
"""Segments whose distributions are kept: 6.4 MB, and as much again for each device. The run's figures hold all."""


class Way(IntEnum):
    """How a request ran."""

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


class Scopes:
    """Owner: the Digest."""

    def __init__(self) -> None:
        self.run = Tally()
        self.segments: dict[int, Tally] = {}
        """By the records' own `segment`: a late record of an old segment belongs to the old one."""
        self.devices: dict[int, Tally] = {}
        """By device code."""
        self.ways: dict[Way, Tally] = {}
        self.ways_of: dict[tuple[int, Way], Tally] = {}
        """By segment and way, as long as the segment's tally is kept."""
        self.parts: dict[tuple[int, int], Tally] = {}
        """By segment and device code, as long as the segment's tally is kept."""
        self.first_done_ns: dict[tuple[int, int], int] = {}
        """By segment and device code: when its first request came back. Of every segment, a few bytes each."""
        self.warm_ups: dict[int, WarmUp] = {}
        """By engine."""
        self.batch_seconds = BatchSeconds()
        self._gatherer = Gatherer()
        self._engine_of: dict[int, int] = {}
        """By segment."""
        self._open: WarmUp | None = None
        """That of the newest engine, until it is decided."""
        self._newest_segment = -1
        self._early = empty()

    def began(self, event: SegmentBegan) -> None:
        """An engine's first segment opens its warm-up."""
        self._engine_of[event.segment] = event.engine
        if event.engine not in self.warm_ups:
            self.end_warm_up()
            self._open = self.warm_ups[event.engine] = WarmUp(event.t_ns, event.first_seq, event.nireq)

    def end_warm_up(self) -> None:
        """What is open is decided by what is known now."""
        if self._open is not None:
            self._open.settle()
            self._settle(self._open)

    def add(self, records: Records, known: Measured, *, final: bool = False) -> None:
        """Counts [n] records; `known`: the measured ones. Records that overtook the event of their segment wait for
        one update, unless this is the `final` one."""
        if len(self._early):
            early, self._early = self._early, empty()
            records = join((early, records))
            known = measured_of(records)
        elif self._engine_of and not final:
            early_ones = records["segment"] > max(self._engine_of)
            if early_ones.any():
                self._early, records = records[early_ones], records[~early_ones]
                known = measured_of(records)
        if not len(records):
            return
        if self._open is None:
            self._tally(records, known)
        else:
            self._add_while_open(self._open, records)
        fired = self._gatherer.add(records)
        self.batch_seconds.add(records, fired)
        if fired is not None:
            self._count_fired(fired)

    def split_by(self, segment: int, histogram: Histogram) -> str:
        """What lies on either side of the valley of a distribution with two modes, as words; empty where no group of
        requests that is known lies on one side as a whole."""
        modes = modes_of(histogram.counts)
        if modes is None:
            return ""
        devices = {name_of(device): tally for (number, device), tally in self.parts.items() if number == segment}
        ways = {way.words: tally for (number, way), tally in self.ways_of.items() if number == segment}
        for groups in (devices, ways):
            medians = {name: tally.latencies["inference"] for name, tally in groups.items()}
            low = [name for name, group in medians.items() if group.count and _median(group) < modes.border_ms]
            high = [name for name, group in medians.items() if group.count and _median(group) >= modes.border_ms]
            if low and high:
                return f"{', '.join(low)} and {', '.join(high)}"
        return ""

    def _add_while_open(self, open_: WarmUp, records: Records) -> None:
        engine = next(number for number, warm_up in self.warm_ups.items() if warm_up is open_)
        segments = [segment for segment, owner in self._engine_of.items() if owner == engine]
        mine = np.isin(records["segment"], segments) & (records["flags"] & (Flag.ERROR | Flag.WARM_UP) == 0)
        self._tally(records[~mine])
        rows = records[mine]
        filling = open_.fills_the_pool(rows)
        self._tally(rows[filling], part="pending", block=open_.filling)
        for chunk, block in open_.cut(rows[~filling]):
            self._tally(chunk, part="pending" if block is not None else "counted", block=block)
        if open_.decided:
            self._settle(open_)

    def _settle(self, decided: WarmUp) -> None:
        for block in (decided.filling, *decided.blocks):
            part: Part = "counted" if decided.counts(block) else "warming"
            for (segment, device, way), spread in block.parts.items():
                for scope in self._scopes(segment, device, Way(way)):
                    scope.merge_spread(spread, part)
        for scope in self._every():
            scope.settle()
        decided.filling.parts.clear()
        decided.blocks.clear()
        self._open = None

    def _every(self) -> Iterator[Tally]:
        yield self.run
        for group in (self.segments, self.devices, self.ways, self.ways_of, self.parts):
            yield from group.values()

    def _tally(
        self, records: Records, known: Measured | None = None, part: Part = "counted", block: Block | None = None
    ) -> None:
        if not len(records):
            return
        keys = _keys(records)
        alike = bool((keys == keys[0]).all())
        for key in [int(keys[0])] if alike else np.unique(keys).tolist():
            chosen = records if alike else records[keys == key]
            segment, device, way = key >> 16, key >> 8 & 0xFF, Way(key & 0xFF)
            piece = Tally()
            piece.add(chosen, known if alike else None)
            piece.waiting.add_alone(key_of(segment, device), chosen)
            for scope in self._scopes(segment, device, way):
                scope.merge(piece, part)
            if block is not None:
                block.add((segment, device, way), piece.latencies)
            done_ns = int(chosen["done_ns"].min())
            at = segment, device
            self.first_done_ns[at] = min(self.first_done_ns.get(at, done_ns), done_ns)

    def _scopes(self, segment: int, device: int, way: Way) -> Iterator[Tally]:
        yield self.run
        yield self.devices.setdefault(device, Tally())
        yield self.ways.setdefault(way, Tally())
        kept = self._segment(segment)
        if kept is not None:
            yield kept
            yield self.parts.setdefault((segment, device), Tally())
            yield self.ways_of.setdefault((segment, way), Tally())

    def _count_fired(self, fired: Fired) -> None:
        self.run.waiting.add_fired(fired)
        for number in np.unique(fired.key >> 8).tolist():
            segment = self._segment(number)
            if segment is not None:
                segment.waiting.add_fired(fired.of_segment(number))

    def _segment(self, number: int) -> Tally | None:
        """The segment's tally; None for one so old that it was dropped."""
        if number > self._newest_segment:
            self._newest_segment = number
            for old in [kept for kept in self.segments if kept <= number - SEGMENTS]:
                del self.segments[old]
            for group in (self.parts, self.ways_of):
                for key in [kept for kept in group if kept[0] <= number - SEGMENTS]:
                    del group[key]  # type: ignore[arg-type]
        if number <= self._newest_segment - SEGMENTS:
            return None
        return self.segments.setdefault(number, Tally())


def _median(histogram: Histogram) -> float:
    return histogram.percentile(50) or 0.0


def _keys(records: Records) -> npt.NDArray[np.int64]:
    """[n] segment, device and way of each, as one number."""
    keys: npt.NDArray[np.int64] = (records["segment"].astype(np.int64) << 8 | records["device"]) << 8
    size = records["batch_size"]
    if (size == size[0]).all() and not (records["flags"] & Flag.TIMED_OUT).any():
        keys |= int(_way(int(size[0])))
        return keys
    timer = (size == 1) & (records["flags"] & Flag.TIMED_OUT != 0)
    ways = np.select([size > 1, timer, size == 1], [Way.BATCHED, Way.TIMER, Way.ALONE], Way.UNKNOWN)
    keys |= ways
    return keys


def _way(size: int) -> Way:
    return Way.BATCHED if size > 1 else Way(size)
