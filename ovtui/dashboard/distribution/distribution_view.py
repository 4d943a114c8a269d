"""View 4: histograms and percentile curves of latency, all together or by group, with the SLO limits."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from ovtui.dashboard.distribution import distribution_picture as pictures
from ovtui.dashboard.distribution.distribution_chart import DistributionChart, bars_axis, empty_segment, limits_of
from ovtui.dashboard.distribution.distribution_facts import DistributionFacts
from ovtui.dashboard.distribution.distribution_picture import DistributionScene
from ovtui.dashboard.distribution.slo_line import SloLine
from ovtui.dashboard.drawing.value_axis import ValueAxis, axis_for
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.keys.keymap import keys_of
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.dashboard.views.view import View, ViewContext
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.queries.distribution import (
    MAX_GROUPS,
    SPANS,
    Distribution,
    DistributionSpan,
    Grouping,
    distributions_of,
    groupings,
    span_text,
)
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import Limit

SHOWN_KINDS: tuple[LatencyKind, ...] = ("inference", "service", "response")
WARM_UP_RULES: tuple[WarmUpRule, ...] = ("rule", "first", "none")
_CURVE_END_PERCENTILE = 95.0
"""A linear axis of curves ends somewhat above it: one request of a second would squeeze all others together."""
_FRAMES_PER_DRAWING = 4
"""Frames from one drawing to the next: figures over minutes change slowly."""


class DistributionView(View):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.DISTRIBUTION)
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.DISTRIBUTION,)

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context)
        self.kind: LatencyKind = "response"
        self.span: DistributionSpan = "segment"
        self.grouping: Grouping = "all"
        self.logarithmic = True

    def compose(self) -> ComposeResult:
        yield Header()
        yield DeviceLine()
        yield SloLine()
        yield DistributionFacts()
        with Container(id="distributions"):
            yield DistributionChart(pictures.bars, id="bars")
            yield DistributionChart(pictures.curve, id="curve")
        yield EventLine()
        yield Footer()

    def draw(self, snapshot: Snapshot, tick: int, *, whole: bool = False) -> None:
        self.draw_status_lines(snapshot)
        if whole or tick % _FRAMES_PER_DRAWING == 0:
            self._draw_own(snapshot)
        self.query_one(Footer).show(Scope.DISTRIBUTION)

    def _draw_own(self, snapshot: Snapshot) -> None:
        self.query_one(SloLine).show(snapshot)
        groups = distributions_of(self.digest, self.kind, self.span, self.grouping)
        count = sum(group.count for group in groups)
        population = f"{self.kind}, {self._population_text}, {count:,} requests"
        self.query_one(DistributionFacts).show(
            snapshot, self.digest.steadiness(), self.digest.lag.figures(), population
        )
        limits = limits_of(snapshot.session_state, self.kind)
        keys, scale = keys_of(self), "log" if self.logarithmic else "linear"
        bars = bars_axis(groups, logarithmic=self.logarithmic)
        for chart, title, axis, hint in (
            ("bars", f"HISTOGRAM {self.kind} ms, {scale}", bars, ("metric-shown", "grouping")),
            ("curve", f"PERCENTILES {self.kind} ms, {scale}", self._curve_axis(groups, limits), ("axes", "span-shown")),
        ):
            scene = DistributionScene(groups, axis, limits, title, keys.hint(*hint))
            self.query_one(f"#{chart}", DistributionChart).show(scene, self._empty_text)

    @property
    def _empty_text(self) -> str:
        """Why there is nothing to see, and which key shows something."""
        keys = keys_of(self)
        if not self.digest.run.completed:
            return self.nothing_yet or "no request has completed yet"
        if isinstance(self.span, int):
            return f"no request completed in {span_text(self.span)}; {keys.first('span-shown')} shows another span"
        if self.grouping == "batching":
            return f"no request of this segment is kept; {keys.first('grouping')} compares by something else"
        if self.span == "run":
            return f"all requests so far are left out as warm-up; {keys.first('rule')} shows them too"
        return f"{empty_segment(self.digest)}; {keys.hint('span-shown', 'rule')}"

    @property
    def _population_text(self) -> str:
        by = "" if self.grouping == "all" or isinstance(self.span, int) else f" by {self.grouping}"
        if self.grouping == "segment" and not isinstance(self.span, int):
            return "the newest segments"
        if self.grouping == "data shape" and len(self.digest.by_shape.known.newest) > MAX_GROUPS:
            by = f", the {MAX_GROUPS} slowest data shapes"
        return f"{span_text(self.span)}{by}"

    def _curve_axis(self, groups: list[Distribution], limits: list[Limit]) -> ValueAxis:
        """Over all curves, and over the limits that are not far away."""
        if not groups:
            return axis_for(1.0, 10.0, log=self.logarithmic)
        low = min(group.percentile(5) or group.min_ms for group in groups)
        high = max(group.percentile(100 * group.reach) or group.max_ms for group in groups)
        if not self.logarithmic:
            high = min(high, 3 * max(group.percentile(_CURVE_END_PERCENTILE) or group.max_ms for group in groups))
        near = [limit.bound for limit in limits if low / 4 <= limit.bound <= 4 * high]
        return axis_for(min([low, *near]), max([high, *near]), log=self.logarithmic)

    def export_all(self) -> TableExport | None:
        """The percentiles of each group."""
        groups = distributions_of(self.digest, self.kind, self.span, self.grouping)
        shares = (1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 99.99)
        rows = [
            [group.name, f"{q:g}", "" if (value := group.percentile(q)) is None else f"{value}"]
            for group in groups
            for q in shares
        ]
        headings = ("group", "percentile", f"{self.kind}_ms")
        return TableExport(f"percentiles of {len(groups)} groups", headings, lambda: rows) if groups else None

    def export_page(self) -> TableExport | None:
        return self.export_all()

    def action_metric(self) -> None:
        self.kind = SHOWN_KINDS[(SHOWN_KINDS.index(self.kind) + 1) % len(SHOWN_KINDS)]
        self._notify_and_redraw(f"latency shown: {self.kind}")

    def action_grouping(self) -> None:
        choices = groupings(self.digest)
        self.grouping = choices[(choices.index(self.grouping) + 1) % len(choices)]
        if isinstance(self.span, int):
            self.span = "segment"
        self._notify_and_redraw("all together" if self.grouping == "all" else f"by {self.grouping}")

    def action_span(self) -> None:
        self.span = SPANS[(SPANS.index(self.span) + 1) % len(SPANS)]
        self._notify_and_redraw(f"of {span_text(self.span)}")

    def action_axes(self) -> None:
        self.logarithmic = not self.logarithmic
        self._notify_and_redraw("logarithmic axes" if self.logarithmic else "linear axes")

    def action_rule(self) -> None:
        rule = WARM_UP_RULES[(WARM_UP_RULES.index(self.digest.warm_up_rule) + 1) % len(WARM_UP_RULES)]
        self.digest.choose_rule(rule)
        texts = {"rule": "by rule", "first": "only each engine's first inference", "none": "nothing"}
        self._notify_and_redraw(f"left out as warm-up, in every view and the summary: {texts[rule]}")

    def _notify_and_redraw(self, text: str) -> None:
        self.show_answer(text)
        self.redraw()
