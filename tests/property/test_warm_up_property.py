"""Whatever the noise, an engine that is warm from the start loses next to nothing; a cold one loses its warm-up."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.groups.warm_up import BlockMedian, block_median, first_steady_block
from ovtui.metrics.latency.histogram import Histogram


def medians(values: np.ndarray, size: int) -> list[BlockMedian]:
    found = []
    for part in np.array_split(values, len(values) // size):
        histogram = Histogram()
        histogram.add(part)
        found.append(block_median(histogram))
    return found


def cut(blocks: list[BlockMedian]) -> int | None:
    """Blocks left out, as the rule sees them come; None where they never settle."""
    return next((at for end in range(len(blocks)) if (at := first_steady_block(blocks[: end + 1])) is not None), None)


@settings(max_examples=200)
@given(st.integers(0, 2**32), st.floats(0.01, 1.0), st.integers(16, 400), st.floats(0.05, 500.0))
def test_stationary_noise_is_steady_at_once(seed: int, sigma: float, size: int, level_ms: float) -> None:
    values = level_ms * np.random.default_rng(seed).lognormal(0, sigma, 30 * size)
    found = cut(medians(values, size))
    assert found is not None
    assert found <= 2


@settings(max_examples=100)
@given(st.integers(0, 2**32), st.floats(0.01, 0.3), st.integers(2, 12), st.floats(1.0, 20.0))
def test_a_cold_start_is_left_out(seed: int, sigma: float, cold_blocks: int, times: float) -> None:
    size, blocks = 100, cold_blocks + 30
    level = np.where(np.arange(blocks) < cold_blocks, 1 + times, 1.0).repeat(size)
    found = cut(medians(5 * level * np.random.default_rng(seed).lognormal(0, sigma, len(level)), size))
    if cold_blocks >= 5:
        # So long at one level is a level, not a warm-up: a rule that asks for five cannot tell.
        assert found in (0, cold_blocks)
    else:
        assert found == cold_blocks
