"""The figures of a trial: of the pairs of blocks, and of each side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

from ovtui.metrics.comparison.block_tally import (
    ALL_FIGURES,
    FIGURES,
    BlockTally,
    FigureName,
    count_records,
    power_source,
    served_by,
)
from ovtui.metrics.comparison.paired_blocks import paired_ratio
from ovtui.metrics.comparison.verdict import Verdict, is_narrow, judge
from ovtui.metrics.energy.power_figures import INFERENCE_DECIMALS
from ovtui.metrics.groups.group_figures import GroupFigures, items_a_second
from ovtui.metrics.latency.histogram import merge_histograms
from ovtui.metrics.latency.latency import Latency
from ovtui.metrics.session.machine_stats import MachineStats
from ovtui.metrics.session.session_state import TrialState
from ovtui.records.events import Event, TrialBegan, TrialSide, TrialTurn
from ovtui.records.record import Records
from ovtui.settings.schema.arrival import is_closed_loop

TRIALS = 8
"""Trials whose figures are kept, the newest: each takes 1 MB and more."""
RATE_DECIMALS = 3
ON_THE_WAY_NS = 2_000_000_000
"""The longest that the event of a turn may need to a client of a busy machine."""
DECIDING: tuple[FigureName, ...] = ("throughput", "p50")
"""Those that a trial of 30 s can decide, and that end it when they are narrow enough."""

Outcome = Literal["better", "worse", "same", "mixed", "unknown"]


class TrialSession(Protocol):
    """What is known of the session beside the trial's events and records: the Digest."""

    telemetry: MachineStats

    def segment(self, number: int) -> GroupFigures: ...


@dataclass(frozen=True, slots=True)
class SideFigures:
    """All blocks of one side together."""

    blocks: int
    requests: int
    """That came due in its blocks and came back."""
    throughput: float | None
    """Per second of its blocks."""
    response: Latency
    items_per_request: float | None = None
    items_per_s: float | None = None
    """The throughput in items, where the requests of the two sides hold different numbers of them."""
    joules: float | None = None
    """Per request, or per item where there are `items_per_s`; of the blocks in which watts were read."""


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """A trial as it stands: B against A."""

    state: TrialState
    pairs: int
    sides: dict[TrialSide, SideFigures]
    verdicts: dict[FigureName, Verdict]
    """FIGURES, and those of the others that are known."""
    power_source: str = ""
    """The reading that the joules are from; empty where no watts are read."""
    measured_s: float = 0.0
    """From the first block to the last one, those of the recording that it resumes included."""

    @property
    def deciding(self) -> tuple[FigureName, ...]:
        """p99, too, where that was asked for and most blocks have requests enough for one."""
        has_p99 = 2 * self.verdicts["p99"].ratio.pairs > self.pairs
        return (*DECIDING, "p99") if self.state.began.for_p99 and has_p99 else DECIDING

    @property
    def narrow(self) -> bool:
        """True once the trial may end: the intervals of what decides are as narrow as what counts as the same. Never of
        one whose number of blocks is fixed, which has no limit of time."""
        ratios = [self.verdicts[name].ratio for name in self.deciding]
        return self.state.began.limit_s > 0 and all(is_narrow(each, self.state.began.within) for each in ratios)

    @property
    def comparable(self) -> bool:
        """True once there are pairs enough for an interval of what decides."""
        return all(self.verdicts[name].ratio.low is not None for name in DECIDING)

    @property
    def outcome(self) -> Outcome:
        """What the figures that decide say of B."""
        found = {self.verdicts[name].finding for name in self.deciding}
        if {"faster", "slower"} <= found:
            return "mixed"
        if "faster" in found:
            return "better"
        if "slower" in found:
            return "worse"
        return "unknown" if "unknown" in found else "same"


