"""A picture of distributions that is drawn anew when what it shows has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ovtui.dashboard.distribution.distribution_picture import DistributionInk, DistributionScene
from ovtui.dashboard.drawing.cells import CellGrid, changed_regions
from ovtui.dashboard.drawing.glyphs import GLYPHS, Glyphs, GlyphSet

DrawPicture = Callable[[DistributionScene, int, int, Glyphs], CellGrid]
"""charts.distribution.bars or curve."""


class DistributionChart(Widget, can_focus=False):
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

    def __init__(self, picture: DrawPicture, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture = picture
        self._glyphs = GLYPHS["braille"]
        self._scene: DistributionScene | None = None
        self._cells = CellGrid(0, 0)
        self._rich_styles: list[Style] = []

    def show(self, scene: DistributionScene) -> None:
        self._scene = scene
        self._redraw()

    def set_glyphs(self, glyph_set: GlyphSet) -> None:
        self._glyphs = GLYPHS[glyph_set]
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if not self._rich_styles:
            self._rich_styles = [self.get_component_rich_style(ink.component) for ink in DistributionInk]
        if y >= self._cells.height:
            return Strip.blank(self.content_size.width, self.rich_style)
        return self._cells.strip(y, self._rich_styles, one_ground=True)

    def on_resize(self) -> None:
        self._redraw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._rich_styles = []

    def _redraw(self) -> None:
        if self._scene is None:
            return
        new = self._picture(self._scene, self.content_size.width, self.content_size.height, self._glyphs)
        regions = changed_regions(self._cells, new)
        self._cells = new
        if regions:
            self.refresh(*regions)
