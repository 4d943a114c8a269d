"""The recordings that come along, replayed by the real program."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

from harness.fixture_types import StartProgram
from harness.reading import completed

from ovtui.cli.demo import recordings

Headless = Callable[..., subprocess.CompletedProcess[str]]


def test_demo_shows_a_handover_and_is_marked(start: StartProgram) -> None:
    program = start("demo", "handover-simulated-gpu", "--speed", "5")
    program.wait_for("simulated")
    program.wait_for("REPLAY 5x")
    program.wait_for(lambda text: "GPU.0" in text and completed(text) > 200)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert "TheGPUissimulated" in "".join(program.text.split())


def test_each_says_its_hardware_and_command_and_replays(headless: Headless) -> None:
    listed = headless("demo", "--list").stdout
    for name in recordings():
        assert name in listed
        shown = headless("demo", name, "--json", "-")
        assert shown.returncode == 0
        assert json.loads(shown.stdout)["requests"]["completed"] > 100
        assert "· ovtui run" in shown.stderr
    assert headless("demo", "nothing").returncode == 2


def test_together_they_are_under_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in recordings().values()) < 1_000_000
