"""The verdicts on the limits of --slo in the Result."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.metrics.groups.throughputs import S_DECIMALS
from ovtui.metrics.limits.verdicts import Verdict


class LimitResult(msgspec.Struct, frozen=True, kw_only=True):
    """One limit, held against the last segment."""

    limit: str
    default: bool
    """True for `errors=0`, which is in force where limits are set and none of them is on errors."""
    verdict: Literal["held", "missed", "unknown"]
    """With 99 % confidence where it rests on a sample (percentiles, mean, throughput); of counts, min and max exact. A
    limit that is `unknown` is not held."""
    met: bool | None
    """The verdict as true (held), false (missed) or null (unknown)."""
    value: float | None
    unit: Literal["ms", "/s", "%", ""]
    since_s: float
    """Session time from which on this has been the verdict."""
    why: str
    """What the verdict rests on, or why there is no value; may be empty."""
    needs_requests: int | None
    """Of an unknown verdict: about how many more requests would decide if they are like those so far; null where none
    would, or that is not known."""
    requests: int | None
    """Of a limit on a percentile: the requests that it was held against."""
    over: int | None
    """How many of them were over it, counted exactly. Of a limit that demands more (`>`): above it."""
    independent_requests: float | None
    """How many independent requests they amount to, by how those over the limit cluster in time."""


def limit_result(verdict: Verdict) -> LimitResult:
    check = verdict.check
    return LimitResult(
        limit=str(verdict.limit),
        default=verdict.limit.is_default,
        verdict=verdict.verdict,
        met={"held": True, "missed": False, "unknown": None}[verdict.verdict],
        value=verdict.value,
        unit=verdict.limit.unit,
        since_s=round(verdict.since_s, S_DECIMALS),
        why=check.why,
        needs_requests=check.needs_requests,
        requests=check.requests,
        over=check.over,
        independent_requests=check.independent,
    )
