"""A small plot as SVG: lines over time or over the share of requests, with marks. The page's CSS has the colours."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ovtui.metrics.number_format import significant
from ovtui.records.arrays import Floats
from ovtui.settings.shown_text import shown

WIDTH, HEIGHT = 860, 240
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 26, 38
MARK_ROOM = 130
"""Width of a mark's label: a label closer than that to the one before goes to the next row."""
MOST_MARKS = 24

Scale = Literal["linear", "log"]


@dataclass(frozen=True, slots=True)
class PlotLine:
    name: str
    css: str
    x: Floats
    y: Floats
    """NaN breaks the line."""


@dataclass(frozen=True, slots=True)
class PlotMark:
    x: float
    text: str


@dataclass(frozen=True, slots=True)
class _Axis:
    low: float
    high: float
    scale: Scale
    start: float
    end: float
    """Pixels."""

    def at(self, value: float) -> float:
        low, high, here = (self._bend(v) for v in (self.low, self.high, value))
        share = (here - low) / (high - low) if high > low else 0.5
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self) -> list[float]:
        if self.scale == "log":
            return _log_ticks(self.low, self.high)
        return _linear_ticks(self.low, self.high)

    def _bend(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.scale == "log" else value


def escape(text: str) -> str:
    """A text from outside within HTML."""
    return html.escape(shown(text))


def plot(
    title: str,
    x_title: str,
    y_title: str,
    lines: Sequence[PlotLine],
    marks: Sequence[PlotMark] = (),
    *,
    x_scale: Scale = "linear",
    y_scale: Scale = "linear",
    x_labels: dict[float, str] | None = None,
) -> str:
    """One <svg> element. Its <title> describes the plot for screen readers."""
    x_axis = _axis([line.x for line in lines], x_scale, LEFT, WIDTH - RIGHT, from_zero=False)
    y_axis = _axis([line.y for line in lines], y_scale, HEIGHT - BOTTOM, TOP, from_zero=y_scale == "linear")
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}: {escape(', '.join(line.name for line in lines))}</title>",
        *_grid(x_axis, y_axis, x_labels),
        f'<text class="unit" x="{LEFT}" y="{TOP - 12}">{escape(y_title)}</text>',
        f'<text class="unit" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_title)}</text>',
        *_marks(marks, x_axis),
        *(path for line in lines for path in _paths(line, x_axis, y_axis)),
        *_legend(lines),
        "</svg>",
    ]
    return "\n".join(parts)


def _axis(columns: Sequence[Floats], scale: Scale, start: float, end: float, *, from_zero: bool) -> _Axis:
    values = np.concatenate([column[np.isfinite(column)] for column in columns]) if columns else np.zeros(0)
    if scale == "log":
        values = values[values > 0]
    if not len(values):
        return _Axis(0.1 if scale == "log" else 0.0, 1.0, scale, start, end)
    low, high = float(values.min()), float(values.max())
    if from_zero:
        low = 0.0
    if scale == "log":
        low, high = low / 1.1, high * 1.1
    elif start > end:  # room above the highest value
        high += (high - low) * 0.05
    return _Axis(low, high if high > low else low + 1, scale, start, end)


def _linear_ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    return [n * step for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(decades) <= 4 else (1,)
    ticks = [factor * 10.0**decade for decade in decades for factor in factors]
    return [tick for tick in ticks if low <= tick <= high]


def _grid(x_axis: _Axis, y_axis: _Axis, x_labels: dict[float, str] | None) -> list[str]:
    parts = []
    for tick in y_axis.ticks():
        y = y_axis.at(tick)
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{significant(tick, 4)}</text>'
        )
    labels = x_labels or {tick: significant(tick, 4) for tick in x_axis.ticks()}
    for value, text in labels.items():
        x = x_axis.at(value)
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(text)}</text>'
        )
    base = HEIGHT - BOTTOM
    parts.append(f'<line class="axis" x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}"/>')
    return parts


def _marks(marks: Sequence[PlotMark], axis: _Axis) -> list[str]:
    parts, row, last = [], 0, -math.inf
    for mark in sorted(marks, key=lambda mark: mark.x)[:MOST_MARKS]:
        x = axis.at(mark.x)
        row = (row + 1) % 4 if x - last < MARK_ROOM else 0
        last = x
        left = x > WIDTH - RIGHT - MARK_ROOM
        anchor, shift = ("end", -4) if left else ("start", 4)
        text = mark.text if len(mark.text) <= 24 else mark.text[:23] + "…"
        parts.append(f'<line class="mark" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(
            f'<text class="marked" x="{x + shift:.1f}" y="{TOP + 11 + row * 13}" text-anchor="{anchor}">'
            f"{escape(text)}<title>{escape(mark.text)}</title></text>"
        )
    return parts


def _paths(line: PlotLine, x_axis: _Axis, y_axis: _Axis) -> list[str]:
    runs: list[list[str]] = [[]]
    for x, y in zip(line.x.tolist(), line.y.tolist(), strict=True):
        if math.isfinite(y):
            runs[-1].append(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}")
        elif runs[-1]:
            runs.append([])
    parts = []
    for run in runs:
        if len(run) == 1:  # a line of one point would not be seen
            x_text, _, y_text = run[0].partition(",")
            parts.append(f'<circle class="{line.css}" cx="{x_text}" cy="{y_text}" r="1.5"/>')
        elif run:
            parts.append(f'<polyline class="line {line.css}" points="{" ".join(run)}"/>')
    return parts


def _legend(lines: Sequence[PlotLine]) -> list[str]:
    parts, x = [], float(WIDTH - RIGHT)
    for line in reversed(lines):
        x -= 7.0 * len(line.name)
        parts.append(f'<text class="legend" x="{x:.0f}" y="{TOP - 12}">{escape(line.name)}</text>')
        x -= 26
        parts.append(f'<line class="line {line.css}" x1="{x:.0f}" y1="{TOP - 16}" x2="{x + 20:.0f}" y2="{TOP - 16}"/>')
        x -= 14
    return parts
