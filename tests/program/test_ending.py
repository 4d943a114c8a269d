"""Every way to end it: a clean terminal, the summary on the normal screen, the right exit code."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest
from harness.fixture_types import Headless, StartProgram
from harness.program import Program, ovtui
from harness.reading import completed
from harness.signals import interrupted

INTERRUPTED = 130


def assert_summary(program: Program) -> None:
    assert re.search(r"requests\s+(?:[\d,]+ due\s+)?[\d,]+ submitted", program.text)
    assert re.search(r"throughput\s+[\d,.]+ /s", program.text)


def test_q(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 50)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert_summary(program)


def test_the_summary_is_that_of_the_recording(start: StartProgram, headless: Headless, tmp_path: Path) -> None:
    """Requests come back between the last frame and the end, and some are in flight then."""
    program = start("demo-mlp", "-d", "CPU", "--nireq", "4", "--record", str(tmp_path / "s.ovtui"), rows=50)
    program.wait_for(lambda text: completed(text) > 50)
    program.keys("q")
    assert program.wait() == 0
    replayed = headless("replay", str(tmp_path / "s.ovtui")).stdout
    labels = ("device", "load", "requests", "throughput", "inference", "service", "response")
    figures = [line.rstrip() for line in replayed.splitlines() if line.partition(" ")[0] in labels]
    assert [line.partition(" ")[0] for line in figures] == [*labels]
    assert [line for line in figures if line not in program.text] == []


def test_ctrl_c(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 50)
    program.keys("ctrl+c")
    assert program.wait() == INTERRUPTED
    program.assert_terminal_restored()
    assert_summary(program)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals(start: StartProgram, name: str) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 50)
    program.send_signal(getattr(signal, name))
    assert program.wait() == INTERRUPTED
    program.assert_terminal_restored()
    assert_summary(program)


def test_a_signal_while_the_engine_still_starts(start: StartProgram) -> None:
    program = start()
    program.wait_for("DEVICE")
    program.send_signal(signal.SIGTERM)
    assert program.wait() == INTERRUPTED
    program.assert_terminal_restored()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_run_hands_over_what_it_measured(
    program_env: dict[str, str], no_leftovers: None, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "out.json"
    command = ovtui("run", "-t", "60", "--rate", "4000", "--nireq", "1", "--backlog", "500", "--json", str(path))
    code, out, said = interrupted(command, program_env, lambda said: " completed " in said, getattr(signal, name))
    assert code == INTERRUPTED, said
    requests = json.loads(path.read_text())["requests"]
    assert requests["completed"] > 0
    # A rate beyond what one request in flight can serve: the backlog is full until the end comes.
    assert 495 <= requests["unsent"] <= 500, "one may just have been taken from it"
    assert requests["due"] == requests["submitted"] + requests["shed"] + requests["unsent"]
    assert "throughput" in out
