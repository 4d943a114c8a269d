"""The characters that a terminal has, and the nearest one for each that it lacks. Everything that is written to the
terminal goes through this, Textual's own borders, scroll bars and cursors included, so that no character is sent that
the font or the locale lacks, whichever widget draws it."""

from __future__ import annotations

from rich.cells import cell_len

from ovtui.settings.schema.display_settings import GlyphSet
from ovtui.settings.stand_ins import in_one_cell

CONSOLE = frozenset("°±µ·²×÷→≈≤≥─│┌┐└┘├┤┬┴┼═║█░▒▲▼•" + "".join(map(chr, (*range(0xA1, 0xA8), *range(0xBF, 0x100)))))
"""Beyond ASCII: what the kernel's own font has as well as the fonts that distributions load for western languages, or
their tables map to a like one. Braille, quarter blocks and dashes are in none of them, half blocks only in some."""
_CONSOLE_LIKE = str.maketrans({
    "╭": "┌", "╮": "┐", "╰": "└", "╯": "┘", "━": "═", "┃": "║", "╌": "-", "┅": "=", "┊": "│", "┆": "│", "╍": "=",
    "▀": "█", "▄": "█", "▌": "█", "▐": "█", "▊": "█", "▉": "█", "▋": "█", "▇": "█", "▆": "█", "▅": "█", "▓": "▒",
    "▃": "▒", "▂": "░", "▁": "_", "▔": "─", "▎": "│", "▏": "│", "▍": "│", "▕": "│",
    "╬": "█", "▸": ">", "›": ">", "●": "•", "△": "o", "▽": "o",
})  # fmt: skip


class _Table(dict[int, str]):
    """For str.translate: what each character becomes, found when it is met first."""

    def __init__(self, kept: frozenset[str], like: dict[int, str]) -> None:
        super().__init__(like)
        self._kept = kept

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if code < 0x80 or character in self._kept:
            found = character
        else:
            # As many cells as Textual has counted, or the rest of the line would be drawn beside its place.
            cells = cell_len(character)
            found = in_one_cell(character) if cells == 1 else "?" * cells
        self[code] = found
        return found


_TABLES: dict[GlyphSet, _Table] = {
    "ascii": _Table(frozenset(), {}),
    "console": _Table(CONSOLE, _CONSOLE_LIKE),
}


def within(glyphs: GlyphSet, text: str) -> str:
    """A text for the terminal, with the characters of this set alone. The two fine sets stand for a terminal that has
    all of Unicode."""
    table = _TABLES.get(glyphs)
    return text if table is None else text.translate(table)
