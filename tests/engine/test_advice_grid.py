"""Twelve situations of the grid (tests/benchmarks/advice_grid.py runs sixty) through the real `ovtui run`: shares add
up, the words agree with the counts, advice agrees with the figures. Where a wait for the timer is at stake, which no
noise hides, the first advice is followed: it helps, and does not come again. A start takes 3 to 4 s on a busy machine:
no remedy is followed twice."""

from __future__ import annotations

import pytest
from harness import advice_grid
from harness.advice_grid import Cell, Models, Outcome
from harness.fixture_types import RigEnv

PHR = "PERFORMANCE_HINT_NUM_REQUESTS"
CPU, OF_4, GPU = {"device": "CPU"}, {"device": "BATCH:CPU(4)"}, {"device": "GPU", "hint": "throughput"}
LEAST_GAIN = 1.5
"""The waits are many times as long as the runs."""

PLAIN: list[tuple[Cell, str]] = [
    # The advice that must be among those given.
    (Cell({**CPU, "hint": "latency", "nireq": 8, "requests": 250}, "deep", 0), "latency-hint-at-saturation"),
    (Cell({**CPU, "hint": "throughput", "rate": 5000.0}, "deep", 2), "overloaded"),
    (Cell({**OF_4, "nireq": 8, "requests": 400}, seconds=0), ""),
    (Cell({**OF_4, "nireq": 8, "rate": 100.0, "requests": 100}, "fixed", 0), "cannot-batch"),
    (Cell({**OF_4, "nireq": 3, "batch_timeout_ms": 1500, "requests": 9}, seconds=0), "batch-over-requests"),
    (Cell({**OF_4, "nireq": 8, "rate": 30.0, "batch_timeout_ms": 100, "requests": 40}, seconds=0), "rate-too-low"),
    (Cell({"device": "BATCH:CPU(16)", "nireq": 4, "rate": 80.0, "batch_timeout_ms": 500}, seconds=2), "overloaded"),
]
ON_RIG: list[tuple[Cell, str]] = [
    (
        Cell({**GPU, "nireq": 4, "batch_timeout_ms": 1500, "requests": 12, "properties": {PHR: "16"}}, seconds=0),
        "batch-over-requests",
    ),
    (Cell({**GPU, "nireq": 16, "rate": 100.0, "batch_timeout_ms": 100, "requests": 80}, seconds=0), "rate-too-low"),
    (Cell({**GPU, "nireq": 16, "rate": 100.0, "requests": 80}, "fixed", 0), ""),
    (Cell({"device": "AUTO:GPU,CPU", "hint": "throughput", "rate": 50.0, "batch_timeout_ms": 300}, seconds=6), ""),
    (Cell({"device": "AUTO:GPU,CPU", "hint": "latency", "rate": 50.0}, seconds=4), ""),
]
WAITS = ("batch-over-requests", "rate-too-low")
FOLLOWED = {("batch-over-requests", False), ("batch-over-requests", True), ("rate-too-low", False)}
"""Advice, and whether on the rig: a GPU takes B from a property, so that its remedy is another one."""


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("grid"))


@pytest.mark.parametrize(("cell", "told"), PLAIN, ids=lambda value: getattr(value, "name", value))
def test_on_the_cpu(cell: Cell, told: str, models: Models, program_env: dict[str, str]) -> None:
    check(cell, told, models, program_env)


@pytest.mark.rig
@pytest.mark.parametrize(("cell", "told"), ON_RIG, ids=lambda value: getattr(value, "name", value))
def test_on_the_rig(cell: Cell, told: str, models: Models, rig_env: RigEnv) -> None:
    check(cell, told, models, rig_env())


def waits(outcome: Outcome) -> bool:
    """Whether most requests waited for the timer."""
    batching = outcome.result["batching"]
    return 2 * (batching["timed_out"] or 0) > batching["known"] + batching["deduced"]


def check(cell: Cell, told: str, models: Models, env: dict[str, str]) -> None:
    before = advice_grid.run(cell, models, env)
    assert list(advice_grid.failings(before)) == []
    given = [advice["id"] for advice in before.result["advice"]]
    if not told:
        # A device is not judged by waits for the timer, which are all that a rate of 50/s of 256 sees under AUTO.
        assert "THROUGHPUT" not in cell.name.upper() or "accelerator-slower" not in given
        return
    if told in WAITS and not waits(before):
        return  # a stalled machine sends what is due at once, which fills batches
    assert told in given
    if (told, cell.rig) not in FOLLOWED:
        return
    first = before.first
    assert first is not None
    after = advice_grid.run(cell, models, env, first["remedy"])
    assert list(advice_grid.failings(after)) == []
    assert not advice_grid.comes_again(before, after)
    if after.result["load"]["schedule_kept"] is False:
        return  # the machine, and not the settings
    figure = first["claim"]["figure"]
    was, now = before.figure(figure), after.figure(figure)
    assert was
    assert now
    assert advice_grid.gain(figure, was, now) > LEAST_GAIN, (first, was, now)
