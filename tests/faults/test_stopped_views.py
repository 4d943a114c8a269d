"""A view that is stopped by SIGSTOP, for which it restores nothing, and goes on."""

from __future__ import annotations

import os
import signal
import termios
from dataclasses import dataclass
from pathlib import Path

from harness.fault_table import Fault
from harness.fixture_types import StartProgram

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"
_GOES_ON = "the screen goes on; the terminal is restored at the end"


@dataclass(frozen=True)
class Continued(Fault):
    stopped: bool = True
    shell_resets: bool = False
    """As a shell does when its job has stopped."""


FAULTS = [
    Continued("a view gets SIGCONT without having been stopped", _GOES_ON, 0, "terminal and start", stopped=False),
    Continued("a view gets SIGSTOP and SIGCONT", _GOES_ON, 0, "terminal and start"),
    Continued(
        "a view gets SIGSTOP, the shell sets its own terminal modes, fg", _GOES_ON, 0, "terminal and start",
        shell_resets=True,
    ),
]  # fmt: skip


def test_a_view_that_was_stopped_goes_on(start: StartProgram) -> None:
    program = start("replay", str(DEMO))
    cooked = termios.tcgetattr(program._master)
    program.wait_for("q quit")
    for fault in FAULTS:
        if fault.stopped:
            program.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, program.process.pid, os.WSTOPPED)
        if fault.shell_resets:
            termios.tcsetattr(program._master, termios.TCSANOW, cooked)
        with program._seen:
            program.terminal.feed(b"\x1b[2J")  # what is seen next is drawn after it
        program.send_signal(signal.SIGCONT)
        program.wait_for("q quit")
    program.keys("?")
    program.wait_for("─ Help ─")
    program.keys("escape", "q")
    assert program.wait() == 0
    program.assert_terminal_restored()
