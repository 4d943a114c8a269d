"""Counts of a session file, checked: what no recorder and no engine can have counted makes no figure, and no endless
walk along a schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

from ovtui.records.arrays import Ints
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import EngineExited, LoadEnded
from ovtui.settings.schema.arrival import Burst, Ramp, Steps, Trace, is_closed_loop, parse_arrival
from ovtui.settings.schema.settings import Settings

MOST_INT = 1 << 53
T = TypeVar("T", int, Ints)
_MOST_A_SECOND = 1_000_000
"""More requests than any engine answers, and the highest rate of a load."""
_MOST_AT_ONCE = 1 << 17
"""In flight."""
MOST_BEHIND = 1 << 24
"""By how much recorders of before the table of engines were behind what was submitted, and rows in a trace that may be
due together."""
_SLACK_NS = 1_000_000_000
"""An engine is looked at after the time of the transaction was taken."""
_MAY_LACK = ("schedule_ns", "due_limit")
"""Of EngineCounts: what an engine may not have."""


def are_counts(row: tuple[Any, ...]) -> TypeGuard[tuple[int, ...]]:
    return all(isinstance(value, int) and 0 <= value < MOST_INT for value in row)


def can_be_progress(t_ns: int, rows: int, submitted: int, lost: int, shed: int, *, as_read: bool) -> bool:
    """Whether a recorder can have counted that in `t_ns`. `as_read`: `submitted` is of when the rows were read, as
    since the table of engines."""
    most = most_within(t_ns)
    back, behind = rows + lost, _MOST_AT_ONCE if as_read else MOST_BEHIND
    return max(back, submitted) <= most + behind and shed <= most + MOST_BEHIND and abs(submitted - back) <= behind


def can_be_engine(counts: EngineCounts, until_ns: int, most_waiting: Callable[[int], float]) -> bool:
    """Whether an engine can have counted that by `until_ns`. Its times bound how much of a schedule is gone through.
    Values from a file may be of any type."""
    named = ((name, getattr(counts, name)) for name in counts.__struct_fields__)
    if not are_counts(tuple(value for name, value in named if value is not None or name not in _MAY_LACK)):
        return False
    taken, seen_ns = counts.submitted + counts.shed, max(counts.t_ns, counts.alive_ns)
    return (
        seen_ns <= until_ns + _SLACK_NS
        and 0 <= counts.unfinished <= _MOST_AT_ONCE
        and counts.taken_before <= taken <= 2 * most_within(seen_ns) + MOST_BEHIND
        and counts.waiting <= most_waiting(seen_ns)
    )


def can_be_end(event: LoadEnded | EngineExited, most_waiting: Callable[[int], float]) -> bool:
    if event.unsent > most_waiting(event.t_ns):
        return False
    if isinstance(event, EngineExited):
        return event.unfinished <= _MOST_AT_ONCE and (
            event.counts is None or can_be_engine(event.counts, event.t_ns, most_waiting)
        )
    due_ns, step = event.unsent_due_ns, event.unsent_step
    return not due_ns or (len(due_ns) - 1) * step < event.unsent >= step > 0


def most_within(t_ns: T) -> T:
    """The most requests that one session can have had in so long."""
    return (t_ns // 1_000_000_000 + 1) * _MOST_A_SECOND


def most_due(settings: Settings, t_ns: int) -> float:
    """The most requests of this load that can be due and not sent after `t_ns`: about twice as many as its rate says,
    for arrivals by chance."""
    if is_closed_loop(settings):
        return 0
    together = 100
    match arrival := parse_arrival(settings.arrival):
        case Trace():
            return most_within(t_ns) + MOST_BEHIND
        case Ramp():
            rate = max(settings.rate, arrival.to_per_s)
        case Steps():
            rate = max(arrival.rates_per_s)
        case Burst():
            rate, together = settings.rate, arrival.size
        case _:
            rate = settings.rate
    return 2 * rate * t_ns / 1e9 + together
