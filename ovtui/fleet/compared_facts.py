"""Facts of boxes of one kind, laid side by side: in which of them they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.metrics.fleet.facts_beside import OF_THE_BOX_ALONE
from ovtui.records.fleet import BoxFacts


@dataclass(frozen=True)
class ComparedFact:
    name: str
    values: dict[str, str]
    """By the box's name, in the order of the boxes; '' where the box does not tell."""

    @property
    def by_value(self) -> list[tuple[str, list[str]]]:
        """The boxes of each value, the most frequent first."""
        found: dict[str, list[str]] = {}
        for box, value in self.values.items():
            found.setdefault(value, []).append(box)
        return sorted(found.items(), key=lambda each: -len(each[1]))


def by_kind(boxes: Mapping[str, BoxFacts]) -> dict[str, list[str]]:
    """The names of the boxes of each kind, in their order."""
    kinds: dict[str, list[str]] = {}
    for name, facts in boxes.items():
        kinds.setdefault(facts.kind, []).append(name)
    return kinds


def compared_facts(boxes: Mapping[str, BoxFacts], names: Sequence[str], *, every: bool = False) -> list[ComparedFact]:
    """Those in which these boxes differ; `every`: all that one of them tells."""
    facts = list(dict.fromkeys(fact for name in names for fact in boxes[name].facts))
    found = []
    for fact in facts:
        values = {name: boxes[name].facts.get(fact, "") for name in names}
        if every or (len(set(values.values())) > 1 and fact not in OF_THE_BOX_ALONE):
            found.append(ComparedFact(fact, values))
    return found
