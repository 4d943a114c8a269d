"""plotext's canvas: points and strokes in, rows of characters out.

plotext 6 is a C++ kernel that takes the process down with SIGABRT on a line through NaN, on inf within limits and on
values far outside them; so nothing but finite values within the canvas reaches it. It has one figure for the
process, to be used from one thread: owner, the thread of the user interface. A point costs about 9 us of CPU."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@cache
def _figure() -> Any:
    # Imported at the first frame and not before: 0.17 s of CPU that the first paint does not wait for.
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.theme("colorless")
    figure.axes(False)
    for axis in ("x", "y"):
        figure.ruler(axis).frequency(0)
        figure.ruler(axis).alignment(lim="edge")
    return figure


def draw(x: Floats, y: Floats, joined: Bools, marker: str, width: int, height: int) -> list[str]:
    """`height` rows of `width` characters, the upper one first.

    `x`, `y` [n] are in cells from the lower left corner, anything outside is moved to the border and what is not
    finite is left out; `joined` [n] says which points are joined to the one before them. `marker` is plotext's:
    braille, hd or one character."""
    if width <= 0 or height <= 0:
        return []
    known = np.isfinite(x) & np.isfinite(y)
    # A point after one that was left out begins anew.
    joined = joined & known & np.concatenate(([False], known[:-1]))
    x, y, joined = np.clip(x[known], 0, width), np.clip(y[known], 0, height), joined[known]
    if not len(x):
        return [" " * width] * height
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
    return [row.ljust(width)[:width] for row in rows] + [" " * width] * (height - len(rows))
