"""What a probe tells that was not decided in its time: on which side of its limits it likely is, and how far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, cast

from ovtui.metrics.latency.histogram import LatencyHistograms
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.limits.limit_check import Check
from ovtui.metrics.limits.verdicts import value_text
from ovtui.metrics.rate_search.probe import Outcome
from ovtui.metrics.rate_search.tail import tail_of
from ovtui.records.study_events import Pressure
from ovtui.settings.schema.slo import Limit

LEAST_REQUESTS = 100
"""Fewer tell nothing of a percentile."""


class Leaning(NamedTuple):
    outcome: Outcome
    reason: str


def lean(limits: Sequence[Limit], checks: Sequence[Check]) -> Leaning:
    """Of limits none of which is known to be missed, and not all of which are known to hold."""
    open_limits = [(limit, check) for limit, check in zip(limits, checks, strict=True) if check.verdict == "unknown"]
    over = [pair for pair in open_limits if not _likely_holds(*pair)]
    limit, check = (over or open_limits)[0]
    told = value_text(check.value, limit.unit, check.why)
    if any(not _tells(check) for _, check in over):
        return Leaning("unknown", f"{limit} not known: {told}")
    outcome: Outcome = "likely missed" if over else "likely held"
    return Leaning(outcome, f"{limit} {outcome}: {told}")


def _tells(check: Check) -> bool:
    return check.value is not None or (check.requests or 0) >= LEAST_REQUESTS


def _likely_holds(limit: Limit, check: Check) -> bool:
    if not _tells(check):
        return False
    if limit.q is not None and check.over is not None and check.requests and not limit.is_floor:
        # The exact count: a histogram's bucket rounds the percentile.
        return check.over < (1 - limit.q / 100) * check.requests
    return check.value is not None and limit.allows(check.value)


def pressure_of(limits: Sequence[Limit], checks: Sequence[Check], spread: LatencyHistograms) -> Pressure | None:
    """Of the limit on a percentile that is missed most, or next to it; None where none tells."""
    found = [_pressure(limit, check, spread) for limit, check in zip(limits, checks, strict=True)]
    return max((each for each in found if each is not None), key=lambda each: each.log, default=None)


def _pressure(limit: Limit, check: Check, spread: LatencyHistograms) -> Pressure | None:
    if limit.q is None or limit.is_floor or not limit.bound or not check.value or not check.independent:
        return None
    requests, share = check.requests or 0, 1 - limit.q / 100
    if requests < LEAST_REQUESTS:
        return None
    tail = tail_of(spread[cast(LatencyKind, limit.latency)], limit.q)
    scale_ms = tail.scale_ms if tail is not None else check.value / -math.log(share)
    # The share over the limit is known to so much of itself; an exponential tail turns that into time.
    sd = math.sqrt((1 - share) / (share * check.independent)) * min(scale_ms / check.value, 1.0)
    shaped = math.log(tail.percentile_ms / limit.bound) if tail is not None else None
    return Pressure(log=math.log(check.value / limit.bound), sd=sd, requests=requests, tail=shaped)
