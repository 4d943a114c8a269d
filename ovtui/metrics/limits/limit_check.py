"""One limit of --slo against the figures of a segment: held, missed, or not known, and what would decide."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from ovtui.metrics import number_format
from ovtui.metrics.confidence.binomial_rule import side_of
from ovtui.metrics.confidence.interval_rule import completions_half_width, mean_half_width
from ovtui.metrics.confidence.percentile_rule import VerdictWord, judge_percentile, requests_needed
from ovtui.metrics.groups.limit_counts import LimitCounts
from ovtui.metrics.latency.histogram import LatencyHistograms, samples_needed
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.limits.unanswered import AgainstLimit, Unanswered
from ovtui.settings.schema.settings import WarmUpRule
from ovtui.settings.schema.slo import Limit

LEAST_SPAN_S = 1.0
"""A throughput over less is not known to be held."""
NO_RATE = "fewer than two rounds of the infer requests"
OUT_OF_REACH = "it lies where no number of requests would decide"
_OPPOSITE: dict[VerdictWord, VerdictWord] = {"held": "missed", "missed": "held", "unknown": "unknown"}


@dataclass(frozen=True, slots=True)
class SegmentFigures:
    """The figures of one segment that limits are checked against."""

    spread: LatencyHistograms
    rule: WarmUpRule
    """The warm-up rule of `spread`."""
    counts: LimitCounts
    completed: int
    measured: int
    throughput: float | None
    errors: int = 0
    late: int = 0
    lost: int = 0
    shed: int = 0
    asked: float | None = None
    """The rate of an open loop that has ended, all of whose requests were served, see asked_rate."""
    unanswered: Unanswered = field(default_factory=Unanswered)
    """What came due and has no latency."""


@dataclass(frozen=True, slots=True)
class Check:
    verdict: VerdictWord
    value: float | None
    """In the unit of the limit."""
    why: str = ""
    """What the verdict rests on; why there is no value."""
    needs_requests: int | None = None
    """Of an unknown verdict: about how many more would decide; None where that is not known, or none would."""
    requests: int | None = None
    over: int | None = None
    """Of a limit on a percentile: how many requests there were, and how many of them over it."""
    independent: float | None = None
    """And how many independent ones they amount to, for the requests over the limit."""


NOTHING = Check("unknown", None, "nothing was measured")


def check_limit(limit: Limit, figures: SegmentFigures) -> Check:
    if limit.metric == "throughput":
        return _throughput(limit, figures)
    if limit.unit in ("", "%"):
        return _counter(limit, figures)
    histogram, without = figures.spread[cast(LatencyKind, limit.latency)], figures.unanswered.against(limit)
    if not histogram.count and not without.over:
        return NOTHING
    if limit.q is not None:
        enough = histogram.count >= samples_needed(limit.q)
        return _percentile(limit, limit.q, histogram.percentile(limit.q) if enough else None, figures, without)
    if limit.metric == "mean":
        return _mean(limit, histogram.sum_ms, histogram.count, figures, without)
    if limit.metric == "min":
        return _least(limit, histogram.min_ms if histogram.count else None, without)
    return _greatest(limit, histogram.max_ms if histogram.count else None, without)


def _percentile(limit: Limit, q: float, value: float | None, figures: SegmentFigures, without: AgainstLimit) -> Check:
    if limit.comparison == "=":
        return Check("unknown", value, "that a percentile equals a number cannot be shown; write < or >")
    seen = figures.counts.over_limit(limit, figures.rule, without.over)
    word = judge_percentile(seen, q)
    if word != "missed" and side_of(without.never, seen.requests, 1 - q / 100) == "over":
        # Facts of this run, and no sample of requests that depend on each other.
        word = "missed"
    undecided = without.unknown and word != _with_unknown(figures, limit, q, without, word)
    needs = requests_needed(seen, q) if word == "unknown" else None
    why = f"{seen.over[0]:,} of {seen.requests:,} {'above' if limit.is_floor else 'over'}"
    why += f", {text}" if (text := without.text(limit)) else ""
    if undecided:
        return Check("unknown", value, f"{why}, which could decide", None, seen.requests, seen.over[0])
    if word == "unknown":
        why += _needs_text(needs)
    if limit.is_floor:
        word = _OPPOSITE[word]
    return Check(word, value, why, needs, seen.requests, seen.over[0], round(seen.requests / seen.near, 1))


def _with_unknown(
    figures: SegmentFigures, limit: Limit, q: float, without: AgainstLimit, word: VerdictWord
) -> VerdictWord:
    """The verdict if those of which nothing is known were what speaks most against `word`."""
    if word == "held":
        return judge_percentile(figures.counts.over_limit(limit, figures.rule, without.over + without.unknown), q)
    if word == "missed":
        seen = figures.counts.over_limit(limit, figures.rule, without.over)
        requests = seen.requests + without.unknown
        fewer = replace(seen, requests=requests)
        over = judge_percentile(fewer, q) == "missed" or side_of(without.never, requests, 1 - q / 100) == "over"
        return "missed" if over else "unknown"
    return word


def _mean(limit: Limit, sum_ms: float, count: int, figures: SegmentFigures, without: AgainstLimit) -> Check:
    value = sum_ms / count if count else None
    if without.over or without.unknown:
        # Whatever they would take: no upper bound of the mean is known, and the lower one is what they have waited.
        least = (sum_ms + without.waited_ms) / (count + without.without)
        why = without.text(limit)
        if least > limit.bound and not without.unknown and limit.comparison != "=":
            return Check("held" if limit.is_floor else "missed", value, f"{why}: at least {_ms(least)} with them")
        return Check("unknown", value, why)
    assert value is not None
    counts, sums, squares = figures.counts.latencies(cast(LatencyKind, limit.latency), figures.rule)
    half = mean_half_width(counts, sums, squares)
    if half is None:
        return Check("unknown", value, f"{round(float(counts.sum())):,} requests tell too little")
    return _interval(limit, value, half, round(float(counts.sum())), "ms")


def _ms(value: float) -> str:
    return f"{number_format.significant(value, 3)} ms"


def _greatest(limit: Limit, value: float | None, without: AgainstLimit) -> Check:
    """Of the requests that came back it is exact; one that did not in the limit's time is greater than that."""
    why = without.text(limit)
    if without.over and (limit.is_floor or limit.comparison != "="):
        return Check("held" if limit.is_floor else "missed", value, why)
    return _if_all_known(limit, value, without, grows=True)


