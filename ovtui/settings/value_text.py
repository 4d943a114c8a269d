"""Values written as text: the parsing and the error sentences that settings and OpenVINO properties share."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes, shown

INT64_MAX = 2**63 - 1
"""The largest integer that a message between the processes carries."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(inf|infinity|nan)", re.IGNORECASE)
_TRUE_TEXTS, _FALSE_TEXTS = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


def readable(text: str) -> str:
    """The text with escapes for what cannot be shown, sent or typed ('tab\\there'): names of files and of inputs may
    hold anything."""
    return shown(text)


def whole_number(text: str) -> int:
    """The number that a text is: digits from 0 to 9, and a sign before them. Raises ValueError for everything else,
    also for what int() takes: digits of other scripts, '1_000', and more digits than any number here has."""
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return int(text)


def decimal_number(text: str) -> float:
    """As `whole_number`, with a decimal point and an exponent. What is too large for a float is infinite; 'inf' and
    'nan' are read, so that they can be refused as out of range."""
    if not _NUMBER.fullmatch(text):
        raise ValueError
    return float(text)


def is_yes_or_no(text: str) -> bool:
    """True for what `parse_yes_no` accepts."""
    return text.lower() in (*_TRUE_TEXTS, *_FALSE_TEXTS)


def parse_yes_no(name: str, text: str, *, yes: str = "yes", no: str = "no") -> bool:
    """True for 'yes', 'true', '1' or 'on' in any case, False for their opposites. Raises SettingsError, which names the
    two answers as `yes` and `no`."""
    if is_yes_or_no(text):
        return text.lower() in _TRUE_TEXTS
    raise SettingsError(f"{name}: {in_quotes(text)} is not {yes} or {no}")


def parse_choice(name: str, text: str, choices: Sequence[str]) -> str:
    """The choice that `text` spells in any case. Raises SettingsError with the list of choices."""
    for choice in choices:
        if text.lower() == choice.lower():
            return choice
    raise SettingsError(f"{name}: {in_quotes(text)} is not one of {', '.join(choices)}")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The numbers that a value may be. `str` of it is the noun phrase of a hint or an error:
    'a whole number from 0 to 100 %', 'a whole number from 1, AUTO or NUMA'."""

    integer: bool
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    keywords: tuple[str, ...] = ()
    """Words that may stand in place of a number."""

    def __str__(self) -> str:
        text = "a whole number" if self.integer else "a number"
        if self.minimum is not None:
            text += f" from {self.minimum:g}"
        if self.maximum is not None and self.maximum < INT64_MAX:  # a larger one is a limit of the type
            text += f" to {self.maximum:,.15g}"
        return text + (f" {self.unit}" if self.unit else "") + self._keywords_text

    def parse(self, name: str, text: str) -> int | float:
        """The number, whatever its size (see `require`). Raises SettingsError where `text` is not a number."""
        try:
            return whole_number(text) if self.integer else decimal_number(text)
        except ValueError:
            raise SettingsError(f"{name}: {in_quotes(text)} is not {self}") from None

    def includes(self, value: float) -> bool:
        """True within minimum and maximum, both included; False for NaN and infinity."""
        above = self.minimum is None or value >= self.minimum
        below = self.maximum is None or value <= self.maximum
        return above and below and abs(value) < math.inf

    def require(self, name: str, value: float, shown: str) -> None:
        """Raises SettingsError where `value`, which a person reads as `shown`, is out of range."""
        if not self.includes(value):
            bounds = (("at least", self.minimum), ("at most", self.maximum))
            allowed = " and ".join(f"{side} {bound:g}" for side, bound in bounds if bound is not None)
            raise SettingsError(f"{name}: {shown} is out of range: {allowed}{self._keywords_text}")

    @property
    def _keywords_text(self) -> str:
        return f", {' or '.join(self.keywords)}" if self.keywords else ""
