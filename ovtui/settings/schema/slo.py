"""The grammar of service-level objectives: `--slo 'p99<20ms,errors=0,throughput>100'`.

    slo        = limit {"," limit}
    limit      = [latency "."] statistic comparison time
               | "throughput" comparison number ["/s"]
               | counter comparison number ["%"]
    latency    = "response" | "service" | "inference"       default: response, the time a caller waits
    statistic  = "p" number (above 0, below 100) | "min" | "mean" | "max"
    counter    = "errors" | "late" | "lost" | "shed"        with % a share of the requests
    comparison = "<" | "<=" | "=" | ">=" | ">"
    time       = number ("us" | "ms" | "s")

Blanks and case are ignored. Where there are limits and none on errors, `errors=0` is in force, too."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, cast

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

Comparison = Literal["<", "<=", "=", ">=", ">"]
Unit = Literal["ms", "/s", "%", ""]
LATENCY_NAMES = ("response", "service", "inference")
COUNTERS = ("errors", "late", "lost", "shed")
LARGEST = 1e15
"""Of a limit's number; also of milliseconds, of which it is 31,000 years."""
EXAMPLE = "p99<20ms,errors=0"

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_LIMIT_PATTERN = re.compile(
    rf"(?P<subject>[a-z][a-z0-9._]*?)\s*(?P<comparison><=|>=|<|>|=)\s*(?P<number>{_NUMBER})\s*(?P<unit>[a-zµ/%]*)",
    re.ASCII,
)
_MS_PER_UNIT = {"us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit. `parse_slo` takes `str` of it back."""

    metric: str
    """'p', 'min', 'mean', 'max', 'throughput' or one of COUNTERS."""
    comparison: Comparison
    bound: float
    unit: Unit
    latency: str = ""
    """One of LATENCY_NAMES for 'p', 'min', 'mean' and 'max'; empty for the other metrics."""
    q: float | None = None
    """The percentile, for 'p'."""
    is_default: bool = field(default=False, compare=False)
    """True where it is in force without having been written."""

    @property
    def subject(self) -> str:
        """'p99', 'inference.max', 'errors'; response, the default, is left out."""
        name = f"p{number_text(self.q)}" if self.q is not None else self.metric
        return name if self.latency in ("", "response") else f"{self.latency}.{name}"

    @property
    def is_floor(self) -> bool:
        return self.comparison in (">", ">=")

    def allows(self, value: float) -> bool:
        return _COMPARE[self.comparison](value, self.bound)

    def __str__(self) -> str:
        return f"{self.subject}{self.comparison}{number_text(self.bound)}{self.unit}"


def parse_slo(text: str) -> tuple[Limit, ...]:
    """The limits in their order; empty for an empty text. Raises SettingsError."""
    parts = [part.strip() for part in text.lower().split(",")]
    if parts == [""]:
        return ()
    return tuple(_parse_limit(part) for part in parts)


def limits_in_force(text: str) -> tuple[Limit, ...]:
    """The limits of a text and, where none of them is on errors, the default one. Raises SettingsError."""
    limits = parse_slo(text)
    if not limits or any(limit.metric == "errors" for limit in limits):
        return limits
    return (*limits, Limit("errors", "=", 0.0, "", is_default=True))


def canonical_slo(text: str) -> str:
    """The limits in their normal form. Raises SettingsError."""
    return ",".join(str(limit) for limit in parse_slo(text))


def number_text(value: float | None) -> str:
    """The shortest text that parses to this number."""
    return repr(value).removesuffix(".0")


def _parse_limit(text: str) -> Limit:
    if not text:
        raise SettingsError(f"slo: a limit is empty; separate limits by one comma, as in {in_quotes(EXAMPLE)}")
    found = _LIMIT_PATTERN.fullmatch(text)
    if found is None:
        raise SettingsError(
            f"slo: {in_quotes(text)} is not a limit; write metric, comparison and value, as in {in_quotes(EXAMPLE)}"
        )
    comparison, unit = cast(Comparison, found["comparison"]), found["unit"]
    number, subject = float(found["number"]), found["subject"]
    if number > LARGEST:
        raise SettingsError(f"slo: {in_quotes(text)}: no limit is larger than {LARGEST:g}")
    if subject in COUNTERS:
        if unit not in ("", "%"):
            raise SettingsError(
                f"slo: {in_quotes(text)}: {subject} is a count; write a number, or a share such as 0.1%"
            )
        return Limit(subject, comparison, number, cast(Unit, unit))
    if subject == "throughput":
        if unit not in ("", "/s"):
            raise SettingsError(
                f"slo: {in_quotes(text)}: throughput is in requests per second; write {number_text(number)}/s"
            )
        return Limit(subject, comparison, number, "/s")
    latency, metric, q = _parse_statistic(subject, text)
    if unit not in _MS_PER_UNIT:
        raise SettingsError(f"slo: {in_quotes(text)}: a latency needs a unit: us, ms or s, as in 20ms")
    return Limit(metric, comparison, number * _MS_PER_UNIT[unit], "ms", latency, q)


def _parse_statistic(subject: str, text: str) -> tuple[str, str, float | None]:
    """Latency, metric and percentile of 'inference.p99', 'p99' or 'max'."""
    head, dot, rest = subject.partition(".")
    latency, name = (head, rest) if dot and head in LATENCY_NAMES else ("response", subject)
    if name in ("min", "mean", "max"):
        return latency, name, None
    if re.fullmatch(r"p\d+(\.\d+)?", name, re.ASCII):
        q = float(name[1:])
        if not 0 < q < 100:
            raise SettingsError(
                f"slo: {in_quotes(text)}: a percentile lies above 0 and below 100; the highest value is max"
            )
        return latency, "p", q
    what = "a percentile (p99), min, mean or max, throughput, errors, late, lost or shed"
    raise SettingsError(f"slo: {in_quotes(text)}: {in_quotes(subject)} cannot be limited; write {what}")
