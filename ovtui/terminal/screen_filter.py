"""What another machine draws on this terminal, without what it must not do with it: only what a dashboard needs passes.

A terminal obeys more than drawing: it sets its title and its clipboard, opens links, loads palettes and fonts, answers
questions by typing the answers, clears what has scrolled out. So this is a list of what passes, and the rest is
dropped: printable text, CR, LF, BS, TAB, BEL, and of CSI the cursor's ways, erasing, scrolling, colours, and the modes
of MODES. No sequence is passed that has not come whole. What is on at the end is known, so that `restoring` can switch
it off.

The two questions of ovtui's own dashboard (is the terminal well, does it draw whole pictures) are answered here, with
texts of this module; no other machine makes the terminal itself answer."""

from __future__ import annotations

import re

MODES = {
    7: "wraps lines", 25: "shows the cursor", 1000: "mouse", 1002: "mouse", 1003: "mouse", 1006: "mouse", 1015: "mouse",
    1004: "focus", 1049: "alternate screen", 2004: "bracketed paste", 2026: "whole pictures",
}  # fmt: skip
"""Those of DEC that may be switched. Not the kitty keyboard, nor sizes as input: a dashboard does without."""
AT_REST = {7: True, 25: True}
"""Of MODES, those that are on where nobody has switched anything."""
MOST_SEQUENCE_BYTES = 192
"""Of a sequence; two colours of 24 bits with all attributes have 60. Longer ones are dropped."""
MOST_ANSWERS = 16
"""To what came at once."""

