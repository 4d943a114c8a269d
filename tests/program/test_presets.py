"""The six experiments, run as a person runs them, with fewer requests."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness.fixture_types import Headless, RigEnv, StartProgram
from harness.gpu_sim import STANDS_IN_MS
from rig.nets import pointwise_net, save

ON_AUTO = ("auto-throughput", "auto-latency", "batching-off")
SCENARIOS = ("single-stream", "multi-stream-8", "server-poisson", "offline")
ON_BATCH = ("batching-on", "batch-timeout-1000", "batch-timeout-100")


def run(headless: Headless, name: str, requests: int, *more: str) -> tuple[dict[str, Any], str]:
    """The JSON of one preset with another number of requests, and what it said on stderr."""
    done = headless("run", "--preset", name, "-n", str(requests), "--json", "-", *more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("name", ON_AUTO)
def test_without_a_gpu_the_auto_presets_run_and_say_that_no_handover_comes(headless: Headless, name: str) -> None:
    result, said = run(headless, name, 10)
    assert result["requests"]["completed"] == 10
    assert result["handovers"] == []
    assert "there will be no handover" in said
    assert "ovtui demo" in said
    assert "ovtui: serving on CPU: no GPU on this machine\n" in said, "the demo is named once"
    told = result["expectation"]
    if name == "batching-off":
        assert (told["seen"], told["ok"], told["changed"]) == ("10 of 10", True, [])
    else:
        assert (told["ok"], "on this machine" in told["seen"]) == (None, True)


@pytest.mark.parametrize("name", ON_BATCH)
def test_without_a_gpu_the_batching_presets_fall_back_and_say_so(headless: Headless, name: str) -> None:
    # The first request is warm-up, which the counts leave out. No stall is as long as the timer of the whole batches.
    full = name == "batching-on"
    result, said = run(headless, name, 32, "--batch-timeout", "60000") if full else run(headless, name, 4)
    assert result["device"]["compiled"] == "BATCH:CPU(16)"
    assert "BATCH:CPU(16)" in said
    assert result["batching"]["size"] == 16
    if full:
        assert result["batching"]["batched"] == 31, "sixteen submissions did not meet in one batch"
        assert result["expectation"] == {
            "preset": name,
            "expected": "16 submissions meet in one completion, but for those left over",
            "seen": "32 of 32 in 2 batches of 16, on BATCH:CPU(16)",
            "ok": True,
            "changed": ["batch_timeout_ms"],
        }
    else:
        assert result["batching"]["batched"] == 0
        assert result["batching"]["timed_out"] == 3, "at this rate every request waits for the timer"
        assert result["expectation"]["seen"].startswith("4 of 4")


@pytest.mark.rig
@pytest.mark.parametrize("name", ["auto-throughput", "auto-latency"])
def test_with_a_gpu_the_auto_presets_hand_over(start: StartProgram, rig_env: RigEnv, tmp_path: Path, name: str) -> None:
    # Not the built-in model: on the simulated GPU an inference of it takes longer than the 30 ms between two.
    model = save(pointwise_net(), tmp_path / "pointwise.xml")
    program = start(str(model), "--preset", name, env=rig_env(build_ms=STANDS_IN_MS))
    text = program.wait_for(re.compile(r"DEVICE\s+▌GPU\.0▐.*handover after"))
    assert "each 30 ms" in text.splitlines()[0]


@pytest.mark.parametrize(
    ("name", "loop", "limits"),
    [
        ("single-stream", "closed", ["p90<100ms", "errors=0"]),
        ("multi-stream-8", "open", ["p99<50ms", "errors=0"]),
        ("server-poisson", "open", ["p99<15ms", "errors=0"]),
        ("offline", "closed", ["errors=0"]),
    ],
)
def test_the_scenarios_of_mlperf_run_and_judge_their_limits(
    headless: Headless, name: str, loop: str, limits: list[str]
) -> None:
    done = headless("run", "demo-matmul", "-d", "CPU", "--preset", name, "-n", "150", "--json", "-")
    result = json.loads(done.stdout)
    assert result["requests"]["completed"] == 150
    assert result["model"]["name"] == "demo-matmul"
    assert (result["load"]["loop"], [limit["limit"] for limit in result["slo"]]) == (loop, limits)
    held = all(limit["verdict"] == "held" for limit in result["slo"])
    assert done.returncode == (0 if held else 3), done.stderr


def test_they_are_listed_and_shown(headless: Headless) -> None:
    listed = headless("presets")
    assert listed.returncode == 0
    assert [line.split()[0] for line in listed.stdout.splitlines()] == sorted((*ON_AUTO, *ON_BATCH, *SCENARIOS))
    shown = headless("presets", "batching-on")
    assert 'rate = "30ms"' in shown.stdout
