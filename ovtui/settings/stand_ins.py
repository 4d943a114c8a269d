"""What stands for a character that an encoding or a terminal's font lacks: the one table of it, for text (a readable
word) and for the screen (one character, so that columns stay aligned)."""

from __future__ import annotations

STAND_INS = {
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "–": "-", "—": "--", "‐": "-", "‑": "-", "−": "-",
    "…": "...", "·": "-", "•": "*", "×": "x", "÷": "/", "µ": "u", "μ": "u", "°": " deg ", "²": "2", "³": "3",
    "±": "+-", "≤": "<=", "≥": ">=", "≈": "~", "≠": "!=", "→": "->", "←": "<-", "↑": "^", "↓": "v", "↔": "<->",
    "‘": "'", "’": "'", "“": '"', "”": '"', "«": "<<", "»": ">>", "›": ">", "‹": "<", "✓": "ok", "✗": "x", "∞": "inf",
    "●": "*", "○": "o", "■": "#", "▲": "^", "▼": "v", "△": "o", "▽": "o", "▸": ">", "▶": ">", "►": ">", "◀": "<",
    "⭘": "o", "⚠": "!", "Δ": "delta ", "σ": "sigma",
}  # fmt: skip
"""Of one character as text."""

_ONE_CELL = {
    "—": "-", "…": "~", "±": "~", "≤": "<", "≥": ">", "≠": "#", "→": ">", "←": "<", "↔": "-", "«": "<", "»": ">",
    "•": ".", "°": "'", "✓": "v", "∞": "~", "Δ": "d", "σ": "s", "▌": "[", "▐": "]", "▀": "-", "▄": "_", "█": "#",
    "├": "|", "┤": "|", "░": ".", "▒": ":", "▓": "#",
}  # fmt: skip
"""Where the screen has one character and the text more, or another one."""


def in_one_cell(character: str) -> str:
    """ASCII for a character that fills one cell; '?' where nothing is like it."""
    found = _ONE_CELL.get(character) or STAND_INS.get(character, "")
    if len(found) == 1:
        return found
    code = ord(character)
    if 0x2500 <= code <= 0x257F:  # lines and corners
        return _line(code)
    if 0x2581 <= code <= 0x2587 or 0x2594 <= code <= 0x259F:
        return "_" if code < 0x2584 else "-" if code == 0x2594 else "#"
    if 0x2588 <= code <= 0x258F:  # a block of n eighths from the left
        return "#" if code < 0x258D else "|"
    if 0x2800 <= code <= 0x28FF:
        return " " if code == 0x2800 else "."
    return "?"


_ACROSS = {0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x2509, 0x254C, 0x254D, 0x2550, 0x2574, 0x2576, 0x2578, 0x257A,
           0x257C, 0x257E}  # fmt: skip
_DOWN = {0x2502, 0x2503, 0x2506, 0x2507, 0x250A, 0x250B, 0x254E, 0x254F, 0x2551, 0x2575, 0x2577, 0x2579, 0x257B,
         0x257D, 0x257F}  # fmt: skip


def _line(code: int) -> str:
    return "-" if code in _ACROSS else "|" if code in _DOWN else "/" if code == 0x2571 else "+"