_PLAIN = re.compile(rb"[\x20-\x7e\r\n\b\t\x07]+")
_CHARACTERS = re.compile(
    rb"(?:[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+"
)
_BEGUN_CHARACTER = re.compile(
    rb"(?:[\xc2-\xf4]|\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f]|\xf0[\x90-\xbf][\x80-\xbf]?"
    rb"|[\xf1-\xf3][\x80-\xbf]{1,2}|\xf4[\x80-\x8f][\x80-\xbf]?)\Z"
)
_UNSEEN = re.compile(
    "[\x80-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
"""C1 controls, and what turns the direction of text or is drawn as nothing."""
_CSI = re.compile(rb"\x1b\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e])")
_BEGUN_CSI = re.compile(rb"\x1b\[[\x30-\x3f]*[\x20-\x2f]*")
# Of four digits at most: no terminal has more rows, and some take minutes for a larger number.
_NUMBERS = re.compile(rb"(?:[0-9]{0,4};){0,31}[0-9]{0,4}\Z")
_SGR = re.compile(rb"(?:[0-9]{0,4}[;:]){0,47}[0-9]{0,4}\Z")
_MOVES = b"ABCDEFGHdfLMPSTX@r"
"""Finals of CSI that move the cursor, and insert, delete or scroll within the screen."""
_STRINGS = b"]PX^_"
_STRING_END = re.compile(rb"[\x07\x18\x1a\x1b]")
_QUESTIONS = {b"\x1b[5n": b"\x1b[0n", b"\x1b[?2026$p": b"\x1b[?2026;2$y"}
_INTERMEDIATES, _FINALS = range(0x20, 0x30), range(0x30, 0x7F)


class ScreenFilter:
    """Owner: who reads from the other machine. What it gives does not depend on the pieces in which the bytes come."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        """`ascii_only`: the terminal's locale promises no more; other characters are drawn as question marks."""
        self._ascii_only = ascii_only
        self._rest = b""
        """The beginning of what has not come whole yet."""
        self._skips = b""
        """Within what is dropped: b']' in a string that BEL ends, too, b'P' in another one, b'[' in a CSI that is too
        long, b'(' in another sequence; else empty."""
        self._modes = dict(AT_REST)
        self._scrolls = self._styled = False
        self.answers = b""
        """For the other machine, once what `feed` gave has been drawn; the reader takes it and empties it."""

    def feed(self, data: bytes) -> bytes:
        """What of it the terminal gets."""
        data, self._rest = self._rest + data, b""
        out: list[bytes] = []
        at, end = 0, len(data)
        while at < end:
            if self._skips:
                at = self._skip(data, at)
            elif (found := _PLAIN.match(data, at)) is not None:
                out.append(found[0])
                at = found.end()
            elif data[at] == 0x1B:
                at = self._escape(data, at, out)
            elif data[at] >= 0x80:
                at = self._character(data, at, out)
            else:
                at += 1
            if at < 0:  # it has not come whole
                break
        return b"".join(out)

    def restoring(self) -> bytes:
        """What makes the terminal as it was before all that was fed."""
        parts = [b"\x1b[m"] if self._styled else []
        if self._scrolls:
            parts.append(b"\x1b7\x1b[r\x1b8")
        for mode, is_on in sorted(self._modes.items(), key=lambda each: each[0] in (25, 1049)):
            if is_on != AT_REST.get(mode, False):
                parts.append(b"\x1b[?%d%c" % (mode, b"l" if is_on else b"h"))
        return b"".join(parts)

    def resuming(self) -> bytes:
        """What switches on again what `restoring` has switched off."""
        parts = [
            b"\x1b[?%d%c" % (mode, b"h" if is_on else b"l")
            for mode, is_on in sorted(self._modes.items(), key=lambda each: each[0] != 1049)
            if is_on != AT_REST.get(mode, False)
        ]
        return b"".join(parts)

    def _skip(self, data: bytes, at: int) -> int:
        """Where what is dropped ends."""
        if self._skips in (b"]", b"P"):
            found = _STRING_END.search(data, at)
            while found is not None and found[0] == b"\x07" and self._skips != b"]":
                found = _STRING_END.search(data, found.end())
            if found is None:
                return len(data)
            self._skips = b""
            return found.start() if found[0] == b"\x1b" else found.end()
        inner = range(0x20, 0x40) if self._skips == b"[" else _INTERMEDIATES
        while at < len(data) and data[at] in inner:
            at += 1
        if at == len(data):
            return at
        is_end = data[at] in (range(0x40, 0x7F) if self._skips == b"[" else _FINALS)
        self._skips = b""
        return at + 1 if is_end else at

    def _escape(self, data: bytes, at: int, out: list[bytes]) -> int:
        """-1 where more has to come."""
        if at + 1 == len(data):
            return self._wait(data, at)
        kind = data[at + 1]
        if kind == 0x5B:
            return self._csi(data, at, out)
        if kind in _STRINGS:
            self._skips = b"]" if kind == 0x5D else b"P"
            return at + 2
        if kind in _INTERMEDIATES:
            if data[at : at + 3] == b"\x1b(B":
                out.append(b"\x1b(B")
                return at + 3
            if kind == 0x28 and at + 2 == len(data):
                return self._wait(data, at)
            self._skips = b"("
            return at + 2
        return at + 2 if kind in _FINALS else at + 1

    def _csi(self, data: bytes, at: int, out: list[bytes]) -> int:
        found = _CSI.match(data, at)
        if found is not None:
            if found.end() - at <= MOST_SEQUENCE_BYTES:
                self._pass_csi(found[0], found[1], found[2], found[3], out)
            return found.end()
        begun = _BEGUN_CSI.match(data, at)
        assert begun is not None
        if begun.end() < len(data):  # a control or another byte cuts it off
            return begun.end() if data[begun.end()] not in range(0x30, 0x40) else self._skip_csi(begun.end())
        if begun.end() - at > MOST_SEQUENCE_BYTES:
            return self._skip_csi(begun.end())
        return self._wait(data, at)

    def _skip_csi(self, at: int) -> int:
        self._skips = b"["
        return at

    def _pass_csi(self, whole: bytes, parameters: bytes, between: bytes, final: bytes, out: list[bytes]) -> None:
        if whole in _QUESTIONS:
            if self.answers.count(b"\x1b") < MOST_ANSWERS:
                self.answers += _QUESTIONS[whole]
        elif between:
            return
        elif final == b"m" and _SGR.match(parameters):
            self._styled = parameters not in (b"", b"0")
            out.append(whole)
        elif final in b"hl":
            self._switch(parameters, is_on=final == b"h", out=out)
        elif final in b"JK" and parameters in (b"", b"0", b"1", b"2"):
            out.append(whole)
        elif final in _MOVES and _NUMBERS.match(parameters):
            self._scrolls = parameters != b"" if final == b"r" else self._scrolls
            out.append(whole)

    def _switch(self, parameters: bytes, *, is_on: bool, out: list[bytes]) -> None:
        if parameters == b"4" and not is_on:  # inserting, which nothing here switches on
            out.append(b"\x1b[4l")
        if not parameters.startswith(b"?") or not _NUMBERS.match(parameters[1:]):
            return
        for text in parameters[1:].split(b";"):
            mode = int(text or b"0")
            if mode in MODES:
                self._modes[mode] = is_on
                out.append(b"\x1b[?%d%c" % (mode, b"h" if is_on else b"l"))
            elif mode == 6 and not is_on:
                out.append(b"\x1b[?6l")

    def _character(self, data: bytes, at: int, out: list[bytes]) -> int:
        found = _CHARACTERS.match(data, at)
        if found is None:
            return self._wait(data, at) if _BEGUN_CHARACTER.match(data, at) else at + 1
        text = _UNSEEN.sub("", found[0].decode())
        out.append(text.encode("ascii", "replace") if self._ascii_only else text.encode())
        return found.end()

    def _wait(self, data: bytes, at: int) -> int:
        self._rest = data[at:]
        return -1
