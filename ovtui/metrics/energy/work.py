"""The work of a group of requests: when it was loaded, and what succeeded when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ovtui.metrics.energy.done_times import DoneTimes


class Work(NamedTuple):
    """Made by metrics.groups.throughputs, for what is counted over parts of the time of a load."""

    times: list[tuple[int, int]]
    """On the session clock, in order, none over another."""
    done: list[DoneTimes]

    def succeeded(self, times: Iterable[tuple[int, int]]) -> float:
        """Requests that succeeded and came back within these times."""
        return sum(done.between(since_ns, until_ns) for since_ns, until_ns in times for done in self.done)


def joined(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order of time, those joined that meet or lie over each other."""
    found: list[tuple[int, int]] = []
    for since_ns, until_ns in sorted(times):
        if found and since_ns <= found[-1][1]:
            found[-1] = found[-1][0], max(until_ns, found[-1][1])
        else:
            found.append((since_ns, until_ns))
    return found
