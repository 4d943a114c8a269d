"""Signals while a command starts. At random moments of all commands: tests/long/interrupt_any_moment.py."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import broken_dashboard
from harness.fault_table import Fault, id_of
from harness.program import Program, ovtui

INTERRUPTED = 130
DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"


@dataclass(frozen=True)
class Interrupted(Fault):
    arguments: tuple[str, ...] = ()
    number: signal.Signals = signal.SIGINT


def row(name: str, number: signal.Signals, *arguments: str) -> Interrupted:
    case = f"{number.name} in the first moments of {name}"
    return Interrupted(case, "no traceback, nothing left", INTERRUPTED, "terminal and start", arguments, number)


FAULTS = [
    row("ovtui", signal.SIGINT, "-d", "CPU"),
    row("ovtui", signal.SIGTERM, "-d", "CPU"),
    row("ovtui", signal.SIGHUP, "-d", "CPU"),
    row("ovtui run", signal.SIGINT, "run", "-d", "CPU", "-t", "60"),
    row("ovtui run", signal.SIGTERM, "run", "-d", "CPU", "-t", "60"),
    row("ovtui replay", signal.SIGINT, "replay", str(DEMO)),
    row("ovtui export", signal.SIGTERM, "export", str(DEMO), "--to", "csv"),
    row("ovtui config", signal.SIGHUP, "config", "template"),
    row("ovtui inspect", signal.SIGINT, "inspect", "demo-mlp"),
    row("ovtui devices", signal.SIGINT, "devices"),
    row("ovtui sessions", signal.SIGTERM, "sessions"),
]


STANDS_STILL = """
    from ovtui.cli.interrupts import Interrupts
    install = Interrupts.install
    def install_and_stand_still(self):
        Interrupts.install = install
        install(self)
        os.kill(os.getpid(), signal.SIGSTOP)
    Interrupts.install = install_and_stand_still
"""
"""The program stops itself as soon as it has handlers, for a command that would be over before the signal comes."""


@pytest.mark.parametrize("fault", FAULTS, ids=id_of)
def test_no_traceback_and_nothing_left(
    program_env: dict[str, str], no_leftovers: None, tmp_path: Path, fault: Interrupted
) -> None:
    """As soon as the program has handlers. SIGINT goes to all processes of the foreground, as ctrl+c does."""
    env = broken_dashboard.environment(program_env, tmp_path, STANDS_STILL, when="ovtui.cli.interrupts")
    with Program(ovtui(*fault.arguments), env) as program:
        os.waitid(os.P_PID, program.process.pid, os.WSTOPPED)
        if fault.number == signal.SIGINT:
            os.killpg(program.process.pid, fault.number)
        else:
            program.send_signal(fault.number)
        program.send_signal(signal.SIGCONT)
        assert program.wait() == fault.code
        program.assert_terminal_restored()
        assert "Traceback" not in program.text
        assert "Error" not in program.text
