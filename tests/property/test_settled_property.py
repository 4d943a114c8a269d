from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ovtui.metrics.handover.handover_phases import NEAR, SETTLED_RUN, settled_at

LATENCIES = st.lists(st.sampled_from([1.0, 1.4, 2.0, 3.1, 9.0]), max_size=12).flatmap(
    lambda levels: st.lists(st.integers(1, 90), min_size=len(levels), max_size=len(levels)).map(
        lambda counts: np.repeat(np.array(levels, float), counts)
    )
)
NOISY = st.tuples(LATENCIES, st.integers(0, 2**31), st.floats(0, 0.4)).map(
    lambda made: made[0] * np.random.default_rng(made[1]).uniform(1 - made[2], 1 + made[2], len(made[0]))
)


def settles(latency_ms: np.ndarray, index: int) -> bool:
    """The rule of metrics.handover, word for word."""
    run = latency_ms[index : index + SETTLED_RUN]
    low, high = np.quantile(latency_ms[len(latency_ms) // 2 :], (0.05, 0.95))
    before = index + SETTLED_RUN <= len(latency_ms) // 2
    return before and all(low <= value * NEAR and value <= NEAR * high for value in run)


@given(NOISY, st.integers(0, 50))
def test_it_is_the_first_that_keeps_the_rule(latency_ms: np.ndarray, first: int) -> None:
    found = [i for i in range(first, len(latency_ms)) if settles(latency_ms, i)]
    assert settled_at(latency_ms, first) == (found[0] if found else None)


@given(NOISY, st.sampled_from([0.25, 4.0, 1024.0]))
def test_the_unit_does_not_matter(latency_ms: np.ndarray, unit: float) -> None:
    assert settled_at(latency_ms * unit, 0) == settled_at(latency_ms, 0)


@given(st.lists(st.floats(50.0, 1e4), max_size=200), st.floats(0.01, 10.0), st.integers(0, 2**31))
def test_whatever_the_glitch_was_like_it_is_over_when_steady_latency_has_begun(
    glitch_ms: list[float], steady_ms: float, seed: int
) -> None:
    after = steady_ms * np.random.default_rng(seed).uniform(0.8, 1.2, len(glitch_ms) + 2 * SETTLED_RUN)
    found = settled_at(np.concatenate((glitch_ms, after)), 0)
    assert found is not None
    assert found == len(glitch_ms)
