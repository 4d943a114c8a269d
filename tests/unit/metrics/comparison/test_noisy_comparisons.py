"""What a comparison says of loads on a machine that is not quiet, by the hundred: nothing where nothing differs, and
what differs where it does. The thousands: tests/benchmarks/ab_proof.py."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from harness.noisy_load import NAMES, Comparison, Effect, compare, noise, slowed_for_p99, with_effect

RUNS = 150


@cache
def same() -> list[Comparison]:
    return [compare(seed, Effect(), pairs=10, block_s=1.0) for seed in range(RUNS)]


@pytest.mark.parametrize("name", NAMES)
def test_a_against_a_is_rarely_called_faster_or_slower(name: str) -> None:
    """1.25 % in the long run: 3 % of this many runs and these seeds."""
    assert sum(name in each.found for each in same()) <= 0.03 * RUNS


def test_all_figures_together_are_rarely_called_so() -> None:
    assert sum(bool(each.found) for each in same()) <= 0.07 * RUNS


def test_the_rows_are_not_independent_of_each_other() -> None:
    """Else nothing would be proved: what a test over single requests takes for granted does not hold."""
    latency = np.log(noise(np.random.default_rng(3), 200.0))
    seconds = latency.reshape(-1, 200).mean(axis=1)
    independent = latency.std() / np.sqrt(200)
    assert seconds.std() > 3 * independent
    assert np.corrcoef(seconds[:-1], seconds[1:])[0, 1] > 0.3


def test_a_longer_p99_alone_is_found_and_no_longer_p50() -> None:
    slowed = Effect(slowed_ms=slowed_for_p99(1.25))
    sample = np.concatenate([noise(np.random.default_rng(seed), 100.0) for seed in range(20)])
    after = with_effect(sample, slowed, np.random.default_rng(1))
    assert np.percentile(after, 50) < 1.01 * np.percentile(sample, 50), "p50 does not give it away"
    found = [compare(seed, slowed, pairs=83, block_s=1.0).found for seed in range(20)]
    assert sum("p99" in each for each in found) >= 18
    assert sum("p50" in each for each in found) <= 2


def test_a_p50_that_is_5_percent_longer_is_found() -> None:
    found = [compare(seed, Effect(all_by=1.05), pairs=40, block_s=1.0) for seed in range(20)]
    assert all(each.verdicts["p50"].finding == "slower" for each in found)


def test_it_ends_at_the_width_and_not_when_something_shows() -> None:
    ended = [compare(seed, Effect(all_by=1.3), pairs=60, block_s=1.0, fixed=False) for seed in range(5)]
    assert all(each.verdicts["p50"].finding == "slower" for each in ended)
    assert all(each.pairs > 12 for each in ended), "an effect of 30 % would have been significant after eight pairs"