def _least(limit: Limit, value: float | None, without: AgainstLimit) -> Check:
    return _if_all_known(limit, value, without, grows=False)


def _if_all_known(limit: Limit, value: float | None, without: AgainstLimit, *, grows: bool) -> Check:
    """An exact value, if those of which nothing is known cannot change the verdict: a greatest one only grows with
    them, a least one only falls."""
    why = without.text(limit)
    if value is None:
        return Check("unknown", None, why)
    check = replace(_exact(limit, value), why=why)
    settled = check.verdict == ("held" if limit.is_floor is grows else "missed") and limit.comparison != "="
    return (
        check if settled or not without.unknown else replace(check, verdict="unknown", why=f"{why}, which could decide")
    )


def _throughput(limit: Limit, figures: SegmentFigures) -> Check:
    value, measured = figures.throughput, figures.measured
    if not value or not measured:
        if value is None and figures.completed:
            return Check("unknown", None, NO_RATE)
        return Check("unknown", value, "no request succeeded") if figures.completed else NOTHING
    check = _of_rate(limit, value, measured, figures)
    span_s = measured / value
    if check.verdict == "held" and span_s < LEAST_SPAN_S:
        missing = max(round(value * LEAST_SPAN_S) - measured, 1)
        return Check("unknown", value, f"over {span_s:.1f} s, and {LEAST_SPAN_S:g} s are needed", missing)
    return check


def _of_rate(limit: Limit, value: float, measured: int, figures: SegmentFigures) -> Check:
    """Where an open loop was served all that it asked for, the throughput is what it asked for. The count over the span
    differs from that by what a span cuts of the last period, and by the chance of random arrivals."""
    if figures.asked is None:
        half = value * completions_half_width(figures.counts.completions.sums[0]) / measured
    elif value == figures.asked:
        return replace(_exact(limit, value), why="all that were asked for")
    else:
        half = abs(value - figures.asked)
    return _interval(limit, value, half, measured, "/s")


def _interval(limit: Limit, value: float, half: float, requests: int, unit: str) -> Check:
    """Held or missed where the whole interval of the value is on one side of the limit."""
    low, high = value - half, value + half
    why = f"± {number_format.significant(half, 2)}{' ms' if unit == 'ms' else unit}"
    if limit.allows(low) == limit.allows(high) == limit.allows(value) and not low <= limit.bound <= high:
        return Check("held" if limit.allows(value) else "missed", value, why)
    distance = abs(value - limit.bound)
    times = (half / distance) ** 2 if distance > 0 else 0.0
    needs = round(requests * (times - 1)) if 1 < times < 1e6 and limit.comparison != "=" else None
    return Check("unknown", value, why + _needs_text(needs), needs)


def _needs_text(needs: int | None) -> str:
    return f"; {OUT_OF_REACH}" if needs is None else f"; needs about {_rounded(needs):,} more"


def _rounded(count: int) -> int:
    """To two digits, upwards: it is an estimate."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return -(-count // unit) * unit


def _counter(limit: Limit, figures: SegmentFigures) -> Check:
    """Counts are exact; of nothing they tell nothing."""
    count = float(getattr(figures, limit.metric))
    total = figures.completed + (figures.shed if limit.metric == "shed" else 0)
    if not total and not count:
        return Check("unknown", 0.0 if limit.unit == "" else None, "nothing has come back")
    if limit.unit == "%" and not total:
        return NOTHING
    value = count if limit.unit == "" else 100 * count / total
    check = _exact(limit, value)
    hidden, why = _hidden(limit, figures)
    # More of them can only add to the count.
    settled = check.verdict == ("held" if limit.is_floor else "missed") and limit.comparison != "="
    if hidden and not settled:
        most = count + hidden if limit.unit == "" else 100 * (count + hidden) / (total + hidden)
        if _exact(limit, most).verdict != check.verdict or limit.comparison == "=":
            return replace(check, verdict="unknown" if check.verdict == "held" else check.verdict, why=why)
    return check


def _hidden(limit: Limit, figures: SegmentFigures) -> tuple[int, str]:
    """Requests of which nobody knows whether they belong to a count, and what they are."""
    if limit.metric not in ("errors", "late"):
        return 0, ""
    never = sum(part.count for part in figures.unanswered.unsent) if limit.metric == "late" else 0
    parts = [(figures.lost, "not recorded"), (never, "never sent")]
    return sum(count for count, _ in parts), ", ".join(f"{count:,} {what}" for count, what in parts if count)


def _exact(limit: Limit, value: float) -> Check:
    return Check("held" if limit.allows(value) else "missed", value)
