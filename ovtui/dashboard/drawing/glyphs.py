"""The three sets of characters that charts and tables draw with, chosen by one name.

Fonts without braille, and terminals without UTF-8, exist and cannot be detected, so a person chooses. Blocks are in
nearly every font; ASCII is for what is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len

GlyphSet = Literal["braille", "block", "ascii"]

_TO_ASCII = {
    "→": "->", "µ": "u", "–": "-", "·": "-", "…": "~", "×": "x", "≈": "~", "≥": ">", "≤": "<", "±": "~",
    "▲": "^", "▼": "v", "△": "o", "▽": "o", "•": ".",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set. Every glyph is one cell wide."""

    name: GlyphSet
    median: str
    """plotext's marker for the line of medians."""
    worst: str
    """plotext's marker for the stems up to the worst."""
    dots: tuple[int, int]
    """Dots in a cell that the markers tell apart, across and up."""
    legend: tuple[str, str]
    """How the line and the stems look, for the heading."""
    levels: str
    """A sparkline's characters, lowest first."""
    clipped: str
    """Stands where a value is beyond the axis."""
    mark: str
    """A moment's line through the plot."""
    axis: str
    tick: str
    corner: str
    rule: str
    served: tuple[str, str, str, str]
    """The rule under the time that a device served: the stand-in, the CPU, an accelerator, one of several."""
    crossing: str
    """Where a mark meets the rule."""
    group: tuple[str, str, str]
    """First, middle and last row of a batch in the table."""
    cursor: str
    full: tuple[str, str]
    """A request of a full batch in the lanes: submitted, completed."""
    timer: tuple[str, str]
    """One that ran alone after the timer."""
    alone: tuple[str, str]
    """One that ran alone otherwise, or of which that is not known."""
    failed: tuple[str, str]
    slopes: str
    """Steep, slanting, flat and dashed pieces of a line, where cells have no dots; empty where they have."""

    def text(self, words: str) -> str:
        """`words` in this set: one cell for each character, so that columns hold whatever a name contains."""
        if self.name == "ascii":
            for glyph, replacement in _TO_ASCII.items():
                words = words.replace(glyph, replacement)
            return "".join(c if " " <= c <= "~" else "?" for c in words)
        return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in words)


GLYPHS: dict[GlyphSet, Glyphs] = {
    "braille": Glyphs(
        name="braille",
        median="braille",
        worst="braille",
        dots=(2, 4),
        legend=("⠤⠤", "⡇"),
        levels="▁▂▃▄▅▆▇█",
        clipped="▲",
        mark="┊",
        axis="│",
        tick="┤",
        corner="└",
        rule="─",
        served=("╌", "─", "━", "┅"),
        crossing="┴",
        group=("╭", "│", "╰"),
        cursor="▸",
        full=("▲", "▼"),
        timer=("△", "▽"),
        alone=("•", "•"),
        failed=("×", "×"),
        slopes="",
    ),
    "block": Glyphs(
        name="block",
        median="hd",
        worst="hd",
        dots=(2, 2),
        legend=("▄▄", "▌"),
        levels="▁▂▃▄▅▆▇█",
        clipped="▲",
        mark="┊",
        axis="│",
        tick="┤",
        corner="└",
        rule="─",
        served=("╌", "─", "━", "┅"),
        crossing="┴",
        group=("╭", "│", "╰"),
        cursor="▸",
        full=("▲", "▼"),
        timer=("△", "▽"),
        alone=("•", "•"),
        failed=("×", "×"),
        slopes="",
    ),
    "ascii": Glyphs(
        name="ascii",
        median="-",
        worst="|",
        dots=(1, 1),
        legend=("--", "|"),
        levels="_.-~=+*#",
        clipped="^",
        mark=":",
        axis="|",
        tick="+",
        corner="+",
        rule="-",
        served=(".", "-", "=", "~"),
        crossing="+",
        group=(",", "|", "`"),
        cursor=">",
        full=("^", "v"),
        timer=("o", "o"),
        alone=(".", "."),
        failed=("x", "x"),
        slopes="|\\-:",
    ),
}
