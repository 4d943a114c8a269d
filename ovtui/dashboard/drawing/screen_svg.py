"""The screen as an SVG picture that looks the same in every viewer, whatever fonts it has.

Textual's own picture names a font of the web and writes whole runs of text: where that font is not to be had, or a
viewer drops leading spaces or knows no `textLength` (librsvg), labels stick together and columns go astray. Here each
word has a place of its own, and what a terminal draws pictures with is drawn as shapes (`svg_shapes.py`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from rich.cells import cell_len
from rich.color import blend_rgb
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import SVG_EXPORT_THEME
from textual._compositor import LayoutUpdate
from textual.app import App

from ovtui.dashboard.drawing.svg_shapes import CELL_HEIGHT, CELL_WIDTH, DOT_WIDTH, Box, shape_of

FONT = "Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
"""Fonts that machines have; none is fetched."""
FONT_SIZE = 20
BASE_LINE = 18
"""Of the letters, in pixels from the top of their cell."""
MARGIN = 10
"""Pixels around the cells."""
_LAST_IN_A_WORD = "\xff"
"""Characters after it are drawn one by one, each in the middle of its cell: a font may lack them, and another one's are
wider."""
_DIM = 0.4


def screen_svg(app: App[Any]) -> str:
    """The screen in front as an SVG file's text, without scripts, ids and external resources. The same screen gives the
    same text. Uses private parts of Textual, as `App.export_screenshot` does."""
    update = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    assert isinstance(update, LayoutUpdate)
    rows = [[segment for strip in line for segment in strip] for line in update.strips]
    return rows_svg(rows, app.size.width, str(app.title))


def rows_svg(rows: Sequence[Iterable[Segment]], columns: int, title: str) -> str:
    """Rows of styled text, `columns` cells wide, as an SVG file's text."""
    canvas = _Canvas()
    for y, row in enumerate(rows):
        x = 0
        for text, style, control in row:
            if not control:
                x = canvas.add(text.rstrip("\n"), style or Style.null(), x, y)
    width, height = columns * CELL_WIDTH + 2 * MARGIN, len(rows) * CELL_HEIGHT + 2 * MARGIN
    ground = canvas.ground
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{FONT}" font-size="{FONT_SIZE}" xml:space="preserve">\n<title>{escape(title)}</title>\n'
        f'<rect width="{width}" height="{height}" rx="8" fill="{ground}"/>\n'
        f'<g transform="translate({MARGIN} {MARGIN})">\n{"".join(canvas.parts(ground))}</g>\n</svg>\n'
    )


@dataclass(frozen=True, slots=True)
class _Look:
    fill: str
    bold: bool = False
    italic: bool = False
    lines: str = ""
    """Value of text-decoration."""

    @property
    def attributes(self) -> str:
        weight = ' font-weight="bold"' if self.bold else ""
        slant = ' font-style="italic"' if self.italic else ""
        lines = f' text-decoration="{self.lines}"' if self.lines else ""
        return f'fill="{self.fill}"{weight}{slant}{lines}'


