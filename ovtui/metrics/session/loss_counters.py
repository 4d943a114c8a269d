"""Lost, shed and waiting requests over time: the counts at the start of the segment in force, the rate of shedding, and
how many waited."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.metrics.judgement.sparse_queue import WaitingCounts
from ovtui.records.source import LossCounts

SHED_RATE_S = 2.0
"""The span of the shedding rate, s."""
WAITING_S = 3.1
"""The span over which those that wait are looked at: with one poll a second, the pace on saturated cores, three counts
lie in it."""


class LossCounters:
    """Owner: the Digest. The answers depend on the counts alone, not on how they were divided into updates."""

    def __init__(self) -> None:
        self._counts: list[LossCounts] = []
        """Those of the last WAITING_S, and the one before them."""
        self._began_ns = 0
        self._at_segment: LossCounts | None = None
        """The first counts taken after the segment began; None until there are any."""
        self._shed_before: int | None = None
        """As the segment's event has it, to the request; None in older recordings."""

    def add(self, counts: Sequence[LossCounts]) -> None:
        """Adds counts, oldest first. To be called before `begin_segment` for the events of the same update."""
        self._counts += counts
        self._find_segment_start(counts)

    def begin_segment(self, t_ns: int, shed: int | None = None) -> None:
        """`shed`: by the session before it."""
        self._began_ns, self._at_segment, self._shed_before = t_ns, None, shed
        self._find_segment_start(self._counts)

    def forget_old(self) -> None:
        """Drops counts older than WAITING_S. To be called after the events of an update."""
        old_ns = self._counts[-1].t_ns - WAITING_S * 1e9 if self._counts else 0
        first = next((i for i, counts in enumerate(self._counts) if counts.t_ns > old_ns), 0)
        del self._counts[: max(first - 1, 0)]

    @property
    def at_segment_start(self) -> LossCounts:
        """The counts when the segment in force began; the newest ones until there are any from after that."""
        counted = self._at_segment or (self._counts[-1] if self._counts else LossCounts(0, 0, 0))
        return counted if self._shed_before is None else counted._replace(shed=self._shed_before)

    def per_s(self, until_ns: int) -> float:
        """Requests shed per second over the SHED_RATE_S before `until_ns`, but not before the segment in force; 0 if
        nothing was shed in one half of that time. A change of the load sheds all requests that waited for the old one
        at once, which is not a full backlog."""
        known = [counts for counts in self._counts if self._began_ns <= counts.t_ns <= until_ns]
        if not known or known[-1].t_ns < until_ns - SHED_RATE_S / 2 * 1e9:
            return 0.0
        t_s, shed = np.array([counts.t_ns / 1e9 for counts in known]), [counts.shed for counts in known]
        began_s = max(t_s[-1] - SHED_RATE_S, t_s[0])
        then, middle = np.interp([began_s, t_s[-1] - SHED_RATE_S / 2], t_s, shed).tolist()
        return float((shed[-1] - then) / (t_s[-1] - began_s)) if then < middle < shed[-1] else 0.0

    def waiting(self, since_ns: int, until_ns: int, first_seq: int, rate: float | None) -> WaitingCounts:
        """How many requests waited to be sent, at each count after `since_ns`, the start of the segment whose first
        request is number `first_seq`, and in the WAITING_S before `until_ns`. Where nothing counted them they follow
        from `rate`, if the load has one: what was due by then less what was sent and shed."""
        began_ns = max(since_ns, until_ns - int(WAITING_S * 1e9))
        shed_before = self.at_segment_start.shed
        found = []
        for counts in self._counts:
            if not began_ns <= counts.t_ns <= until_ns:
                continue
            sent, shed = counts.submitted - first_seq, counts.shed - shed_before
            waiting = counts.waiting
            if waiting is None and rate is not None:
                waiting = max(int((counts.t_ns - since_ns) / 1e9 * rate) - sent - shed, 0)
            if waiting is not None:
                found.append((counts.t_ns / 1e9, waiting, sent + shed + waiting))
        t_s, waited, due = np.array(found, float).reshape(-1, 3).T
        return WaitingCounts(t_s, waited, due)

    def _find_segment_start(self, counts: Sequence[LossCounts]) -> None:
        if self._at_segment is None:
            self._at_segment = next((found for found in counts if found.t_ns >= self._began_ns), None)
