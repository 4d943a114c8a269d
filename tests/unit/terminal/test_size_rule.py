"""One rule for the size of a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
from pathlib import Path

import pytest

from ovtui.terminal.terminal_size import terminal_size


@pytest.mark.parametrize(
    ("told", "env", "size"),
    [
        ((100, 30), {"COLUMNS": "200", "LINES": "60"}, (100, 30)),
        ((0, 0), {}, (80, 24)),
        ((0, 0), {"COLUMNS": "90"}, (90, 24)),
        ((0, 30), {"COLUMNS": "90", "LINES": "60"}, (90, 30)),
        ((100, 0), {"COLUMNS": "90", "LINES": "60"}, (100, 60)),
        ((0, 0), {"COLUMNS": "0", "LINES": "-4"}, (80, 24)),
        ((0, 0), {"COLUMNS": "wide", "LINES": "²"}, (80, 24)),
        ((0, 0), {"COLUMNS": "9" * 5000, "LINES": " 40 "}, (80, 40)),
    ],
)
def test_the_terminal_first_then_the_environment(
    told: tuple[int, int], env: dict[str, str], size: tuple[int, int]
) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", told[1], told[0], 0, 0))
    try:
        assert terminal_size(slave, env) == size
    finally:
        os.close(master)
        os.close(slave)


def test_what_is_no_terminal() -> None:
    with Path(os.devnull).open() as null:
        assert terminal_size(null.fileno(), {"COLUMNS": "90"}) == (90, 24)
    assert terminal_size(-1, {}) == (80, 24)
