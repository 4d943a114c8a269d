"""Two hundred random valid changes in a row, under load: nothing lost, nothing left, never silent for a compile."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from driven import Driven, assert_none_lost, driven
from rig.nets import pointwise_net, save

from ovtui.records.events import Compiled, EngineExited, EngineSpawned, Refused, SegmentBegan
from ovtui.settings.schema import Settings

CHANGES, RECOMPILES = 200, 16
SEED = 7


def random_changes(rng: random.Random, settings: Settings, recompile: bool, batched: bool) -> dict[str, Any]:
    """A valid change of one setting to a value that it does not have."""
    live = {
        "nireq": [1, 2, 4, 6, 8],
        "rate": [0.0, 200.0, 500.0, 1500.0],
        "dispatch": ["auto", "fifo", "grouped"],
        "backlog": [100, 1000, 10_000],
    }
    if batched:
        live["batch_timeout_ms"] = [1, 5, 20]
    compiled = {"nthreads": [0, 1, 2], "precision": ["default", "f32"], "seed": [0, 1, 2, 3]}
    name = rng.choice(list(compiled if recompile else live))
    values = (compiled if recompile else live)[name]
    return {name: rng.choice([value for value in values if value != getattr(settings, name)])}


def swap(run: Driven, batched: bool = False) -> None:
    rng = random.Random(SEED)
    recompiles = set(rng.sample(range(20, CHANGES), RECOMPILES))
    run.wait_completed(20)
    host = psutil.Process(run.of(EngineSpawned)[0].pid).parent()
    assert host is not None
    before: tuple[int, int, int] | None = None
    for number in range(CHANGES):
        run.apply(**random_changes(rng, run.settings, number in recompiles, batched))
        run.wait_event(SegmentBegan, number + 2)
        run.wait_completed(3)
        if number == CHANGES // 2:
            before = footprint(host, run)
    run.wait_for(lambda: len(run.of(EngineExited)) == RECOMPILES, "the engines before to be gone")
    assert before is not None
    after = footprint(host, run)
    # Descriptors and threads stand still over the second hundred; memory may only breathe.
    assert after[:2] == before[:2]
    assert after[2] < before[2] + 16 * 2**20
    run.session.stop()
    run.wait_finished()
    hold(run)


def footprint(host: psutil.Process, run: Driven) -> tuple[int, int, int]:
    """Descriptors of the host and of this process while one engine serves, and the host's resident memory."""
    run.wait_for(lambda: len(host.children()) == 1, "one engine to be left")
    return host.num_fds(), sum(1 for _ in Path("/proc/self/fd").iterdir()), host.memory_info().rss


def hold(run: Driven) -> None:
    records = run.records()
    assert_none_lost(records, len(records))
    assert not run.of(Refused)
    assert len(run.of(EngineSpawned)) == RECOMPILES + 1
    assert all(exited.expected for exited in run.of(EngineExited))
    # While the next engine was made, the one before went on; what lies between its last submission and the next one's
    # first is the switch, a fraction of the making.
    records = np.sort(records, order="seq")
    began = {segment.engine: segment.first_seq for segment in reversed(run.of(SegmentBegan))}
    for spawned, compiled in zip(run.of(EngineSpawned)[1:], run.of(Compiled)[1:], strict=True):
        meanwhile = (records["submit_ns"] > spawned.t_ns) & (records["submit_ns"] < compiled.t_ns)
        assert np.count_nonzero(meanwhile) > 1
        last, first = records["submit_ns"][began[spawned.engine] - 1 : began[spawned.engine] + 1]
        assert first - last < compiled.t_ns - spawned.t_ns


def test_on_the_cpu() -> None:
    with driven(model="demo-matmul", device="CPU", nireq=2) as run:
        swap(run)


def test_on_explicit_batch() -> None:
    with driven(model="demo-cnn", device="BATCH:CPU(4)", nireq=4, batch_timeout_ms=5) as run:
        swap(run, batched=True)


@pytest.mark.rig
def test_on_the_simulated_gpu(
    rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in rig_env().items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)
    net = str(save(pointwise_net(), tmp_path / "pointwise.xml"))
    with driven(model=net, device="AUTO:GPU,CPU", hint="latency", nireq=2) as run:
        swap(run)
