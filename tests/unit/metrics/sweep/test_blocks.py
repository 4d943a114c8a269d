"""When a point is left: good enough, a limit missed, overload, beaten."""

from __future__ import annotations

import numpy as np
import pytest
from metrics.sweep.sweep_samples import a_point

from ovtui.metrics.sweep.blocks import BEATEN_BLOCKS, LEAST_BLOCKS, Block, PointBlocks, is_worse
from ovtui.metrics.sweep.goals import GOALS


def _blocks(per_s: float, responses_ms: float, blocks: int, in_flight: int = 4) -> PointBlocks:
    """A point that was looked at four times a second."""
    found = PointBlocks(GOALS["throughput"], GOALS["p99"], in_flight)
    found.begin(0.0)
    for number in range(1, blocks + 1):
        found.add(number * 0.25, np.full(round(per_s / 4), responses_ms))
    return found


def _look(blocks: PointBlocks, now_s: float = 9.0, **given: object) -> str:
    values: dict[str, object] = {"missed": False, "decided": True, "overloaded": False, "rivals": [], **given}
    return blocks.look(now_s, **values)  # type: ignore[arg-type]


def test_steady_figures_of_enough_requests_are_good_enough() -> None:
    assert _look(_blocks(400.0, 5.0, LEAST_BLOCKS - 1)) == ""
    assert _look(_blocks(400.0, 5.0, LEAST_BLOCKS)) == "enough"
    assert _look(_blocks(400.0, 5.0, LEAST_BLOCKS), decided=False) == ""
    assert _look(_blocks(100.0, 5.0, LEAST_BLOCKS)) == ""  # too few for a p99
    assert _look(_blocks(400.0, 5.0, LEAST_BLOCKS, in_flight=100)) == ""


def test_a_limit_counts_as_missed_at_two_looks_a_second_apart() -> None:
    blocks = _blocks(400.0, 5.0, 2)
    assert _look(blocks, 1.0, missed=True) == ""
    assert _look(blocks, 1.5, missed=True) == ""
    assert _look(blocks, 2.0, missed=True) == "limit"
    assert _look(blocks, 2.25, missed=False) == ""
    assert _look(blocks, 2.5, missed=True) == ""


def test_a_queue_that_grows_ends_it() -> None:
    blocks = _blocks(400.0, 5.0, 2)
    assert _look(blocks, 1.0, overloaded=True) == ""
    assert _look(blocks, 2.0, overloaded=True) == "overload"


def test_beaten_is_worse_in_both_figures_in_all_blocks() -> None:
    better, slower = a_point(3, 500.0, 4.0), a_point(4, 300.0, 4.0)
    assert _look(_blocks(400.0, 5.0, BEATEN_BLOCKS - 1), rivals=[better]) == ""
    assert _look(_blocks(400.0, 5.0, BEATEN_BLOCKS), rivals=[slower, better]) == "beaten"
    assert _blocks(400.0, 5.0, BEATEN_BLOCKS).beaten_by([slower, better]) == better
    assert _look(_blocks(400.0, 3.0, BEATEN_BLOCKS), rivals=[better]) == ""
    once = _blocks(400.0, 5.0, BEATEN_BLOCKS - 1)
    once.add(1.75, np.full(200, 5.0))  # one block of 800/s
    assert _look(once, rivals=[better]) == ""


@pytest.mark.parametrize("goal", ["throughput", "p50", "p90", "p99"])
def test_a_point_as_good_as_its_rival_is_worse_in_at_most_half_of_all_blocks(goal: str) -> None:
    rng = np.random.default_rng(1)
    value = {"throughput": 200.0, "p50": np.log(2), "p90": np.log(10), "p99": np.log(100)}[goal]
    worse = 0
    for _ in range(2000):
        block = Block(0.25, rng.exponential(1.0, rng.poisson(50)))
        worse += is_worse(block, GOALS[goal], float(value))
    assert worse <= 1000
