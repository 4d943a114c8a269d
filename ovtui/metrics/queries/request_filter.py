"""The filter of the request table: a line such as `late GPU.0 >20ms not warm-up` as a test of records.

The words stand side by side, and all of them must hold. A word of the column `state` means its flag."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from ovtui.records.arrays import Bools, Floats
from ovtui.records.data_shapes import DataShapes
from ovtui.records.device_codes import CPU, STAND_IN, UNKNOWN, name_of
from ovtui.records.record import FLAG_TEXTS, LATENCY_MS, Flag, Records, lag_ms
from ovtui.settings.shown_text import in_quotes

Test = Callable[[Records, DataShapes], Bools]


class FilterError(Exception):
    """One sentence: what is wrong in the line, and what would be right."""


FLAG_WORDS: dict[str, Flag] = {**{text: flag for flag, text in FLAG_TEXTS.items()}, "queued": Flag.QUEUED}
"""The words of the column `state`, and `queued`, which the details of a request tell."""
_SYNONYMS = {"errors": "error", "failed": "error", "ambiguous": "one of"}
_OTHER_WORDS = ("full", "alone", "counted")
"""In a batch; a request alone, and not because the timer ran out; one whose latency counts in percentiles."""
_COUNTS = {
    "seq": "seq", "order": "order", "batch": "batch_id", "segment": "segment", "request": "request",
    "size": "batch_size",
}  # fmt: skip
_LATENCIES = ("response", "inference", "service", "waited")
_MOMENTS = {"due": "due_ns", "submitted": "submit_ns", "done": "done_ns"}
_SHORT = {
    "seg": "segment", "req": "request", "of": "size", "infer": "inference", "serve": "service", "resp": "response",
    "wait": "waited", "submit": "submitted",
}  # fmt: skip
FIELDS = (*_COUNTS, *_LATENCIES, *_MOMENTS)
WORDS = (*FLAG_WORDS, *_OTHER_WORDS, *FIELDS, "device", "shape", "not")
"""What a line may consist of, beside devices and numbers."""
EXAMPLES = "late timer held queued error warm-up full alone GPU.0 >20ms inference>20ms batch 162 segment 3 not late"
_MS_OF = {"": 1.0, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3}
_S_OF = {"": 1.0, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1.0}
_COMPARISONS = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "=": operator.eq, "==": operator.eq,
    "≥": operator.ge, "≤": operator.le,
}  # fmt: skip
LONGEST = 300
"""Characters of a line: more come only of a paste, and a word of negation is a call deep."""
_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?!,[0-9])"
"""With commas between thousands alone: 1,5 would be read as 15."""
_UNIT = "(?i:[uµμm]?s)"
_TOKEN = re.compile(
    rf"""\s*(?:
    (?P<bracket>\S*\[[^\]]*\]\S*)
    |(?P<range>{_NUMBER}\.\.{_NUMBER})\s?(?P<range_unit>{_UNIT})?(?![\w.])
    |(?P<number>{_NUMBER})(?:\s?(?P<unit>{_UNIT}))?(?![\w.])
    |(?P<compare>>=|<=|==|[<>=≥≤])
    |(?P<minus>[-!](?=\S))
    |(?P<word>\(?[^\W\d][\w.\-]*\)?)
    |(?P<rest>\S+)
    )""",
    re.VERBOSE,
)
_DEVICE = re.compile(r"\(?(cpu|[gn]pu(\.\d+)?|other)\)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RequestFilter:
    text: str
    """As a person wrote it, with single spaces."""
    tests: tuple[Test, ...]
    shapes: tuple[str, ...] = ()
    """The data shapes that it asks for, without spaces."""

    def mask(self, records: Records, shapes: DataShapes) -> Bools:
        """[n]: which of [n] records it lets through. `shapes`: the session's."""
        found = np.ones(len(records), np.bool_)
        for test in self.tests:
            found &= test(records, shapes)
        return found


