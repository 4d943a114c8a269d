"""The base of the widgets on the time axis of the latency plot: their inks, and the colours of these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ovtui.dashboard.drawing.cell_widget import CellWidget
from ovtui.dashboard.drawing.cells import ChartInk


class InkedWidget(CellWidget):
    """The style numbers of its grid are those of ChartInk."""

    STYLE_CLASSES: ClassVar[Sequence[str]] = [ink.component for ink in ChartInk]
    COMPONENT_CLASSES: ClassVar[set[str]] = {ink.component for ink in ChartInk}
    DEFAULT_CSS = """
    InkedWidget {
        .chart--title { text-style: bold; }
        .chart--dim { color: $text-muted; }
        .chart--median { color: $success; }
        .chart--worst { color: $primary; }
        .chart--clipped { color: $error; text-style: bold; }
        .chart--mark { color: $warning; }
        .chart--cpu { color: $primary; }
        .chart--stand-in { color: $warning; }
        .chart--accelerator { color: $success; }
        .chart--several { color: $accent; }
    }
    """
