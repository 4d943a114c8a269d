"""Horizontal bars as SVG: a value for each of a few names. The page's CSS has the colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.metrics.report.svg import WIDTH, escape
from ovtui.settings.shown_text import width_of

ROW, TOP = 24, 22
VALUE_ROOM = 110
LETTER = 8.0
"""Of a name with capitals (AUTO:GPU,CPU) in 12 px; more is cut at the left edge."""
MOST_LABEL = 320.0


@dataclass(frozen=True, slots=True)
class Bar:
    name: str
    value: float
    text: str
    """The value as it is shown."""
    marked: bool = False
    """The best one."""


def bars(title: str, unit: str, values: Sequence[Bar]) -> str:
    """One <svg> element; bars begin at 0. Its <title> describes it for screen readers. Empty without a value."""
    if not values:
        return ""
    left = min(max(width_of(bar.name) for bar in values) * LETTER + 8, MOST_LABEL)
    most = max(max(bar.value for bar in values), 1e-12)
    height = TOP + ROW * len(values)
    told = ", ".join(f"{bar.name} {bar.text}" for bar in values)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" xmlns="http://www.w3.org/2000/svg">',
        f"<title>{escape(title)}: {escape(told)}</title>",
        f'<text class="unit" x="{left:.0f}" y="{TOP - 8}">{escape(unit)}</text>',
    ]
    for number, bar in enumerate(values):
        y = TOP + ROW * number
        length = max(bar.value / most * (WIDTH - left - VALUE_ROOM), 1.0)
        parts += [
            f'<text class="tick" x="{left - 8:.0f}" y="{y + 13}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect class="bar {"a" if bar.marked else "b"}" x="{left:.0f}" y="{y}" width="{length:.1f}" '
            f'height="{ROW - 8}"/>',
            f'<text x="{left + length + 6:.1f}" y="{y + 13}">{escape(bar.text)}</text>',
        ]
    return "\n".join([*parts, "</svg>"])