def parse_filter(text: str) -> RequestFilter:
    """Raises FilterError."""
    return _Parser(text).parse()


def completions(text: str) -> list[str]:
    """The words that the last, unfinished word of a line may become; empty after a space."""
    last = re.split(r"[\s\-!]", text)[-1] if not text.endswith("warm-") else "warm-"
    return [word for word in WORDS if last and word.startswith(last.lower()) and word != last]


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = " ".join(text.split())
        if len(self._text) > LONGEST:
            raise FilterError(f"a filter has at most {LONGEST} characters; this has {len(self._text):,}")
        self._tokens = [
            (found.lastgroup or "", found) for found in _TOKEN.finditer(self._text) if found.group().strip()
        ]
        self._at = 0
        self._shapes: list[str] = []

    def parse(self) -> RequestFilter:
        if not self._tokens:
            raise FilterError(f"the filter is empty; for example: {EXAMPLES}")
        tests: list[Test] = []
        while self._at < len(self._tokens):
            tests.append(self._term())
        return RequestFilter(self._text, tuple(tests), tuple(self._shapes))

    def _peek(self, group: str) -> str:
        """The next token if it is of this kind, else empty."""
        if self._at >= len(self._tokens):
            return ""
        return self._tokens[self._at][1][group] or ""

    def _take(self, group: str) -> str:
        text = self._peek(group)
        self._at += bool(text)
        return text

    def _term(self) -> Test:
        if self._take("minus"):
            return self._negated("-")
        if self._peek("word").lower() == "not":
            self._at += 1
            return self._negated("not")
        if shape := self._take("bracket"):
            return self._shape(shape)
        if self._peek("compare"):
            return self._comparison("response")
        word = self._take("word")
        if not word:
            at = self._tokens[self._at][1].group().strip()
            if self._peek("range"):
                raise FilterError(f"{in_quotes(at)} alone is no filter; write response {at} or seq {at}")
            if self._peek("unit"):
                raise FilterError(f"{in_quotes(at)} alone is no filter; write >{at} or <{at}")
            if self._peek("number"):
                raise FilterError(f"{in_quotes(at)} alone is no filter; write >{at}ms, seq {at} or batch {at}")
            raise FilterError(f"{in_quotes(at)} is not understood; for example: {EXAMPLES}")
        return self._of_word(word)

    def _negated(self, sign: str) -> Test:
        if self._at >= len(self._tokens):
            raise FilterError(f"nothing follows {in_quotes(sign)}; for example: not late")
        test = self._term()
        return lambda records, shapes: ~test(records, shapes)

    def _of_word(self, word: str) -> Test:
        name = word.lower()
        if name == "one" and self._peek("word").lower() == "of":
            self._at += 1
            name = "one of"
        name = _SYNONYMS.get(name, name)
        if name in FLAG_WORDS:
            flag = int(FLAG_WORDS[name])
            return lambda records, _: records["flags"] & flag != 0
        if name == "full":
            return lambda records, _: records["batch_size"] > 1
        if name == "alone":
            unlike = int(Flag.TIMED_OUT | Flag.ERROR)
            return lambda records, _: (records["batch_size"] == 1) & (records["flags"] & unlike == 0)
        if name == "counted":
            unlike = int(Flag.ERROR | Flag.WARM_UP | Flag.LEFT_OUT)
            return lambda records, _: records["flags"] & unlike == 0
        name = _SHORT.get(name, name)
        if name in FIELDS:
            return self._comparison(name)
        if name == "shape":
            text = self._take("bracket") or self._take("word")
            if not text:
                raise FilterError("after shape comes a data shape, as in shape [1,3,224,224]")
            return self._shape(text)
        if name == "device":
            device = self._take("word")
            if not _DEVICE.fullmatch(device):
                raise FilterError("after device comes a device, as in device GPU.0")
            return _device(device)
        if _DEVICE.fullmatch(name):
            return _device(name)
        near = get_close_matches(name, [*WORDS, *_SYNONYMS, *_SHORT], 1, 0.6)
        instead = f"did you mean {near[0]}?" if near else f"for example: {EXAMPLES}"
        raise FilterError(f"{in_quotes(word)} is no word of the filter; {instead}")

    def _shape(self, text: str) -> Test:
        wanted = "".join(text.split())
        self._shapes.append(wanted)

        def test(records: Records, shapes: DataShapes) -> Bools:
            keys = records["segment"].astype(np.int64) << 8 | records["data_shape"]
            found = np.zeros(len(records), np.bool_)
            for key in np.unique(keys).tolist():
                if wanted in "".join(shapes.text(key >> 8, key & 0xFF).split()):
                    found |= keys == key
            return found

        return test

    def _comparison(self, name: str) -> Test:
        sign = self._take("compare")
        if span := self._peek("range"):
            unit = self._peek("range_unit")
            self._at += 1
            if sign:
                raise FilterError(f"either {sign} or a range: {name} {span}")
            low, high = (_scaled(name, part, unit) for part in span.split(".."))
            return _between(name, low, high)
        number = self._peek("number")
        if not number:
            rest = self._peek("rest")
            if re.match(r"[0-9]+,[0-9]", rest):
                raise FilterError(f"{in_quotes(rest)} is no number; write {rest.replace(',', '.')}")
            example = f"{name}>20ms" if name in _LATENCIES else f"{name}>2.5s" if name in _MOMENTS else f"{name} 162"
            raise FilterError(f"after {name}{sign} comes a number, as in {example}")
        unit = self._peek("unit")
        self._at += 1
        value = _scaled(name, number, unit)
        if not sign and name not in _COUNTS:
            raise FilterError(f"more or less than that? write {name}>{number}{unit} or {name}<{number}{unit}")
        compare = _COMPARISONS[sign or "="]
        return lambda records, _: compare(_values(name, records), value)


