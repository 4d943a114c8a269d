"""An engine that stands still is told on every surface, with what its process does."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import Program, ovtui
from harness.reading import completed
from harness.signals import stop

LOADS = {"an open loop": ["--rate", "200"], "a closed loop": ["--nireq", "2"]}
_TOLD = (
    "on screen within 2 s: no request has come back since 00:07.2 (3.10 s): its process is stopped (SIGSTOP): "
    "kill -CONT 1234"
)
FAULTS = [
    *(Fault(f"the engine of {load} is stopped", _TOLD, None, "processes and accounts") for load in LOADS),
    Fault(
        "an engine is stopped during a run and goes on", "both on stderr, the span in the recording", None,
        "processes and accounts",
    ),
]  # fmt: skip


def engine_of(pid: int) -> psutil.Process:
    """The engine under a program."""
    found = [process for process in psutil.Process(pid).children(recursive=True) if "ovtui.engine" in process.cmdline()]
    return found[0]


@pytest.mark.parametrize("fault", FAULTS[:2], ids=id_of)
def test_a_stopped_engine_is_told_while_it_stands(start: StartProgram, fault: Fault) -> None:
    load = next(load for load in LOADS if load in fault.case)
    program = start("demo-matmul", "-d", "CPU", *LOADS[load])
    program.wait_for(lambda text: completed(text) > 50)
    engine = engine_of(program.process.pid)
    stop(engine.pid)
    told = re.compile(
        rf"STALLED.*no request has come back since [\d:.]+\s+\([\d.]+ s.*kill -CONT\s+{engine.pid}", re.DOTALL
    )
    first = program.wait_for(told)
    program.wait_for(re.compile(r"DEVICE.*no request has come back since"))
    program.wait_for(lambda text: told.search(text) and _seconds(text) > _seconds(first) + 0.5)
    engine.send_signal(signal.SIGCONT)
    program.wait_for(lambda text: "no request has come back" not in text)


def _seconds(text: str) -> float:
    found = re.search(r"come back since [\d:.]+\s+\(([\d.]+) s", text)
    return float(found[1]) if found else 0.0


def test_a_run_tells_both_and_the_recording_has_the_span(
    program_env: Mapping[str, str], no_leftovers: None, tmp_path: Path
) -> None:
    path = str(tmp_path / "a.ovtui")
    command = ovtui("run", "demo-matmul", "-d", "CPU", "--nireq", "2", "-n", "100000000", "--record", path)
    with Program(command, program_env) as program:
        program.wait_for("completed")
        engine = engine_of(program.process.pid)
        stop(engine.pid)
        program.wait_for(re.compile(r"no request has come back since .*kill -CONT"))
        engine.send_signal(signal.SIGCONT)
        program.wait_for(re.compile(r"no request came back from [\d:.]+ to [\d:.]+ \([\d.]+ s\)"))
        program.keys("ctrl+c")
        assert program.wait() == 130
    subprocess.run(ovtui("report", path), env=program_env, cwd=tmp_path, capture_output=True, check=True)
    report = (tmp_path / "a.md").read_text()
    assert re.search(r"no request came back from [\d:.]+ to [\d:.]+ \([\d.]+ s\)", report)
