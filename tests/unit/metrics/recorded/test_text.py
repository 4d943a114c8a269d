"""Changes and conditions in words."""

from __future__ import annotations

import pytest

from ovtui.metrics.recorded.schema import CompareFigure, SideValue
from ovtui.metrics.recorded.text import change_text, condition_text


def figure(ratio: float | None, low: float | None, high: float | None, a: float = 1.0, b: float = 1.0) -> CompareFigure:
    sides = (SideValue(value=value, low=None, high=None) for value in (a, b))
    return CompareFigure(
        name="p99", unit="ms", a=next(sides), b=next(sides), ratio=ratio, low=low, high=high, why="A has 9 requests"
    )


@pytest.mark.parametrize(
    ("ratio", "low", "high", "text"),
    [
        (1.14, 1.11, 1.18, "+14 % (11 to 18 %)"),
        (1.002, 0.999, 1.005, "+0.2 % (-0.1 to 0.5 %)"),
        (2.4, 2.2, 2.6, "2.4 times (2.2 to 2.6)"),
        (0.4, 0.38, 0.45, "1/2.5 (1/2.63 to 1/2.22)"),
        (1.8, 0.96, 3.45, "+80 % (-4 % to 3.45 times)"),
        (0.4, 0.02, 1.09, "1/2.5 (1/50 to +9 %)"),
        (2.2, 1.8, 2.6, "2.2 times (+80 % to 2.6 times)"),
        (1.14, None, None, "+14 %"),
        (None, None, None, "–"),
        (3.0, 1.5, None, "3 times (at least +50 %)"),
    ],
)
def test_a_change(ratio: float | None, low: float | None, high: float | None, text: str) -> None:
    assert change_text(figure(ratio, low, high)) == text


def test_a_change_from_none_or_to_none() -> None:
    assert change_text(figure(None, 0.0, None, a=0.0, b=0.0)) == "none in either"
    assert change_text(figure(None, 3.5, None, a=0.0, b=0.05)) == "at least 3.5 times"
    assert change_text(figure(None, 0.4, None, a=0.0, b=0.01)) == "it cannot be told"
    assert change_text(figure(0.0, 0.0, 0.3, a=0.05, b=0.0)) == "at most 1/3.33"


def test_a_condition() -> None:
    assert condition_text("p99>+5%", "open", "+6 % (1 to 11 %)") == "p99>+5% is not certain: +6 % (1 to 11 %)"
