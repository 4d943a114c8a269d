"""The warm-up rule: which of an engine's first requests the percentiles leave out, and when that is decided.

For each engine:
1. Its first inference is left out, and the first one of each data shape: the engine marks them.
2. The following inference latencies are divided into blocks in order of completion. A block lasts 0.1 s or a tenth of
   the time since the start, whichever is longer, and holds at least 16 requests. The engine is warm once the medians of
   five consecutive blocks lie within 10 % of their middle one (or within the scatter of a median of 16 samples). All
   requests before the first block at that level are left out; a later disturbance does not count as warm-up. The first
   inference of each infer request is left out too if it was submitted in the engine's first 0.1 s: a pool that is
   filled at once pays for the buffers of all requests and for cold caches at the same time.
   What completed before the newest completion known (a driver may see it late) joins the block of its time, and has no
   say in medians: so what is left out follows from the times of a request alone, whenever its record arrives.
3. If the median is not steady within 10 s, waiting longer will not help: only the first inference is left out, and the
   result reports that.

The rule applies to percentiles alone. Counts include every request. Throughput and batching leave out each engine's
first inference and failed requests, under any rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.histogram import Histogram, LatencyHistograms
from ovtui.records.arrays import Bools, Ints
from ovtui.records.record import Records, inference_ms
from ovtui.settings.schema.settings import WarmUpRule

WarmUpState = Literal["none", "open", "steady", "unsteady"]


@dataclass(frozen=True, slots=True)
class WarmUpCut:
    """What the percentiles leave out as warm-up."""

    rule: WarmUpRule
    requests: int
    """Requests of all engines that are left out of the latencies of the run."""
    until_s: float | None
    """How long the warm-up of the engine in force took, from when it began to serve; None if only first inferences are
    left out."""
    state: WarmUpState
    """How far the rule is for the engine in force: `open`: the median is not steady yet; `unsteady`: it did not become
    steady within 10 s; `none`: the rule in force does not ask for a steady median."""
    of_shapes: bool = False
    """Whether first inferences of data shapes are among them."""


FILL_NS = 100_000_000
BLOCK_NS = 100_000_000
BLOCK_SHARE = 0.1
BLOCK_REQUESTS = 16
STEADY_BLOCKS = 5
STEADY_WITHIN = 0.10
LIMIT_NS = 10_000_000_000
_SIGMAS = 4.0
"""Five medians of the same distribution spread over 2.3 standard errors on average, and over 4 in one case of 30."""

SegmentDevice = tuple[int, int]
"""Segment and device code."""


class BlockMedian(NamedTuple):
    """The median inference latency of a block."""

    ms: float
    error_ms: float
    """Standard error, estimated from the block's quartiles."""


def block_median(block: Histogram) -> BlockMedian:
    low, middle, high = (block.percentile(q) or 0.0 for q in (25, 50, 75))
    return BlockMedian(middle, 0.93 * (high - low) / math.sqrt(max(block.count, 1)))


