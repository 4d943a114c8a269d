"""The verdicts on the limits of --slo: against the segment in force, and since when each of them stands. In `ovtui run`
nothing changes the settings, so that segment is the whole run.

A verdict is true with 99 % confidence for the moment at which it is looked at. One that is looked at every second has
that many chances to be wrong; the one to rely on is the one at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.confidence.percentile_rule import VerdictWord
from ovtui.metrics.latency.latency import rounded_ms
from ovtui.metrics.limits.limit_check import Check, SegmentFigures, check_limit
from ovtui.settings.schema.slo import Limit

CHECK_INTERVAL_NS = 1_000_000_000
"""Limits are checked once a second, so `since_s` is accurate to a second."""
STATUS: dict[VerdictWord, str] = {"held": "held", "missed": "MISSED", "unknown": "not known"}


@dataclass(frozen=True, slots=True)
class Verdict:
    limit: Limit
    check: Check
    since_s: float
    """Session time since when it is this one."""

    @property
    def verdict(self) -> VerdictWord:
        return self.check.verdict

    @property
    def value(self) -> float | None:
        """In the unit of the limit."""
        return rounded_ms(self.check.value)

    @property
    def status(self) -> str:
        return STATUS[self.verdict]

    @property
    def name(self) -> str:
        return limit_name(str(self.limit), is_default=self.limit.is_default)

    @property
    def value_text(self) -> str:
        """The value with its unit, and what the verdict rests on."""
        return value_text(self.value, self.limit.unit, self.check.why)

    @property
    def short_text(self) -> str:
        """The value alone; what the verdict rests on where there is none."""
        return value_text(self.value, self.limit.unit, "" if self.value is not None else self.check.why)

    @property
    def sentence(self) -> str:
        """Limit, verdict and value in one line."""
        return describe_verdict(self.name, self.verdict, self.value, self.limit.unit, self.check.why)


def limit_name(limit: str, *, is_default: bool) -> str:
    return f"{limit} (default)" if is_default else limit


def describe_verdict(limit: str, verdict: VerdictWord, value: float | None, unit: str, why: str) -> str:
    """A verdict as a sentence that stands by itself. `limit`: as `limit_name` gives it; the rest as in Check."""
    return f"{limit} {STATUS[verdict]}: {value_text(value, unit, why)}"


def value_text(value: float | None, unit: str, why: str) -> str:
    """The value with its unit and what the verdict rests on; the arguments are as in Check."""
    if value is None:
        return why
    shown = number_format.significant(value, 4) if unit else number_format.count(round(value))
    after = {"ms": " ms", "/s": "/s", "%": " %", "": ""}[unit]
    return f"{shown}{after}" + (f" ({why})" if why else "")


class SloMonitor:
    """The limits in force over time. Owner: the Digest."""

    def __init__(self) -> None:
        self.verdicts: list[Verdict] = []
        self._segment = -1
        self._looked_ns = -CHECK_INTERVAL_NS

    def due(self, now_ns: int) -> bool:
        return now_ns - self._looked_ns >= CHECK_INTERVAL_NS

    def look(self, limits: Sequence[Limit], figures: SegmentFigures, segment: int, began_s: float, now_ns: int) -> None:
        """Checks the limits against the figures of the segment that began at `began_s`."""
        before = {verdict.limit: verdict for verdict in self.verdicts} if segment == self._segment else {}
        self._segment, self._looked_ns = segment, now_ns
        self.verdicts = []
        for limit in limits:
            check = check_limit(limit, figures)
            old = before.get(limit)
            since_s = began_s if old is None else old.since_s if old.verdict == check.verdict else now_ns / 1e9
            self.verdicts.append(Verdict(limit, check, since_s))
