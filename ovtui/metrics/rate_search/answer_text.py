"""The answer of a search for a rate, in words."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.confidence.binomial_rule import CONFIDENCE
from ovtui.records.study_events import FindRateAnswer, StudyPoint

FALLS = 1.5
"""The p50 at the lowest rate is so many times that of a higher one: a queue alone never does that."""


def rate_text(rate: float | None) -> str:
    """'412/s'; as a point of a search is named."""
    return f"{number_format.significant(rate, 4)}/s" if rate is not None else number_format.UNKNOWN


def answer_line(answer: FindRateAnswer, *, done: bool = True) -> str:
    """'holds 412/s, fails 438/s, 14 probes, 96 s'. `done`: the search was not stopped before its end."""
    holds, fails, missed = answer.holds_per_s, answer.fails_per_s, answer.missed_per_s
    so_far = "" if done else " so far"
    parts = []
    if holds is not None:
        parts.append(f"holds {rate_text(holds)}{so_far}{_likely(answer.holds_likely)}")
    elif fails is not None:
        parts.append(f"no rate holds{so_far}")
    else:
        parts.append("nothing was measured to its end")
    if fails is not None and fails == missed:
        parts.append(f"fails {rate_text(fails)}")
    elif fails is not None and answer.fails_likely:
        parts.append(f"fails {rate_text(fails)}{_likely(answer.fails_likely)}")
    elif fails is not None:
        parts.append(f"not known at {rate_text(fails)}")
        if missed is not None:
            parts.append(f"fails {rate_text(missed)}")
    elif holds is not None and done:
        parts.append("the highest that is asked for")
    if answer.holds_likely:
        known = answer.known_per_s
        parts.append(f"known to hold at {rate_text(known)}" if known is not None else "none is known to hold")
    parts += [number_format.quantity(answer.probes, "probe"), f"{answer.lasted_s:.0f} s"]
    return ", ".join(parts)


def _likely(basis: str) -> str:
    return f" (likely: {basis})" if basis else ""


def confidence_lines(answer: FindRateAnswer, points: Sequence[StudyPoint]) -> list[str]:
    """How sure it is: what the verdicts at both ends rest on."""
    if answer.holds_per_s is None and answer.fails_per_s is None:
        return []
    sure = f"{100 * CONFIDENCE:.0f} %"
    lines = [f"held and missed are known with {sure} confidence, likely is the best estimate"]
    known, missed = answer.known_per_s, answer.missed_per_s
    if answer.holds_likely or answer.fails_likely:
        ends = ["none" if rate is None else rate_text(rate) for rate in (known, missed)]
        lines.append(f"known with {sure} confidence: holds {ends[0]}, fails {ends[1]}")
    for rate in dict.fromkeys((known, answer.holds_per_s, answer.fails_per_s)):
        ours = [point for point in points if rate is not None and rate_of(point) == rate]
        if ours:
            times = f", measured {number_format.quantity(len(ours), 'time')}" if len(ours) > 1 else ""
            lines.append(f"{rate_text(rate)}{times}: {ours[-1].reason}")
    if answer.changed_per_s:
        rates = ", ".join(rate_text(rate) for rate in answer.changed_per_s)
        lines.append(f"did otherwise when measured again, with the requests of both times: {rates}")
    if answer.holds_per_s is None and (falls := _falling_text(points)):
        lines.append(falls)
    return lines


def _falling_text(points: Sequence[StudyPoint]) -> str:
    """Why no lower rate helps, where the response time falls as the rate rises; else empty."""
    measured = sorted((rate_of(point), point.figures.p50_ms or 0.0) for point in points if point.figures is not None)
    measured = [(rate, p50_ms) for rate, p50_ms in measured if rate and p50_ms]
    if not measured:
        return ""
    slowest, quickest = measured[0], min(measured, key=lambda each: each[1])
    if slowest[1] < FALLS * quickest[1]:
        return ""
    told = [f"{number_format.duration(p50_ms)} at {rate_text(rate)}" for rate, p50_ms in (slowest, quickest)]
    return (
        f"the p50 falls as the rate rises ({' and '.join(told)}), as where requests wait for others to fill a batch: "
        "no lower rate can hold; see --hint latency and --batch-timeout"
    )


def rate_of(point: StudyPoint) -> float:
    """The rate of a search's point, 1/s; 0 where it has none."""
    try:
        return float(point.values.get("rate", "0"))
    except ValueError:
        return 0.0
