"""Colours by meaning: every colour that the dashboard uses is one of the list, and every theme has it."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from textual.theme import Theme as Colours

import ovtui.dashboard
from ovtui.dashboard.drawing.meanings import MEANINGS
from ovtui.dashboard.drawing.themes import COLOURS

FOLDER = Path(ovtui.dashboard.__file__).parent
NEUTRAL = {"dim", "faint", "foreground", "text-muted", "block-cursor-foreground"}
"""Not Textual's primary, secondary and accent: they have no meaning here, and the colour of text in every theme."""
GROUNDS = {"background", "surface", "panel", "boost", "on-block", "block-cursor-background", "scrollbar"}
MORE_LINES = {"third", "fourth"}
"""Of several lines, beside median and worst."""
STATES = ("key", "error", "warning", "success", "cpu", "accelerator")


def value_of(colours: Colours, name: str) -> str:
    return colours.variables.get(name) or getattr(colours, name)


def test_every_colour_in_use_has_a_meaning() -> None:
    meant = {word.removeprefix("$") for style, _, _ in MEANINGS for word in style.split() if word.startswith("$")}
    used = set()
    for path in FOLDER.rglob("*"):
        if path.suffix in (".py", ".tcss") and path.name != "terminal_guard.py":  # a shell's variables
            used |= set(re.findall(r"(?<![\\{\w])\$([a-z][a-z-]*)", path.read_text(encoding="utf-8")))
    assert used - NEUTRAL - GROUNDS - MORE_LINES <= meant
    assert meant <= used


@pytest.mark.parametrize("theme", COLOURS)
def test_states_have_colours_of_their_own(theme: str) -> None:
    colours = COLOURS[theme]  # type: ignore[index]
    for one, other in combinations(STATES, 2):
        assert value_of(colours, one) != value_of(colours, other), (one, other)
    for name in ("primary", "secondary", "accent"):
        assert value_of(colours, name) == colours.foreground, name
