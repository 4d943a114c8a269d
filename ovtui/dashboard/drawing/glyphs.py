"""The sets of characters that charts and tables are drawn with.

A font cannot be asked what it has. `ovtui.terminal.terminal_kind` goes by the locale and TERM, and a person can
choose the set by its name. Nearly all fonts of terminal emulators have the blocks; ASCII works everywhere. "console"
is for the fonts of the Linux console, of 256 characters: see `terminal/repertoire.py`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from rich.cells import cell_len

from ovtui.records.arrays import Bools
from ovtui.settings.schema.display_settings import GlyphSet as GlyphSet
from ovtui.settings.stand_ins import in_one_cell

Codes = npt.NDArray[np.uint32]

SPACE = 32


class DotGlyphs:
    """Characters that show a grid of dots. A cell's number is the sum of the weights of its dots."""

    def __init__(self, weights: list[list[int]], characters: str) -> None:
        """`weights`: [rows][columns] from the upper left dot; `characters`: by number, a space for 0."""
        self.weights = np.array(weights, np.uint8)
        self.codes: Codes = np.array([ord(character) for character in characters], np.uint32)
        self._order = np.argsort(self.codes)

    def code_points(self, dots: Bools) -> Codes:
        """[height, width] code points from [height * rows, width * columns] dots."""
        rows, columns = self.weights.shape
        bits = dots.view(np.uint8)
        numbers = np.zeros((dots.shape[0] // rows, dots.shape[1] // columns), np.uint8)
        for y in range(rows):
            for x in range(columns):
                numbers += bits[y::rows, x::columns] * self.weights[y, x]
        codes: Codes = self.codes[numbers]
        return codes

    def merged(self, first: Codes, second: Codes) -> Codes:
        """[n] code points with the dots of both arguments, [n] code points each."""
        codes: Codes = self.codes[self._numbers(first) | self._numbers(second)]
        return codes

    def _numbers(self, codes: Codes) -> npt.NDArray[np.intp]:
        return self._order[np.searchsorted(self.codes, codes, sorter=self._order)]


BRAILLE = DotGlyphs([[1, 8], [2, 16], [4, 32], [64, 128]], " " + "".join(map(chr, range(0x2801, 0x2900))))
QUADRANTS = DotGlyphs([[8, 4], [2, 1]], " ▗▖▄▝▐▞▟▘▚▌▙▀▜▛█")
CIRCLED = "".join(map(chr, range(0x2460, 0x2474)))
"""① to ⑳."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """A set of characters, each one cell wide."""

    name: GlyphSet
    median: str
    """plotext's marker for the line of medians."""
    worst: str
    """plotext's marker for the stems up to the worst."""
    dots: tuple[int, int]
    """Dots that a cell of these markers has, across and up."""
    legend: tuple[str, str]
    """Samples of the line and of a stem, for the heading."""
    levels: str
    """The characters of a sparkline, lowest first."""
    clipped: str
    """Shown where a value exceeds the axis."""
    mark: str
    """The vertical line of a mark."""
    axis: str
    tick: str
    corner: str
    rule: str
    served: tuple[str, str, str, str]
    """The rule under the time in which a device served: the stand-in, the CPU, an accelerator, one of several."""
    spans: tuple[str, str, str, str]
    """The rule in the time of which the machine was throttled: the CPU, the GPU, by the quota; several at once."""
    warm: str
    """Marks the time of which the figures leave requests out as warm-up."""
    crossing: str
    """Where a mark crosses the rule."""
    edge: str
    """Where in the band of devices the next one begins."""
    group: tuple[str, str, str]
    """The bracket of a batch in the table: first, middle and last row."""
    cursor: str
    full: tuple[str, str]
    """A request of a full batch in the lanes: submitted, completed."""
    timer: tuple[str, str]
    """A request that ran alone when the batch timer ran out."""
    alone: tuple[str, str]
    """A request that ran alone for another reason, or for an unknown one."""
    failed: tuple[str, str]
    second: str
    """A dotted line, of the second model in the latency plot: the dot at each height of a cell, lowest first."""
    slopes: str
    """Steep, slanting, flat and dashed pieces of a line, for a set without dots; empty for the others."""
    dot_glyphs: DotGlyphs | None = field(default=None, compare=False)
    """The characters of `dots`; None for a set without dots."""
    numbers: str = ""
    """The numbers from 1 on that have a character of their own; empty where the digits stand for them."""

    def number(self, number: int) -> str:
        """Number `number`, from 1 on, in as few cells as this set can: '③', '27'."""
        return self.numbers[number - 1] if 1 <= number <= len(self.numbers) else str(number)

    def text(self, text: str) -> str:
        """`text` in this set, with one cell for each character, so that columns stay aligned whatever a name contains.

        In ASCII '→' becomes two, '->'."""
        if self.name == "ascii":
            return "".join(c if " " <= c <= "~" else "->" if c == "→" else in_one_cell(c) for c in text)
        return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in text)


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
        spans=("━", "┅", "╌", "╬"),
        warm="░",
        crossing="┴",
        edge="▏",
        group=("╭", "│", "╰"),
        cursor="▸",
        full=("▲", "▼"),
        timer=("△", "▽"),
        alone=("•", "•"),
        failed=("×", "×"),
        second="⡀⠄⠂⠁",
        slopes="",
        dot_glyphs=BRAILLE,
        numbers=CIRCLED,
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
        spans=("━", "┅", "╌", "╬"),
        warm="░",
        crossing="┴",
        edge="▏",
        group=("╭", "│", "╰"),
        cursor="▸",
        full=("▲", "▼"),
        timer=("△", "▽"),
        alone=("•", "•"),
        failed=("×", "×"),
        second="▖▘",
        slopes="",
        dot_glyphs=QUADRANTS,
        numbers=CIRCLED,
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
        spans=("=", "~", ".", "#"),
        warm="w",
        crossing="+",
        edge="|",
        group=(",", "|", "`"),
        cursor=">",
        full=("^", "v"),
        timer=("o", "o"),
        alone=(".", "."),
        failed=("x", "x"),
        second="o",
        slopes="|\\-:",
    ),
    "console": Glyphs(
        name="console",
        median="─",
        worst="│",
        dots=(1, 1),
        legend=("──", "│"),
        levels="_-=░▒█",
        clipped="▲",
        mark=":",
        axis="│",
        tick="┤",
        corner="└",
        rule="─",
        served=(".", "─", "═", "≈"),
        spans=("═", "≈", ".", "█"),
        warm="░",
        crossing="┴",
        edge="│",
        group=("┌", "│", "└"),
        cursor=">",
        full=("▲", "▼"),
        timer=("o", "o"),
        alone=("·", "·"),
        failed=("x", "x"),
        second="o",
        slopes="│\\─:",
    ),
}
