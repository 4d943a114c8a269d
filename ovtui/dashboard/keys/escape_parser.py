"""Terminal input to keys: an escape is always the escape key, whatever arrives right after it, and nothing that a
terminal or a bad line can send ends the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from ovtui.dashboard.terminal.line_gauge import ANSWER, LineAnswer

ESCAPE = "\x1b"
_KITTY_ESCAPE = "[27u"
"""After an escape: the unambiguous form of the escape key in the kitty keyboard protocol."""
_SEQUENCE_STARTERS = "[O" + ESCAPE
_PASTE_START, _PASTE_END = ESCAPE + "[200~", ESCAPE + "[201~"
_INTERRUPT = "\x03"
_ENDED_UNSEEN = ";0R"
"""Ends a sequence that begins with a number for Textual's parser, which has nothing to end one unseen: the place of a
cursor, which it keeps for screens that are not whole."""


class EscapeParser(XTermParser):
    """Textual's parser without alt chords: an escape followed by another key becomes two keys.

    Textual reads an escape and what arrives within 0.1 s of it as a chord with alt, and drops the enter of 'escape,
    enter'. No command of ours is bound to an alt chord, because these do not survive tmux and SSH. Pasted text is left
    unchanged."""

    _recent = ""
    """The last few characters of the input, up to the length of a paste marker."""
    _pasting = False
    _held = ""
    """Within a paste: what may be the beginning of an answer."""

    def feed(self, data: str) -> Iterable[Message]:
        if self._pasting and data == _INTERRUPT:
            # Alone it was typed: the end of the paste was lost, and without this no key would ever work again.
            data = _PASTE_END + data
        for character in data:
            yield from self._taken(character) if self._pasting else self._typed(character)
        if not data:
            yield from super().feed(data)

    def _taken(self, character: str) -> Iterator[Message]:
        """In a paste: a terminal that was asked just before answers in the middle of it. Textual would make keys of
        the answer."""
        self._held += character
        if self._held == ANSWER:
            self._held = ""
            yield LineAnswer()
        elif not ANSWER.startswith(self._held):
            rest = character if character == ESCAPE else ""
            held, self._held = self._held[: len(self._held) - len(rest)], rest
            for each in held:
                yield from self._typed(each)

    def _typed(self, character: str) -> Iterator[Message]:
        if self._recent.endswith(ESCAPE) and character not in _SEQUENCE_STARTERS and not self._pasting:
            yield from self._parsed(_KITTY_ESCAPE)
        self._recent = (self._recent + character)[-len(_PASTE_START) :]
        if self._recent in (_PASTE_START, _PASTE_END):
            self._pasting = self._recent == _PASTE_START
        if self._recent.endswith(ANSWER) and not self._pasting:
            list(self._parsed(_ENDED_UNSEEN))
            yield LineAnswer()
        else:
            yield from self._parsed(character)

    def _parsed(self, data: str) -> Iterator[Message]:
        """What Textual's parser makes of it. A sequence that it stumbles over, such as a key with the number of no
        character, is dropped: it has to begin anew."""
        try:
            yield from [message for message in super().feed(data) if is_sound(message)]
        except Exception:
            super().__init__()
            self._recent, self._pasting, self._held = "", False, ""

    def tick(self) -> Iterable[Message]:
        for message in super().tick():
            self._recent = ""
            yield message


def is_sound(message: Message) -> bool:
    """False for a key or a paste with half a character in it (U+D800 to U+DFFF, which a key's number can name): no file
    and no terminal takes that."""
    text = message.text if isinstance(message, events.Paste) else getattr(message, "character", None)
    return not isinstance(text, str) or not any("\ud800" <= character <= "\udfff" for character in text)


def install_escape_parser() -> None:
    """Replaces the parser class in Textual's Linux driver, which looks it up by this name and has no parameter for
    it."""
    parsers: Any = linux_driver
    parsers.XTermParser = EscapeParser
