"""A chart of latency distributions as a widget: the histogram and the percentile curves of view 4, and the small
histogram beside the request table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ovtui.dashboard.distribution import distribution_picture as pictures
from ovtui.dashboard.distribution.distribution_picture import DistributionInk, DistributionScene
from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.value_axis import ValueAxis, axis_for
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.queries.distribution import Distribution, distributions_of
from ovtui.metrics.session.session_state import SessionState
from ovtui.settings.schema.slo import Limit, parse_slo

BARS_END_PERCENTILE = 99.5
"""A linear axis of bars ends somewhat above it: one request of a second would squeeze all others together."""
DrawPicture = Callable[[DistributionScene, int, int, Glyphs], CellGrid]
"""`distribution_picture.bars` or `curve`."""


class DistributionChart(CellWidget, can_focus=False):
    """A histogram or a chart of percentile curves. Where there is no request to show it says so."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in DistributionInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in DistributionInk}
    DEFAULT_CSS = """
    DistributionChart {
        .distribution--title { text-style: bold; }
        .distribution--dim { color: $text-muted; }
        .distribution--limit { color: $error; text-style: bold; }
        .distribution--first { color: $median; }
        .distribution--second { color: $worst; }
        .distribution--third { color: $third; }
        .distribution--fourth { color: $fourth; }
    }
    """

    def __init__(self, draw_picture: DrawPicture, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw_picture = draw_picture
        self._scene: DistributionScene | None = None
        self._empty = ""

    def show(self, scene: DistributionScene, empty: str = "") -> None:
        """`empty`: what is said in the place of the chart where the scene has no group."""
        self._scene, self._empty = scene, empty
        self._redraw()

    def _redraw(self) -> None:
        if self._scene is not None:
            self._repaint()

    def _picture(self) -> CellGrid:
        assert self._scene is not None
        width, height = self.content_size
        cells = self._draw_picture(self._scene, width, height, self._glyphs)
        if self._empty and not self._scene.groups and height > 2:
            left = pictures.LEFT_MARGIN + 1
            cells.put(left, 2, self._glyphs.text(self._empty)[: max(width - left, 0)], DistributionInk.DIM)
        return cells


class SmallHistogram(DistributionChart):
    """The histogram of the segment in force, by device where several served in it: the same data as in view 4."""

    def __init__(self, hint: str = "", *, id: str | None = None) -> None:
        super().__init__(pictures.bars, id=id)
        self.hint = hint
        """Text at the right end of the heading."""

    def show_segment(self, digest: Digest, kind: LatencyKind) -> None:
        state = digest.session_state
        segment = state.segment.segment if state.segment is not None else 0
        several = sum(number == segment for number, _ in digest.parts) > 1
        groups = distributions_of(digest, kind, "segment", "device" if several else "all")
        title = f"HISTOGRAM {kind} ms, log"
        axis = bars_axis(groups, logarithmic=True)
        self.show(DistributionScene(groups, axis, limits_of(state, kind), title, self.hint), empty_segment(digest))


def empty_segment(digest: Digest) -> str:
    """Why there is no distribution of the segment in force."""
    segment = digest.session_state.segment
    if segment is None or not digest.run.completed:
        return "no request has completed yet"
    if not digest.segment(segment.segment).completed:
        return f"no request of segment {segment.segment} has completed yet"
    return f"all requests of segment {segment.segment} so far are left out as warm-up"


def bars_axis(groups: Sequence[Distribution], *, logarithmic: bool) -> ValueAxis:
    """Over all requests; a linear one over nearly all."""
    if not groups:
        return axis_for(1.0, 10.0, log=logarithmic)
    low, high = min(group.min_ms for group in groups), max(group.max_ms for group in groups)
    if not logarithmic:
        high = min(high, 1.5 * max(group.percentile(BARS_END_PERCENTILE) or group.max_ms for group in groups))
    return axis_for(low, high, log=logarithmic)


def limits_of(state: SessionState, kind: LatencyKind) -> list[Limit]:
    """The SLO limits on this kind of latency."""
    limits = parse_slo(state.settings.slo) if state.settings is not None else ()
    return [limit for limit in limits if limit.latency == kind]
