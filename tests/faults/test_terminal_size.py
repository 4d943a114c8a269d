"""How large the screen is: the terminal's own size, and what the environment says only where it knows none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import Program, ovtui

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"


@dataclass(frozen=True)
class Sized(Fault):
    terminal: tuple[int, int] = (0, 0)
    """Columns and rows as the terminal tells them; 0 where it does not know."""
    exported: tuple[str, str] = ("", "")
    """COLUMNS and LINES."""
    drawn: tuple[int, int] = (0, 0)


def row(case: str, outcome: str, terminal: tuple[int, int], exported: tuple[str, str], drawn: tuple[int, int]) -> Sized:
    return Sized(case, outcome, None, "terminal and start", terminal, exported, drawn)


ROWS = [
    row("COLUMNS and LINES are exported, and wrong", "the terminal's size counts", (100, 30), ("200", "60"), (100, 30)),
    row("the terminal knows no size", "80x24", (0, 0), ("", ""), (80, 24)),
    row("the terminal knows no size, COLUMNS and LINES do", "theirs", (0, 0), ("90", "33"), (90, 33)),
    row("the terminal knows its rows only", "its rows, and COLUMNS", (0, 30), ("90", "60"), (90, 30)),
    row("COLUMNS and LINES are no numbers", "80x24", (0, 0), ("wide", "-3"), (80, 24)),
]
EXTREME = [
    Fault(f"the terminal says it is {columns}x{rows}", "no crash; keys count", 0, "terminal and start")
    for columns, rows in ((1, 1), (9999, 40), (40, 9999))
]
HELP = Fault("COLUMNS is exported, and --help is asked for", "as wide as the terminal", 0, "terminal and start")
FAULTS = [*ROWS, *EXTREME, HELP]


@pytest.mark.parametrize("fault", ROWS, ids=id_of)
def test_the_terminal_is_asked_first(start: StartProgram, program_env: dict[str, str], fault: Sized) -> None:
    exported = {name: value for name, value in zip(("COLUMNS", "LINES"), fault.exported, strict=True) if value}
    columns, rows = fault.terminal
    program = start("replay", str(DEMO), env=program_env | exported, columns=columns, rows=rows, shown=fault.drawn)
    program.wait_for(lambda _: fills(program, *fault.drawn))
    program.resize(110, 35)  # always followed
    program.wait_for(lambda _: fills(program, 110, 35))
    program.keys("q")
    assert program.wait() == 0


def fills(program: Program, columns: int, rows: int) -> bool:
    """The footer is in the last line, and ends at the right edge. What is drawn for another size is out of place."""
    lines = program.terminal.lines
    return len(lines) == rows and "q quit" in lines[-1] and columns - 2 <= len(lines[-1]) <= columns


@pytest.mark.parametrize("fault", EXTREME, ids=id_of)
def test_no_size_ends_it(start: StartProgram, fault: Fault) -> None:
    columns, rows = map(int, fault.case.rpartition(" ")[2].split("x"))
    program = start("replay", str(DEMO), columns=columns, rows=rows, shown=(120, 40))
    program.wait_for(lambda _: program.received > 500)
    program.resize(120, 40)
    program.wait_for("q quit")
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def test_the_help_is_as_wide_as_the_terminal(program_env: dict[str, str]) -> None:
    with Program(ovtui("run", "--help"), program_env | {"COLUMNS": "200"}, 70, 500) as program:
        assert program.wait() == 0
        assert max(map(len, program.terminal.lines)) <= 70
    with Program(ovtui("run", "--help"), program_env | {"COLUMNS": "60"}, 0, 0) as program:
        program.terminal.resize(120, 500)
        assert program.wait() == 0
        assert max(map(len, program.terminal.lines)) <= 60
