"""Both sides infer the same inputs, and what comes out is compared."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import openvino as ov

from ovtui.engine.model.ports import port_name, port_names
from ovtui.engine.verify.comparison import Compared
from ovtui.engine.verify.feed import Feed
from ovtui.engine.verify.sides import Compiled
from ovtui.engine.verify.tally import difference
from ovtui.engine.verify.tolerances import Limit
from ovtui.engine.verify.values import Held, compare_held
from ovtui.records.verification import Difference
from ovtui.settings.listing import first_few

Telling = Callable[[str, int, int], None]
"""Takes what goes on, and how many sets of inputs are done of how many; 0 of 0 where there is one."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Owner: the process's one thread."""

    device: Compiled
    truth: Compiled
    feed: Feed
    places: list[int]
    """Index on the other side of each input."""

    def run(self, look: Callable[[int], None], tell: Telling, deadline_s: float = math.inf) -> None:
        """Infers each set of inputs on both sides; `look` takes its number and reads the outputs. After `deadline_s`,
        on the monotonic clock, the feed is cut to what was done. Raises SetupError."""
        self.feed.begin()
        for each in (self.device, self.truth):
            each.request.reset_state()
        count = self.feed.count
        for number in range(count):
            self.feed.fill(number, self.device.request, self.truth.request, self.places)
            for each in (self.device, self.truth):
                tell(f"inferring on {each.device}", *((number, count) if count > 1 else (0, 0)))
                each.infer()
            look(number)
            if time.monotonic() > deadline_s:
                self.feed.count = number + 1
                break


@dataclass(frozen=True, slots=True)
class Matched:
    """The outputs that both models have."""

    places: list[tuple[int, int]]
    names: list[str]
    left_out: list[str]
    """Of one of the models alone."""


def matched_outputs(model: ov.Model, other: ov.Model) -> Matched:
    """By name; by order where none has a counterpart and there are as many."""
    found: list[tuple[int, int]] = []
    for index, port in enumerate(model.outputs):
        same = [at for at, each in enumerate(other.outputs) if port_names(each) & port_names(port)]
        if same and same[0] not in {at for _, at in found}:
            found.append((index, same[0]))
    if not found and len(model.outputs) == len(other.outputs):
        found = [(index, index) for index in range(len(model.outputs))]
    mine, theirs = {index for index, _ in found}, {at for _, at in found}
    left_out = [port_name(port) for index, port in enumerate(model.outputs) if index not in mine]
    left_out += [port_name(port) for at, port in enumerate(other.outputs) if at not in theirs]
    return Matched(found, [port_name(model.outputs[index]) for index, _ in found], left_out)


def compare_outputs(
    pair: Pair, matched: Matched, limit: Limit, tell: Telling, deadline_s: float
) -> tuple[list[Difference], list[str]]:
    """Of each output over all requests, then of each state after the last; and notes. Raises SetupError."""
    found: list[list[Compared]] = [[] for _ in matched.places]
    types = [""] * len(matched.places)

    def look(_: int) -> None:
        for at, (mine, theirs) in enumerate(matched.places):
            held = Held(pair.device.request.get_output_tensor(mine))
            types[at] = held.type
            found[at].append(compare_held(held, Held(pair.truth.request.get_output_tensor(theirs))))

    pair.run(look, tell, deadline_s)
    told = zip(matched.names, types, found, strict=True)
    outputs = [difference(name, kind, each, limit.of(kind)) for name, kind, each in told]
    flat = [name for name, each in zip(matched.names, found, strict=True) if all(one.flat for one in each)]
    states, notes = _states(pair, limit)
    if flat:
        notes.append(
            f"{first_few(flat, 3)}: one number in all elements, which shows little; other inputs may show more"
        )
    return outputs + states, notes


def _states(pair: Pair, limit: Limit) -> tuple[list[Difference], list[str]]:
    try:
        mine, theirs = ({each.name: each for each in side.request.query_state()} for side in (pair.device, pair.truth))
        told = []
        for name in sorted(mine.keys() & theirs.keys()):
            held, truth = Held(mine[name].state), Held(theirs[name].state)
            told.append(
                difference(name, held.type, [compare_held(held, truth)], limit.of(held.type), operation="state")
            )
    except RuntimeError:
        return [], ["a device does not show its state: it was compared only through the outputs"]
    alone = sorted(mine.keys() ^ theirs.keys())
    return told, [f"state of one side alone: {', '.join(alone)}"] if alone else []
