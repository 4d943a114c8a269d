"""Collects the requests around each change of device, for handover_phases, in a fixed amount of memory."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.groups.breakdowns import Breakdowns
from ovtui.metrics.handover.handover_phases import Counted, HandoverPhases, phases_of
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.completion_order import ranked_by_completion
from ovtui.records.events import DeviceChanged
from ovtui.records.record import Records, empty_records, join_records
from ovtui.settings.schema.settings import WarmUpRule

SPAN_NS = 60_000_000_000
"""Requests are collected over this span before a change, and again after it."""
MAX_BEFORE, MAX_AFTER = 1 << 13, 1 << 15
"""The most requests on either side, 2.5 MiB together; more would add nothing about the change."""
MAX_OPEN = 4
"""Changes for which requests are collected at the same time."""
CHANGES_KEPT = 64
"""Changes whose figures are kept."""
REFRESH_NS = 1_000_000_000
"""While requests are collected, the figures of a change are computed again after this time on the records' clock. They
cost up to 10 ms."""


class HandoverCollector:
    """Owner: the Digest."""

    def __init__(self, session_state: SessionState, breakdowns: Breakdowns) -> None:
        """`breakdowns`: which requests the warm-up rules leave out."""
        self._session_state, self._breakdowns = session_state, breakdowns
        self._open: list[_ChangeCollector] = []
        self._closed: list[_ChangeCollector] = []

    def begin(self, change: DeviceChanged, history: RequestHistory) -> None:
        """Starts to collect for a change. The requests before it, and some after it, are already in `history`."""
        others = [other for other in self._open if other.change.engine == change.engine]
        for other in others:
            other.until_ns = min(other.until_ns, change.t_ns)
        # A change that is no longer collected lies at least SPAN_NS or MAX_AFTER requests before this one.
        collector = _ChangeCollector(
            change, max((other.change.t_ns for other in others), default=change.t_ns - SPAN_NS)
        )
        collector.add(history.tail(len(history)))
        self._open.append(collector)
        if len(self._open) > MAX_OPEN:
            self._close(self._open[0])

    def add(self, records: Records) -> None:
        """Takes new records, in order of arrival."""
        if not self._open:
            return
        newest_ns = int(records["done_ns"].max())
        for collector in list(self._open):
            collector.add(records)
            if newest_ns > collector.until_ns or collector.full:
                self._close(collector)

    def phases(self, rule: WarmUpRule, *, final: bool) -> list[HandoverPhases]:
        """The phases of the newest changes, oldest first, under a warm-up rule. `final`: no more records will come."""
        found = [
            *(self._phases(collector, final=True) for collector in self._closed),
            *(self._phases(collector, final=final) for collector in self._open),
        ]
        return [phases.under(rule) for phases in sorted(found, key=_when)]

    def _close(self, collector: _ChangeCollector) -> None:
        self._open.remove(collector)
        self._closed.append(collector)
        del self._closed[:-CHANGES_KEPT]
        self._phases(collector, final=True)

    def _phases(self, collector: _ChangeCollector, *, final: bool) -> HandoverPhases:
        if collector.frozen is not None:
            return collector.frozen
        decided = self._breakdowns.decided(collector.change.engine)
        phases = collector.phases(self._segments(collector), self._breakdowns.counted, final=final, decided=decided)
        if decided and collector in self._closed:
            collector.freeze(phases)
        return phases

    def _segments(self, collector: _ChangeCollector) -> list[int]:
        """The segments of the changed engine under the settings that were in force at the change, because a change of
        settings (the rate, for example) changes latency as well. What the host adapts by itself, like the requests in
        flight at a handover, does not change the settings."""
        own = [began for began in self._session_state.segments if began.engine == collector.change.engine]
        earlier = [began for began in own if began.t_ns <= collector.change.t_ns]
        in_force = earlier[-1] if earlier else next(iter(own), None)
        return [began.segment for began in own if in_force is not None and began.settings == in_force.settings]


class _ChangeCollector:
    """The requests around one change. They include those of other engines, because the event that assigns a segment to
    its engine may arrive later."""

    def __init__(self, change: DeviceChanged, from_ns: int) -> None:
        self.change = change
        self.from_ns = max(from_ns, change.t_ns - SPAN_NS)
        self.until_ns = change.t_ns + SPAN_NS
        self._before, self._after = empty_records(), empty_records()
        self._phases: HandoverPhases | None = None
        self._made_from = (-1, 0, False, False)
        """Number of records, newest completion, `final` and `decided` that `_phases` was computed from."""
        self.frozen: HandoverPhases | None = None
        """The figures, once none of them can change any more."""

    @property
    def full(self) -> bool:
        return len(self._after) >= MAX_AFTER

    def add(self, records: Records) -> None:
        done_ns, t_ns = records["done_ns"], self.change.t_ns
        before = records[(done_ns < t_ns) & (done_ns >= self.from_ns)]
        if len(before):
            self._before = join_records([self._before, before])[-MAX_BEFORE:]
        after = records[(done_ns >= t_ns) & (done_ns < self.until_ns)]
        if len(after) and not self.full:
            self._after = join_records([self._after, after])[:MAX_AFTER]

    def freeze(self, phases: HandoverPhases) -> None:
        """Keeps the figures and drops the requests."""
        self.frozen = phases
        self._before, self._after = empty_records(), empty_records()

    def phases(self, segments: list[int], counted: Counted, *, final: bool, decided: bool) -> HandoverPhases:
        """`decided`: it is known which of the engine's requests are warm-up."""
        count = len(self._before) + len(self._after)
        newest_ns = int(self._after["done_ns"].max()) if len(self._after) else self.change.t_ns
        made_from, made_at_ns, *made_states = self._made_from
        stale = count != made_from and (final or newest_ns - made_at_ns >= REFRESH_NS)
        if self._phases is None or stale or made_states != [final, decided]:
            kept = join_records([self._before, self._after])
            kept = kept[kept["done_ns"] < self.until_ns]
            kept = ranked_by_completion(kept[np.isin(kept["segment"], segments)])
            self._phases = phases_of(kept, self.change, counted)
            self._made_from = (count, newest_ns, final, decided)
        return self._phases


def _when(phases: HandoverPhases) -> int:
    return phases.change.t_ns
