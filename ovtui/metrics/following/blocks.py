"""A load in blocks of time on its own clock, for the comparison of one box with another: block k of each box is of the
same part of the load.

The blocks of a live session and of its recording are the same, because what decides is in the records and their order:
a request belongs to the block in which it came back, and a block is closed by the first request that came back GRACE_S
after its end (in a live session also by the clock, where nothing comes back). Left out are blocks that hold warm-up by
the rule in force, and those in which other settings begin or serve in turns: a figure over both describes neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from ovtui.metrics.comparison.block_tally import P99_OF_BLOCK
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.throughputs import RATE_DECIMALS
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.events import Event, LoadEnded, SegmentBegan
from ovtui.records.following import BLOCK_S, Block
from ovtui.records.record import UNMEASURED, Records, join_records, response_ms
from ovtui.records.source import Update

BLOCK_NS = int(BLOCK_S * 1e9)
GRACE_NS = 500_000_000
"""A completion is seen some ms after it happened, on a busy machine some tenths of a second."""
_EDGE_NS = 1_000_000
"""A load whose duration is over so long before the end of a block has filled it."""


class FollowedBlocks:
    """Owner: the thread that feeds the digest, with the same updates. 12,500 records cost 0.4 ms."""

    def __init__(self) -> None:
        self._begin_ns: int | None = None
        """When the first request of the load was due."""
        self._early: list[Records] = []
        """Records that came before the event that tells the begin."""
        self._open: dict[int, Histogram] = {}
        """By number, those that are not given out yet and in which something came back."""
        self._segments: dict[int, set[int]] = {}
        """By number of the block, whose requests came back in it."""
        self._mixed: set[int] = set()
        """Blocks in which settings changed, or without a load."""
        self._next = 0
        """The first block that is not given out yet."""
        self._newest_ns = -1
        """The newest completion so far."""
        self._ended: LoadEnded | None = None
        self._reading = False

    def feed(self, update: Update) -> None:
        for event in update.events:
            self._fold(event)
        self._reading = update.read_share is not None
        if self._begin_ns is None:
            self._early.append(update.records)
            return
        records = join_records([*self._early, update.records]) if self._early else update.records
        self._early = []
        self._add(records, self._begin_ns)

    def take(self, digest: Digest, snapshot: Snapshot, *, final: bool = False) -> list[Block]:
        """The blocks that have ended since the last call, in order. None as long as it is not known what of them is
        warm-up. `final`: nothing more will come."""
        if self._begin_ns is None or self._reading or (snapshot.warm_up.state == "open" and not final):
            return []
        numbers = range(self._next, max(self._next, self._closed(snapshot.now_ns, final=final)))
        if not numbers:
            return []
        self._next = numbers.stop
        edges_ns = self._begin_ns + np.arange(numbers.start, numbers.stop + 1, dtype=np.int64) * BLOCK_NS
        warm_up = digest.mark_columns(edges_ns, digest.warm_up_rule)
        found = []
        for number, left_out in zip(numbers, warm_up.tolist(), strict=True):
            histogram, segments = self._open.pop(number, Histogram()), self._segments.pop(number, set())
            if not left_out and len(segments) < 2 and number not in self._mixed:
                found.append(_block(number, histogram))
        self._mixed = {number for number in self._mixed if number >= self._next}
        return found

    def _fold(self, event: Event) -> None:
        if isinstance(event, SegmentBegan):
            began_ns = event.t_ns if event.load_began_ns is None else event.load_began_ns
            if self._begin_ns is None:
                self._begin_ns = began_ns
                return
            # The load may have rested before, after its end or between the turns of a study.
            since_ns = event.t_ns if self._ended is None else self._load_end_ns()
            self._mixed.update(range(self._number(min(since_ns, event.t_ns)), self._number(event.t_ns) + 1))
            self._ended = None
        elif isinstance(event, LoadEnded):
            self._ended = event

    def _number(self, t_ns: int) -> int:
        return (t_ns - (self._begin_ns or 0)) // BLOCK_NS

    def _load_end_ns(self) -> int:
        """Of what has ended."""
        ended = self._ended
        end_ns = self._newest_ns if ended is None or ended.ended_ns is None else ended.ended_ns
        return end_ns + _EDGE_NS

    def _closed(self, now_ns: int, *, final: bool) -> int:
        """The first number of a block that is still open."""
        if self._ended is not None or final:
            by_load = self._number(self._load_end_ns())
            return by_load if final else min(by_load, self._number(now_ns - GRACE_NS))
        return self._number(now_ns - GRACE_NS)

    def _add(self, records: Records, begin_ns: int) -> None:
        if not len(records):
            return
        done_ns = records["done_ns"].astype(np.int64)
        newest_ns = np.maximum.accumulate(np.concatenate(([self._newest_ns], done_ns)))
        self._newest_ns = int(newest_ns[-1])
        numbers = (done_ns - begin_ns) // BLOCK_NS
        closed_ns = begin_ns + (numbers + 1) * BLOCK_NS + GRACE_NS
        counts = (records["flags"] & UNMEASURED == 0) & (numbers >= self._next) & (newest_ns[:-1] < closed_ns)
        if not counts.all():
            records, numbers = records[counts], numbers[counts]
        for number, rows in _by_number(records, numbers):
            self._open.setdefault(number, Histogram()).add(response_ms(rows))
            segments = (int(rows["segment"].min()), int(rows["segment"].max()))
            self._segments.setdefault(number, set()).update(segments)


def block_rows(updates: Iterable[Update], digest: Digest | None = None) -> list[Block]:
    """The blocks of a whole session. `digest`: an empty one, which is fed these updates."""
    digest, blocks = digest or Digest(), FollowedBlocks()
    for update in updates:
        digest.feed(update)
        blocks.feed(update)
    return blocks.take(digest, digest.snapshot(), final=True)


def _by_number(records: Records, numbers: np.ndarray) -> Iterator[tuple[int, Records]]:
    if not len(records):
        return
    low, high = int(numbers.min()), int(numbers.max())
    if low == high:
        yield low, records
        return
    for number in np.unique(numbers).tolist():
        yield number, records[numbers == number]


def _block(number: int, histogram: Histogram) -> Block:
    return Block(
        number=number,
        requests=histogram.count,
        throughput=round(histogram.count / BLOCK_S, RATE_DECIMALS),
        p50_ms=histogram.percentile(50.0),
        p99_ms=histogram.percentile(99.0) if histogram.count >= P99_OF_BLOCK else None,
    )
