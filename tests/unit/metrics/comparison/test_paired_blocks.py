"""Ratios of paired blocks: values that scipy 1.17.1 gave, and what simulated comparisons find."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ovtui.metrics.comparison.paired_blocks import PairedRatio, paired_ratio, signed_rank_p_value
from ovtui.metrics.comparison.verdict import Verdict, is_narrow, judge
from ovtui.records.arrays import Floats

PAIRS_AT_MOST = 14
"""Some 30 s in blocks of a second."""


@pytest.mark.parametrize(
    ("differences", "p_value"),
    [
        # scipy.stats.wilcoxon(d, method="exact").pvalue
        ([0.12, 0.05, -0.02, 0.08, 0.11, 0.03, 0.07, -0.01, 0.09, 0.04], 0.009765625),
        ([0.2, 0.1, 0.3, 0.15, 0.05, 0.4], 0.03125),
        ([0.3, -0.1, 0.2, 0.05, -0.25, 0.15, 0.35, 0.4], 0.1484375),
        # Ties and a zero: PermutationMethod over all signs, without the zero.
        ([1, 1, -1, 2, 3, -2, 4, 5, 0, 2], 0.08203125),
        ([0, 0, 0], 1.0),
    ],
)
def test_the_signed_rank_test_gives_what_scipy_gives(differences: list[float], p_value: float) -> None:
    assert signed_rank_p_value(np.array(differences, float)) == pytest.approx(p_value, abs=1e-12)


@pytest.mark.parametrize(
    ("pairs", "outside"),
    # The largest T with scipy.stats._wilcoxon.WilcoxonDistribution(pairs).cdf(T) <= 0.025
    [(6, 0), (8, 3), (10, 8), (12, 13), (16, 29), (20, 52), (30, 137)],
)
def test_the_interval_leaves_out_as_many_means_as_the_exact_distribution_allows(pairs: int, outside: int) -> None:
    differences = np.random.default_rng(pairs).normal(0.1, 0.05, pairs)
    means = sorted((x + y) / 2 for i, x in enumerate(differences) for y in differences[i:])
    ratio = paired_ratio([1.0] * pairs, list(np.exp(differences)))
    assert ratio.low == pytest.approx(math.exp(means[outside]))
    assert ratio.high == pytest.approx(math.exp(means[-1 - outside]))
    assert ratio.estimate == pytest.approx(math.exp(np.median(means)))


def test_the_interval_holds_1_exactly_where_the_test_finds_nothing() -> None:
    generator = np.random.default_rng(5)
    for _ in range(300):
        differences = generator.normal(0.05, 0.06, 9)
        ratio = paired_ratio([1.0] * 9, list(np.exp(differences)))
        assert ratio.low is not None
        assert ratio.high is not None
        assert ratio.p_value is not None
        assert (ratio.low < 1 < ratio.high) == (ratio.p_value > 0.05)


def test_fewer_than_six_pairs_have_no_interval_and_no_verdict() -> None:
    ratio = paired_ratio([100.0] * 5, [300.0] * 5)
    assert (ratio.pairs, ratio.estimate, ratio.low, ratio.high) == (5, pytest.approx(3.0), None, None)
    assert judge(ratio, "higher", elapsed_s=20).finding == "unknown"
    assert judge(ratio, "higher", elapsed_s=20).more_s == pytest.approx(4)  # one pair of five more


def test_pairs_without_a_value_are_left_out() -> None:
    ratio = paired_ratio([1.0, None, 2.0, 4.0, math.nan], [2.0, 2.0, 0.0, 8.0, 1.0])
    assert (ratio.pairs, ratio.estimate) == (2, pytest.approx(2.0))
    assert paired_ratio([None], [1.0]) == PairedRatio(0)


def _ratio(low: float, high: float, pairs: int = 10) -> PairedRatio:
    return PairedRatio(pairs, math.sqrt(low * high), low, high, 0.5)


@pytest.mark.parametrize(
    ("low", "high", "better", "finding"),
    [
        (1.12, 1.18, "higher", "faster"),
        (1.12, 1.18, "lower", "slower"),
        (0.80, 0.90, "higher", "slower"),
        (0.80, 0.90, "lower", "faster"),
        (0.98, 1.02, "higher", "same"),
        (1.001, 1.02, "higher", "same"),  # surely different, and not by what anyone would care for
        (1.01, 1.05, "higher", "faster"),
        (0.95, 1.10, "higher", "unknown"),
        (0.99, 1.04, "lower", "unknown"),
    ],
)
def test_verdicts(low: float, high: float, better: str, finding: str) -> None:
    assert judge(_ratio(low, high), better).finding == finding  # type: ignore[arg-type]


def test_what_is_not_decided_says_how_long_it_would_take() -> None:
    more_s = judge(_ratio(0.96, 1.12), "higher", elapsed_s=20).more_s
    assert more_s is not None
    half, at = math.log(1.12 / 0.96) / 2, math.log(1.12 * 0.96) / 2
    assert more_s == pytest.approx(20 * ((half / at) ** 2 - 1))
    assert judge(_ratio(0.96, 1.12), "higher").more_s is None


def test_a_comparison_may_end_once_the_interval_is_as_narrow_as_what_counts_as_the_same() -> None:
    assert is_narrow(_ratio(2.0, 2.12))
    assert not is_narrow(_ratio(2.0, 2.13))
    assert not is_narrow(_ratio(2.0, 2.01, pairs=6))


def _compare(generator: np.random.Generator, effect: float, noise: float) -> dict[str, Verdict]:
    """Alternating blocks A B B A that drift, with a disturbance now and then, ended by the interval's width or by
    PAIRS_AT_MOST: throughput and p50, which a disturbance and noise have in common in part."""
    blocks = 2 * PAIRS_AT_MOST
    shared = generator.normal(0, noise, blocks) + np.linspace(0, generator.normal(0, 0.2), blocks)
    shared += generator.exponential(4 * noise, blocks) * (generator.random(blocks) < 0.1)
    is_b = np.arange(blocks) % 4 % 3 > 0
    scores: dict[str, Floats] = {}
    for name, sign in (("throughput", -1), ("p50", 1)):
        scores[name] = np.exp(sign * (shared + generator.normal(0, noise / 2, blocks)) + is_b * sign * -effect)
    for pairs in range(4, PAIRS_AT_MOST + 1):
        ratios = {name: paired_ratio(list(of[~is_b][:pairs]), list(of[is_b][:pairs])) for name, of in scores.items()}
        if all(map(is_narrow, ratios.values())):
            break
    return {name: judge(ratio, "higher" if name == "throughput" else "lower", 30) for name, ratio in ratios.items()}


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_a_against_a_calls_a_difference_in_at_most_7_percent_of_1000_seeds(noise: float) -> None:
    called = 0
    for seed in range(1000):
        verdicts = _compare(np.random.default_rng(seed), effect=0.0, noise=noise)
        called += any(verdict.finding in ("faster", "slower") for verdict in verdicts.values())
    assert called <= 70, f"{called} of 1,000"


def test_the_interval_holds_the_true_ratio_in_95_percent() -> None:
    held = {"throughput": 0, "p50": 0}
    for seed in range(1000):
        for name, verdict in _compare(np.random.default_rng(seed), effect=0.15, noise=0.04).items():
            assert verdict.ratio.low is not None
            assert verdict.ratio.high is not None
            truth = math.exp(0.15 if name == "throughput" else -0.15)
            held[name] += verdict.ratio.low <= truth <= verdict.ratio.high
    # 1,000 comparisons scatter by 0.7 points.
    assert min(held.values()) >= 935, held


def test_a_sure_effect_is_found() -> None:
    found = sum(
        _compare(np.random.default_rng(seed), effect=0.14, noise=0.02)["throughput"].finding == "faster"
        for seed in range(200)
    )
    assert found >= 195, found
