"""Completions within a span of time."""

from __future__ import annotations

import numpy as np
import pytest

from ovtui.metrics.energy.done_times import BINS, FIRST_WIDTH_NS, DoneTimes

S = 1_000_000_000


def of(*pieces: np.ndarray) -> DoneTimes:
    done = DoneTimes()
    for piece in pieces:
        done.add(piece.astype(np.int64))
    return done


def test_a_span_that_holds_all_counts_all() -> None:
    done = of(np.array([3.3, 1.1, 2.2]) * S)
    assert done.between(int(1.1 * S) - 1, int(3.3 * S)) == 3
    assert done.between(0, 99 * S) == 3
    assert done.between(4 * S, 9 * S) == 0
    assert DoneTimes().between(0, S) == 0


def test_a_part_is_counted_to_a_bin() -> None:
    done = of(np.arange(0, 10_000) * S / 1000)
    assert done.between(2 * S, 5 * S) == pytest.approx(3000, abs=2)


def test_nothing_depends_on_the_order_or_on_the_pieces() -> None:
    times = np.random.default_rng(1).uniform(50 * S, 900 * S, 5000)
    together, shuffled = of(times), of(*np.array_split(np.sort(times)[::-1], 7))
    for since_s, until_s in ((0, 1000), (60, 61.7), (899, 901), (400, 700)):
        span = int(since_s * S), int(until_s * S)
        assert together.between(*span) == shuffled.between(*span)


def test_memory_is_bounded_and_the_resolution_follows() -> None:
    done = of(np.arange(1, 90_000) * S)
    assert len(done._bins) <= BINS
    assert done._width_ns > FIRST_WIDTH_NS
    assert done.between(10_000 * S, 40_000 * S) == pytest.approx(30_000, rel=0.005)
