"""The table of percentiles: one line for each kind of latency, in fixed columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content

from ovtui.dashboard.batches.batch_totals import BEFORE_TRIAL
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import fitting_milliseconds
from ovtui.metrics import number_format
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.samples import KINDS
from ovtui.metrics.queries.distribution import SPANS, DistributionSpan
from ovtui.metrics.snapshot import Snapshot

COLUMNS = ("p50", "p90", "p95", "p99", "p99.9", "max")
_LABEL_WIDTH = 11


class LatencyTable(Panel):
    """The heading and one line for each kind of latency; a panel of three lines leaves out service."""

    span: DistributionSpan = "segment"
    """What the figures cover: the segment in force (InForce), which shows the effect of the newest change, the whole
    run, or the last seconds."""
    _snapshot: Snapshot | None = None
    _recent: dict[LatencyKind, Latency] = {}  # noqa: RUF012

    def show(self, snapshot: Snapshot, recent: Callable[[int], dict[LatencyKind, Latency]]) -> None:
        """`recent`: from a number of seconds to the latencies over that time up to now."""
        self._snapshot = snapshot
        if isinstance(self.span, int):
            self._recent = recent(self.span)
        self.redraw()

    def next_span(self) -> DistributionSpan:
        self.span = SPANS[(SPANS.index(self.span) + 1) % len(SPANS)]
        return self.span

    def draw(self, width: int) -> Content:
        column = min((width - _LABEL_WIDTH - 1) // len(COLUMNS), 11)
        heading = f" {self._heading:<{_LABEL_WIDTH - 1}}"
        # A long heading takes from the room before 'p50'.
        heading = f"{heading}{COLUMNS[0]:>{_LABEL_WIDTH + column - len(heading)}}"
        heading += "".join(f"{name:>{column}}" for name in COLUMNS[1:])
        lines = [Content.styled(heading, "$dim")]
        latency = self._latency
        kinds: Sequence[LatencyKind] = KINDS if self.size.height >= 4 else ("inference", "response")
        for kind in kinds:
            values = "".join(f"{text:>{column}}" for text in _row_texts(latency.get(kind, Latency()), column))
            lines.append(Content.assemble((f" {kind:<{_LABEL_WIDTH - 1}}", "$dim"), values))
        return Content("\n").join(lines)

    @property
    def _latency(self) -> dict[LatencyKind, Latency]:
        if self._snapshot is None:
            return {}
        if isinstance(self.span, int):
            return self._recent
        return self._snapshot.latency if self.span == "run" else self._snapshot.segment_latency

    @property
    def _heading(self) -> str:
        """What the figures cover, and the unit: the device where others served in the segment too, 'mixed' where the
        requests of several devices are counted together; 'warming up' until the end of the warm-up is known. During a
        trial the segment in force is the one before it."""
        snapshot = self._snapshot
        segment = snapshot.session_state.segment if snapshot else None
        if isinstance(self.span, int):
            return f"{self.span} s, {'mixed' if _changed_within(snapshot, self.span) else 'ms'}"
        if snapshot is not None and snapshot.warm_up.state == "open":
            return "warming up"
        if snapshot is None or self.span == "run" or segment is None:
            return "run, mixed" if snapshot is not None and snapshot.devices_served > 1 else "run, ms"
        if snapshot.session_state.in_turns:
            return BEFORE_TRIAL
        return f"{snapshot.in_force_device or f'seg {segment.segment}'}, ms"


def _changed_within(snapshot: Snapshot | None, span_s: int) -> bool:
    engine = snapshot.session_state.engine if snapshot else None
    if snapshot is None or engine is None or not engine.device_changes:
        return False
    return engine.device_changes[-1].t_ns > snapshot.now_ns - span_s * 1_000_000_000


def _row_texts(latency: Latency, column: int) -> list[str]:
    """One cell of a column stays free: a large value loses decimals before it touches its neighbour."""
    values = (latency.p50, latency.p90, latency.p95, latency.p99, latency.p999, latency.max)
    return [fitting_milliseconds(value, column - 1, number_format.decimals_of(value)) for value in values]
