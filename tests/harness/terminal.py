"""A terminal in Python: pyte, with what pyte lacks, the alternate screen and a memory of the modes switched on."""

from __future__ import annotations

import base64
import copy
import re
from typing import Any

import pyte

MOUSE_AND_FOCUS = {9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016}
ALTERNATE_SCREEN, CURSOR, BRACKETED_PASTE = 1049, 25, 2004
# Sequences that pyte would print the rest of: the kitty keyboard's (CSI > 1 u, CSI < u) and device control strings.
_KITTY = re.compile(rb"\x1b\[([<>=])[0-9;:]*[a-zA-Z]")
_KITTY_DEPTH = re.compile(rb"\x1b\[([<>])[0-9;:]*u")
_DCS = re.compile(rb"\x1bP.*?\x1b\\", re.DOTALL)
_CLIPBOARD = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
# A program that knows "synchronized output" draws a picture between these two, and a terminal shows it as one.
_PICTURE_BEGINS, _PICTURE_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
STATUS_ASKED, STATUS_WELL = b"\x1b[5n", b"\x1b[0n"
SYNCHRONIZED_OUTPUT_ASKED, SYNCHRONIZED_OUTPUT_THERE = b"\x1b[?2026$p", b"\x1b[?2026;2$y"
_UNFINISHED = re.compile(rb"\x1b(\[[0-9;:<=>?]*|P[^\x1b]*(\x1b)?|\][^\x07\x1b]*(\x1b)?)?\Z")


def _begun(data: bytes) -> int:
    """How many bytes at the end may be the beginning of the sign that begins a picture: a pty is read in pieces of 4 kB
    at most, and such a piece may end anywhere."""
    return next(size for size in range(len(_PICTURE_BEGINS) - 1, -1, -1) if data.endswith(_PICTURE_BEGINS[:size]))


class _Screen(pyte.Screen):
    """Owner: Terminal."""

    def __init__(self, columns: int, lines: int) -> None:
        self.private_modes: set[int] = {CURSOR}
        self._normal: tuple[Any, Any] | None = None
        super().__init__(columns, lines)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private"):
            if ALTERNATE_SCREEN in modes and self._normal is None:
                self._normal = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
                self.erase_in_display(2)
            self.private_modes.update(modes)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        if kwargs.get("private"):
            if ALTERNATE_SCREEN in modes and self._normal is not None:
                self.buffer, self.cursor = self._normal
                self._normal = None
            self.private_modes.difference_update(modes)
        super().reset_mode(*modes, **kwargs)


class Terminal:
    """What a person sees of the bytes fed in. Not for several threads at once."""

    def __init__(self, columns: int, rows: int) -> None:
        self._screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._rest = b""
        self._picture = b""
        """A picture whose end has not come yet."""
        self._kitty_depth = 0
        self.clipboard = ""
        """What the program has put there last, by OSC 52."""
        self.longest_clipboard = 0
        """Bytes of base64 of the longest such sequence."""

    def feed(self, data: bytes) -> None:
        data = self._picture + data
        begins = data.rfind(_PICTURE_BEGINS)
        if begins < 0 or _PICTURE_ENDS in data[begins:]:
            begins = len(data) - _begun(data)
        whole, self._picture = data[:begins], data[begins:]
        self._draw(whole)

    def end(self) -> None:
        """Nothing more comes: what a program that died in the middle of a picture wrote is drawn, too."""
        whole, self._picture = self._picture, b""
        self._draw(whole)

    def _draw(self, data: bytes) -> None:
        data = self._rest + data
        unfinished = _UNFINISHED.search(data)
        cut = unfinished.start() if unfinished else len(data)
        data, self._rest = data[:cut], data[cut:]
        for sign in _KITTY_DEPTH.findall(data):
            self._kitty_depth += 1 if sign == b">" else -1
        for copied in _CLIPBOARD.findall(data):
            self.clipboard = base64.b64decode(copied).decode()
            self.longest_clipboard = max(self.longest_clipboard, len(copied))
        self._stream.feed(_DCS.sub(b"", _KITTY.sub(b"", data)))

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).rstrip()

    @property
    def on_alternate_screen(self) -> bool:
        return ALTERNATE_SCREEN in self._screen.private_modes

    def unrestored(self) -> list[str]:
        """What a program that has ended left switched on; empty where the terminal is as before."""
        modes = self._screen.private_modes
        left = {
            "the alternate screen": ALTERNATE_SCREEN in modes,
            "a hidden cursor": CURSOR not in modes,
            f"mouse or focus reporting {sorted(MOUSE_AND_FOCUS & modes)}": bool(MOUSE_AND_FOCUS & modes),
            "bracketed paste": BRACKETED_PASTE in modes,
            "the kitty keyboard": self._kitty_depth > 0,
        }
        return [what for what, is_left in left.items() if is_left]
