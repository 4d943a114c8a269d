"""Which stretch of time the latency charts show: the last seconds, or a still one around a change of device."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.plot_layout import labels_around
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.session.session_state import Mark

SPANS_S = (10, 60, 300, 900)
AROUND_S = 3
"""Of the still stretch, on either side of the change."""
_SECOND = 1_000_000_000


class PlotWindow:
    """Owner: the session screen."""

    def __init__(self) -> None:
        self.span_s = 60
        self.switch: Mark | None = None
        """The change that is looked at; None while the plot follows the present."""

    @property
    def every(self) -> int:
        """Frames for each drawing: a column of 60 s is half a second wide, and one of a longer span wider."""
        return 2 if self.switch is not None else {10: 1, 60: 2, 300: 2, 900: 4}[self.span_s]

    @property
    def words(self) -> str:
        """What is shown, where it is not the present."""
        if self.switch is None:
            return ""
        return f"{number_format.elapsed(self.switch.t_ns / 1e9)} ±{AROUND_S} s"

    def zoom(self, direction: int) -> str:
        """The next span, and back to the present; returns what to say."""
        if self.switch is None:
            self.span_s = SPANS_S[(SPANS_S.index(self.span_s) + direction) % len(SPANS_S)]
        self.switch = None
        return f"time span: {self.span_s} s" if self.span_s < 120 else f"time span: {self.span_s // 60} min"

    def look(self, marks: Sequence[Mark]) -> str:
        """To the newest change of device among the marks, or back from it; returns what to say."""
        if self.switch is not None:
            self.switch = None
            return "back to the present"
        self.switch = next((mark for mark in reversed(marks) if mark.kind == "handover"), None)
        if self.switch is None:
            return "the device has not changed yet"
        when = number_format.elapsed(self.switch.t_ns / 1e9)
        return f"{AROUND_S} s before and after the change to {self.switch.text} at {when}"

    def draw(self, chart: Chart, digest: Digest, kind: LatencyKind, marks: Sequence[Mark], now_ns: int) -> None:
        if not chart.display or chart.column_count <= 0:
            return
        if self.switch is None:
            span_s, end_ns, labels = self.span_s, chart.end_ns(now_ns, self.span_s), None
        else:
            span_s, end_ns = 2 * AROUND_S, self.switch.t_ns + AROUND_S * _SECOND
            labels = labels_around(span_s, chart.column_count)
        columns = digest.columns(kind, end_ns, span_s * _SECOND, chart.column_count)
        chart.update_columns(columns, marks, span_s, labels)
