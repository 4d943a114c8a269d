"""Requests by data shape, over the run and in the segment in force. A group is known by the shape's text: a shape is
one group in all segments that give it, whatever its number in each.

What waits for the end of a warm-up is kept as records and not as histograms by block, of which there would be 100 KiB
for each shape and block."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from ovtui.metrics.groups.tally import Tally, WarmUpClass
from ovtui.metrics.latency.samples import measured_requests
from ovtui.records.data_shapes import DataShapes
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Flag, Records

GROUPS = 64
"""Shapes of a session that have a group of their own, the first ones that were given: 100 KiB each, and twice that with
its first inferences. Further ones are counted together."""
OTHER_SHAPES = "other shapes"


class ByShape:
    """Owner: Breakdowns. 1,250 records of 2 shapes cost 0.5 ms, of 64 shapes and more 7.5 ms."""

    def __init__(self) -> None:
        self.known = DataShapes()
        self.run: dict[str, Tally] = {}
        """By the shape's text."""
        self.segment: dict[str, Tally] = {}
        """Of the newest segment that is no side of a trial."""
        self._segment = -1
        self._pending: dict[int, list[Records]] = {}
        """By the id of the warm-up block that they wait for."""

    def begin_segment(self, event: SegmentBegan) -> None:
        if event.segment > self._segment and not event.trial:
            self._segment, self.segment = event.segment, {}

    def items(self, rows: Records) -> tuple[int, int]:
        """Of [n] records of one segment, n > 0: how many succeeded, and the items that these held; the former is 0
        where it is not known how many."""
        segment = int(rows["segment"][0])
        succeeded = rows["flags"] & Flag.ERROR == 0
        count, each = int(np.count_nonzero(succeeded)), self.known.items_of(segment)
        if each is not None:
            return count, count * each
        shapes = [shape.items for shape in self.known.of_segment(segment)]
        turns = np.bincount(rows["data_shape"][succeeded])
        if not shapes or None in shapes or len(turns) > len(shapes):
            return 0, 0
        return count, int(turns @ np.array(shapes[: len(turns)], np.int64)) if count else 0

    def add(self, rows: Records, part: WarmUpClass, block: object | None) -> None:
        """Counts [n] records of one segment, n > 0; `part` and `block` as for LimitCounts.add."""
        segment = int(rows["segment"][0])
        if not self.known.of_segment(segment):
            return
        if block is not None:
            self._pending.setdefault(id(block), []).append(rows.copy())
        for group, of_group in self._divided(rows):
            if part == "counted":
                known = measured_requests(of_group)
                for tally in self._tallies_of(segment, group):
                    tally.add(of_group, known)
                continue
            piece = Tally()
            piece.add(of_group)
            for tally in self._tallies_of(segment, group):
                tally.merge(piece, part)

    def settle(self, block: object, part: WarmUpClass) -> None:
        """Counts the latencies that waited for a warm-up block."""
        for rows in self._pending.pop(id(block), []):
            for group, of_group in self._divided(rows):
                piece = Tally()
                piece.add(of_group)
                for tally in self._tallies_of(int(rows["segment"][0]), group):
                    tally.merge_histograms(piece.counted_histograms, part)

    def all_tallies(self) -> Iterator[Tally]:
        yield from self.run.values()
        yield from self.segment.values()

    def _divided(self, rows: Records) -> Iterator[tuple[str, Records]]:
        """Name and records of each group among [n] records of one segment, those without a known shape left out."""
        segment, indices = int(rows["segment"][0]), rows["data_shape"]
        own = set(islice(self.known.newest, GROUPS))
        by_group: dict[str, list[int]] = {}
        for index in np.unique(indices).tolist():
            text = self.known.text(segment, index)
            if text:
                by_group.setdefault(text if text in own else OTHER_SHAPES, []).append(index)
        for group, of_group in by_group.items():
            yield group, rows[np.isin(indices, of_group) if len(of_group) > 1 else indices == of_group[0]]

    def _tallies_of(self, segment: int, group: str) -> Iterator[Tally]:
        for groups in (self.run, self.segment) if segment == self._segment else (self.run,):
            if group not in groups:
                groups[group] = Tally()
            yield groups[group]
