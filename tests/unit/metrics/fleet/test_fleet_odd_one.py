"""The box that differs from its kind is marked, one that does not is not, and nothing is marked where that cannot be
told."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from metrics.fleet.fleet_samples import blocks_of, box, result_of

from ovtui.metrics.fleet.block_matrix import MOST_COLUMNS, log_blocks, others_median
from ovtui.metrics.fleet.kind_spread import LEAST_MARGIN, margin_of, robust_spread
from ovtui.metrics.fleet.odd_one import compare_kinds, neighbours_correlation, odd_ones
from ovtui.records.fleet import UNKNOWN_KIND, BoxState


def alike(boxes: int, **given: object) -> list[BoxState]:
    return [box(f"box{number}", by=1 + 0.005 * number, **given) for number in range(boxes)]  # type: ignore[arg-type]


def test_a_slower_box_is_marked_with_how_much_and_against_how_many() -> None:
    states = [*alike(6), box("slow", by=1.34)]
    found = odd_ones(states)
    assert list(found) == ["slow"]
    odd = found["slow"]
    assert odd.others == 6
    assert odd.worse
    assert odd.low < odd.ratio < odd.high
    of_latency = odd.ratio if odd.figure != "throughput" else 1 / odd.ratio
    assert of_latency == pytest.approx(1.34 / 1.0125, rel=0.03)
    assert {odd.figure, *(each.figure for each in odd.more)} >= {"throughput", "p50"}


def test_a_faster_box_is_marked_and_is_not_called_worse() -> None:
    assert not odd_ones([*alike(6), box("fast", by=0.7)])["fast"].worse


def test_p99_alone_is_found() -> None:
    odd = odd_ones([*alike(8), box("tail", p99_by=1.6)])["tail"]
    assert odd.figure == "p99"
    assert not odd.more


def test_boxes_that_are_alike_are_not_marked() -> None:
    assert odd_ones(alike(20)) == {}


def test_a_difference_of_less_than_five_per_cent_is_not_marked_however_sure() -> None:
    states = [box(f"box{number}", noise=0.0) for number in range(30)]
    assert odd_ones([*states, box("near", by=1 + 0.8 * LEAST_MARGIN, noise=0.0)]) == {}
    assert "far" in odd_ones([*states, box("far", by=1 + 2 * LEAST_MARGIN, noise=0.0)])


def test_a_kind_that_spreads_widely_hides_what_a_narrow_one_shows() -> None:
    wide = [box(f"box{number}", by=by) for number, by in enumerate((0.7, 0.8, 0.9, 1.0, 1.1, 1.25))]
    assert odd_ones([*wide, box("slow", by=1.34)]) == {}


def test_boxes_are_compared_with_their_kind_alone() -> None:
    others = [box(f"arm{number}", by=3.0, kind="Cortex-A76 4 cores") for number in range(4)]
    assert odd_ones([*alike(5), *others]) == {}
    assert list(odd_ones([*alike(5), *others, box("slow", by=4.5, kind="Cortex-A76 4 cores")])) == ["slow"]


def test_of_two_boxes_neither_is_marked_and_the_difference_is_known() -> None:
    first, second = box("a"), box("b", by=1.5)
    assert odd_ones([first, second]) == {}
    (kind,) = compare_kinds([first, second])
    differences = {each.figure: each for each in kind.differences["b"]}
    assert differences["p50"].ratio == pytest.approx(1.5, rel=0.05)


@pytest.mark.parametrize("changed", [{"phase": "failed"}, {"silent_s": 9.0}, {"code": 1}, {"code": 4}])
def test_a_box_that_failed_or_is_silent_is_neither_marked_nor_an_other(changed: dict[str, object]) -> None:
    slow = msgspec.structs.replace(box("slow", by=2.0), **changed)
    assert odd_ones([*alike(5), slow]) == {}
    (kind,) = compare_kinds([*alike(2), slow])
    assert len(kind.compared) == 2


def test_too_few_blocks_mark_nothing_and_say_how_much_load_it_takes() -> None:
    states = [*alike(5, count=5), box("slow", by=2.0, count=5)]
    assert odd_ones(states) == {}
    (kind,) = compare_kinds(states)
    assert kind.needed_s == 16.0
    assert compare_kinds([*alike(5), box("slow", by=2.0)])[0].needed_s is None


def test_in_an_open_loop_only_latency_tells() -> None:
    states = [*alike(5), box("slow", by=1.5)]
    for state in states:
        state.result = result_of(100.0, 10.0, 20.0, load={"loop": "open"})
    odd = odd_ones(states)["slow"]
    assert "throughput" not in {odd.figure, *(each.figure for each in odd.more)}


def test_boxes_of_an_unknown_kind_are_a_group_of_their_own() -> None:
    states = [*alike(4), *(box(f"new{number}", kind=("", UNKNOWN_KIND)[number % 2], by=2.0) for number in range(4))]
    first, last = compare_kinds(states)
    assert first.group.known
    assert not last.group.known
    assert len(last.compared) == 4
    assert odd_ones(states) == {}


def test_blocks_of_which_another_box_has_no_figure_are_left_out() -> None:
    states = alike(3)
    states[2].blocks = [msgspec.structs.replace(block, p99_ms=None) for block in states[2].blocks[:12]] + list(
        states[2].blocks[12:]
    )
    matrix = log_blocks(states, lambda block: block.p99_ms)
    assert np.isnan(others_median(matrix, 0)[:12]).all()
    assert np.isfinite(others_median(matrix, 0)[12:]).all()


def test_a_box_that_has_just_begun_is_no_other_of_those_that_run_for_long() -> None:
    states = [*alike(3), box("new", count=2, by=5.0)]
    matrix = log_blocks(states, lambda block: block.p50_ms)
    assert np.isfinite(others_median(matrix, 0)).all()
    assert "new" not in odd_ones(states)


def test_blocks_of_a_long_run_are_put_together() -> None:
    states = [BoxState(name="a", blocks=blocks_of(100, 10, 20, count=3 * MOST_COLUMNS + 1))]
    matrix = log_blocks(states, lambda block: block.p50_ms)
    assert matrix.shape == (1, 31)
    assert matrix[0, 0] == pytest.approx(math.log(10))
    assert np.isnan(matrix[0, -1])  # one block of four


def test_what_a_box_sends_as_a_block_is_not_trusted() -> None:
    states = alike(4)
    odd_blocks = [
        msgspec.structs.replace(states[0].blocks[0], number=number, p50_ms=value, throughput=value)
        for number, value in ((-1, 1.0), (10**12, 1.0), (3, 0.0), (4, -5.0), (5, float("inf")), (6, float("nan")))
    ]
    states[0].blocks += odd_blocks
    assert odd_ones(states) == {}


def test_neighbours_that_are_alike_make_the_interval_longer() -> None:
    slow = np.repeat([0.0, 1.0, 0.0, 1.0], 8)
    assert neighbours_correlation(slow) == 0.6
    assert neighbours_correlation(np.tile([0.0, 1.0], 16)) == 0.0
    assert neighbours_correlation(np.zeros(8)) == 0.0


def test_a_drift_does_not_hide_a_box_that_is_half_as_fast() -> None:
    """As three real boxes on one busy machine were: the ratio wanders from 0.4 to 1.1 over the run."""
    wander = np.interp(np.arange(29), [0, 7, 18, 28], [0.63, 0.37, 0.68, 1.0])
    states = [box(f"box{number}", by=1 + 0.03 * number, count=29, noise=0.05, seed=number) for number in range(2)]
    slow = box("slow", count=29, noise=0.05, seed=9)
    slow.blocks = [
        msgspec.structs.replace(block, throughput=400 * share, p50_ms=10 / share)
        for block, share in zip(slow.blocks, wander.tolist(), strict=True)
    ]
    assert "slow" in odd_ones([*states, slow])


def test_the_spread_is_not_moved_by_a_few_that_lie_far_out() -> None:
    random = np.random.default_rng(1)
    for count in (20, 200):
        levels = random.normal(0, 0.02, count)
        levels[: count // 10] += 0.5
        assert robust_spread(levels) == pytest.approx(0.02, rel=0.5)


def test_the_margin_grows_with_the_spread_and_with_the_number_of_boxes() -> None:
    narrow, wide = np.linspace(-0.01, 0.01, 9), np.linspace(-0.1, 0.1, 9)
    assert margin_of(narrow, 0.03, 20) < margin_of(wide, 0.03, 20) < margin_of(wide, 0.03, 400)
    assert margin_of(np.zeros(500), 0.03, 20) == pytest.approx(math.log1p(LEAST_MARGIN))


def test_alike_boxes_with_luck_are_rarely_marked() -> None:
    """20 fleets of 20: the figures are in docs/fleet.md, by tests/benchmarks/fleet_odd_one.py."""
    random = np.random.default_rng(11)
    marked = 0
    for _ in range(20):
        states = [
            BoxState(
                name=f"b{number}", phase="done", code=0,
                blocks=blocks_of(400, 10 * by, 20 * by, noise=0.04, alike=0.5, seed=int(random.integers(1 << 30))),
            )
            for number in range(20)
            for by in [float(np.exp(random.normal(0, 0.03)))]
        ]  # fmt: skip
        marked += bool(odd_ones(states))
    assert marked <= 2
