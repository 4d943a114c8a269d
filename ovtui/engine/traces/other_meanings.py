"""What numbers without a unit may be apart from seconds: '20260102' a date, '030405' a clock time, '46024.12789' the
days of a spreadsheet. Where all times of a file may be one of these, nobody knows which is meant."""

from __future__ import annotations

import re

_DAYS = "a date in days, as spreadsheets count them"
_FRACTION = r"(?:[.,]\d+)?"
_MEANINGS = {
    "a date in digits": re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])" + _FRACTION, re.ASCII),
    "a clock time in digits": re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d" + _FRACTION, re.ASCII),
    # of the years 1998 to 2064
    _DAYS: re.compile(r"(?:3[6-9]|[45]\d)\d{3}" + _FRACTION, re.ASCII),
}
_OF_A_DAY = re.compile(r"\d+[.,]\d{3,}", re.ASCII)


class OtherMeanings:
    """Of the times of one column so far."""

    def __init__(self) -> None:
        self._left = dict(_MEANINGS)
        self._has_clock = False
        """A number of days has a fraction that may be a time of the day."""

    def add(self, text: str) -> None:
        """The usual trace is none of these from its first line on."""
        if not self._left:
            return
        self._left = {what: form for what, form in self._left.items() if form.fullmatch(text)}
        self._has_clock = self._has_clock or _OF_A_DAY.fullmatch(text) is not None

    def found(self) -> str:
        """A phrase; empty where there is none."""
        return next((what for what in self._left if what != _DAYS or self._has_clock), "")
