"""What the header of a table says: which column is the time, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.settings.shown_text import in_quotes

EXPORTED = "due_ns"
"""The column of an export of ovtui: the time, whatever else is there."""


def words(text: str) -> frozenset[str]:
    """A set of words, written as one text."""
    return frozenset(text.split())


_WORDS_OF_UNITS = {
    "ns": "ns nsec nsecs nano nanos nanosec nanosecs nanosecond nanoseconds nanosekunde nanosekunden nanosecondes "
    "nanosegundos nanosecondi nanoseconden nanosekundy нс 纳秒 ナノ秒",
    "us": "us usec usecs micro micros microsec microsecs microsecond microseconds mikrosekunde mikrosekunden "
    "microsecondes microsegundos microsecondi microseconden mikrosekundy мкс 微秒 マイクロ秒",
    "ms": "ms msec msecs milli millis millisec millisecs millisecond milliseconds millisekunde millisekunden "
    "millisecondes milisegundos millisecondi milliseconden milisekundy мс 毫秒 ミリ秒",
    "s": "s sec secs second seconds sek sekunde sekunden seconde secondes segundo segundos secondi "
    "seconden sekundy сек 秒",
    "min": "mins minute minutes minuten",
    "h": "hr hrs hour hours stunde stunden heures horas",
}
UNIT_OF_WORD = {word: unit for unit, words in _WORDS_OF_UNITS.items() for word in words.split()}
_UNIT_IN_BRACKETS = {**UNIT_OF_WORD, "min": "min", "h": "h"}
_TIME_WORDS = words(
    "t time times timestamp timestamps ts due arrival arrivals arrived arrivaltime starttime start started begin began "
    "epoch unix unixtime date datetime clock sent submitted issued offset "
    "zeit zeiten zeitstempel zeitpunkt uhrzeit datum ankunft ankunftszeit beginn startzeit temps heure horodatage "
    "arrivee tiempo hora fecha llegada tempo tid tijd tijdstip czas время 時間 时间 時刻"
)
_NEUTRAL_WORDS = words(
    "in en of the at from since relative rel abs absolute utc gmt local unix epoch first log wall stamp der des von "
    "seit ab de du le la and"
)
"""No word of a duration: 'response time', 'request time', 'run time' and 'elapsed' are how long something took."""
_DATE_WORDS = words("date datetime datum fecha heure uhrzeit hora clock")
_COUNT_WORDS = words("offset sent submitted issued epoch arrivals")
"""A column of this name alone may as well have places, counts or numbers: its unit is needed."""
_UNIT_COLUMNS = words("unit units einheit einheiten unite unites unidad unidades unita eenheid jednostka enhet")
_DAYS = words("day days tag tage jour jours dia dias giorno dag dagen dzien")
_PARTS = words("fraction frac fractional subsec subsecs subsecond subseconds")
_BRACKETS = re.compile(r"[(\[{<]\s*([^()\[\]{}<>]*?)\s*[)\]}>]")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CLOCK_FORM = re.compile(r"[hmsdyfzt:.,/\- ]*[:/.\-][hmsdyfzt:.,/\- ]*")
_ZONES = ("utc", "gmt", "local", "cet", "cest", "unix", "epoch", "iso", "iso 8601", "iso8601", "rfc 3339", "utc+0")


@dataclass(frozen=True, slots=True)
class TimeColumn:
    index: int
    name: str
    """As the header spells it; empty without one."""
    unit: str
    """A key of NS_PER_UNIT; empty where the header names none."""
    of_dates: bool = False
    """True where the name promises dates or clock times."""
    of_counts: bool = False
    """True where the name may be that of a count."""


class UnknownUnit(ValueError):
    """A column is named as a time, in a unit that is none here. The text is a phrase."""


def time_columns(cells: Sequence[str]) -> list[TimeColumn]:
    """The columns of a header that are named as a time when something began. Raises UnknownUnit."""
    for index, cell in enumerate(cells):
        if cell.strip().lower() == EXPORTED:
            return [TimeColumn(index, cell.strip(), "ns")]
    columns = [found for index, cell in enumerate(cells) if (found := _time_column(index, " ".join(cell.split())))]
    if len(columns) == 1:
        _require_whole(columns[0], cells)
    return columns


def _require_whole(column: TimeColumn, cells: Sequence[str]) -> None:
    """Raises UnknownUnit where the time is parted: 'min' beside 'sec', 'fraction' beside 'time'."""
    for index, cell in enumerate(cells):
        is_part = _plain(cell).strip().lower() in _PARTS or (unit_word(column.name) and unit_word(cell))
        if index != column.index and is_part:
            raise UnknownUnit(
                f"the columns {in_quotes(column.name)} and {in_quotes(cell)} may be parts "
                "of one time; write it into one"
            )


def unit_word(text: str) -> str:
    """The unit that a cell, or a word, is; empty where it is none."""
    word = text.strip().strip("()[]{}<>").strip()
    return _UNIT_IN_BRACKETS.get(_plain(word).lower(), "")


def names_units(text: str) -> bool:
    """True for the name of a column of units."""
    return _plain(text).strip(" :.()[]").lower() in _UNIT_COLUMNS


def names_days(text: str) -> bool:
    """True for the name of a column of days."""
    return _plain(text).strip(" :.()[]").lower() in _DAYS


def _plain(text: str) -> str:
    return text.replace("µ", "u").replace("μ", "u").replace("é", "e").replace("è", "e")


def _time_column(index: int, name: str) -> TimeColumn | None:
    unit, rest = "", _plain(name)
    unknown = ""
    for inner in _BRACKETS.findall(rest):
        lower = inner.lower()
        found = _UNIT_IN_BRACKETS.get(lower.removeprefix("in "), "")
        if found and unit and found != unit:
            unknown = inner
        unit = unit or found
        if not found and lower not in _ZONES and not _CLOCK_FORM.fullmatch(lower):
            unknown = inner
    rest = _BRACKETS.sub(" ", rest)
    if any(sign in rest for sign in "\t;|,"):  # the header of several columns
        return None
    words = [word.lower() for part in _WORD.findall(rest) for word in _CAMEL.split(part)]
    if len(words) == 1 and words[0] not in _TIME_WORDS and (split := _glued(words[0])):
        words = split
    units = {UNIT_OF_WORD[word] for word in words if word in UNIT_OF_WORD}
    named = [word for word in words if word not in UNIT_OF_WORD]
    is_time = any(word in _TIME_WORDS for word in named) or (not named and bool(units or unit) and not unknown)
    if not is_time or any(word not in _TIME_WORDS and word not in _NEUTRAL_WORDS for word in named):
        return None
    if unknown:
        raise UnknownUnit(
            f"the unit {in_quotes(unknown)} of the column {in_quotes(name)} is none of ns, us, ms, s, min and h"
        )
    units |= {unit} - {""}
    if len(units) > 1:
        raise UnknownUnit(f"the column {in_quotes(name)} names more than one unit: {', '.join(sorted(units))}")
    return TimeColumn(
        index,
        name,
        next(iter(units), ""),
        any(word in _DATE_WORDS for word in named),
        all(word in _COUNT_WORDS | _NEUTRAL_WORDS for word in named),
    )


def _glued(word: str) -> list[str]:
    """'time', 'ms' of 'timems'; empty for any other word."""
    for unit in ("ns", "us", "ms", "s"):
        if word.endswith(unit) and word[: -len(unit)] in ("time", "timestamp", "arrival", "due", "zeit"):
            return [word[: -len(unit)], unit] if (word[: -len(unit)], unit) != ("time", "s") else []
    return []
