"""Processes that are killed: nothing measured is lost, nothing is left behind."""

from __future__ import annotations

import re
import signal

import psutil
from harness import leftovers
from harness.fixture_types import StartProgram
from harness.program import Program
from harness.reading import completed

DEATH_LIMIT_S = 30.0


def part(program_env: dict[str, str], module: str) -> psutil.Process:
    """The one process of this test that runs `module`; what it forks bears its command line until it runs another."""
    running = [p for p in leftovers.marked(program_env[leftovers.MARK]) if leftovers.module_of(p) == module]
    ids = {process.pid for process in running}
    found = [process for process in running if process.ppid() not in ids]
    assert len(found) == 1, found
    return found[0]


def measuring(start: StartProgram, *arguments: str) -> Program:
    program = start(*arguments)
    program.wait_for(lambda text: completed(text) > 100)
    return program


def test_a_killed_engine_is_announced_and_started_again(start: StartProgram, program_env: dict[str, str]) -> None:
    program = measuring(start, "-d", "CPU")
    first = part(program_env, "ovtui.engine")
    first.kill()
    text = program.wait_for(lambda text: re.search("DIED.*SIGKILL", text) and "R restart" in text)
    kept = completed(text)
    assert kept > 100
    program.keys("R")
    text = program.wait_for(lambda text: "DIED" not in text and completed(text) > kept + 50)
    assert part(program_env, "ovtui.engine").pid != first.pid
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def test_q_after_the_engine_died_prints_what_was_measured(start: StartProgram, program_env: dict[str, str]) -> None:
    program = measuring(start, "-d", "CPU")
    part(program_env, "ovtui.engine").kill()
    program.wait_for("SIGKILL")
    program.keys("q")
    program.wait()
    assert re.search(r"requests\s+[\d,]+ submitted", program.text)
    program.assert_terminal_restored()


def test_a_killed_view_takes_host_and_engine_along(start: StartProgram, program_env: dict[str, str]) -> None:
    program = measuring(start, "-d", "CPU")
    rest = [part(program_env, "ovtui.host"), part(program_env, "ovtui.engine")]
    program.send_signal(signal.SIGKILL)
    assert program.wait() == -signal.SIGKILL
    assert leftovers.wait_for_end(rest, DEATH_LIMIT_S) == []


def test_a_killed_host_is_announced_and_takes_the_engine_along(
    start: StartProgram, program_env: dict[str, str]
) -> None:
    program = measuring(start, "-d", "CPU")
    host, engine = part(program_env, "ovtui.host"), part(program_env, "ovtui.engine")
    host.kill()
    program.wait_for(re.compile("host gone", re.IGNORECASE))
    assert leftovers.wait_for_end([engine], DEATH_LIMIT_S) == []
    program.keys("q")
    program.wait()
    assert re.search(r"requests\s+[\d,]+ submitted", program.text)
    program.assert_terminal_restored()


def test_a_dropped_connection_ends_everything(start: StartProgram, program_env: dict[str, str]) -> None:
    program = measuring(start, "-d", "CPU")
    rest = leftovers.marked(program_env[leftovers.MARK])
    program.hang_up()
    program.process.wait(DEATH_LIMIT_S)
    assert leftovers.wait_for_end(rest, DEATH_LIMIT_S) == []
