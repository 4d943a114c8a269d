"""Signals while a command starts. At random moments of all commands: tests/long/interrupt_any_moment.py."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.program import Program, ovtui
from harness.signals import wait_for_handlers

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
    row("ovtui sessions", signal.SIGTERM, "sessions"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=id_of)
def test_no_traceback_and_nothing_left(program_env: dict[str, str], no_leftovers: None, fault: Interrupted) -> None:
    """As soon as the program has handlers. SIGINT goes to all processes of the foreground, as ctrl+c does."""
    with Program(ovtui(*fault.arguments), program_env) as program:
        wait_for_handlers(program.process.pid)
        if fault.number == signal.SIGINT:
            os.killpg(program.process.pid, fault.number)
        else:
            program.send_signal(fault.number)
        assert program.wait() == fault.code
        program.assert_terminal_restored()
        assert "Traceback" not in program.text
        assert "Error" not in program.text
