"""Textual's screenshot as an SVG that keeps its columns in every program: browsers, librsvg, Inkscape, image viewers.

Textual writes a run of cells of one style as one text with a length, and names a font of the web. What ignores the
length, lacks the font, or drops spaces lets the columns run together. So each word begins at its own cell, as does each
character that fonts make as wide as they like (braille, blocks, arrows); spaces are kept, and the font is one that the
machine has: nothing is loaded."""

from __future__ import annotations

import html
import re

from rich.cells import cell_len

FONTS = '"DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, "Noto Sans Mono", monospace'
_CELL = 12.2
"""Width of a cell in Rich's SVG, px: 20 px high letters of 0.61."""
_FONT_FACE = re.compile(r"\s*@font-face \{.*?\n    \}", re.DOTALL)
_TEXT = re.compile(
    r'<text class="([^"]*-r\d+)" x="([^"]*)" y="([^"]*)" textLength="[^"]*" clip-path="[^"]*">([^<]*)</text>'
)
_PIECE = re.compile(r"[ -~\u00a1-\u024f\u2010-\u2027]+|.")
"""Characters that monospaced fonts have in one width, or a single other one."""
_WORDS = re.compile(r"\S+(?: \S+)*")
"""Words with single spaces between them: what is further apart is a column of its own."""


def portable_svg(svg: str) -> str:
    """`svg`: of Textual's export_screenshot."""
    svg = _FONT_FACE.sub("", svg)
    svg = svg.replace('<svg class="rich-terminal"', '<svg class="rich-terminal" xml:space="preserve"', 1)
    svg = svg.replace(
        "font-family: Fira Code, monospace;", f"font-family: {FONTS};\n        font-variant-ligatures: none;"
    )
    return _TEXT.sub(_words, svg)


def _words(found: re.Match[str]) -> str:
    style, left, y = found[1], float(found[2]), found[3]
    text = html.unescape(found[4]).replace("\u00a0", " ")
    parts = []
    for at, word in _placed(text):
        cells = cell_len(word)
        length = f' textLength="{cells * _CELL:g}"' if cells > 1 else ""
        kept = html.escape(word).replace(" ", "&#160;")
        parts.append(f'<text class="{style}" x="{left + at * _CELL:g}" y="{y}"{length}>{kept}</text>')
    return "".join(parts)


def _placed(text: str) -> list[tuple[int, str]]:
    """The text's words, each with the cell at which it begins."""
    placed = []
    for words in _WORDS.finditer(text):
        for piece in _PIECE.finditer(words[0]):
            before = text[: words.start()] + words[0][: piece.start()]
            lead = len(piece[0]) - len(piece[0].lstrip())
            if word := piece[0].strip():
                placed.append((cell_len(before) + lead, word))
    return placed
