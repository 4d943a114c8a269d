from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ovtui.metrics.handover import FOLLOWING, LEAST_FOLLOWING, NEAR, SETTLED_RUN, settled_at

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
    median = np.median(latency_ms[index + SETTLED_RUN :][:FOLLOWING])
    return bool((run <= NEAR * median).all() and (run * NEAR >= median).all())


@given(NOISY, st.integers(0, 50), st.booleans())
def test_it_is_the_first_that_keeps_the_rule(latency_ms: np.ndarray, first: int, complete: bool) -> None:
    least = SETTLED_RUN + (LEAST_FOLLOWING if complete else FOLLOWING)
    candidates = [i for i in range(first, len(latency_ms) - least + 1) if settles(latency_ms, i)]
    assert settled_at(latency_ms, first, complete=complete) == (candidates[0] if candidates else None)


@given(NOISY, st.integers(0, 1000))
def test_what_has_settled_stays_so_whatever_comes_after(latency_ms: np.ndarray, until: int) -> None:
    found = settled_at(latency_ms[:until], 0, complete=False)
    if found is not None:
        assert settled_at(latency_ms, 0, complete=False) == found
        assert settled_at(latency_ms, 0, complete=True) == found


@given(NOISY, st.sampled_from([0.25, 4.0, 1024.0]))
def test_the_unit_does_not_matter(latency_ms: np.ndarray, unit: float) -> None:
    assert settled_at(latency_ms * unit, 0, complete=True) == settled_at(latency_ms, 0, complete=True)
