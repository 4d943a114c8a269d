"""A line that drops and a person who comes back, on real terminals."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.fixture_types import StartProgram
from harness.reading import completed

INTERRUPTED = 130
Headless = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def keeping_env(program_env: dict[str, str], no_leftovers: None, headless: Headless) -> Iterator[dict[str, str]]:
    """As on a person's machine, where a hang-up leaves the session running; the test's own are stopped after it."""
    env = {name: value for name, value in program_env.items() if name != "OVTUI_ON_HANGUP"}
    yield env
    for session in sessions(headless):
        headless("stop", session["session"])


def sessions(headless: Headless) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(headless("sessions", "--json").stdout)
    return found


def test_a_dropped_line_leaves_the_session_and_attach_finds_it(
    start: StartProgram, headless: Headless, keeping_env: dict[str, str]
) -> None:
    program = start("-d", "CPU", env=keeping_env)
    program.wait_for(lambda text: completed(text) > 100)
    program.hang_up()
    assert program.wait() == INTERRUPTED
    (session,) = sessions(headless)
    assert (session["state"], session["clients"]) == ("running", 0)
    assert 1700 < session["ends_in_s"] <= 1800
    again = start("attach", env=keeping_env)
    again.wait_for(lambda text: completed(text) > session["submitted"])
    (session,) = sessions(headless)
    assert (session["clients"], session["ends_in_s"]) == (1, None)
    again.keys("q")
    assert again.wait() == 0
    assert re.search(r"requests\s+[\d,]+ submitted", again.text)
    assert sessions(headless) == []


def test_on_hangup_stop(start: StartProgram, headless: Headless, keeping_env: dict[str, str]) -> None:
    program = start("-d", "CPU", "--on-hangup", "stop", env=keeping_env)
    program.wait_for(lambda text: completed(text) > 10)
    program.hang_up()
    assert program.wait() == INTERRUPTED
    assert sessions(headless) == []


def test_detached_by_a_key_and_looked_at_by_two(
    start: StartProgram, headless: Headless, keeping_env: dict[str, str]
) -> None:
    program = start("-d", "CPU", env=keeping_env)
    program.wait_for(lambda text: completed(text) > 10)
    program.keys("D")
    assert program.wait() == 0
    program.assert_terminal_restored()
    (session,) = sessions(headless)
    assert f"ovtui attach {session['session']}" in program.text
    owner = start("attach", session["session"], env=keeping_env)
    guest = start("attach", session["session"], "--read-only", env=keeping_env)
    for view in (owner, guest):
        view.wait_for(lambda text: completed(text) > session["submitted"])
    guest.keys("q")
    assert guest.wait() == 0
    seen = completed(owner.text)
    owner.wait_for(lambda text: completed(text) > seen)
    owner.keys("q")
    assert owner.wait() == 0
    assert sessions(headless) == []


def test_run_detach_runs_on_and_stop_ends_it(headless: Headless, keeping_env: dict[str, str]) -> None:
    started = headless("run", "demo-matmul", "-d", "CPU", "--rate", "200", "--detach", env=keeping_env)
    assert started.returncode == 0
    name = started.stdout.strip()
    (session,) = sessions(headless)
    assert (session["session"], session["ends_in_s"]) == (name, None)
    stopped = headless("stop")
    assert stopped.returncode == 0
    assert sessions(headless) == []
    path = re.search(r"recorded in (\S+)", stopped.stderr)
    assert path is not None
    result = json.loads(headless("replay", path[1], "--json", "-").stdout)
    assert result["requests"]["completed"] == result["requests"]["submitted"] > 0
    assert result["load"]["ended"] == "stopped"


def test_run_detach_says_when_nothing_can_run(headless: Headless, keeping_env: dict[str, str]) -> None:
    started = headless("run", "/no/such/model.xml", "-d", "CPU", "--detach", env=keeping_env)
    assert started.returncode == 4
    assert started.stdout == ""
    assert sessions(headless) == []


def test_nothing_is_left_running_where_nobody_could_come_back(
    headless: Headless, program_env: dict[str, str], no_leftovers: None, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ovtui").symlink_to(tmp_path / "elsewhere")
    env = program_env | {"XDG_RUNTIME_DIR": str(tmp_path)}
    started = headless("run", "demo-matmul", "-d", "CPU", "--rate", "200", "--detach", env=env)
    assert started.returncode == 1
    assert started.stdout == ""
    assert "nothing could stop it" in started.stderr
    assert "is not a folder" in started.stderr


def test_attach_where_nothing_runs(start: StartProgram, headless: Headless, keeping_env: dict[str, str]) -> None:
    program = start("attach", "123", env=keeping_env)
    assert program.wait() == 1
    assert "no session 123" in program.text
    assert headless("stop", "123").returncode == 1
