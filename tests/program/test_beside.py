"""`--beside` from the command line: the price in the JSON, and what is left where the study's process is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest
from harness.fixture_types import Headless
from harness.leftovers import MARK, marked, module_of
from harness.program import ovtui

TWO = ("demo-cnn", "-d", "CPU", "--nireq", "2", "--beside", "demo-matmul,rate=200,nireq=2")


def test_the_price_is_in_the_json(headless: Headless) -> None:
    done = headless("run", *TWO, "-t", "5", "--no-record", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    beside = result["beside"]
    assert (beside["model"], beside["settings"]["rate"], beside["settings"]["device"]) == ("demo-matmul", 200, "CPU")
    assert beside["recording"] == ""
    assert beside["pairs"] >= 1
    assert beside["text"].startswith("beside demo-matmul: ")
    assert beside["second"]["requests"] > 0
    assert result["trials"] == []
    assert [segment["segment"] for segment in result["segments"]] == [1]


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ("nosuch", "no model file or built-in model 'nosuch'"),
        ("demo-cnn,rat=5", "no setting 'rat'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(headless: Headless, second: str, reason: str) -> None:
    done = headless("run", "demo-cnn", "--beside", second)
    assert (done.returncode, done.stdout) == (2, "")
    assert reason in done.stderr


def test_a_second_model_that_cannot_be_read_is_one_sentence(headless: Headless) -> None:
    done = headless("run", "demo-cnn", "-d", "CPU", "--no-record", "--beside", "/nowhere/m.xml")
    assert done.returncode == 1
    assert "beside /nowhere/m.xml: " in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert "demo-cnn" in done.stdout, "what was measured of the first one"


def test_a_killed_study_takes_the_second_model_with_it_and_the_first_lives_on(
    program_env: dict[str, str], no_leftovers: None
) -> None:
    run = subprocess.Popen(
        ovtui("run", *TWO, "-t", "9", "--no-record", "--json", "-"),
        env=program_env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    found = wait_for_modules(program_env[MARK], {"ovtui.studies": 1, "ovtui.host": 2, "ovtui.engine": 2})
    os.kill(found["ovtui.studies"][0], signal.SIGKILL)
    wait_for_modules(program_env[MARK], {"ovtui.studies": 0, "ovtui.host": 1, "ovtui.engine": 1})
    assert run.poll() is None, "the first session lives on"
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "the study's process died: SIGKILL" in err.splitlines()[-1]
    result = json.loads(out)
    assert result["requests"]["completed"] > 0
    assert result["beside"]["second"] is None


def wait_for_modules(mark: str, wanted: dict[str, int], limit_s: float = 60.0) -> dict[str, list[int]]:
    """The processes of each module, once there are so many of each."""
    end_s = time.monotonic() + limit_s
    while True:
        found: dict[str, list[int]] = {name: [] for name in wanted}
        for process in marked(mark):
            if (name := module_of(process)) in found:
                found[name].append(process.pid)
        if {name: len(pids) for name, pids in found.items()} == wanted:
            return found
        assert time.monotonic() < end_s, found
        time.sleep(0.05)
