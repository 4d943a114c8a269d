"""Dates and clock times of a trace, in nanoseconds: '2026-01-02 03:04:05.678', '02.01.2026 03:04:05,678', '3:04:05 PM'.
Only their distances count."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

_CLOCK = re.compile(
    r"(?P<hours>\d{1,4}):(?P<minutes>\d{2}):(?P<seconds>\d{2})(?:[.,](?P<fraction>\d{1,12}))?\s*"
    r"(?:(?P<half>[AaPp])\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_DATES = (
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})", re.ASCII),
    re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})", re.ASCII),
)
_SLASHES = re.compile(r"\d{1,2}/\d{1,2}/\d{4}", re.ASCII)
_LOOKS_LIKE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,4}:\d{2}", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS = 1_000_000_000


class Stamp(NamedTuple):
    ns: int
    dated: bool
    zoned: bool
    """True where it names its time zone."""


def looks_like_stamp(text: str) -> bool:
    return _LOOKS_LIKE.match(text) is not None


def dated(text: str) -> bool:
    """True for what begins as a date."""
    return looks_like_stamp(text) and ":" not in text[:5]


def read_stamp(text: str) -> Stamp:
    """Raises ValueError with the reason as a phrase."""
    date, _, clock = _split(text)
    if not date:
        found = _clock_ns(clock)
        return Stamp(found[0], dated=False, zoned=found[1])
    if _SLASHES.fullmatch(date):
        raise ValueError("day and month cannot be told apart; write 2026-01-02")
    match = next(filter(None, (pattern.fullmatch(date) for pattern in _DATES)), None)
    if match is None:
        raise ValueError("no date such as 2026-01-02")
    try:
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC)
    except ValueError:
        raise ValueError("no date of the calendar") from None
    ns, zoned = _clock_ns(clock) if clock else (0, False)
    if clock and _hours(clock) > 23:
        raise ValueError("a day has 24 hours")
    days = (day - _EPOCH).days
    return Stamp(days * 86_400 * _SECOND_NS + ns, dated=True, zoned=zoned)


def _split(text: str) -> tuple[str, str, str]:
    """Date and clock time of a text, either of which may be empty."""
    for sign in ("T", "t", " "):
        date, found, clock = text.partition(sign)
        if found and ":" not in date:
            return date, found, clock.strip()
    return ("", "", text) if ":" in text else (text, "", "")


def _hours(clock: str) -> int:
    return int(clock.partition(":")[0])


def _clock_ns(clock: str) -> tuple[int, bool]:
    """Nanoseconds since midnight, UTC where the text names a zone, and whether it does."""
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise ValueError("no clock time such as 03:04:05.678")
    hours, minutes, seconds = int(found["hours"]), int(found["minutes"]), int(found["seconds"])
    if found["half"]:
        if not 1 <= hours <= 12:
            raise ValueError("no clock time such as 03:04:05 PM")
        hours = hours % 12 + (12 if found["half"] in "pP" else 0)
    if minutes > 59 or seconds > 59:
        raise ValueError("minutes and seconds go to 59")
    ns = ((hours * 60 + minutes) * 60 + seconds) * _SECOND_NS + int((found["fraction"] or "0").ljust(9, "0")[:9])
    zone = found["zone"] or ""
    if zone[:1] in ("+", "-"):
        digits = zone[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        ns -= (1 if zone[0] == "+" else -1) * int(offset.total_seconds()) * _SECOND_NS
    return ns, bool(zone)
