"""Drawing by plotext: points and strokes in, characters out.

plotext 6 is a C++ kernel that aborts the process (SIGABRT) on a line through NaN, on inf within the limits and on
values far outside them; therefore only finite values within the canvas are passed to it. It has one figure per process,
which only one thread may use: owner, the thread of the user interface.

A point costs about 9 us of CPU. The lanes do not use it but `line_raster`, because their 600 lines would take plotext
47 ms a frame."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ovtui.dashboard.drawing.cells import code_points
from ovtui.dashboard.drawing.glyphs import SPACE, Codes
from ovtui.records.arrays import Bools, Floats

_EMPTY_BRAILLE = 0x2800


@cache
def _figure() -> Any:
    # Imported at the first frame: the import takes 0.17 s of CPU, for which the first paint should not wait.
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.theme("colorless")
    figure.axes(False)
    for axis in ("x", "y"):
        figure.ruler(axis).frequency(0)
        figure.ruler(axis).alignment(lim="edge")
    return figure


def draw(x: Floats, y: Floats, joined: Bools, marker: str, width: int, height: int) -> Codes:
    """[height, width] code points, the upper row first, with a space in cells without a dot.

    `x`, `y` [n]: in cells from the lower left corner. Points outside are moved to the border, and points that are not
    finite are left out. `joined` [n]: True for points that a stroke joins to the point before. `marker`: plotext's
    name, braille or hd, or a single character."""
    blank = np.full((max(height, 0), max(width, 0)), SPACE, np.uint32)
    if not blank.size:
        return blank
    known = np.isfinite(x) & np.isfinite(y)
    # A point after one that was left out starts a new stroke.
    joined = joined & known & np.concatenate(([False], known[:-1]))
    x, y, joined = np.clip(x[known], 0, width), np.clip(y[known], 0, height), joined[known]
    if not len(x):
        return blank
    figure = _figure()
    figure.clear.data()
    figure.plot_size(width, height)
    figure.ruler("x").lim(0, width)
    figure.ruler("y").lim(0, height)
    signal = figure.signal(x.tolist(), y.tolist(), marker=marker)
    for index in np.flatnonzero(joined).tolist():
        signal.line(index)
    figure.draw(signal)
    rows = figure.build().string(colorless=True).split("\n")[:height]
    drawn = code_points("".join(row.ljust(width)[:width] for row in rows)).reshape(len(rows), width)
    blank[: len(rows)] = np.where(drawn == _EMPTY_BRAILLE, SPACE, drawn)
    return blank
