"""The pictures of the chosen study as widgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.studies.graph import StudyInk

DrawStudy = Callable[[int, int, Glyphs], CellGrid]
"""Width, height, glyphs."""


class StudyPlot(CellWidget, can_focus=False):
    """Draws when what it shows has changed, and for another size."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in StudyInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in StudyInk}
    DEFAULT_CSS = """
    StudyPlot {
        .study--title { text-style: bold; }
        .study--dim { color: $text-muted; }
        .study--first { color: $median; }
        .study--second { color: $worst; }
        .study--fine { color: $success; text-style: bold; }
        .study--failed { color: $error; text-style: bold; }
        .study--chosen { color: $foreground; text-style: bold; }
    }
    """
    _draw: DrawStudy | None = None
    _shown: object = None

    def show(self, draw: DrawStudy | None, of: object) -> None:
        """`of`: what the picture depends on beside its size: the same means that nothing has changed."""
        if of == self._shown and (draw is None) == (self._draw is None):
            return
        self._draw, self._shown = draw, of
        self._redraw()

    def _picture(self) -> CellGrid:
        width, height = self.content_size
        if self._draw is None:
            return CellGrid(width, height)
        return self._draw(width, height, self._glyphs)
