"""A sweep from the command line: a kill and what goes on after it, a value that OpenVINO refuses, its preset."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from harness import leftovers
from harness.fixture_types import Headless
from harness.program import ovtui

DEATH_LIMIT_S = 30.0
GRID = ("demo-matmul", "-d", "CPU", "--hint", "none", "--point", "0.5s")


def test_a_sweep_that_is_killed_goes_on_and_finds_the_best(
    headless: Headless, program_env: dict[str, str], no_leftovers: None, tmp_path: Path
) -> None:
    folder, result = tmp_path / "sweep", tmp_path / "result.json"
    vary = ("--vary", "nireq=1,2", "--vary", "device=CPU,GPU.7")
    with subprocess.Popen(
        ovtui("sweep", *GRID, *vary, "--out", str(folder), "--save", "best-of-test"),
        env=program_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if "point 1" in line and "/s" in line:
                os.killpg(process.pid, signal.SIGKILL)
    assert leftovers.wait_for_end(leftovers.marked(program_env[leftovers.MARK]), DEATH_LIMIT_S) == []

    done = headless("sweep", "--resume", str(folder), "--json", str(result))
    assert done.returncode == 0, done.stderr
    found = json.loads(result.read_text())
    points = found["points"]
    assert [(point["values"]["device"], point["outcome"]) for point in points] == [
        ("CPU", "measured"), ("CPU", "measured"), ("GPU.7", "refused"), ("GPU.7", "refused"),
    ]  # fmt: skip
    assert "no GPU.7 on this machine" in points[2]["reason"]
    # What was told before the kill was not measured again: it is in the first recording.
    assert points[0]["recording"] == str(folder / "1.ovtui")
    assert points[2]["recording"] == str(folder / "2.ovtui")
    answer = found["answer"]
    assert answer["best"] in (1, 2)
    assert answer["runner_up"] == 3 - answer["best"]
    assert all(f"  {point['point']}  " in done.stdout for point in points)
    assert f"ovtui replay {folder}" in done.stdout
    preset = Path(answer["preset"])
    assert preset.name == "best-of-test.toml"
    best = points[answer["best"] - 1]
    assert f"nireq = {best['values']['nireq']}" in preset.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "nothing to vary"),
        (("--vary", "nireq=1,two"), "is not a whole number"),
        (("--vary", "nirq=1,2"), "did you mean nireq?"),
        (("--vary", "nireq=1,2", "--goal", "speed"), "is not one of throughput"),
        (("--vary", "nireq=1,2", "--point", "soon"), "is not a time"),
        (("--vary", "nireq=1,2", "-t", "9"), "--duration: how long it lasts is said by --point"),
        (("--vary", "nireq=1,2", "--resume", "/no/such"), "there is no sweep in it"),
        (
            ("--vary", "nireq=1,2", "-t", "5"),
            "--duration: how long it lasts is said by --point, of each point, and --limit, of all of it",
        ),
        (("--resume",), "no sweep is kept here"),
        (("--resume", ""), "the name is empty"),
    ],
)
def test_mistakes_are_told_before_anything_runs(headless: Headless, arguments: tuple[str, ...], words: str) -> None:
    done: CompletedProcess[str] = headless("sweep", *GRID[:3], *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