def _scaled(name: str, number: str, unit: str) -> float:
    value = float(number.replace(",", ""))
    if name in _COUNTS:
        if unit or "." in number:
            raise FilterError(f"{name} is a whole number without a unit, as in {name} 162")
        return value
    return value * (_MS_OF if name in _LATENCIES else _S_OF)[unit.lower()]


def _between(name: str, low: float, high: float) -> Test:
    def test(records: Records, _: DataShapes) -> Bools:
        values = _values(name, records)
        return (values >= low) & (values <= high)

    return test


def _values(name: str, records: Records) -> Floats:
    """[n] of a field: counts, ms of latencies (NaN where unknown), s of moments."""
    if name in _COUNTS:
        return np.asarray(records[_COUNTS[name]], np.float64)
    if name in _MOMENTS:
        return np.asarray(records[_MOMENTS[name]], np.float64) / 1e9
    return lag_ms(records) if name == "waited" else latency_ms(name, records)


def latency_ms(kind: str, records: Records) -> Floats:
    """[n] of a latency, ms; NaN where it is unknown: a failed request has no inference latency."""
    values = LATENCY_MS[kind](records)
    unknown = values < 0
    if kind == "inference":
        unknown |= (records["flags"] & Flag.ERROR != 0) & (values == 0)
    return np.where(unknown, np.nan, values)


def _device(text: str) -> Test:
    """`GPU` is any GPU, `CPU` also the CPU that stands in; `(CPU)` only that one."""
    wanted = text.upper()
    codes = [code for code in range(256) if name_of(code).upper() == wanted or _is_kind(code, wanted)]
    if wanted == "CPU":
        codes += [CPU, STAND_IN]
    return lambda records, _: np.isin(records["device"], codes)


def _is_kind(code: int, wanted: str) -> bool:
    return code != UNKNOWN and "." not in wanted and name_of(code).startswith(f"{wanted}.")
