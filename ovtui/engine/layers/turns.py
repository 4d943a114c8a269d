"""The untouched and the profiled engine in turns, in the order ABBA: load of the machine and drift of its clock meet
both. Nothing runs beside: one request in flight, and a profile is read before the next inference."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ovtui.engine.layers.single_times import Readings
from ovtui.engine.layers.sync_request import ProfileEntry
from ovtui.records.clock import now_ns

TURNS = 10
"""Of each engine, of equal length: as many pairs has the interval of what profiling costs."""
_MOST_IN_A_TURN = 20
_RENEWING_S = 3.0
"""What compiling profiled engines anew may take altogether."""
_RENEWING_BYTES = 256 << 20
"""What all of them may take."""
COLD = 1
"""The first inference of a turn is not counted: the other engine had the caches."""
WARM_UP = 2
"""The first ones of an engine are not counted."""


class Request(Protocol):
    def infer(self) -> int:
        """How long it took, ns."""

    def profile(self) -> list[ProfileEntry]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    inferences: int
    """Profiled ones that count."""
    renewals: int = 0
    """How many times the profiled engine is compiled anew."""
    deadline_ns: int | None = None
    """On CLOCK_MONOTONIC: it ends with what there is."""

    @property
    def turns(self) -> int:
        """Of each engine."""
        return max(min(TURNS, self.inferences), math.ceil(self.inferences / _MOST_IN_A_TURN))

    def length(self, turn: int) -> int:
        """Inferences that count in this turn of each engine."""
        return (turn + 1) * self.inferences // self.turns - turn * self.inferences // self.turns

    def renews(self, turn: int) -> bool:
        """Whether the profiled engine is a new one from this turn on."""
        engines = self.renewals + 1
        return turn > 0 and turn * engines // self.turns != (turn - 1) * engines // self.turns


def plan(inferences: int, compile_s: float, engine_bytes: int, deadline_ns: int | None) -> Plan:
    """Renews the profiled engine as often as is cheap, at most with each turn."""
    in_time = int(_RENEWING_S / max(compile_s, 1e-3))
    in_memory = _RENEWING_BYTES // max(engine_bytes, 1)
    whole = Plan(inferences)
    return Plan(inferences, max(min(in_time, in_memory, whole.turns - 1), 0), deadline_ns)


@dataclass(slots=True)
class Measured:
    """Of the inferences that count; one list for each turn, in its order."""

    untouched_ns: list[list[int]] = field(default_factory=list)
    profiled_ns: list[list[int]] = field(default_factory=list)
    engines: list[Readings] = field(default_factory=list)
    in_time: bool = True
    """False: it was ended by its deadline."""

    @property
    def inferences(self) -> int:
        return sum(map(len, self.profiled_ns))


def measure(
    the_plan: Plan,
    untouched: Request,
    new_profiled: Callable[[], Request],
    told: Callable[[Measured], None] = lambda _: None,
) -> Measured:
    """`new_profiled` gives the request of a profiled engine, and of a new one each time after the first. `told` is
    called after every profiled inference, between two. Raises what they raise."""
    found = Measured()
    for _ in range(WARM_UP):
        untouched.infer()
    profiled, readings, reading_ns = _begin(new_profiled)
    found.engines.append(readings)
    renews = True

    def over() -> bool:
        found.in_time = the_plan.deadline_ns is None or now_ns() < the_plan.deadline_ns or not found.inferences
        return not found.in_time

    def infer_untouched() -> int:
        took_ns = untouched.infer()
        # As long as reading a profile takes: threads that sleep by then have to wake up in both engines.
        ends_ns = now_ns() + reading_ns
        while now_ns() < ends_ns:
            pass
        return took_ns

    def infer_profiled(*, counted: bool) -> int:
        nonlocal reading_ns
        took_ns = profiled.infer()
        began_ns = now_ns()
        found.engines[-1].add(profiled.profile(), counted=counted)
        reading_ns = now_ns() - began_ns
        return took_ns

    def run_untouched(length: int) -> None:
        for _ in range(COLD):
            infer_untouched()
        of_turn: list[int] = []
        found.untouched_ns.append(of_turn)
        while len(of_turn) < length and not (of_turn and over()):
            of_turn.append(infer_untouched())

    def run_profiled(length: int) -> None:
        for _ in range(COLD):
            infer_profiled(counted=False)
        of_turn: list[int] = []
        found.profiled_ns.append(of_turn)
        while len(of_turn) < length and not (of_turn and over()):
            took_ns = infer_profiled(counted=True)
            of_turn.append(took_ns)
            told(found)

    for turn in range(the_plan.turns):
        if renews and the_plan.renews(turn):
            newer, readings, reading_ns = _begin(new_profiled)
            if renews := readings.align(found.engines[0]):
                profiled = newer
                found.engines.append(readings)
        both = (run_untouched, run_profiled)
        for run in both if turn % 2 == 0 else reversed(both):
            run(the_plan.length(turn))
        if over():
            break
    return found


def _begin(new_profiled: Callable[[], Request]) -> tuple[Request, Readings, int]:
    """And how long the last reading took, ns."""
    profiled, readings, began_ns = new_profiled(), Readings(), 0
    for _ in range(WARM_UP):
        profiled.infer()
        began_ns = now_ns()
        readings.add(profiled.profile(), counted=False)
    return profiled, readings, now_ns() - began_ns
