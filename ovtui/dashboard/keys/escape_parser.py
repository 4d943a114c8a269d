"""Bytes of the keyboard to keys: an escape is an escape, whatever comes right after it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

ESCAPE = "\x1b"
_AS_KITTY_SENDS_IT = "[27u"
"""What makes an escape unmistakable."""
_BEGINS_SEQUENCE = "[O" + ESCAPE
_PASTE_BEGINS, _PASTE_ENDS = ESCAPE + "[200~", ESCAPE + "[201~"


class EscapeParser(XTermParser):
    """Textual's, which takes an escape and what comes within 0.1 s of it for a chord with alt, and of 'escape, enter'
    leaves the enter alone. No key of ours is a chord with alt, for those do not survive tmux and SSH; so here it is
    escape and the other key. What is pasted is left as it is."""

    _newest = ""
    """The end of what came."""
    _pasting = False

    def feed(self, data: str) -> Iterable[Message]:
        for character in data:
            if self._newest.endswith(ESCAPE) and character not in _BEGINS_SEQUENCE and not self._pasting:
                yield from super().feed(_AS_KITTY_SENDS_IT)
            self._newest = (self._newest + character)[-len(_PASTE_BEGINS) :]
            if self._newest in (_PASTE_BEGINS, _PASTE_ENDS):
                self._pasting = self._newest == _PASTE_BEGINS
            yield from super().feed(character)
        if not data:
            yield from super().feed(data)

    def tick(self) -> Iterable[Message]:
        for message in super().tick():
            self._newest = ""
            yield message


def tell_escape_from_alt() -> None:
    """The driver makes its parser by this name and offers no other way to give it one."""
    parsers: Any = linux_driver
    parsers.XTermParser = EscapeParser
