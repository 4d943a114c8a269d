"""Intervals of paired ratios, verdicts of budgets, and the rows of a log."""

from __future__ import annotations

import pytest
from harness.paired_figures import Budget, Pair, Ratio, Row, ratio_of, row_of, rows_of

PARITY = Budget(least=1.0, least_low=0.97)


def test_ratio_is_the_median_of_the_pairs() -> None:
    found = ratio_of([90, 200, 110], [100, 100, 100])
    assert found.median == pytest.approx(1.1)
    assert found.pairs == 3
    assert 0.89 < found.low <= found.median <= found.high < 2.01


def test_interval_is_the_same_for_the_same_figures_and_turns_with_the_ratio() -> None:
    firsts, seconds = [97.0, 99.0, 101.0, 95.0, 98.0, 103.0], [100.0] * 6
    once, turned = ratio_of(firsts, seconds), ratio_of(seconds, firsts)
    assert once == ratio_of(firsts, seconds)
    assert turned.median == pytest.approx(1 / once.median)
    assert turned.low == pytest.approx(1 / once.high)


def test_interval_narrows_with_more_pairs() -> None:
    few, many = [0.9, 1.0, 1.1] * 2, [0.9, 1.0, 1.1] * 20
    widths = [found.high - found.low for found in (ratio_of(few, [1.0] * 6), ratio_of(many, [1.0] * 60))]
    assert widths[1] < widths[0]


def test_one_pair_has_no_width() -> None:
    assert ratio_of([3.0], [2.0])[:3] == pytest.approx((1.5, 1.5, 1.5))


@pytest.mark.parametrize(("firsts", "seconds"), [([], []), ([1.0], []), ([0.0], [1.0]), ([1.0], [-1.0])])
def test_figures_without_a_ratio_are_refused(firsts: list[float], seconds: list[float]) -> None:
    with pytest.raises(ValueError, match=r"figures"):
        ratio_of(firsts, seconds)


@pytest.mark.parametrize(
    ("budget", "ratio", "met"),
    [
        (PARITY, Ratio(1.0, 0.9, 1.1, 10), True),
        (PARITY, Ratio(0.99, 0.97, 1.1, 10), True),
        (PARITY, Ratio(0.99, 0.96, 1.1, 10), False),
        (Budget(least=0.95), Ratio(0.949, 0.94, 1.0, 10), False),
        (Budget(most=1.05), Ratio(1.05, 1.0, 1.2, 10), True),
        (Budget(most=1.05), Ratio(1.06, 1.0, 1.2, 10), False),
        (Budget(most=1.05, most_high=1.10), Ratio(1.06, 1.0, 1.1, 10), True),
        (Budget(least=0.97, most=1.03), Ratio(1.02, 0.9, 1.2, 10), True),
        (Budget(least=0.97, most=1.03), Ratio(1.04, 0.9, 1.2, 10), False),
        (Budget(least=0.97, most=1.03), Ratio(0.96, 0.9, 1.2, 10), False),
        (Budget(least=0.95, most=1.05, whole=True), Ratio(1.0, 0.95, 1.05, 10), True),
        (Budget(least=0.95, most=1.05, whole=True), Ratio(1.0, 0.94, 1.05, 10), False),
        (Budget(least=0.95, most=1.05, whole=True), Ratio(1.0, 0.95, 1.06, 10), False),
    ],
)
def test_budget(budget: Budget, ratio: Ratio, met: bool) -> None:
    assert budget.met(ratio) is met


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (PARITY, ">= 1, or low end >= 0.97"),
        (Budget(most=1.05, most_high=1.1), "<= 1.05, or high end <= 1.1"),
        (Budget(least=0.97, most=1.03), "0.97 to 1.03"),
        (Budget(), "none"),
    ],
)
def test_budget_in_words(budget: Budget, text: str) -> None:
    assert str(budget) == text


def test_row_of_pairs() -> None:
    pairs = [Pair("cell", 25_129, 89_065, "/s", PARITY), Pair("cell", 25_129, 89_065, "/s", PARITY)]
    row = row_of(pairs)
    assert row == Row("cell", "0.282 (0.282 to 0.282), 25,129 / 89,065 /s, 2 pairs", ">= 1, or low end >= 0.97", False)
    assert row.verdict == "MISSED"


def test_row_without_a_budget_has_no_verdict() -> None:
    row = row_of([Pair("cell", 0.01234, 9.483, "ms", Budget())])
    assert (row.met, row.verdict) == (None, "–")
    assert "0.01234 / 9.483 ms, 1 pair" in row.figure


def test_rows_of_a_log() -> None:
    pairs = [Pair(what, first, 2.0, "", Budget()).as_dict() for what, first in [("b", 1.0), ("a", 2.0), ("b", 3.0)]]
    entries = [*pairs, {"kind": "row", "what": "c", "figure": "1", "budget": "2", "met": True}]
    again = {"kind": "row", "what": "c", "figure": "3", "budget": "2", "met": False}
    rows = rows_of([*entries, {"kind": "run", "benchmark": "x"}, again])
    assert [row.what for row in rows] == ["b", "a", "c"]
    assert rows[0].figure.endswith("2 pairs")
    assert rows[2] == Row("c", "3", "2", False)
