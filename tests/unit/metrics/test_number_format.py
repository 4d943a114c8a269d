from __future__ import annotations

import pytest

from ovtui.metrics import number_format


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (55310, "55,310")])
def test_counts(value: int | None, text: str) -> None:
    assert number_format.count(value) == text


@pytest.mark.parametrize(("value", "decimals", "text"), [(None, 1, "–"), (1004.23, 1, "1,004.2"), (0.0421, 3, "0.042")])
def test_milliseconds(value: float | None, decimals: int, text: str) -> None:
    assert number_format.milliseconds(value, decimals) == text


@pytest.mark.parametrize(("typical_ms", "decimals"), [(0.05, 3), (0.7, 3), (3.0, 2), (50.0, 1), (5000.0, 1)])
def test_decimals_show_about_three_digits(typical_ms: float, decimals: int) -> None:
    assert number_format.decimals_for(typical_ms) == decimals


def test_decimals_do_not_flicker_at_a_border() -> None:
    shown = 2
    for typical_ms in (9.0, 10.5, 9.8, 11.9, 10.1):
        shown = number_format.decimals_for(typical_ms, shown)
        assert shown == 2
    assert number_format.decimals_for(13.0, shown) == 1
    assert number_format.decimals_for(None, 3) == 3


@pytest.mark.parametrize(
    ("per_s", "text"), [(None, "–"), (412.63, "412.6"), (0.04, "0.0"), (9_999.9, "9,999.9"), (67_900.4, "67,900")]
)
def test_rates_fit_eight_characters(per_s: float | None, text: str) -> None:
    assert number_format.rate(per_s) == text
    assert len(text) <= 8


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, "–"),
        (0, 10, "0.0 %"),
        (1, 100_000, "<0.1 %"),
        (99_999, 100_000, ">99.9 %"),
        (5, 5, "100.0 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, text: str) -> None:
    assert number_format.percent(part, whole) == text


@pytest.mark.parametrize(("seconds", "text"), [(-1, "00:00"), (59.9, "00:59"), (134, "02:14"), (3734, "1:02:14")])
def test_elapsed(seconds: float, text: str) -> None:
    assert number_format.elapsed(seconds) == text
