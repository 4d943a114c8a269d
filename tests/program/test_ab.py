"""`ovtui ab`: the program, a sure effect, and a comparison that was killed half way and is resumed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from harness.fixture_types import Headless
from harness.program import ovtui

ARGUMENTS = (
    "ab", "demo-cnn", "-d", "BATCH:CPU(4)", "--nireq", "3", "--a", "batch_timeout=200", "--b", "batch_timeout=5",
    "--blocks", "16", "--block", "0.4s",
)  # fmt: skip
"""Every request waits for the batch timer, on a loaded machine as on an idle one: what B does is sure."""


@pytest.fixture
def killed(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> Path:
    """The recording of a comparison whose program and host were killed after some blocks."""
    file = tmp_path / "half.ovtui"
    with subprocess.Popen(
        ovtui(*ARGUMENTS, "--record", str(file)), env=program_env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        text=True,
    ) as program:  # fmt: skip
        assert program.stderr is not None
        for line in program.stderr:
            found = re.match(r"block (\d+) of 16 · [AB] serves · about \d+ s left", line)
            if found is not None and int(found[1]) >= 5:
                break
        else:
            pytest.fail("no progress was told")
        for child in Path(f"/proc/{program.pid}/task/{program.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        program.kill()
    return file


def test_a_comparison_that_was_killed_is_resumed_and_finds_a_sure_effect(
    headless: Headless, killed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "result.json"
    done = headless(
        *ARGUMENTS, "--no-record", "--resume", str(killed), "--fail-if", "throughput<-3%", "--json", str(out)
    )
    assert done.returncode == 0, done.stderr
    resumed = re.search(r"resumed: (\d+) blocks of", done.stderr)
    assert resumed is not None
    assert 2 <= int(resumed[1]) < 16
    lines = done.stdout.splitlines()
    assert lines[:2] == ["A: demo-cnn on BATCH:CPU(4), closed loop", "B against A: batch timeout 200 ms→5 ms"]
    rows = {line.split()[0]: line for line in lines[3:] if line}
    assert re.search(r"faster by a factor of [0-9.]+ to [0-9.]+$", rows["throughput"]), done.stdout
    assert lines[-1].startswith("B is better: throughput faster by a factor of ")
    result = json.loads(out.read_text())
    comparison = result["comparison"]
    assert (comparison["pairs"], comparison["resumes"]) == (8, str(killed))
    assert comparison["ratios"]["p50"]["high"] < 0.5
    assert [each["state"] for each in result["fail_if"]] == ["false"]
