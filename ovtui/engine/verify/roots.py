"""Which of the layers that differ is where it begins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from ovtui.records.verification import Relation


class Key(NamedTuple):
    """One output of an operation."""

    name: str
    port: int


class Step(NamedTuple):
    """An operation in the order of the model."""

    outputs: Sequence[Key]
    inputs: Sequence[Key]
    """What it computes from."""


def relations(
    steps: Sequence[Step],
    differs: Mapping[Key, Collection[int]],
    compared: Collection[Key],
    *,
    stateful: bool = False,
) -> dict[Key, Relation]:
    """Of each layer that differs. `differs`: the numbers of the requests in which it does. Nothing is known of what was
    not compared: what it hands on differs where something does that it gets. `stateful`: what differed in one request
    is in the state of the next, so that the first one alone tells."""
    numbers = sorted({number for each in differs.values() for number in each})
    found: dict[Key, Relation] = {key: "downstream" for key, each in differs.items() if each}
    for number in numbers[:1] if stateful else numbers:
        tainted: dict[Key, bool] = {}
        for step in steps:
            reached = any(tainted.get(key, False) for key in step.inputs)
            for key in step.outputs:
                differing = number in differs.get(key, ())
                tainted[key] = differing if key in compared else reached
                if differing and not reached:
                    found[key] = "first"
    return found
