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
        .chart--median { color: $median; }
        .chart--worst { color: $worst; }
        .chart--clipped { color: $error; text-style: bold; }
        .chart--mark { color: $foreground; text-style: bold; }
        .chart--cpu { color: $cpu; }
        .chart--stand-in { color: $stand-in; }
        .chart--accelerator { color: $accelerator; }
        .chart--several { color: $several; }
        .chart--beside { color: $beside; }
    }
    """
