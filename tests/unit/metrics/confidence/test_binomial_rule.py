"""The numbers of LoadGen's rule, and its two sides against sums of exact binomial terms."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from ovtui.metrics.confidence.binomial_rule import (
    chance_of_at_least,
    chance_of_at_most,
    least_requests,
    requests_to_decide,
    side_of,
)


@pytest.mark.parametrize(
    ("percentile", "least"), [(90, [44, 64, 81, 127]), (95, [90, 130, 165, 259]), (99, [459, 662, 838, 1307])]
)
def test_the_least_requests_are_loadgens(percentile: float, least: list[int]) -> None:
    assert [least_requests(over, percentile) for over in (0, 1, 2, 5)] == least


@pytest.mark.parametrize(
    ("over", "requests", "share"), [(0, 459, 1), (3, 40, 10), (17, 60, 25), (59, 60, 95), (1, 2, 50)]
)
def test_chances_are_sums_of_binomial_terms(over: int, requests: int, share: int) -> None:
    p = Fraction(share, 100)
    terms = [comb(requests, k) * p**k * (1 - p) ** (requests - k) for k in range(requests + 1)]
    assert chance_of_at_most(over, requests, share / 100) == pytest.approx(float(sum(terms[: over + 1])), rel=1e-9)
    assert chance_of_at_least(over, requests, share / 100) == pytest.approx(float(sum(terms[over:])), rel=1e-9)


def test_between_the_sides_nothing_is_known() -> None:
    assert [side_of(k, 1000, 0.01) for k in (2, 3, 4, 10, 18, 19, 20)] == ["under", *["open"] * 4, *["over"] * 2]
    assert side_of(0, 0, 0.01) == "open"


def test_what_would_decide_is_told_by_the_share_seen() -> None:
    assert requests_to_decide(0, 100, 0.01) == pytest.approx(459, abs=1)
    needed = requests_to_decide(5, 1000, 0.01)
    assert needed is not None
    assert side_of(0.005 * needed, needed, 0.01) == "under"
    assert side_of(0.005 * needed * 0.99, needed * 0.99, 0.01) == "open"
    assert requests_to_decide(10, 1000, 0.01) is None
