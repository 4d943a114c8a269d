"""What `ovtui inspect` tells of batches is what bare OpenVINO then does with the model."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from harness.fixture_types import Headless, RigEnv
from rig.nets import add_probe, pointwise_net, save, with_constant_output

TESTS = Path(__file__).parents[1]
RUN = """
import os, sys
import openvino as ov
from rig.nets import batch_sizes
path, device = sys.argv[1:]
hint = {} if device.startswith("BATCH") else {"PERFORMANCE_HINT": "THROUGHPUT"}
compiled = ov.Core().compile_model(ov.Core().read_model(path), device, {**hint, "AUTO_BATCH_TIMEOUT": 2000})
in_flight = 2 * compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
print(*batch_sizes(compiled, in_flight, 2 * in_flight), flush=True)
os._exit(0)
"""
"""Prints the sizes of the batches that ran. It ends without a teardown: once on a loaded machine the simulated GPU's
threads ended the process with "terminate called without an active exception" after the answer."""


def ran(path: Path, device: str, env: dict[str, str]) -> set[int]:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(path), device], env={**env, "PYTHONPATH": str(TESTS)}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(map(int, done.stdout.split()))


def told(headless: Headless, path: Path, device: str, env: dict[str, str]) -> dict[str, Any]:
    kind = "GPU" if "GPU" in device else "CPU"
    done = headless("inspect", str(path), "-d", kind, "--time-limit", "120", "--json", env=env)
    assert done.returncode == 0, done.stderr
    [verdict] = json.loads(done.stdout)["devices"]
    found: dict[str, Any] = next(each for each in verdict["batching"] if each["device"] == device)
    return found


@pytest.mark.parametrize(
    ("device", "make", "batches"),
    [
        ("BATCH:CPU(4)", pointwise_net, True),
        ("GPU", pointwise_net, True),
        ("GPU", lambda: with_constant_output(pointwise_net()), False),
        ("BATCH:GPU(4)", lambda: with_constant_output(pointwise_net()), True),
    ],
)
def test_what_is_told_is_what_runs(
    headless: Headless, rig_env: RigEnv, tmp_path: Path, device: str, make: Callable[[], ov.Model], batches: bool
) -> None:
    path = save(add_probe(make()), tmp_path / "model.xml")
    env = rig_env()
    verdict = told(headless, path, device, env)
    assert (verdict["batches"], verdict["certainty"]) == (batches, "verified")
    assert ran(path, device, env) == {verdict["size"]}
