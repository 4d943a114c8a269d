"""The screen with eight colours, and without any: a filter over everything that is drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from rich.color import Color as RichColor
from rich.color import ColorSystem, ColorType
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor

from ovtui.terminal.terminal_kind import Colours

_SYSTEMS = {
    "none": ColorSystem.STANDARD,  # bold and reverse are styles, which Rich leaves out without a system
    "8": ColorSystem.STANDARD,
    "16": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
}
BLACK, WHITE, BRIGHT = 0, 7, 8


def use_colours(app: Any, colours: Colours) -> None:
    """Makes a Textual app, which is not running yet, draw with so many colours."""
    if colours == "detected":
        return
    app.no_color = colours == "none"
    app._filters = [each for each in app._filters if not isinstance(each, NoColor | Monochrome)]
    if colours == "none":
        app._filters.append(NoColours())
    elif colours == "8":
        app._filters.append(EightColours())
    app.console._color_system = _SYSTEMS[colours]


class EightColours(LineFilter):
    """The nearest of the terminal's eight colours; the bright ones are bold, as terminals with eight colours have
    it. Grey is white: bold black is not seen on all of them."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(text, style and in_eight_colours(style), None) for text, style, _ in segments]


class NoColours(LineFilter):
    """No colour at all. What has a background of its own, as the row under the cursor, is shown reversed."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002
        return [Segment(text, style and without_colours(style), None) for text, style, _ in segments]


@lru_cache(1024)
def in_eight_colours(style: Style) -> Style:
    foreground, background = _number(style.color), _number(style.bgcolor)
    bold = style.bold or None
    if foreground is not None and foreground >= BRIGHT:
        foreground, bold = (WHITE, bold) if foreground == BRIGHT else (foreground - BRIGHT, True)
    if background is not None and background >= BRIGHT:
        background -= BRIGHT
    if foreground is not None and foreground == background:
        foreground = WHITE if background != WHITE else BLACK
    colours = Style(color=_colour(foreground), bgcolor=_colour(background), bold=bold)
    return style.without_color + colours


@lru_cache(1024)
def without_colours(style: Style) -> Style:
    plain = style.without_color
    background = style.bgcolor
    if background is not None and background.type is not ColorType.DEFAULT and not style.reverse:
        plain += Style(reverse=True)
    return plain


def _number(colour: RichColor | None) -> int | None:
    """Of the terminal's 16; None for the colour that it has by itself."""
    return None if colour is None else colour.downgrade(ColorSystem.STANDARD).number


def _colour(number: int | None) -> RichColor | None:
    return None if number is None else RichColor.from_ansi(number)
