"""What was lost and shed, over time: how it stood when the segment in force began, and the rate of shedding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.records.source import LossCounts

SHED_RATE_S = 2.0
"""Over which what is shed is told as a rate."""


class LossCounters:
    """Owner: the Digest. Its answers depend on the counts and not on the updates that they came in."""

    def __init__(self) -> None:
        self._counts: list[LossCounts] = []
        """Of the last SHED_S, and the one before."""
        self._began_ns = 0
        self._at_segment: LossCounts | None = None
        """The first ones told after it began; None until then."""

    def add(self, counts: Sequence[LossCounts]) -> None:
        """Before the events that they come with."""
        self._counts += counts
        self._find_segment_start(counts)

    def began(self, t_ns: int) -> None:
        """A segment."""
        self._began_ns, self._at_segment = t_ns, None
        self._find_segment_start(self._counts)

    def forget_old(self) -> None:
        """What is too old, once the events are told."""
        old_ns = self._counts[-1].t_ns - SHED_RATE_S * 1e9 if self._counts else 0
        first = next((i for i, counts in enumerate(self._counts) if counts.t_ns > old_ns), 0)
        del self._counts[: max(first - 1, 0)]

    @property
    def at_segment_start(self) -> LossCounts:
        return self._at_segment or (self._counts[-1] if self._counts else LossCounts(0, 0, 0))

    def per_s(self, until_ns: int) -> float:
        """Over the last SHED_S, 0 where one half of them saw nothing of it: a change of the load sheds what waited for
        the old one, at once, and that is no full backlog."""
        known = [counts for counts in self._counts if counts.t_ns <= until_ns]
        if not known or known[-1].t_ns < until_ns - SHED_RATE_S / 2 * 1e9:
            return 0.0
        t_s, shed = np.array([counts.t_ns / 1e9 for counts in known]), [counts.shed for counts in known]
        began_s = max(t_s[-1] - SHED_RATE_S, t_s[0])
        then, middle = np.interp([began_s, t_s[-1] - SHED_RATE_S / 2], t_s, shed).tolist()
        return float((shed[-1] - then) / (t_s[-1] - began_s)) if then < middle < shed[-1] else 0.0

    def _find_segment_start(self, counts: Sequence[LossCounts]) -> None:
        if self._at_segment is None:
            self._at_segment = next((found for found in counts if found.t_ns >= self._began_ns), None)
