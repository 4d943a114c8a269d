"""Which stretch of time the latency charts show: the last seconds, or a still one around a change of device."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.plot_layout import centred_time_labels
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.session.session_state import EventMark

SPANS_S = (10, 60, 300, 900)
HANDOVER_MARGIN_S = 3
"""Of the still stretch, on either side of the change."""
_NS_PER_S = 1_000_000_000


class PlotWindow:
    """Owner: the session screen."""

    def __init__(self) -> None:
        self.span_s = 60
        self.handover: EventMark | None = None
        """The change that is looked at; None while the plot follows the present."""

    @property
    def every(self) -> int:
        """Frames for each drawing: a column of 60 s is half a second wide, and one of a longer span wider."""
        return 2 if self.handover is not None else {10: 1, 60: 2, 300: 2, 900: 4}[self.span_s]

    @property
    def words(self) -> str:
        """What is shown, where it is not the present."""
        if self.handover is None:
            return ""
        return f"{number_format.elapsed(self.handover.t_ns / 1e9)} ±{HANDOVER_MARGIN_S} s"

    def zoom(self, direction: int) -> str:
        """The next span, and back to the present; returns what to say."""
        if self.handover is None:
            self.span_s = SPANS_S[(SPANS_S.index(self.span_s) + direction) % len(SPANS_S)]
        self.handover = None
        return f"time span: {self.span_s} s" if self.span_s < 120 else f"time span: {self.span_s // 60} min"

    def look(self, marks: Sequence[EventMark]) -> str:
        """To the newest change of device among the marks, or back from it; returns what to say."""
        if self.handover is not None:
            self.handover = None
            return "back to the present"
        self.handover = next((mark for mark in reversed(marks) if mark.kind == "handover"), None)
        if self.handover is None:
            return "the device has not changed yet"
        when = number_format.elapsed(self.handover.t_ns / 1e9)
        return f"{HANDOVER_MARGIN_S} s before and after the change to {self.handover.text} at {when}"

    def draw(self, chart: Chart, digest: Digest, kind: LatencyKind, marks: Sequence[EventMark], now_ns: int) -> None:
        if not chart.display or chart.column_count <= 0:
            return
        if self.handover is None:
            span_s, end_ns, labels = self.span_s, chart.end_ns(now_ns, self.span_s), None
        else:
            span_s, end_ns = 2 * HANDOVER_MARGIN_S, self.handover.t_ns + HANDOVER_MARGIN_S * _NS_PER_S
            labels = centred_time_labels(span_s, chart.column_count)
        columns = digest.columns(kind, end_ns, span_s * _NS_PER_S, chart.column_count)
        chart.update_columns(columns, marks, span_s, labels)
