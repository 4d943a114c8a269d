"""The watts of one source over a session, as energy that grows with time: what was used between two moments is the
difference of two points. Where nothing was read there are holes, which count as not covered, never as no watts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

Span = tuple[int, int]
"""Two moments on the session clock, ns."""
MOST_POINTS = 16_384
"""4.5 hours of a reading a second. Beyond that every second point of the older half goes: the energy stays, its course
in time is kept at half the resolution."""
MOST_RUNS = 2_048
"""Stretches without a hole; of more the older half is forgotten, and counts as not covered."""


class WattLine:
    """Owner: EnergyMeter. Memory does not grow beyond the limits above."""

    def __init__(self) -> None:
        self._t_ns: list[int] = []
        self._joules: list[float] = []
        """Up to each point."""
        self._runs: list[Span] = []
        """The stretches that are covered, in order of time."""

    def add(self, since_ns: int, until_ns: int, watts: float) -> None:
        """The mean between two moments, the first of which is not before the last one of the call before."""
        if until_ns <= since_ns:
            return
        before = self._joules[-1] if self._joules else 0.0
        if self._runs and self._runs[-1][1] == since_ns:
            self._runs[-1] = self._runs[-1][0], until_ns
        else:
            self._runs.append((since_ns, until_ns))
            self._t_ns.append(since_ns)
            self._joules.append(before)
        self._t_ns.append(until_ns)
        self._joules.append(before + watts * (until_ns - since_ns) / 1e9)
        if len(self._t_ns) > MOST_POINTS:
            half = MOST_POINTS // 2
            self._t_ns[:half], self._joules[:half] = self._t_ns[:half:2], self._joules[:half:2]
        if len(self._runs) > MOST_RUNS:
            del self._runs[: MOST_RUNS // 2]

    def covered(self, span: Span) -> list[Span]:
        """The parts of a span in which the source was read."""
        began_ns, end_ns = span
        first = max(bisect_right(self._runs, (began_ns, began_ns)) - 1, 0)
        last = bisect_left(self._runs, (end_ns, end_ns))
        parts = [(max(since, began_ns), min(until, end_ns)) for since, until in self._runs[first:last]]
        return [(since, until) for since, until in parts if until > since]

    def whole_readings(self, span: Span) -> tuple[Span, int] | None:
        """The part of a span that whole readings cover without a hole, and how many they are: a reading is a mean since
        the one before, so what lies outside the span is in none of these. None where there is none."""
        first, last = bisect_left(self._t_ns, span[0]), bisect_right(self._t_ns, span[1]) - 1
        if last <= first:
            return None
        part = self._t_ns[first], self._t_ns[last]
        return (part, last - first) if self.covered(part) == [part] else None

    def joules(self, span: Span) -> float:
        """What was used in a span, as far as it is covered."""
        return self._joules_at(span[1]) - self._joules_at(span[0])

    def readings(self, part: Span) -> int:
        """How many readings a covered part is made of, those at its ends included; once the line is long, fewer."""
        return max(bisect_left(self._t_ns, part[1]) - bisect_right(self._t_ns, part[0]) + 1, 0)

    def _joules_at(self, t_ns: int) -> float:
        after = bisect_right(self._t_ns, t_ns)
        if after == 0:
            return 0.0
        if after == len(self._t_ns):
            return self._joules[-1]
        since, until = self._t_ns[after - 1], self._t_ns[after]
        share = (t_ns - since) / (until - since)
        return self._joules[after - 1] + share * (self._joules[after] - self._joules[after - 1])


def length_ns(spans: list[Span]) -> int:
    return sum(until - since for since, until in spans)
