"""The time window of the latency charts: the last seconds, or a fixed window around a change of device."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.dashboard.overview.chart import Chart
from ovtui.dashboard.overview.machine_strip import MachineStrip
from ovtui.dashboard.overview.plot_beside import beside_columns
from ovtui.dashboard.overview.plot_layout import centred_time_labels, column_end_ns
from ovtui.dashboard.overview.plot_marks import NumberedMark
from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.session.session_state import EventMark

SPANS_S = (10, 60, 300, 900)
YOUNG_SPANS_S = (5, 10, 15, 20, 30, 40, 60, 90, 120, 180, 240, 300, 600)
"""The spans shown of a load that is younger than the chosen one. In steps, so that columns keep their borders from one
step to the next, and the time axis its labels; two thirds of the width and more are in use."""
HANDOVER_MARGINS_S = (1.5, 3.0, 6.0, 15.0, 30.0)
"""A fixed window begins and ends this long before and after the change; the zoom goes from one to the next."""
FIRST_MARGIN_S = 3.0
_NS_PER_S = 1_000_000_000


class PlotWindow:
    """Owner: the overview."""

    def __init__(self) -> None:
        self.span_s = 60
        """As it was chosen."""
        self.handover: EventMark | None = None
        """The change of device that the window is fixed around; None while it follows the present."""
        self._margin_s = FIRST_MARGIN_S
        """Of the fixed window, one of HANDOVER_MARGINS_S."""
        self._age_s = float("inf")
        """Of the load, when `look` was last called."""

    def look(self, digest: Digest, now_ns: int) -> None:
        """To be called before anything is drawn in the window: a young load is shown over its own time."""
        segments = digest.session_state.segments
        began_ns = segments[0].t_ns if segments else 0
        self._age_s = max(now_ns - began_ns, 0) / _NS_PER_S

    @property
    def frames_per_drawing(self) -> int:
        """Frames from one drawing to the next. A column of the 60 s span is half a second wide, and wider in longer
        spans."""
        return (
            2 if self.handover is not None else {10: 1, 60: 2, 300: 2, 900: 4 if self.shown_s > 300 else 2}[self.span_s]
        )

    @property
    def shown_s(self) -> int:
        """The length of the window, s."""
        if self.handover is not None:
            return round(2 * self._margin_s)
        return next((step for step in YOUNG_SPANS_S if self._age_s <= step < self.span_s), self.span_s)

    def end_ns(self, now_ns: int, columns: int) -> int:
        """The end of so many columns over the window."""
        if self.handover is None:
            return column_end_ns(now_ns, self.shown_s, columns)
        return self.handover.t_ns + round(self._margin_s * _NS_PER_S)

    def has_passed(self, strip: MachineStrip, now_ns: int) -> bool:
        """True where the plot, which is drawn more often than the strip, has moved by two columns and more since, or
        has another span."""
        columns = max(strip.column_count, 1)
        if strip.span_ns != self.shown_s * _NS_PER_S:
            return True
        return abs(self.end_ns(now_ns, columns) - strip.end_ns) * columns >= 2 * self.shown_s * _NS_PER_S

    def draw_strip(self, strip: MachineStrip, digest: Digest, now_ns: int) -> None:
        """Gives the strip the columns that the plot has in this window."""
        if strip.display and strip.column_count > 0:
            end_ns = self.end_ns(now_ns, strip.column_count)
            strip.show(digest, end_ns - self.shown_s * _NS_PER_S, end_ns, now_ns)

    @property
    def text(self) -> str:
        """Time and width of a fixed window; empty while the window follows the present."""
        if self.handover is None:
            return ""
        return f"{number_format.elapsed(self.handover.t_ns / 1e9)} ±{self._margin_s:g} s"

    def zoom(self, direction: int) -> str:
        """A shorter span (-1) or a longer one (1), of a fixed window around its change. Returns the answer to the
        key."""
        if self.handover is not None:
            return self._zoom_fixed(direction)
        if direction < 0:
            # From what is shown: a key that only chose what a young load does not reach would show nothing.
            shorter = [span for span in SPANS_S if span < min(self.span_s, self.shown_s)]
            if self.span_s == SPANS_S[0]:
                return f"time span: {_span_text(self.span_s)}, the shortest"
            self.span_s = shorter[-1] if shorter else SPANS_S[0]
        else:
            longer = [span for span in SPANS_S if span > self.span_s]
            if not longer:
                return f"time span: {_span_text(self.span_s)}, the longest"
            self.span_s = longer[0]
        young = f"; {_span_text(self.shown_s)} for now, the load is younger" if self.shown_s < self.span_s else ""
        return f"time span: {_span_text(self.span_s)}{young}"

    def _zoom_fixed(self, direction: int) -> str:
        at = HANDOVER_MARGINS_S.index(self._margin_s) + direction
        text = "time span around the change: "
        if not 0 <= at < len(HANDOVER_MARGINS_S):
            return f"{text}±{self._margin_s:g} s, the {'shortest' if direction < 0 else 'longest'}"
        self._margin_s = HANDOVER_MARGINS_S[at]
        return f"{text}±{self._margin_s:g} s"

    def toggle_handover(self, marks: Sequence[EventMark]) -> str:
        """Fixes the window around the newest change of device, or follows the present again; returns the answer to the
        key."""
        if self.handover is not None:
            self.handover = None
            return "back to the present"
        self._margin_s = FIRST_MARGIN_S
        self.handover = next((mark for mark in reversed(marks) if mark.kind == "handover"), None)
        if self.handover is None:
            return "the device has not changed yet"
        when = number_format.elapsed(self.handover.t_ns / 1e9)
        return f"{self._margin_s:g} s before and after the change to {self.handover.text} at {when}"

    def draw(self, chart: Chart, digest: Digest, kind: LatencyKind, marks: Sequence[NumberedMark], now_ns: int) -> None:
        """Gives the chart its columns for this window."""
        if not chart.display or chart.column_count <= 0:
            return
        span_s, end_ns = self.shown_s, self.end_ns(now_ns, chart.column_count)
        labels, split = None, 0
        if self.handover is not None:
            labels, split = centred_time_labels(span_s, chart.column_count), chart.column_count // 2
        columns = digest.columns(kind, end_ns, span_s * _NS_PER_S, chart.column_count)
        beside = beside_columns(digest.session_state.beside, columns.edges_s, kind)
        chart.update_columns(columns, marks, span_s, labels, split, beside)


def _span_text(span_s: int) -> str:
    return f"{span_s} s" if span_s < 120 else f"{span_s // 60} min"
