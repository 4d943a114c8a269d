"""Holds the limits in force against the figures of their segment, and against what came due in it and has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovtui.metrics.groups.breakdowns import Breakdowns
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.limits.asked_rate import asked_rate
from ovtui.metrics.limits.in_flight import InFlight
from ovtui.metrics.limits.limit_check import SegmentFigures
from ovtui.metrics.limits.unanswered import Unanswered
from ovtui.metrics.limits.verdicts import SloMonitor, Verdict
from ovtui.metrics.session.accounts import Unsent
from ovtui.metrics.session.loss_counters import LossCounters
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import SegmentBegan
from ovtui.records.record import Records
from ovtui.records.source import LossCounts
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import limits_in_force


class LimitWatch:
    """Owner: the Digest, whose parts it reads."""

    def __init__(self, session_state: SessionState, breakdowns: Breakdowns, loss_counters: LossCounters) -> None:
        self._session_state, self._breakdowns, self._loss_counters = session_state, breakdowns, loss_counters
        self._monitor = SloMonitor()
        self._in_flight = InFlight()

    @property
    def verdicts(self) -> list[Verdict]:
        return list(self._monitor.verdicts)

    def due(self, now_ns: int) -> bool:
        return self._monitor.due(now_ns)

    def begin_segment(self, event: SegmentBegan) -> None:
        if event.trial:
            self._in_flight.end_segment(event.first_seq)
        else:
            self._in_flight.begin_segment(event.first_seq if event.settings.slo else None)

    def add(self, counts: Sequence[LossCounts], records: Records) -> None:
        """What was counted, and [n] records that came back, after the events of the same update."""
        self._in_flight.add(counts, records)

    def look(
        self,
        group: GroupFigures,
        rule: WarmUpRule,
        counts: LossCounts,
        engines: Mapping[int, EngineCounts] | None,
        unserved_at_end: int,
    ) -> None:
        """`group`: of the segment in force. `counts`: as they are now. `engines`: what each that runs has counted.
        `unserved_at_end`: requests of the segment that were due and never sent."""
        segment, settings = self._session_state.segment, self._session_state.settings
        if segment is None or settings is None or not (settings.slo or self._monitor.verdicts):
            return
        start = self._loss_counters.at_segment_start
        lost, shed = counts.lost - start.lost, counts.shed - start.shed
        figures = SegmentFigures(
            spread=group.spread,
            rule=rule,
            counts=self._breakdowns.limit_counts,
            completed=group.completed,
            measured=group.measured,
            throughput=group.throughput,
            errors=group.errors,
            late=group.late,
            lost=lost,
            shed=shed,
            asked=asked_rate(settings, group, self._session_state, lost + unserved_at_end),
            unanswered=self._unanswered(lost, shed, engines, counts.t_ns),
        )
        limits, began_s = limits_in_force(settings.slo), segment.t_ns / 1e9
        self._monitor.look(limits, figures, segment.segment, began_s, counts.t_ns)

    def _unanswered(self, lost: int, shed: int, engines: Mapping[int, EngineCounts] | None, now_ns: int) -> Unanswered:
        state, accounts = self._session_state, self._session_state.accounts
        unsent: tuple[Unsent, ...] = ()
        end_ns = now_ns
        if state.phase == "serving":
            unsent = (accounts.waiting_now(engines, now_ns),)
        elif (serving := state.engines.get(state.serving)) is not None and serving.exited is not None:
            end_ns = serving.exited.t_ns
        return Unanswered(
            shed, lost, (*accounts.parts_in_segment, *unsent), accounts.known, self._in_flight.waits_ms(end_ns, lost)
        )
