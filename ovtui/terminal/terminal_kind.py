"""The kind of terminal, from TERM, terminfo, COLORTERM, NO_COLOR and the locale. Imports no Textual."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ovtui.settings.charset import UTF_8, person_locale, terminal_charset
from ovtui.settings.schema.display_settings import GlyphSet

Colours = Literal["none", "8", "16", "256", "truecolor", "detected"]
_NO_SCREEN = ("", "dumb", "unknown")
_ASCII_TERMINALS = re.compile(r"(vt\d|ansi|pcansi|cons25|cygwin\b|sun|wy|dtterm|hpterm|aixterm|iris-ansi)")
"""Terminals, and names that firmware and serial lines give, whose fonts have ASCII for certain and little else."""


@dataclass(frozen=True, slots=True)
class Terminfo:
    """What the terminfo database says of a terminal."""

    known: bool
    """False where the database lacks the name, or the machine the database: then nothing else here is known."""
    cursor: bytes = b""
    """The sequence that moves the cursor; empty where it cannot be moved."""
    colours: int = -1


@dataclass(frozen=True, slots=True)
class TerminalKind:
    glyphs: GlyphSet = "braille"
    """The finest set that its font and the locale have."""
    colours: Colours = "detected"
    """As many as the terminal has; 'none' also where NO_COLOR asks for it. 'detected': left to Textual."""
    why_glyphs: str = ""
    """Why `glyphs` is not the finest of all, in a few words."""


def terminal_kind(environ: Mapping[str, str] = os.environ) -> TerminalKind:
    """Of the terminal that the program was started on."""
    term = environ.get("TERM", "")
    glyphs, why = _glyphs(term)
    return TerminalKind(glyphs, _colours(term, environ), why)


def why_no_screen(term: str, look_up: Callable[[str], Terminfo] | None = None) -> str:
    """Why a terminal of this name cannot show the dashboard, in a few words; empty where it can.

    A name that the database lacks is no reason: it is that of a new terminal at the other end of an SSH connection,
    and these are like xterm."""
    if term in _NO_SCREEN:
        return f"TERM is {term}" if term else "TERM is not set"
    found = (look_up or terminfo)(term)
    if found.known and not found.cursor:
        return f"TERM is {term}, whose cursor cannot be moved"
    if found.known and not found.cursor.startswith(b"\x1b["):
        return f"TERM is {term}, which moves its cursor otherwise than ANSI terminals do"
    return ""


def terminfo(term: str) -> Terminfo:
    """Asks the database for a terminal. C's library keeps the first answer that it has given, so that a process asks
    for one name."""
    try:
        import curses

        curses.setupterm(term, 1)
        return Terminfo(True, curses.tigetstr("cup") or b"", curses.tigetnum("colors"))
    except Exception:  # no curses in this Python, no database, no such name, a name that no file can have
        return Terminfo(False)


def _glyphs(term: str) -> tuple[GlyphSet, str]:
    if terminal_charset() != UTF_8:
        locale = person_locale()
        return "ascii", f"the locale is {locale}" if locale else "no locale is set"
    if term == "linux" or term.startswith("linux-"):
        return "console", "the console's font has 256 characters"
    if _ASCII_TERMINALS.match(term):
        return "ascii", f"TERM is {term}"
    return "braille", ""


def _colours(term: str, environ: Mapping[str, str]) -> Colours:
    if environ.get("NO_COLOR"):
        return "none"
    found = terminfo(term)
    if found.known and found.colours < 8:
        return "none"
    # GNU screen hands the outer terminal's COLORTERM on, and takes 24-bit colours for other attributes.
    in_screen = "STY" in environ and "TMUX" not in environ
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") and not in_screen and term != "linux":
        return "truecolor"
    if not found.known:
        name = term.lower()
        return "256" if name.endswith("256color") or "kitty" in name else "16"
    if found.colours >= 1 << 24:
        return "truecolor"
    return "256" if found.colours >= 256 else "16" if found.colours >= 16 else "8"
