"""A replay of a real run gives the figures of the run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Headless = Callable[..., subprocess.CompletedProcess[str]]


def test_the_replays_json_is_the_runs(headless: Headless, tmp_path: Path) -> None:
    path = str(tmp_path / "s.ovtui")
    ran = headless("run", "-d", "BATCH:CPU(4)", "--nireq", "8", "-n", "400", "--record", path, "--json", "-")
    replayed = headless("replay", path, "--json", "-")
    assert ran.returncode == replayed.returncode == 0, ran.stderr + replayed.stderr
    of_run, of_replay = json.loads(ran.stdout), json.loads(replayed.stdout)
    assert of_replay == of_run
    assert of_run["recording"]["ended"] is True
    assert json.loads(ran.stdout)["requests"]["completed"] == 400


def test_the_last_session_is_replayed_without_a_name(headless: Headless) -> None:
    assert headless("replay").returncode == 2
    headless("run", "demo-matmul", "-d", "CPU", "-n", "100", "--json", "-")
    headless("run", "demo-matmul", "-d", "CPU", "-n", "50", "--no-record", "--json", "-")
    last = json.loads(headless("replay", "--json", "-").stdout)
    assert last["requests"]["completed"] == 100


def test_a_file_that_is_no_recording_is_an_error(headless: Headless, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("no session")
    for path in (str(wrong), str(tmp_path / "missing")):
        done = headless("replay", path, "--json", "-")
        assert done.returncode == 1
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1


def test_a_recording_is_never_overwritten(headless: Headless, tmp_path: Path) -> None:
    kept = tmp_path / "s.ovtui"
    kept.write_text("measured")
    done = headless("run", "-d", "CPU", "-n", "10", "--record", str(kept))
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert kept.read_text() == "measured"
