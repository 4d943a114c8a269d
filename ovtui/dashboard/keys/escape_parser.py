"""Bytes of the keyboard to keys: an escape is an escape, whatever comes right after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

ESCAPE = "\x1b"
_KITTY_ESCAPE = "[27u"
"""What makes an escape unmistakable."""
_SEQUENCE_STARTERS = "[O" + ESCAPE
_PASTE_START, _PASTE_END = ESCAPE + "[200~", ESCAPE + "[201~"


class EscapeParser(XTermParser):
    """Textual's, which takes an escape and what comes within 0.1 s of it for a chord with alt, and of 'escape, enter'
    leaves the enter alone. No key of ours is a chord with alt, for those do not survive tmux and SSH; so here it is
    escape and the other key. What is pasted is left as it is."""

    _recent = ""
    """The end of what came."""
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
    """The driver makes its parser by this name and offers no other way to give it one."""
    parsers: Any = linux_driver
    parsers.XTermParser = EscapeParser