def first_steady_block(medians: Sequence[BlockMedian]) -> int | None:
    """The first block at the level of the newest STEADY_BLOCKS blocks; None while those are not steady."""
    newest = medians[-STEADY_BLOCKS:]
    if len(newest) < STEADY_BLOCKS:
        return None
    level_ms = sorted(block.ms for block in newest)[STEADY_BLOCKS // 2]
    spread_ms = max(block.ms for block in newest) - min(block.ms for block in newest)
    if spread_ms > _tolerance_ms(level_ms, newest):
        return None
    return next(
        i for i, block in enumerate(medians) if abs(block.ms - level_ms) <= _tolerance_ms(level_ms, [block, *newest])
    )


def _tolerance_ms(level_ms: float, blocks: Sequence[BlockMedian]) -> float:
    return max(STEADY_WITHIN * level_ms, _SIGMAS * max(block.error_ms for block in blocks))


@dataclass(slots=True)
class WarmUpBlock:
    """Owner: a WarmUp."""

    began_ns: int
    """Completion time of its first request."""
    length_ns: int
    inference: Histogram = field(default_factory=Histogram)
    parts: dict[SegmentDevice, LatencyHistograms] = field(default_factory=dict)
    """The latencies of its requests, kept until it is decided whether they count."""

    def add(self, key: SegmentDevice, histograms: LatencyHistograms) -> None:
        own = self.parts.setdefault(key, {kind: Histogram() for kind in histograms})
        for kind, histogram in histograms.items():
            own[kind].merge(histogram)

    def room_for(self, done_ns: Ints) -> int:
        """How many of [n] completions, oldest first, still belong to this block."""
        late = np.flatnonzero(done_ns >= self.began_ns + self.length_ns)
        by_time = int(late[0]) if len(late) else len(done_ns)
        return min(max(by_time, BLOCK_REQUESTS - self.inference.count), len(done_ns))


class WarmUp:
    """The warm-up of one engine. Holds the blocks until it is decided, at most 3 MiB. Owner: Breakdowns."""

    def __init__(self, began_ns: int, first_seq: int, nireq: int) -> None:
        """`began_ns`: when the engine began to submit requests."""
        self.began_ns = began_ns
        self.pool_fill = WarmUpBlock(began_ns, FILL_NS)
        """The first inference of each infer request; not one of `blocks`."""
        self.blocks: list[WarmUpBlock] = []
        self.decided = False
        self.steady = False
        """True once the median is known to be steady."""
        self.until_ns: int | None = None
        """Completions before this moment are left out; None if only first inferences are."""
        self._pool_seqs = first_seq + nireq
        self._newest_ns = -1
        """The newest completion so far."""
        self.fill_done_ns: list[int] = []
        """Completions of those in the pool's fill: one for each infer request at most."""

    def in_pool_fill(self, rows: Records) -> Bools:
        """[n]: True for the first inference of an infer request, submitted while the pool was filled."""
        early = rows["submit_ns"] <= self.began_ns + FILL_NS
        found: Bools = early & (rows["seq"] < self._pool_seqs)
        return found

    def left_out(self, rows: Records) -> Bools:
        """[n]: True for the requests that are warm-up by the rule; none while that is open, or where the median did not
        settle."""
        if not self.steady:
            return np.zeros(len(rows), np.bool_)
        warming = self.in_pool_fill(rows)
        if self.until_ns is not None:
            warming |= rows["done_ns"] < self.until_ns
        return warming

    def mark_columns(self, edges_ns: Ints) -> npt.NDArray[np.uint8]:
        """How much of what completed between each two of [n + 1] edges is left out: [n] of 0 nothing, 1 a part, 2 all.
        (All, as far as no other engine served then.)"""
        found = np.zeros(max(len(edges_ns) - 1, 0), np.uint8)
        if not self.steady or not len(found):
            return found
        low, high = edges_ns[:-1], edges_ns[1:]
        if self.until_ns is not None:
            found[(high > self.began_ns) & (low < self.until_ns)] = 1
            found[(low >= self.began_ns) & (high <= self.until_ns)] = 2
        at = np.searchsorted(edges_ns, self.fill_done_ns, side="right") - 1
        at = at[(at >= 0) & (at < len(found))]
        found[at] = np.maximum(found[at], 1)
        return found

    def may_leave_out(self, first_seq: int, first_ns: int) -> bool:
        """False where `left_out` finds nothing among requests from `first_seq` on that completed from `first_ns` on."""
        return self.steady and (first_seq < self._pool_seqs or first_ns < (self.until_ns or 0))

    def split_by_block(self, rows: Records) -> Iterator[tuple[Records, WarmUpBlock | None]]:
        """Divides [n] measured records, in order of arrival, into blocks. The block is None for records that come
        after the decision, and for those that were seen late if the decision is made."""
        done_ns = rows["done_ns"]
        before_ns = np.maximum.accumulate(np.concatenate(([self._newest_ns], done_ns)))
        self._newest_ns = int(before_ns[-1])
        late = done_ns <= before_ns[:-1]
        in_order = rows[~late] if late.any() else rows
        while len(in_order):
            if self.decided:
                yield in_order, None
                break
            block = self.blocks[-1] if self.blocks else self._begin(in_order)
            count = block.room_for(in_order["done_ns"])
            if count:
                block.inference.add(inference_ms(in_order[:count]))
                yield in_order[:count], block
            in_order = in_order[count:]
            if len(in_order):
                self._close(in_order)
        if not late.any():
            return
        if self.decided:
            yield rows[late], None
            return
        begins_ns = [block.began_ns for block in self.blocks]
        owner = np.maximum(np.searchsorted(begins_ns, done_ns[late], side="right") - 1, 0)
        for index in np.unique(owner).tolist():
            yield rows[late][owner == index], self.blocks[index]

    def settle(self) -> None:
        """Decides now, because no more records will come: the median counts as unsteady unless it is steady already."""
        self.decided = True

    def is_counted(self, block: WarmUpBlock) -> bool:
        """Whether the requests of a block count for the percentiles. Valid after the decision."""
        if block is self.pool_fill:
            return not self.steady
        return self.until_ns is None or block.began_ns >= self.until_ns

    def _begin(self, rows: Records) -> WarmUpBlock:
        began_ns = int(rows["done_ns"][0])
        so_far_ns = began_ns - self.began_ns if self.blocks else 0
        block = WarmUpBlock(began_ns, max(BLOCK_NS, int(BLOCK_SHARE * so_far_ns)))
        self.blocks.append(block)
        return block

    def _close(self, rows: Records) -> None:
        """Called when the newest block is complete; `rows` are the records after it."""
        first = first_steady_block([block_median(block.inference) for block in self.blocks])
        if first is not None:
            self.decided = self.steady = True
            self.until_ns = self.blocks[first].began_ns if first else None
        elif int(rows["done_ns"][0]) - self.began_ns > LIMIT_NS:
            self.decided = True
        else:
            self._begin(rows)
