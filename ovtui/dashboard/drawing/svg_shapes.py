"""Characters that a terminal draws pictures with, as shapes of an SVG: braille, blocks, shades, lines.

Fonts have them in other widths than letters, or not at all; drawn as shapes they meet at the cells' borders."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels; of a dot the middle, and no size."""
CELL_WIDTH, CELL_HEIGHT = 12, 24
"""Pixels. A letter of a common monospace font is 0.6 times as wide as the font is high."""
DOT_WIDTH = 4
"""Pixels across of a braille dot; drawn as a line of no length with round ends."""

_BRAILLE_DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
"""Column and row of each bit of U+2800 to U+28FF."""
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
_QUADRANTS = {
    "▘": "a", "▝": "b", "▖": "c", "▗": "d", "▚": "ad", "▞": "bc", "▛": "abc", "▜": "abd", "▙": "acd", "▟": "bcd",
}  # fmt: skip
_CORNERS = {"a": (0.0, 0.0), "b": (0.5, 0.0), "c": (0.0, 0.5), "d": (0.5, 0.5)}
_ARMS = {
    "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "udr", "┤": "udl", "┬": "lrd", "┴": "lru",
    "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu",
}  # fmt: skip
"""From the middle to the left, right, up, down."""
_LIGHT, _HEAVY = 1.5, 3.0
_RULES = {"─": ("h", _LIGHT), "━": ("h", _HEAVY), "│": ("v", _LIGHT), "┃": ("v", _HEAVY)}
_DASHES = {
    "╌": (2, _LIGHT, "h"), "╍": (2, _HEAVY, "h"), "┄": (3, _LIGHT, "h"), "┅": (3, _HEAVY, "h"), "┆": (3, _LIGHT, "v"),
    "┊": (4, _LIGHT, "v"),
}  # fmt: skip
"""Number of dashes, how thick they are, across or up."""
_DOUBLE = {"═": "h", "║": "v", "╬": "hv"}


@lru_cache(maxsize=512)
def shape_of(character: str) -> tuple[str, str, tuple[Box, ...]] | None:
    """What draws it: 'dots', each (x, y, 0, 0) of a middle, or 'boxes', each (x, y, width, height), in pixels from the
    upper left corner of its cell; then the opacity, empty for whole. None for what fonts draw well: letters, signs."""
    code = ord(character)
    if 0x2800 <= code <= 0x28FF:
        dots = (dot for bit, dot in enumerate(_BRAILLE_DOTS) if code >> bit & 1)
        return "dots", "", tuple((3.0 + 6 * column, 3.0 + 6 * row, 0.0, 0.0) for column, row in dots)
    if character in _SHADES:
        return "boxes", f"{_SHADES[character]:g}", ((0, 0, CELL_WIDTH, CELL_HEIGHT),)
    boxes = tuple((_near(x), _near(y), _near(width), _near(height)) for x, y, width, height in _boxes(character))
    return ("boxes", "", boxes) if boxes else None


def _near(pixels: float) -> float:
    return round(pixels, 2)


def _boxes(character: str) -> Iterator[Box]:
    code, width, height = ord(character), CELL_WIDTH, CELL_HEIGHT
    if 0x2581 <= code <= 0x2588:  # ▁ to █
        part = (code - 0x2580) / 8 * height
        yield 0, height - part, width, part
    elif 0x2589 <= code <= 0x258F:  # ▉ to ▏
        yield 0, 0, (0x2590 - code) / 8 * width, height
    elif character == "▀":
        yield 0, 0, width, height / 2
    elif character == "▔":
        yield 0, 0, width, height / 8
    elif character == "▐":
        yield width / 2, 0, width / 2, height
    elif character == "▕":
        yield width * 7 / 8, 0, width / 8, height
    elif character in _QUADRANTS:
        for corner in _QUADRANTS[character]:
            x, y = _CORNERS[corner]
            yield x * width, y * height, width / 2, height / 2
    elif character in _ARMS:
        for arm in _ARMS[character]:
            yield _arm(arm)
    elif character in _RULES:
        way, thick = _RULES[character]
        yield (0, (height - thick) / 2, width, thick) if way == "h" else ((width - thick) / 2, 0, thick, height)
    elif character in _DASHES:
        count, thick, way = _DASHES[character]
        for at in range(count):
            if way == "h":
                yield (at + 0.2) * width / count, (height - thick) / 2, width / count * 0.6, thick
            else:
                yield (width - thick) / 2, (at + 0.2) * height / count, thick, height / count * 0.6
    elif character in _DOUBLE:
        for way in _DOUBLE[character]:
            for offset in (-2.5, 2.5):
                if way == "h":
                    yield 0, height / 2 + offset - _LIGHT / 2, width, _LIGHT
                else:
                    yield width / 2 + offset - _LIGHT / 2, 0, _LIGHT, height


def _arm(arm: str) -> Box:
    """From the middle to an edge, and over the middle by half of its thickness, so that arms meet."""
    across, down = (CELL_WIDTH - _LIGHT) / 2, (CELL_HEIGHT - _LIGHT) / 2
    half_across, half_down = (CELL_WIDTH + _LIGHT) / 2, (CELL_HEIGHT + _LIGHT) / 2
    match arm:
        case "l":
            return 0, down, half_across, _LIGHT
        case "r":
            return across, down, half_across, _LIGHT
        case "u":
            return across, 0, _LIGHT, half_down
        case _:
            return across, down, _LIGHT, half_down