class TrialCollector:
    """Owner: the Digest. Blocks are known before their requests complete, but not before the records of updates that
    were read while their event was on its way, from a study by way of the host: those are looked at again."""

    def __init__(self) -> None:
        self._blocks: list[BlockTally] = []
        self._earlier: list[BlockTally] = []
        """Of the recording that the newest trial resumes."""
        self._recent: list[Records] = []
        """The updates of the last ON_THE_WAY_NS."""
        self._open_loop: dict[TrialSide, bool] = {"A": False, "B": False}
        """Of the newest trial."""
        self._made: dict[int, tuple[tuple[object, ...], TrialFigures]] = {}
        """The last figures of each trial, with what they were made of."""

    def feed(self, events: Iterable[Event], records: Records) -> None:
        """Adds the events and [n] records of one update."""
        for event in events:
            if isinstance(event, TrialBegan):
                self._open_loop = {"A": not is_closed_loop(event.a), "B": not is_closed_loop(event.b)}
            elif isinstance(event, TrialTurn):
                new = [
                    BlockTally(
                        event.trial, event.side, event.segment, block.begin_ns, block.until_ns,
                        self._open_loop[event.side],
                    )
                    for block in event.blocks
                ]  # fmt: skip
                for earlier in self._recent:
                    count_records(earlier, new)
                self._blocks = [block for block in self._blocks if block.trial > event.trial - TRIALS] + new
        count_records(records, self._blocks)
        self._keep(records)

    def _keep(self, records: Records) -> None:
        if len(records):
            last_ns = int(records["done_ns"].max())
            self._recent = [each for each in self._recent if int(each["done_ns"].max()) > last_ns - ON_THE_WAY_NS]
            self._recent.append(records)

    def count_on(self, blocks: Sequence[BlockTally]) -> None:
        """Has blocks of a trial of the same settings in another session count as those of the newest one here, before
        its own; as many of either side."""
        self._earlier = list(blocks)

    def blocks(self, trial: int, until_ns: int) -> list[BlockTally]:
        """Those that are over by then, in the order of time."""
        own = [block for block in self._blocks if block.trial == trial and block.until_ns <= until_ns]
        newest = max((block.trial for block in self._blocks), default=trial)
        return [*(self._earlier if trial == newest else ()), *own]

    def figures(self, state: TrialState, now_ns: int, session: TrialSession | None = None) -> TrialFigures:
        """Of the blocks that are over: before now, or before the trial ended. Without `session` neither items nor
        joules are known."""
        began = state.began
        over = self.blocks(began.trial, now_ns if state.ended is None else state.ended.t_ns)
        own = [block for block in over if not any(block is other for other in self._earlier)]
        # No counter tells what of the joules is a second model's.
        source = "" if session is None or began.beside else power_source(began.a, began.b, session.telemetry.watts)
        items = {n: session.segment(n).items_per_request for n in {b.segment for b in own}} if session else {}
        for block in own:
            block.items_per_request = items.get(block.segment)
            if session is not None and source:
                block.read(session.telemetry.watts.by_name[source])
        made_of = (
            len(over), sum(block.response.count for block in over), served_by(over),
            sum(block.joules or 0.0 for block in over), tuple({block.items_per_request for block in over[-4:]}),
        )  # fmt: skip
        last = self._made.get(began.trial)
        if last is not None and last[0] == made_of:
            return last[1]
        figures = _figures(state, over, source)
        self._made[began.trial] = made_of, figures
        return figures


def _figures(state: TrialState, over: Sequence[BlockTally], source: str) -> TrialFigures:
    began = state.began
    a, b = ([block for block in over if block.side == side] for side in ("A", "B"))
    pairs = min(len(a), len(b))
    a, b = a[:pairs], b[:pairs]
    in_items = _items(a) is not None and _items(b) is not None and _items(a) != _items(b)
    measured_s = _measured_s(over)
    verdicts: dict[FigureName, Verdict] = {}
    for name, better in ALL_FIGURES.items():
        values_a, values_b = _values(name, a, in_items), _values(name, b, in_items)
        known = any(value is not None for value in (*values_a, *values_b))
        if name in FIGURES or (known and (name != "items" or in_items)):
            ratio = paired_ratio(values_a, values_b, began.confidence)
            verdicts[name] = judge(ratio, better, measured_s, began.within, began.luck)
    sides: dict[TrialSide, SideFigures] = {"A": _side(a, in_items), "B": _side(b, in_items)}
    return TrialFigures(state, pairs, sides, verdicts, source if "energy" in verdicts else "", measured_s)


def _values(name: FigureName, blocks: Sequence[BlockTally], in_items: bool) -> list[float | None]:
    if name != "energy" or not in_items:
        return [block.value(name) for block in blocks]
    return [_each(block.joules, block.items_per_request) for block in blocks]


def _each(joules: float | None, items: float | None) -> float | None:
    return None if joules is None or not items else joules / items


def _items(blocks: Sequence[BlockTally]) -> float | None:
    return blocks[-1].items_per_request if blocks else None


def _measured_s(blocks: Sequence[BlockTally]) -> float:
    """From the first to the last; a block that begins before the one before it is of another session."""
    total_ns, begin_ns = 0, blocks[0].begin_ns if blocks else 0
    for before, block in pairwise(blocks):
        if block.begin_ns < before.until_ns:
            total_ns += before.until_ns - begin_ns
            begin_ns = block.begin_ns
    return (total_ns + blocks[-1].until_ns - begin_ns) / 1e9 if blocks else 0.0


def _side(blocks: Sequence[BlockTally], in_items: bool) -> SideFigures:
    response = merge_histograms(block.response for block in blocks)
    length_s = sum(block.length_s for block in blocks)
    per_s = round(served_by(blocks) / length_s, RATE_DECIMALS) if length_s else None
    items = _items(blocks)
    read = [block for block in blocks if block.joules is not None]
    served = served_by(read)
    joules = sum((block.joules or 0.0) * block.back for block in read) / served if served else None
    each = _each(joules, items) if in_items else joules
    return SideFigures(
        len(blocks), response.count, per_s, response.latency(),
        items_per_request=items,
        items_per_s=items_a_second(per_s, items) if in_items else None,
        joules=None if each is None else round(each, INFERENCE_DECIMALS),
    )  # fmt: skip
