"""A terminal that stops reading: a tmux that stands still, a line that hangs."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.program import Program, ovtui
from harness.reading import completed

INTERRUPTED = 130
END_LIMIT_S = 30.0
"""It takes less than two seconds, and without an end of its own it takes for ever."""
_OUTCOME = "ends all the same; the terminal is restored, and has the summary, once it reads on"

ENDS = [
    *(
        Fault(f"the terminal stops reading, then {name}", _OUTCOME, INTERRUPTED, "terminal and start")
        for name in ("SIGTERM", "SIGHUP", "SIGINT")
    ),
    Fault("the terminal stops reading, then ovtui stop", _OUTCOME, 0, "terminal and start"),
]
READS_ON = Fault(
    "the terminal stops reading and goes on later",
    "the whole screen is shown, as it then is",
    None,
    "terminal and start",
)
RUN = Fault(
    "ovtui run's terminal stops reading, then SIGTERM",
    "it has measured all the time, and ends",
    INTERRUPTED,
    "terminal and start",
)

FAULTS = [*ENDS, READS_ON, RUN]


def full(start: StartProgram, *arguments: str) -> Program:
    program = start("-d", "CPU", "--rate", "50", *arguments)
    program.wait_for(lambda text: completed(text) > 50)
    program.stop_reading()
    program.wait_until_full()
    return program


@pytest.mark.parametrize("fault", ENDS, ids=id_of)
def test_the_view_ends_all_the_same(start: StartProgram, headless: Headless, tmp_path: Path, fault: Fault) -> None:
    path = tmp_path / "s.ovtui"
    program = full(start, "--record", str(path))
    how = fault.case.rpartition(" ")[2]
    if how == "stop":
        assert headless("stop").returncode == 0
    else:
        program.send_signal(getattr(signal, how))
    assert program.process.wait(END_LIMIT_S) == fault.code
    program.read_on()
    program.wait()
    program.assert_terminal_restored()
    assert re.search(r"throughput\s+[\d,.]+ /s", program.text)
    result = json.loads(headless("replay", str(path), "--json", "-").stdout)
    assert result["requests"]["completed"] > 50


def test_it_shows_all_once_the_terminal_reads_again(start: StartProgram) -> None:
    program = full(start)
    program.keys("?")
    program.read_on()
    program.wait_for(re.compile("─ Help ─"))
    program.keys("escape")
    text = program.wait_for(lambda text: "q quit" in text and "─ Help ─" not in text)
    seen = completed(text)
    program.wait_for(lambda text: completed(text) > seen)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def test_a_run_measures_on_and_ends(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    """Its progress is what the terminal does not take; the result goes to a file."""
    path = tmp_path / "out.json"
    command = ovtui("run", "-d", "CPU", "--rate", "50", "-t", "600", "--json", str(path))
    with Program(command, program_env) as program:
        program.wait_for("completed")
        program.stop_reading()
        slave = os.open(f"/proc/{program.process.pid}/fd/2", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            while True:
                os.write(slave, b" " * 4096)
        except BlockingIOError:
            pass
        finally:
            os.close(slave)
        program.send_signal(signal.SIGTERM)
        assert program.process.wait(END_LIMIT_S) == INTERRUPTED
    assert json.loads(path.read_text())["requests"]["completed"] > 0
