"""Two hundred random valid changes in a row, under load: nothing lost, nothing left, no pause for a compile."""

from __future__ import annotations

import os
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
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

CHANGES, RECOMPILES = (100, 8) if os.environ.get("CI") == "true" else (200, 16)
ALONE = 60
"""Further changes that the last engine takes by itself."""
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
        change(run, random_changes(rng, run.settings, number in recompiles, batched))
        if number == CHANGES // 2:
            before = footprint(host, run)
    assert before is not None
    # Descriptors stand still over the second half; memory may only breathe.
    of_host, own, rss = before
    run.wait_for(lambda: footprint(host, run)[0] <= of_host, f"the host to have {of_host} descriptors again")
    run.wait_for(lambda: footprint(host, run)[1] <= own, f"this process to have {own} descriptors again")
    assert footprint(host, run)[2] < rss + 16 * 2**20
    change_live_only(run, rng, host.children()[0], batched)
    run.session.stop()
    run.wait_finished()
    hold(run)


def change(run: Driven, changes: dict[str, Any]) -> None:
    segments = len(run.of(SegmentBegan))
    run.apply(**changes)
    run.wait_event(SegmentBegan, segments + 1)
    run.wait_completed(3)


def change_live_only(run: Driven, rng: random.Random, engine: psutil.Process, batched: bool) -> None:
    """Pools that change size many times leave nothing behind: the engine's memory before and after, at one size."""
    sizes = []
    for number in range(ALONE):
        change(run, random_changes(rng, run.settings, False, batched))
        if number in (ALONE // 3, ALONE - 1):
            change(run, {"nireq": 5, "rate": 0.0})
            sizes.append(engine.memory_info().rss)
    assert sizes[1] < sizes[0] + 8 * 2**20


def footprint(host: psutil.Process, run: Driven) -> tuple[int, int, int]:
    """Descriptors of the host and of this process while one engine serves, and the host's resident memory. The fewest
    of several looks: the host reads files of the machine once a second."""
    run.wait_for(lambda: len(run.of(EngineExited)) == len(run.of(EngineSpawned)) - 1, "one engine to be left")
    own = sum(1 for _ in Path("/proc/self/fd").iterdir())
    return min(host.num_fds() for _ in range(20)), own, host.memory_info().rss


def hold(run: Driven) -> None:
    records = run.records()
    assert_none_lost(records, len(records))
    assert not run.of(Refused)
    assert len(run.of(EngineSpawned)) == RECOMPILES + 1
    assert all(exited.expected for exited in run.of(EngineExited))
    # While the next engine was made, the one before went on; what lies between its last submission and the next one's
    # first is the switch, a fraction of the making. Of most: a busy machine may let one of them wait.
    records = np.sort(records, order="seq")
    began = {segment.engine: segment.first_seq for segment in reversed(run.of(SegmentBegan))}
    switches = []
    for spawned, compiled in zip(run.of(EngineSpawned)[1:], run.of(Compiled)[1:], strict=True):
        meanwhile = (records["submit_ns"] > spawned.t_ns) & (records["submit_ns"] < compiled.t_ns)
        assert np.count_nonzero(meanwhile) > 1
        last, first = records["submit_ns"][began[spawned.engine] - 1 : began[spawned.engine] + 1]
        switches.append((first - last) / (compiled.t_ns - spawned.t_ns))
    assert np.median(switches) < 0.5, switches


def test_the_same_change_sent_twice_is_compiled_once() -> None:
    """A person presses the key again while it compiles: that does not begin the compile anew."""
    with driven(model="demo-cnn", device="CPU", nireq=2) as run:
        run.wait_completed(20)
        for _ in range(3):
            run.session.apply(with_changes(run.settings, {"nthreads": 1}))
        run.wait_event(SegmentBegan, 2)
        run.wait_event(EngineExited, 1)
        assert len(run.of(EngineSpawned)) == 2


def test_on_the_cpu() -> None:
    with driven(model="demo-cnn", device="CPU", nireq=2) as run:
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


@pytest.mark.parametrize("arrival", ["constant", "burst:4"])
def test_a_schedule_goes_on_where_the_engine_before_left_it(arrival: str) -> None:
    """A schedule that began anew with each engine would leave out the requests that came due meanwhile: 15 at 500/s,
    which are those that wait longest."""
    rate, size = 500.0, 4 if arrival == "burst:4" else 1
    with driven(model="demo-matmul", device="CPU", nireq=4, rate=rate, arrival=arrival) as run:
        run.wait_completed(200)
        run.apply(nthreads=1)
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(200)
        run.session.stop()
        run.wait_finished()
        records = np.sort(run.records(), order="seq")
        assert_none_lost(records, len(records))
        assert set(records["segment"]) == {1, 2}
        periods = np.diff(np.unique(records["due_ns"])) / (size * 1e9 / rate)
        # Nothing was shed, so every period has its request; where an engine left off within a burst, its rest is due
        # with the next one's first.
        assert run.last is not None
        assert run.last.shed == 0
        assert np.abs(periods - 1).max() < 1e-5


def test_a_schedule_that_a_closed_loop_is_given_later_begins_then() -> None:
    """It once began where the engine before the closed loop had left off, which recorded waits of seconds."""
    with driven(model="demo-matmul", device="CPU", nireq=2, rate=200.0) as run:
        run.wait_completed(20)
        run.apply(rate=0.0, nthreads=1)
        run.wait_event(SegmentBegan, 2)
        run.wait_completed(20)
        run.apply(rate=200.0)
        began = run.wait_event(SegmentBegan, 3)
        run.wait_completed(20)
        records = run.records()
        assert records["due_ns"][records["segment"] == 3].min() >= began.t_ns


def test_recompiles_faster_than_they_take_end_in_the_last_one() -> None:
    with driven(model="demo-matmul", device="CPU", nireq=2, rate=2000.0) as run:
        run.wait_completed(20)
        for seed in range(1, 9):
            run.session.apply(with_changes(run.settings, {"seed": seed}))
            run.wait_event(EngineSpawned, seed + 1)
            if seed % 2:
                run.wait_event(Compiled, len(run.of(Compiled)) + 1)
        run.wait_for(lambda: run.settings.seed == 8, "the last of them")
        run.wait_completed(50)
        assert run.session_state.phase == "serving"
        run.session.stop()
        run.wait_finished()
        assert_none_lost(run.records(), len(run.records()))
