"""The grammar of `--fail-if 'p99>+5%,throughput<-3%'`: by how much B may be worse than A.

    conditions = condition {"," condition}                  the option may also be repeated
    condition  = figure ">" "+" percent "%" | figure "<" "-" percent "%"
    figure     = "p50" | "p90" | "p95" | "p99" | "p99.9" | "mean" | "throughput" | "errors" | "joules"

Blanks and case are ignored. A change is always one of B against A, in percent of A: a condition in milliseconds belongs
to `--slo`. A condition is true only where the whole interval of the change fulfils it, so `max`, of which a run tells
no interval, is no figure here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.slo import number_text
from ovtui.settings.shown_text import in_quotes

Direction = Literal[">", "<"]
FailFigure = Literal["p50", "p90", "p95", "p99", "p99.9", "mean", "throughput", "errors", "joules"]
FAIL_FIGURES: tuple[FailFigure, ...] = (
    "p50", "p90", "p95", "p99", "p99.9", "mean", "throughput", "errors", "joules",
)  # fmt: skip
EXAMPLE = "p99>+5%"
LARGEST_PERCENT = 1e6
"""10,000 times as much."""

_NUMBER = r"(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?"
_CONDITION = re.compile(
    rf"(?P<figure>[a-z0-9._]+)\s*(?P<direction>[<>])(?P<equal>=?)\s*(?P<sign>[+-]?)\s*(?P<number>{_NUMBER})\s*"
    r"(?P<unit>[a-zµ%/]*)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class FailIf:
    """A condition. `parse_fail_if` takes `str` of it back."""

    figure: FailFigure
    direction: Direction
    """'>': true where B is more than A by over `percent`; '<': where it is less."""
    percent: float
    """Of A, without its sign; 0 and above, below 100 for '<'."""

    @property
    def bound(self) -> float:
        """The ratio B / A beyond which the condition is true: 1.05 of 'p99>+5%', 0.97 of 'throughput<-3%'."""
        return 1 + self.percent / 100 if self.direction == ">" else 1 - self.percent / 100

    def __str__(self) -> str:
        return f"{self.figure}{self.direction}{'+' if self.direction == '>' else '-'}{number_text(self.percent)}%"


def is_true(fail_if: FailIf, low: float, high: float) -> bool:
    """Whether the whole interval of the ratio B / A, `low` to `high`, fulfils the condition: its lower end of a '>',
    its upper end of a '<'. What the interval only reaches into is not known to be true, and is not."""
    return low > fail_if.bound if fail_if.direction == ">" else high < fail_if.bound


def is_false(fail_if: FailIf, low: float, high: float) -> bool:
    """Whether no part of the interval fulfils the condition. Neither true nor false: it cannot be told."""
    return high <= fail_if.bound if fail_if.direction == ">" else low >= fail_if.bound


FailVerdict = Literal["true", "false", "open", "unknown"]
"""true: the whole interval fulfils the condition; false: no part of it does; open: it reaches across the bound;
unknown: there is no interval to look at."""
FAILS: tuple[FailVerdict, ...] = ("true", "unknown")
"""Verdicts that end with exit code 3: what cannot be looked at does not pass, as with a limit of --slo."""


def verdict_on(fail_if: FailIf, low: float | None, high: float | None) -> FailVerdict:
    """On the interval of the ratio B / A; `high` alone None: it has no upper end."""
    if low is None:
        return "unknown"
    high = math.inf if high is None else high
    return "true" if is_true(fail_if, low, high) else "false" if is_false(fail_if, low, high) else "open"


def parse_fail_if(text: str) -> FailIf:
    """One condition. Raises SettingsError."""
    found = _CONDITION.fullmatch(text.strip().lower())
    if found is None:
        raise SettingsError(
            f"fail-if: {in_quotes(text.strip())} is not a condition; write figure, > or <, and a change in percent, as "
            f"in {in_quotes(EXAMPLE)}"
        )
    quoted, name, number = in_quotes(text.strip()), found["figure"], found["number"]
    if name not in FAIL_FIGURES:
        raise SettingsError(f"fail-if: {quoted}: {_of_figure(name)}")
    figure, direction, sign = cast(FailFigure, name), cast(Direction, found["direction"]), found["sign"]
    right = f"{figure}{direction}{'+' if direction == '>' else '-'}{number}%"
    if found["unit"] != "%":
        what = "is in percent of A" if not found["unit"] else "is in percent of A, not in " + found["unit"]
        raise SettingsError(f"fail-if: {quoted}: a change {what}; write {in_quotes(right)}")
    if found["equal"]:
        raise SettingsError(f"fail-if: {quoted}: write > or <, as in {in_quotes(right)}")
    if sign != ("+" if direction == ">" else "-"):
        worse = "> goes with + (more than A)" if direction == ">" else "< goes with - (less than A)"
        raise SettingsError(f"fail-if: {quoted}: {worse}; write {in_quotes(right)}")
    percent = float(number)
    if direction == "<" and percent >= 100:
        raise SettingsError(f"fail-if: {quoted}: nothing falls by {number}%; write less than 100%")
    if percent > LARGEST_PERCENT:
        raise SettingsError(f"fail-if: {quoted}: no change is larger than {number_text(LARGEST_PERCENT)}%")
    return FailIf(figure, direction, percent)


def parse_fail_ifs(texts: Iterable[str]) -> tuple[FailIf, ...]:
    """Of a repeated option, each with one condition or several by comma; each condition once, in their order. Raises
    SettingsError."""
    found: dict[FailIf, None] = {}
    for text in texts:
        for part in text.split(","):
            if not part.strip():
                raise SettingsError(f"fail-if: a condition is empty; separate them by one comma, as in {_SEVERAL}")
            found[parse_fail_if(part)] = None
    return tuple(found)


_SEVERAL = in_quotes("p99>+5%,throughput<-3%")


def _of_figure(name: str) -> str:
    """Why a figure cannot be one of a condition."""
    known = f"write one of {', '.join(FAIL_FIGURES)}"
    if name in ("max", "min"):
        return f"{name} of a run has no interval, so no change of it can be certain; write p99.9, or limit it by --slo"
    if re.fullmatch(r"p\d+(\.\d+)?", name, re.ASCII):
        return f"{name} is not among the figures that are compared; {known}"
    return f"{in_quotes(name)} is no figure; {known}{did_you_mean(name, FAIL_FIGURES, start='; ')}"
