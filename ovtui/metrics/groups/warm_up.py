"""Which of an engine's first requests are left out of the percentiles, and when that is decided.

The rule, for each engine:
1. Its first inference is left out.
2. Then inference latencies are taken in blocks, in the order of completion: 0.1 s or a tenth of the time so far,
   whichever is longer, and at least 16 requests. The median is steady once those of five blocks running lie within 10 %
   of their middle one (or within what 16 scattered samples can tell). Left out is what came before the first block
   that already lay at that level: a disturbance on the way there is no warm-up. Left out with it is the first inference
   of each infer request that was submitted in the engine's first 0.1 s: a pool that is filled at once pays for every
   request's buffers and for cold caches at the same time.
3. A median that is not steady within 10 s will not be made so by waiting: then only 1. is left out, and the result
   says so.

Nothing but percentiles follows the rule: counts are of every request; throughput and batches leave out each engine's
first inference and what failed, whatever the rule."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ovtui.metrics.latency.histogram import Histogram, LatencyHistograms
from ovtui.records.record import Records, inference_ms
from ovtui.settings.schema.settings import WarmUpRule


@dataclass(frozen=True, slots=True)
class WarmUpCut:
    """What percentiles leave out of engines' starts."""

    rule: WarmUpRule
    requests: int
    """Left out of the whole run's latencies, of all engines."""
    until_s: float | None
    """Session time up to which the engine in force warmed up; None where only first inferences are left out."""
    state: Literal["none", "open", "steady", "unsteady"]
    """Of the rule, for the engine in force: its median is not steady yet, is steady, or did not become so in 10 s."""


FILL_NS = 100_000_000
BLOCK_NS = 100_000_000
BLOCK_SHARE = 0.1
BLOCK_REQUESTS = 16
STEADY_BLOCKS = 5
STEADY_WITHIN = 0.10
LIMIT_NS = 10_000_000_000
_SIGMAS = 4.0
"""Five medians of one distribution spread over 2.3 standard errors on average, and over 4 in one case of thirty."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
SegmentDevice = tuple[int, int]
"""Segment and device code."""


class BlockMedian(NamedTuple):
    """A block's."""

    ms: float
    error_ms: float
    """Standard error, from the block's own quartiles."""


def block_median(block: Histogram) -> BlockMedian:
    low, middle, high = (block.percentile(q) or 0.0 for q in (25, 50, 75))
    return BlockMedian(middle, 0.93 * (high - low) / math.sqrt(max(block.count, 1)))


def first_steady_block(medians: Sequence[BlockMedian]) -> int | None:
    """The first block at the level at which the last STEADY_BLOCKS are steady; None where those are not."""
    run = medians[-STEADY_BLOCKS:]
    if len(run) < STEADY_BLOCKS:
        return None
    level_ms = sorted(block.ms for block in run)[STEADY_BLOCKS // 2]
    apart_ms = max(block.ms for block in run) - min(block.ms for block in run)
    if apart_ms > _tolerance_ms(level_ms, run):
        return None
    return next(
        i for i, block in enumerate(medians) if abs(block.ms - level_ms) <= _tolerance_ms(level_ms, [block, *run])
    )


def _tolerance_ms(level_ms: float, blocks: Sequence[BlockMedian]) -> float:
    return max(STEADY_WITHIN * level_ms, _SIGMAS * max(block.error_ms for block in blocks))


@dataclass(slots=True)
class WarmUpBlock:
    """Owner: a WarmUp."""

    began_ns: int
    """Completion of its first request."""
    length_ns: int
    inference: Histogram = field(default_factory=Histogram)
    parts: dict[SegmentDevice, LatencyHistograms] = field(default_factory=dict)
    """The latencies of its requests, until it is decided whether they count."""

    def add(self, key: SegmentDevice, spread: LatencyHistograms) -> None:
        mine = self.parts.setdefault(key, {kind: Histogram() for kind in spread})
        for kind, histogram in spread.items():
            mine[kind].merge(histogram)

    def room_for(self, done_ns: Ints) -> int:
        """How many of [n] completions, in their order, still belong to it."""
        late = np.flatnonzero(done_ns >= self.began_ns + self.length_ns)
        by_time = int(late[0]) if len(late) else len(done_ns)
        return min(max(by_time, BLOCK_REQUESTS - self.inference.count), len(done_ns))


class WarmUp:
    """Of one engine. Owner: the Digest. Holds the blocks until it is decided, 3 MiB at most."""

    def __init__(self, began_ns: int, first_seq: int, nireq: int) -> None:
        """`began_ns`: when the engine began to submit."""
        self.began_ns = began_ns
        self.pool_fill = WarmUpBlock(began_ns, FILL_NS)
        """The first inferences of infer requests; not one of `blocks`."""
        self.blocks: list[WarmUpBlock] = []
        self.decided = False
        self.steady = False
        """The median settled; False also while that is open."""
        self.until_ns: int | None = None
        """Completions before this are left out; None where only first inferences are."""
        self._pool_seqs = first_seq + nireq

    def in_pool_fill(self, rows: Records) -> Bools:
        """[n] of these are the first inference of an infer request while the pool is filled."""
        early = rows["submit_ns"] <= self.began_ns + FILL_NS
        found: Bools = early & (rows["seq"] < self._pool_seqs)
        return found

    def cut(self, rows: Records) -> Iterator[tuple[Records, WarmUpBlock | None]]:
        """[n] measured requests in the order of completion, by block; with None those for which it is decided."""
        while len(rows):
            if self.decided:
                yield rows, None
                return
            block = self.blocks[-1] if self.blocks else self._begin(rows)
            count = block.room_for(rows["done_ns"])
            if count:
                block.inference.add(inference_ms(rows[:count]))
                yield rows[:count], block
            rows = rows[count:]
            if len(rows):
                self._close(rows)

    def settle(self) -> None:
        """Nothing more will come: what is not known to be steady by now will not be."""
        self.decided = True

    def counts(self, block: WarmUpBlock) -> bool:
        """Whether a block's requests count, once it is decided."""
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
        """The newest block is whole; these are the rows after it."""
        first = first_steady_block([block_median(block.inference) for block in self.blocks])
        if first is not None:
            self.decided = self.steady = True
            self.until_ns = self.blocks[first].began_ns if first else None
        elif int(rows["done_ns"][0]) - self.began_ns > LIMIT_NS:
            self.decided = True
        else:
            self._begin(rows)
