"""The screen is where stdin and stdout are terminals, wherever stderr points."""

from __future__ import annotations

import os
import pty
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import broken_dashboard
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import Program, ovtui
from harness.reading import completed

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"
NOTE = "written to stderr under the screen"


@dataclass(frozen=True)
class Redirected(Fault):
    to: str = ""
    """As a shell writes it."""


def row(case: str, to: str) -> Redirected:
    return Redirected(f"stderr is {case}", "the screen is there; the summary is on stdout", 0, "terminal and start", to)


ROWS = [
    row("a file", '2> "$FILE"'),
    row("a pipe whose reader has gone", "2> >(exit)"),
    row("closed", "2>&-"),
    row("/dev/null", "2> /dev/null"),
    row("another terminal", '2> "$TTY"'),
]
NOISE = Fault(
    "a library writes to stderr while the screen is up, and stderr is the same terminal",
    "the screen is not touched; the text follows once it is gone",
    0,
    "terminal and start",
)
FAULTS = [*ROWS, NOISE]


@pytest.mark.parametrize("fault", ROWS, ids=id_of)
def test_the_screen_is_there(
    program_env: dict[str, str], no_leftovers: None, tmp_path: Path, fault: Redirected
) -> None:
    master, slave = pty.openpty()
    try:
        env = program_env | {"FILE": str(tmp_path / "stderr"), "TTY": os.ttyname(slave)}
        command = ["bash", "-c", f'exec "$@" {fault.to}', "bash", *ovtui("replay", str(DEMO))]
        with Program(command, env) as program:
            program.wait_for(lambda text: completed(text) > 0)
            program.keys("?")
            program.wait_for("─ Help ─")
            program.keys("escape", "q")
            assert program.wait() == fault.code
            program.assert_terminal_restored()
            assert re.search(r"throughput\s+[\d,.]+ /s", program.text)
    finally:
        os.close(master)
        os.close(slave)


def test_what_is_written_to_stderr_follows_the_screen(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path
) -> None:
    change = f"""
        import sys, warnings
        at_call(4, Dashboard, "poll", lambda: os.write(2, b"{NOTE} by C\\n"))
        at_call(5, Dashboard, "poll", lambda: print("{NOTE} by Python", file=sys.stderr))
        at_call(6, Dashboard, "poll", lambda: warnings.warn("{NOTE} as a warning"))
        at_call(8, Dashboard, "poll", lambda: open({str(tmp_path / "written")!r}, "w").close())
    """
    program = start("replay", str(DEMO), env=broken_dashboard.environment(program_env, tmp_path, change))
    program.wait_for(lambda text: completed(text) > 0 and (tmp_path / "written").exists())
    assert NOTE not in program.text
    program.keys("q")
    assert program.wait() == NOISE.code
    program.assert_terminal_restored()
    for how in ("by C", "by Python"):
        assert f"{NOTE} {how}" in program.text
    assert "throughput" in program.text
