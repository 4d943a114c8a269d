"""Terminal input to keys: an escape is always the escape key, whatever arrives right after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

ESCAPE = "\x1b"
_KITTY_ESCAPE = "[27u"
"""After an escape: the unambiguous form of the escape key in the kitty keyboard protocol."""
_SEQUENCE_STARTERS = "[O" + ESCAPE
_PASTE_START, _PASTE_END = ESCAPE + "[200~", ESCAPE + "[201~"


class EscapeParser(XTermParser):
    """Textual's parser without alt chords: an escape followed by another key becomes two keys.

    Textual reads an escape and what arrives within 0.1 s of it as a chord with alt, and drops the enter of 'escape,
    enter'. No command of ours is bound to an alt chord, because these do not survive tmux and SSH. Pasted text is left
    unchanged."""

    _recent = ""
    """The last few characters of the input, up to the length of a paste marker."""
    _pasting = False

    def feed(self, data: str) -> Iterable[Message]:
        for character in data:
            if self._recent.endswith(ESCAPE) and character not in _SEQUENCE_STARTERS and not self._pasting:
                yield from super().feed(_KITTY_ESCAPE)
            self._recent = (self._recent + character)[-len(_PASTE_START) :]
            if self._recent in (_PASTE_START, _PASTE_END):
                self._pasting = self._recent == _PASTE_START
            yield from super().feed(character)
        if not data:
            yield from super().feed(data)

    def tick(self) -> Iterable[Message]:
        for message in super().tick():
            self._recent = ""
            yield message


def install_escape_parser() -> None:
    """Replaces the parser class in Textual's Linux driver, which looks it up by this name and has no parameter for
    it."""
    parsers: Any = linux_driver
    parsers.XTermParser = EscapeParser
