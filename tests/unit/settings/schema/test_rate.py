from __future__ import annotations

import pytest

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.rate import CLOSED_LOOP, describe_rate, format_rate, parse_rate


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("33.3", 33.3), ("33.3/s", 33.3), (" 33.3 /s ", 33.3), (".5", 0.5), ("5.", 5.0), ("30ms", 1000 / 30),
        ("30 MS", 1000 / 30), ("2s", 0.5), ("500us", 2000.0), ("closed", CLOSED_LOOP), ("Closed Loop", CLOSED_LOOP),
        ("0", CLOSED_LOOP), ("", CLOSED_LOOP), ("1e+06/s", 1e6), ("2e-05", 2e-5),
    ],
)  # fmt: skip
def test_rates_as_people_write_them(text: str, rate: float) -> None:
    assert parse_rate(text) == pytest.approx(rate)


@pytest.mark.parametrize(
    "text", ["-1", "fast", "10 /m", "1ns", "ms", "1.2.3", "0ms", "0.0", "0/s", "nan", "inf", "1/0"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^rate: "):
        parse_rate(text)


@pytest.mark.parametrize(
    ("rate", "text"),
    [(CLOSED_LOOP, "closed"), (33.3, "33.3/s"), (1000 / 30, "33.3333/s"), (12_345.0, "12345/s"), (0.01, "0.01/s")],
)
def test_rates_as_the_pane_shows_them(rate: float, text: str) -> None:
    assert format_rate(rate) == text


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (CLOSED_LOOP, "closed loop"),
        (20.0, "20/s (each 50 ms)"),
        (1000 / 30, "33.33/s (each 30 ms)"),
        (12_500.0, "12,500/s (each 0.08 ms)"),
        (0.01, "0.01/s (each 100,000 ms)"),
    ],
)
def test_the_load_in_words(rate: float, expected: str) -> None:
    assert describe_rate(rate) == expected
