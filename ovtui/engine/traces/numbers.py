"""Numbers as spreadsheets write them: a decimal point or a decimal comma, thousands apart or not.

One rule for all: ASCII digits, a sign, one decimal mark, an exponent. Digits of other scripts, underscores, NaN and
infinity are no numbers here."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import NamedTuple

LONGEST = 80
"""Characters of a cell that may be a number."""
_PLAIN = re.compile(r"[+-]?\d+(?:[eE][+-]?\d{1,3})?", re.ASCII)
_POINT = re.compile(r"[+-]?(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(_POINT.pattern.replace(r"\.", ","), re.ASCII)
_NUMBER = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[\d.,'\u2019 \u00a0\u2009\u202f]*\d[.,]?|[.,]\d+)(?P<exponent>[eE][+-]?\d{1,3})?",
    re.ASCII,
)
_BLANKS = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_UNIT = re.compile(r"(?P<number>.*[\d.,])\s*(?P<unit>[a-zA-Zµμ]+)")
_ROUNDED = re.compile(r"[+-]?\d+[.,](?P<decimals>\d+)[eE]\+?(?P<exponent>\d+)", re.ASCII)
NS_PER_UNIT = {
    "ns": Decimal(1),
    "us": Decimal(1000),
    "ms": Decimal(1_000_000),
    "s": Decimal(1_000_000_000),
    "min": Decimal(60_000_000_000),
    "h": Decimal(3_600_000_000_000),
}


class Readings(NamedTuple):
    """A number under the two ways to write it; None where it is none. A dot may part thousands where the comma is the
    decimal mark, and the other way round."""

    point: Decimal | None
    comma: Decimal | None
    parted_by_blank: bool = False
    """True where plain blanks part its thousands, which may part columns as well."""


NOTHING = Readings(None, None)


def read_number(text: str) -> Readings:
    """Of a text without blanks around it. The usual forms are matched first: a trace may have a million."""
    if len(text) > LONGEST:
        return NOTHING
    if _PLAIN.fullmatch(text):
        value = Decimal(text)
        return Readings(value, value)
    if _POINT.fullmatch(text):
        return Readings(Decimal(text), _joined(text.replace(".", "|"), "|"))
    if _COMMA.fullmatch(text):
        return Readings(_joined(text.replace(",", "|"), "|"), Decimal(text.replace(",", ".")))
    found = _NUMBER.fullmatch(text.replace("\u2212", "-"))  # the typographic minus
    if found is None:
        return NOTHING
    sign, exponent = found["sign"], found["exponent"] or ""
    by_blank = any(blank in found["whole"] for blank in _BLANKS)
    for others in (_BLANKS, _APOSTROPHES):
        if any(sign_of in found["whole"] for sign_of in others):
            whole = re.sub(f"[{others}]", "|", found["whole"])
            return Readings(
                _value(sign, whole, exponent, "."), _value(sign, whole, exponent, ","), by_blank and " " in text
            )
    return Readings(
        _value(sign, found["whole"].replace(",", "|"), exponent, "."),
        _value(sign, found["whole"].replace(".", "|"), exponent, ","),
    )


def rounding(text: str) -> int:
    """The place of the last digit of '1.76731E+12', which spreadsheets show for 1767312000123, as a power of ten; 0
    for a number with all its digits."""
    found = _ROUNDED.fullmatch(text) if text[-1:].isdigit() and ("E" in text or "e" in text) else None
    return max(int(found["exponent"]) - len(found["decimals"]), 0) if found else 0


def split_unit(text: str) -> tuple[str, str]:
    """'12', 'ms' of '12 ms'; the unit is empty where there is none, or none that is known."""
    found = _UNIT.fullmatch(text) if text[-1:].isalpha() else None
    unit = found["unit"].lower().replace("µ", "u").replace("μ", "u") if found else ""
    return (found["number"].strip(), unit) if found and unit in NS_PER_UNIT else (text, "")


def _value(sign: str, whole: str, exponent: str, mark: str) -> Decimal | None:
    """The number with '|' between its thousands and this decimal mark; None where it is written otherwise."""
    before, has_mark, after = whole.partition(mark)
    joined = before.replace("|", "") if _grouped(before) else before
    digits = joined + ("." + after if has_mark else "")
    return Decimal(sign + digits + exponent) if re.fullmatch(r"\d+(\.\d*)?|\.\d+", digits, re.ASCII) else None


def _joined(text: str, parted_by: str) -> Decimal | None:
    """The whole number of '1|234'; None where these are no thousands."""
    sign, digits = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    return Decimal(sign + digits.replace(parted_by, "")) if _grouped(digits) else None


def _grouped(text: str) -> bool:
    """By thousands, or as in India: 12|34|567."""
    return re.fullmatch(r"[1-9]\d{0,2}(\|\d{3})+|[1-9]\d?(\|\d{2})+\|\d{3}", text, re.ASCII) is not None
