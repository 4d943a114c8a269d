"""The facts of a box beside those of most of its kind, and its blocks beside those of its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.fleet.fleet_box import FleetBox
from ovtui.metrics.fleet.facts_beside import alike


@dataclass(frozen=True, slots=True)
class FactBeside:
    name: str
    mine: str
    most: str
    """Of more than half of the others of its kind; empty where there is no such value."""

    @property
    def differs(self) -> bool:
        return bool(self.most) and not alike(self.mine, self.most)


def facts_beside_kind(box: FleetBox, kind: Sequence[FleetBox]) -> list[FactBeside]:
    """What differs comes first. `kind`: the boxes of its kind, itself among them."""
    if box.state.facts is None:
        return []
    others = [
        other.state.facts.facts for other in kind if other.state is not box.state and other.state.facts is not None
    ]
    found = []
    for name, value in box.state.facts.facts.items():
        counted = Counter(one_line(facts.get(name, "")) for facts in others)
        most, of = counted.most_common(1)[0] if counted else ("", 0)
        found.append(FactBeside(one_line(name), one_line(value), most if 2 * of > len(others) else ""))
    return sorted(found, key=lambda fact: not fact.differs)


def blocks_beside(box: FleetBox, kind: Sequence[FleetBox], most: int) -> tuple[list[float | None], list[float | None]]:
    """The p50 (ms) of its newest `most` blocks, and in the same blocks the median of the others of its kind."""
    mine = {block.number: block.p50_ms for block in box.state.blocks[-most:]}
    if not mine:
        return [], []
    numbers = range(min(mine), max(mine) + 1)[-most:]
    theirs: dict[int, list[float]] = {number: [] for number in numbers}
    for other in kind:
        if other.state is not box.state and not other.failed:
            for block in other.state.blocks[-2 * most :]:
                if block.number in theirs and block.p50_ms is not None:
                    theirs[block.number].append(block.p50_ms)
    middle = [median(values) if values else None for values in theirs.values()]
    return [mine.get(number) for number in numbers], middle


def level_text(values: Sequence[float | None], low: float, high: float, levels: str) -> str:
    """A character for each value: the higher the greater; a space where there is none."""
    span = max(high - low, 1e-9)
    last = len(levels) - 1
    return "".join(
        " " if value is None else levels[min(max(round((value - low) / span * last), 0), last)] for value in values
    )
