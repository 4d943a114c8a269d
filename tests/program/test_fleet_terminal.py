"""The fleet's screen gives the terminal away and takes it back, whatever ends it or the program that it was lent to."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from harness import fleet_program
from harness.program import Program

RAW = (
    "import os, tty; tty.setraw(0); "
    "os.write(1, b'\\x1b[?1049h\\x1b[?1000h\\x1b[2JKID %d.' % os.getpid()); os.read(0, 1)"
)
COOKED = "import time; print('COOKED', flush=True); time.sleep(600)"


def begun(child: str) -> Program:
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    return Program([sys.executable, str(Path(fleet_program.__file__)), child], environment, 100, 30)


def ended(program: Program, expected: str) -> None:
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert expected in program.text


def opened(program: Program, shows: str) -> str:
    program.wait_for("BOXES")
    program.keys("home", "enter")
    return program.wait_for(shows)


def test_the_screen_comes_back_from_a_program_that_was_killed_in_another_size() -> None:
    with begun(RAW) as program:
        opened(program, "KID")
        text = program.wait_for(re.compile(r"KID \d+\."))
        program.resize(90, 26)
        os.kill(int(text.partition("KID ")[2].partition(".")[0]), signal.SIGKILL)
        program.wait_for("ended by SIGKILL")
        assert "BOXES  12" in program.text
        program.keys("j", "D")
        ended(program, "detached=True signal=0 left=True stopped=[]")


def test_ctrl_c_ends_what_was_opened_and_not_the_fleet() -> None:
    with begun(COOKED) as program:
        opened(program, "COOKED")
        program.keys("ctrl+c")
        program.wait_for("BOXES")
        program.keys("D")
        ended(program, "detached=True signal=0")


@pytest.mark.parametrize("lent", [False, True])
def test_sigterm_ends_the_runs_and_gives_the_terminal_back(lent: bool) -> None:
    with begun(RAW) as program:
        program.wait_for("BOXES")
        if lent:
            opened(program, "KID")
        program.send_signal(signal.SIGTERM)
        ended(program, "signal=15 left=False stopped=[()]")


def test_a_hang_up_leaves_the_runs_running() -> None:
    with begun(RAW) as program:
        program.wait_for("BOXES")
        program.send_signal(signal.SIGHUP)
        ended(program, "detached=True signal=1 left=True stopped=[]")
