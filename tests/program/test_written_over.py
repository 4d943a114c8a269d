"""A screen that another program has written over is whole again after ctrl+l, and where the terminal asks for it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from harness.fixture_types import StartProgram
from harness.program import Program

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"
GARBAGE = b"\x1b[7m\x1b[4h\x1b[5;12r\x1b[?6h\x1b[3;5Hwrote over it\r\nand on\x1b[9;1H\x1b[2K"
"""Reverse, inserting, with margins from row 5 to 12, as binary output leaves a terminal."""


def test_what_another_program_wrote_is_drawn_over(start: StartProgram) -> None:
    program = start("replay", str(DEMO))
    program.wait_for("q quit")
    program.keys("P")
    program.wait_for("paused")
    program.keys("?")
    program.wait_for(_is_whole)
    _write_over(program)
    program.keys("\x0c")
    program.wait_for(_is_whole)
    _write_over(program)
    program.send_signal(signal.SIGWINCH)  # of the same size: dtach asks so
    program.wait_for(lambda text: "wrote over it" not in text)
    program.keys("escape", "q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def _is_whole(text: str) -> bool:
    """The help page has both of its sides in every row from its first to its last one."""
    rows = text.splitlines()
    sides = [row for row in rows if row[20:21] in "┌│└" and row[99:100] in "┐│┘"]
    return "wrote over it" not in text and "─ Help ─" in text and len(sides) >= len(rows) - 5


def _write_over(program: Program) -> None:
    terminal = os.open(f"/proc/{program.process.pid}/fd/1", os.O_WRONLY | os.O_NOCTTY)
    os.write(terminal, GARBAGE)
    os.close(terminal)
    program.wait_for("wrote over it")
