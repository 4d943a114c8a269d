"""Plots for stdout: curves over axes, as lines of text.

The curves are drawn by plotext, through the dashboard's canvas. Neither is imported before the first plot: that takes
0.3 s of CPU. There is no colour, on a terminal neither: curves are told apart by what they are drawn with, so that a
plot in a CI's log or in a mail reads as it does on the screen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovtui.settings.charset import terminal_charset
from ovtui.settings.shown_text import shown, width_of

if TYPE_CHECKING:
    from ovtui.dashboard.drawing.value_axis import ValueAxis
    from ovtui.records.arrays import Bools, Floats

LEAST_WIDTH, LEAST_HEIGHT = 24, 6
MOST_WIDTH = 200
_MARKERS = "ox+#"
"""Of the second curve and those after it; where there are no dots, of the first, too: '*'."""
_LABEL_CELLS = 6
"""Left of the axis: a label of at most five characters and a blank."""
_MOST_POINTS = 400
"""Of one curve; plotext takes 9 us for each."""

_LEAST, _MOST = 1e-12, 1e15
"""What is nearer to 0 is 0; what is beyond the other is not drawn."""

Series = Mapping[str, tuple[Sequence[float], Sequence[float]]]
"""By name: x and y, each [n]. What is not finite, or not above 0 on a logarithmic axis, is left out, and the curve has
a gap there."""


def is_ascii_only() -> bool:
    """Whether the person's locale lacks the characters that plots are drawn with by default."""
    charset = terminal_charset()
    try:
        "\u28ff─│┤┬└".encode(charset)
    except UnicodeEncodeError:
        return True
    return False


