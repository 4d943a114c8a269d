"""A picture of distributions that is drawn anew when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ovtui.dashboard.distribution.distribution_picture import DistributionInk, DistributionScene
from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs

DrawPicture = Callable[[DistributionScene, int, int, Glyphs], CellGrid]
"""charts.distribution.bars or curve."""


class DistributionChart(CellWidget, can_focus=False):
    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in DistributionInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in DistributionInk}
    DEFAULT_CSS = """
    DistributionChart {
        .distribution--title { text-style: bold; }
        .distribution--dim { color: $text-muted; }
        .distribution--limit { color: $error; text-style: bold; }
        .distribution--first { color: $success; }
        .distribution--second { color: $primary; }
        .distribution--third { color: $warning; }
        .distribution--fourth { color: $accent; }
    }
    """

    def __init__(self, draw_picture: DrawPicture, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw_picture = draw_picture
        self._scene: DistributionScene | None = None

    def show(self, scene: DistributionScene) -> None:
        self._scene = scene
        self._redraw()

    def _redraw(self) -> None:
        if self._scene is not None:
            self._repaint()

    def _picture(self) -> CellGrid:
        assert self._scene is not None
        return self._draw_picture(self._scene, self.content_size.width, self.content_size.height, self._glyphs)