@dataclass(slots=True)
class _Canvas:
    """What is drawn, sorted by look, so that a look is named once."""

    grounds: dict[str, list[tuple[int, int, int]]] = field(default_factory=lambda: defaultdict(list))
    """x, y and width in cells, by colour."""
    shapes: dict[tuple[str, str, str], list[Box]] = field(default_factory=lambda: defaultdict(list))
    """By kind, colour and opacity."""
    words: dict[_Look, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def ground(self) -> str:
        """The colour of most cells."""
        sizes = {colour: sum(width for _, _, width in spans) for colour, spans in self.grounds.items()}
        return max(sizes, key=lambda colour: sizes[colour], default=SVG_EXPORT_THEME.background_color.hex)

    def add(self, text: str, style: Style, x: int, y: int) -> int:
        """Draws a run of text from a cell on; returns the cell after it."""
        colour, ground = _colours(style)
        width = cell_len(text)
        spans = self.grounds[ground]
        if spans and spans[-1][1] == y and spans[-1][0] + spans[-1][2] == x:
            spans[-1] = spans[-1][0], y, spans[-1][2] + width
        elif width:
            spans.append((x, y, width))
        lines = " ".join(name for name, on in (("underline", style.underline), ("line-through", style.strike)) if on)
        look = _Look(colour, bool(style.bold), bool(style.italic), lines)
        at = x
        for piece in _pieces(text):
            cells = cell_len(piece)
            shape = shape_of(piece) if len(piece) == 1 else None
            if shape is not None:
                kind, opacity, boxes = shape
                drawn = self.shapes[kind, colour, opacity]
                for left, top, wide, high in boxes:
                    _join(drawn, (left + at * CELL_WIDTH, top + y * CELL_HEIGHT, wide, high))
            elif not piece.isspace():
                self.words[look].append(_text(piece, at, y, cells))
            at += cells
        return x + width

    def parts(self, ground: str) -> Iterator[str]:
        for colour, spans in self.grounds.items():
            if colour != ground and spans:
                boxes = "".join(
                    f"M{x * CELL_WIDTH} {y * CELL_HEIGHT}h{width * CELL_WIDTH}v{CELL_HEIGHT}h-{width * CELL_WIDTH}z"
                    for x, y, width in spans
                )
                yield f'<path fill="{colour}" d="{boxes}"/>\n'
        for (kind, colour, opacity), drawn in self.shapes.items():
            ink = f'fill="none" stroke-linecap="round" stroke-width="{DOT_WIDTH}" stroke' if kind == "dots" else "fill"
            seen_through = f' opacity="{opacity}"' if opacity else ""
            yield f'<path {ink}="{colour}"{seen_through} d="{"".join(_path(kind, box) for box in drawn)}"/>\n'
        for look, words in self.words.items():
            yield f"<g {look.attributes}>\n" + "\n".join(words) + "\n</g>\n"


def _colours(style: Style) -> tuple[str, str]:
    theme = SVG_EXPORT_THEME
    colour = theme.foreground_color if style.color is None else style.color.get_truecolor(theme)
    ground = theme.background_color if style.bgcolor is None else style.bgcolor.get_truecolor(theme, foreground=False)
    if style.reverse:
        colour, ground = ground, colour
    return (blend_rgb(colour, ground, _DIM) if style.dim else colour).hex, ground.hex


def _pieces(text: str) -> Iterator[str]:
    """Words of letters that every font has; each other character by itself, with what combines with it."""
    piece = ""
    for character in text:
        if piece and (not cell_len(character) or (_in_a_word(character) and _in_a_word(piece[0]))):
            piece += character
            continue
        if piece:
            yield piece
        piece = character
    if piece:
        yield piece


def _in_a_word(character: str) -> bool:
    return " " < character <= _LAST_IN_A_WORD and character != "\xa0"


def _text(word: str, x: int, y: int, cells: int) -> str:
    base, said = y * CELL_HEIGHT + BASE_LINE, escape(word, quote=False)
    if _in_a_word(word[0]):
        return f'<text x="{x * CELL_WIDTH}" y="{base}" textLength="{cells * CELL_WIDTH}">{said}</text>'
    middle = x * CELL_WIDTH + cells * CELL_WIDTH // 2
    return f'<text x="{middle}" y="{base}" text-anchor="middle">{said}</text>'


def _join(drawn: list[Box], box: Box) -> None:
    """Adds a box, or makes the last one longer where this one goes on from it: a rule is one box."""
    if drawn and drawn[-1][2]:
        left, top, width, height = drawn[-1]
        if (left + width, top, height) == (box[0], box[1], box[3]):
            drawn[-1] = left, top, width + box[2], height
            return
    drawn.append(box)


def _path(kind: str, box: Box) -> str:
    left, top, width, height = box
    return f"M{left:g} {top:g}h0" if kind == "dots" else f"M{left:g} {top:g}h{width:g}v{height:g}h-{width:g}z"