def curve_plot(
    series: Series,
    *,
    x: str,
    y: str,
    width: int,
    height: int,
    log_x: bool = False,
    log_y: bool = False,
    ascii_only: bool = False,
    x_ticks: Sequence[tuple[float, str]] | None = None,
) -> list[str]:
    """Lines of at most `width` cells, about `height` of them, without escape sequences: a legend, the curves over their
    axes, the ticks. Empty where nothing can be drawn, or there is no room for it.

    `x`, `y`: what the axes are of, with units. Where several curves share a cell they take turns, so that equal curves
    are seen as both. `x_ticks`: values and labels in place of round numbers; those that would overlap are left out."""
    import numpy as np

    from ovtui.dashboard.drawing import canvas
    from ovtui.dashboard.drawing.glyphs import SPACE
    from ovtui.dashboard.drawing.value_axis import ValueAxis

    width = min(width, MOST_WIDTH)
    columns, rows = width - _LABEL_CELLS - 2, height - 4
    points = {name: _usable(*each, log_x, log_y) for name, each in series.items()}
    known = [np.isfinite(ys) for _, ys in points.values()]
    if width < LEAST_WIDTH or height < LEAST_HEIGHT or not any(mask.any() for mask in known):
        return []
    across = np.concatenate([xs[mask] for (xs, _), mask in zip(points.values(), known, strict=True)])
    up = np.concatenate([ys[mask] for (_, ys), mask in zip(points.values(), known, strict=True)])
    x_axis = ValueAxis(*_apart(float(across.min()), float(across.max()), log_x), log_x)
    y_axis = _round_axis(float(up.min()), float(up.max()), log_y)
    markers = _markers(len(points), ascii_only)
    pictures = []
    for marker, (xs, ys) in zip(markers, points.values(), strict=True):
        joined = np.concatenate((np.zeros(min(len(xs), 1), np.bool_), np.isfinite(ys[:-1])))
        at, over = x_axis.share(xs) * columns, y_axis.share(ys) * rows
        pictures.append(canvas.draw(at, over, joined, marker, columns, rows))
    stacked = np.array(pictures)
    inked: Bools = stacked != SPACE
    cells = np.full((rows, columns), SPACE, np.uint32)
    for row, column in np.argwhere(inked.any(axis=0)).tolist():
        drawn = np.flatnonzero(inked[:, row, column])
        cells[row, column] = stacked[drawn[(row + column) % len(drawn)], row, column]
    bar, tick, corner, rule, crossing = "|++-+" if ascii_only else "│┤└─┬"
    labels = _row_labels(y_axis, rows)
    lines = _legend(points, markers, y, width)
    for row in range(rows):
        text = "".join(map(chr, cells[row].tolist()))
        label = labels.get(row, "")
        lines.append(f"{label:>{_LABEL_CELLS - 1}} {tick if label else bar}{text}".rstrip())
    ticks = x_axis.ticks(max(columns // 10, 2)) if x_ticks is None else _shares(x_axis, x_ticks)
    lines += _x_axis_lines(ticks, columns, corner, rule, crossing)
    lines = [line[:width] for line in lines]  # a label may have more than its cells: '-123.4'
    return [*lines, " " * (_LABEL_CELLS + 1) + f"{shown(x):^{columns}}".rstrip()]


def _usable(xs: Sequence[float], ys: Sequence[float], log_x: bool, log_y: bool) -> tuple[Floats, Floats]:
    """x, ascending where it was, without what cannot be placed; y is NaN there. At most _MOST_POINTS, evenly."""
    import numpy as np

    at, up = np.asarray(xs, np.float64), np.asarray(ys, np.float64)
    if len(at) > _MOST_POINTS:
        kept = np.unique(np.linspace(0, len(at) - 1, _MOST_POINTS).astype(np.int64))
        at, up = at[kept], up[kept]
    at, up = (np.where(np.abs(values) < _LEAST, 0.0, values) for values in (at, up))
    good = _placeable(at, log_x) & _placeable(up, log_y)
    return np.where(good, at, 1.0), np.where(good, up, np.nan)


def _placeable(values: Floats, log: bool) -> Bools:
    import numpy as np

    with np.errstate(invalid="ignore"):
        return (values >= _LEAST if log else np.isfinite(values)) & (np.abs(values) <= _MOST)


def _apart(low: float, high: float, log: bool) -> tuple[float, float]:
    """The ends of an axis, which must differ."""
    if high > low:
        return low, high
    return (low / 2, low * 2) if log else (low - abs(low) / 2 - 0.5, high + abs(high) / 2 + 0.5)


def _round_axis(low: float, high: float, log: bool) -> ValueAxis:
    """Between round values around both ends. A linear axis begins at 0, unless that would leave half of it empty."""
    from ovtui.dashboard.drawing.value_axis import ValueAxis, nice_above, nice_below

    low, high = _apart(low, high, log)
    if log:
        return ValueAxis(nice_below(low), nice_above(high), log=True)
    if low < 0 or low > high / 2:
        step = 10.0 ** math.floor(math.log10(high - low))
        return ValueAxis(math.floor(low / step) * step, math.ceil(high / step) * step, log=False)
    return ValueAxis(0.0, nice_above(high), log=False)


def _markers(curves: int, ascii_only: bool) -> list[str]:
    first = "*" if ascii_only else "braille"
    return [first, *(_MARKERS[at % len(_MARKERS)] for at in range(curves - 1))]


def _legend(names: Mapping[str, object], markers: Sequence[str], y: str, width: int) -> list[str]:
    """'ms   ⠤ A  o B'; on as many lines as it takes."""
    lines, line = [], shown(y)
    for marker, name in zip(markers, names, strict=True):
        part = f"{'⠤⠤' if marker == 'braille' else marker * 2} {shown(name)}"
        if line and width_of(line) + 3 + width_of(part) > width:
            lines.append(line)
            line = part
        else:
            line = f"{line}   {part}" if line else part
    return [*lines, line]


def _row_labels(axis: ValueAxis, rows: int) -> dict[int, str]:
    """By row from the top. No two rows beside each other have one."""
    labels: dict[int, str] = {}
    for share, text in axis.ticks(max(rows // 2, 2)):
        row = rows - 1 - min(int(share * rows), rows - 1)
        if 0 <= share <= 1 and row + 1 not in labels and row not in labels:
            labels[row] = text
    return labels


def _shares(axis: ValueAxis, ticks: Sequence[tuple[float, str]]) -> list[tuple[float, str]]:
    import numpy as np

    shares = axis.share(np.array([value for value, _ in ticks], np.float64)).tolist()
    return [(share, text) for share, (_, text) in zip(shares, ticks, strict=True) if 0 <= share <= 1.0001]


def _x_axis_lines(ticks: Sequence[tuple[float, str]], columns: int, corner: str, rule: str, crossing: str) -> list[str]:
    line, labels, free = [rule] * columns, [" "] * columns, 0
    for share, text in ticks:
        at = min(int(share * columns), columns - 1)
        start = min(max(at - len(text) // 2, 0), columns - len(text))
        if start >= free and at >= 0:
            line[at] = crossing
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    margin = " " * _LABEL_CELLS
    return [margin + corner + "".join(line), f"{margin} {''.join(labels)}".rstrip()]
