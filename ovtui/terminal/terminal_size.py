"""How large a terminal is: one rule for the screen, the help, the progress of a run. Without textual."""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from collections.abc import Mapping
from typing import NamedTuple

USUAL_COLUMNS, USUAL_ROWS = 80, 24


class TerminalSize(NamedTuple):
    columns: int
    rows: int


def terminal_size(fd: int, env: Mapping[str, str] = os.environ) -> TerminalSize:
    """Of the terminal behind a descriptor, asked now. COLUMNS and LINES count only where it does not know (a serial
    line says 0) or where there is none, each for itself: a shell exports what was true when it did so, and the terminal
    knows its size after a resize. At last 80 x 24."""
    told = told_size(fd)
    return TerminalSize(
        told.columns or _number(env, "COLUMNS") or USUAL_COLUMNS, told.rows or _number(env, "LINES") or USUAL_ROWS
    )


def told_size(fd: int) -> TerminalSize:
    """What the terminal itself says; 0 where it does not know, and for what is no terminal."""
    try:
        rows, columns, _, _ = struct.unpack("HHHH", fcntl.ioctl(fd, termios.TIOCGWINSZ, bytes(8)))
    except (OSError, ValueError):
        return TerminalSize(0, 0)
    return TerminalSize(columns, rows)


def _number(env: Mapping[str, str], name: str) -> int:
    """Of a variable; 0 where it holds no whole number above 0."""
    text = env.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
