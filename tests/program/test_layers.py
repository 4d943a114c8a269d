"""`ovtui layers` as a person and a script run it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from harness.fixture_types import Headless
from harness.program import ovtui
from harness.signals import interrupted


def test_a_script_gets_the_result_alone_on_stdout(headless: Headless, tmp_path: Path) -> None:
    table = tmp_path / "layers.csv"
    done = headless("layers", "demo-cnn", "-d", "CPU", "--inferences", "10", "--json", "-", "--csv", str(table))
    assert done.returncode == 0, done.stderr
    device = json.loads(done.stdout)["devices"][0]
    rows = list(csv.DictReader(table.open(newline="")))
    assert [row["name"] for row in rows] == [each["name"] for each in device["layers"]]
    assert "CPU: compiling for CPU with profiling" in done.stderr.splitlines()


def test_a_pipe_gets_a_table_of_80_columns(headless: Headless) -> None:
    done = headless("layers", "demo-cnn", "-d", "CPU", "--inferences", "10", "--top", "3")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("model        demo-cnn on CPU")
    head = next(at for at, line in enumerate(lines) if line.startswith("layer "))
    assert len([line for line in lines[head + 1 :] if "Convolution" in line]) == 3


def test_ctrl_c_ends_it_and_leaves_nothing_running(program_env: dict[str, str], no_leftovers: None) -> None:
    command = ovtui("layers", "demo-cnn", "-d", "CPU", "--inferences", "100000")
    code, out, said = interrupted(command, program_env, lambda said: "measuring" in said)
    assert (code, out) == (130, "")
    assert "Traceback" not in said
