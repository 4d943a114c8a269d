"""The figures of a trial: of each block, of the pairs of blocks, and of each side.

A request that is in flight where a block begins or ends counts in it by the share of its time between submission and
completion that lies within: so a block's throughput does not depend on where in a burst of completions it is cut. Its
latencies are those of the requests that came due in it: all of them have come back when the other side takes its
turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ovtui.metrics.comparison.paired_blocks import paired_ratio
from ovtui.metrics.comparison.verdict import Better, Verdict, is_narrow, judge
from ovtui.metrics.latency.histogram import Histogram, merge_histograms
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.latency.samples import measured_records
from ovtui.metrics.session.session_state import TrialState
from ovtui.records.events import Event, TrialBegan, TrialSide, TrialTurn
from ovtui.records.record import Records, empty_records, response_ms
from ovtui.settings.schema.arrival import is_closed_loop

TRIALS = 8
"""Trials whose figures are kept, the newest: each takes 1 MB and more."""
P99_OF_BLOCK = 100
"""A block's p99 is only a score that is compared with others; with fewer requests it is none."""
RATE_DECIMALS = 3
SHARE_DECIMALS = 6
"""Of requests in part: sums do not depend on the order in which updates brought them."""

FigureName = Literal["throughput", "p50", "p90", "p99"]
FIGURES: dict[FigureName, Better] = {"throughput": "higher", "p50": "lower", "p90": "lower", "p99": "lower"}
DECIDING: tuple[FigureName, ...] = ("throughput", "p50")
"""Those that a trial of 30 s can decide, and that end it when they are narrow enough."""

Outcome = Literal["better", "worse", "same", "mixed", "unknown"]


@dataclass(slots=True)
class BlockTally:
    """Owner: TrialCollector."""

    trial: int
    side: TrialSide
    segment: int
    begin_ns: int
    until_ns: int
    open_loop: bool = False
    served: float = 0.0
    """Requests, some of them in part."""
    response: Histogram = field(default_factory=Histogram)

    @property
    def length_s(self) -> float:
        return (self.until_ns - self.begin_ns) / 1e9

    @property
    def back(self) -> float:
        """Requests that it served. In an open loop that keeps up these are just those that came due in it: their share
        of time would add the noise of its edges, and after a pause the first wait for a batch timer longer."""
        served = round(self.served, SHARE_DECIMALS)
        return max(served, self.response.count) if self.open_loop else served

    def value(self, name: FigureName) -> float | None:
        """The block's figure: 1/s, ms; None where too few requests came due in it."""
        if name == "throughput":
            return self.back / self.length_s
        if name == "p99" and self.response.count < P99_OF_BLOCK:
            return None
        return self.response.percentile(float(name[1:]))


@dataclass(frozen=True, slots=True)
class SideFigures:
    """All blocks of one side together."""

    blocks: int
    requests: int
    """That came due in its blocks and came back."""
    throughput: float | None
    """Per second of its blocks."""
    response: Latency


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """A trial as it stands: B against A."""

    state: TrialState
    pairs: int
    sides: dict[TrialSide, SideFigures]
    verdicts: dict[FigureName, Verdict]

    @property
    def narrow(self) -> bool:
        """True once the trial may end: the intervals of what decides are as narrow as what counts as the same."""
        return all(is_narrow(self.verdicts[name].ratio) for name in DECIDING)

    @property
    def comparable(self) -> bool:
        """True once there are pairs enough for an interval of what decides."""
        return all(self.verdicts[name].ratio.low is not None for name in DECIDING)

    @property
    def outcome(self) -> Outcome:
        """What throughput and p50 say of B."""
        found = {self.verdicts[name].finding for name in DECIDING}
        if {"faster", "slower"} <= found:
            return "mixed"
        if "faster" in found:
            return "better"
        if "slower" in found:
            return "worse"
        return "unknown" if "unknown" in found else "same"


class TrialCollector:
    """Owner: the Digest. Blocks are known before their requests complete, but not before the records of an update that
    was read while their event was on its way: those are looked at again."""

    def __init__(self) -> None:
        self._blocks: list[BlockTally] = []
        self._newest = empty_records()
        self._open_loop = False
        """Of the newest trial: both sides have the same load."""
        self._made: dict[int, tuple[tuple[int, int, float], TrialFigures]] = {}
        """The last figures of each trial, with how many blocks and requests they were made of."""

    def feed(self, events: Iterable[Event], records: Records) -> None:
        """Adds the events and [n] records of one update."""
        for event in events:
            if isinstance(event, TrialBegan):
                self._open_loop = not is_closed_loop(event.a)
            elif isinstance(event, TrialTurn):
                new = [
                    BlockTally(event.trial, event.side, event.segment, block.begin_ns, block.until_ns, self._open_loop)
                    for block in event.blocks
                ]
                _count(self._newest, new)
                self._blocks = [block for block in self._blocks if block.trial > event.trial - TRIALS] + new
        _count(records, self._blocks)
        self._newest = records

    def figures(self, state: TrialState, now_ns: int) -> TrialFigures:
        """Of the blocks that are over: before now, or before the trial ended."""
        end_ns = now_ns if state.ended is None else state.ended.t_ns
        over = [b for b in self._blocks if b.trial == state.began.trial and b.until_ns <= end_ns]
        made_of = len(over), sum(block.response.count for block in over), _served(over)
        last = self._made.get(state.began.trial)
        if last is not None and last[0] == made_of:
            return last[1]
        a, b = ([block for block in over if block.side == side] for side in ("A", "B"))
        pairs = min(len(a), len(b))
        elapsed_s = (over[-1].until_ns - over[0].begin_ns) / 1e9 if over else 0.0
        figures = TrialFigures(
            state=state,
            pairs=pairs,
            sides={"A": _side(a[:pairs]), "B": _side(b[:pairs])},
            verdicts={
                name: judge(
                    paired_ratio([x.value(name) for x in a[:pairs]], [y.value(name) for y in b[:pairs]]),
                    better,
                    elapsed_s,
                )
                for name, better in FIGURES.items()
            },
        )
        self._made[state.began.trial] = made_of, figures
        return figures


def _side(blocks: Sequence[BlockTally]) -> SideFigures:
    response = merge_histograms(block.response for block in blocks)
    length_s = sum(block.length_s for block in blocks)
    served = _served(blocks)
    return SideFigures(
        len(blocks), response.count, round(served / length_s, RATE_DECIMALS) if length_s else None, response.latency()
    )  # fmt: skip


def _served(blocks: Sequence[BlockTally]) -> float:
    return round(sum(block.back for block in blocks), SHARE_DECIMALS)


def _count(records: Records, blocks: Iterable[BlockTally]) -> None:
    if not len(records):
        return
    first_ns, last_ns = int(records["due_ns"].min()), int(records["done_ns"].max())
    near = [block for block in blocks if block.begin_ns < last_ns and block.until_ns > first_ns]
    if not near:
        return
    rows = measured_records(records)
    for segment in {block.segment for block in near}:
        own = rows[rows["segment"] == segment]
        due, submit, done = (own[name].astype(np.int64) for name in ("due_ns", "submit_ns", "done_ns"))
        for block in near:
            if block.segment != segment or not len(own):
                continue
            within = np.minimum(done, block.until_ns) - np.maximum(submit, block.begin_ns)
            block.served += float((np.maximum(within, 0) / np.maximum(done - submit, 1)).sum())
            block.response.add(response_ms(own[(due >= block.begin_ns) & (due < block.until_ns)]))
