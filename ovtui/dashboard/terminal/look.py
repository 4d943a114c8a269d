"""How the dashboard looks: what the person has chosen, as far as the terminal can show it."""

from __future__ import annotations

from typing import Any

from ovtui.settings.schema.display_settings import DisplaySettings, GlyphSet, Theme
from ovtui.settings.schema.fields import fields_of
from ovtui.terminal.terminal_kind import TerminalKind


def glyphs_of(look: DisplaySettings, terminal: TerminalKind) -> GlyphSet:
    """A set that a person names is drawn whatever is known of the terminal: it may be known wrongly."""
    return terminal.glyphs if look.glyphs == "auto" else look.glyphs


def theme_of(look: DisplaySettings, terminal: TerminalKind) -> Theme:
    """Without colours Textual draws in greys, except in a theme of the terminal's own colours."""
    return "terminal" if terminal.colours == "none" else look.theme


def next_choice(look: DisplaySettings, name: str, terminal: TerminalKind) -> Any:
    """The next value of one setting that looks otherwise."""
    options = fields_of(DisplaySettings)[name].choices or (False, True)
    at = options.index(getattr(look, name))
    value = options[(at + 1) % len(options)]
    if name == "glyphs" and look.glyphs == "auto" and value == terminal.glyphs:
        return options[(at + 2) % len(options)]
    return value


def choice_text(look: DisplaySettings, name: str, terminal: TerminalKind) -> str:
    """What is said of a setting that has just been changed."""
    field = fields_of(DisplaySettings)[name]
    text = f"{field.label}: {field.show(getattr(look, name))}"
    if name == "glyphs" and look.glyphs == "auto":
        why = f", because {terminal.why_glyphs}" if terminal.why_glyphs else ""
        return f"{text} ({terminal.glyphs}{why})"
    if name == "theme" and terminal.colours == "none":
        return f"{text}; NO_COLOR is set or the terminal has none, so there is no colour"
    return text
