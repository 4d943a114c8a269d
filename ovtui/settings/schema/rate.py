"""The rate of the load as text: requests a second, or the period between two requests."""

from __future__ import annotations

import re

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

CLOSED_LOOP = 0.0
LOWEST_RATE = 1e-6
"""A request every eleven days: the times of slower ones are beyond 64 bits of nanoseconds soon."""
_RATE_PATTERN = re.compile(r"(?P<number>(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?)\s*(?P<unit>us|ms|s|/s)?", re.ASCII)
_PERIOD_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def parse_rate(text: str) -> float:
    """Requests a second, from '33.3', '33.3/s' or '30ms' (a request every 30 ms); 0 for 'closed'. Raises
    SettingsError."""
    word = text.strip().lower()
    if word in ("closed", "closed loop", "0", ""):
        return CLOSED_LOOP
    found = _RATE_PATTERN.fullmatch(word)
    if found is None:
        raise SettingsError(
            f"rate: {in_quotes(text)} is not a rate; write requests per second (33.3), a period (30ms) or 'closed'"
        )
    number = float(found["number"])
    if number == 0:
        raise SettingsError("rate: a rate or period of 0 makes no load; write 'closed' for the closed loop")
    period_s = _PERIOD_S.get(found["unit"] or "")
    period_s = number * period_s if period_s else 1 / number
    if not 0 < period_s <= 1 / LOWEST_RATE:
        raise SettingsError(f"rate: {in_quotes(text)} is out of range: write 1e-6 to 1e6 requests per second")
    return 1 / period_s if found["unit"] in _PERIOD_S else number


def format_rate(rate_per_s: float) -> str:
    return "closed" if rate_per_s == CLOSED_LOOP else f"{rate_per_s:.6g}/s"


def short_rate(rate_per_s: float) -> str:
    """As `format_rate`, in the four digits that the header has: not for what is read again."""
    return "closed" if rate_per_s == CLOSED_LOOP else f"{_four_digits(rate_per_s)}/s"


def describe_rate(rate_per_s: float) -> str:
    """The rate for a heading: 'closed loop' or '33.3/s (each 30 ms)'."""
    if rate_per_s == CLOSED_LOOP:
        return "closed loop"
    return f"{_four_digits(rate_per_s)}/s (each {_four_digits(1e3 / rate_per_s)} ms)"


def _four_digits(value: float) -> str:
    return f"{value:.4g}" if value < 10_000 else f"{value:,.0f}"
