"""What has no latency, held against limits, compared with a count of every request by itself."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.groups.limit_counts import LimitCounts
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.limits.in_flight import InFlight
from ovtui.metrics.limits.limit_check import Check, SegmentFigures, check_limit
from ovtui.metrics.limits.unanswered import Unanswered
from ovtui.metrics.session.accounts import Unsent
from ovtui.records.record import Records, empty_records
from ovtui.records.source import LossCounts
from ovtui.settings.schema.slo import parse_slo

BOUND_MS = 20.0
MS = 1_000_000


@st.composite
def segments(draw: st.DrawFn) -> tuple[list[float], int, int, list[float], list[float]]:
    """Latencies of what came back, how many were shed and lost, the waits of the unsent and of those in flight, ms."""
    some = st.floats(0.1, 100.0)
    answered = draw(st.lists(some, max_size=20)) * draw(st.sampled_from([1, 1, 40]))
    few = st.integers(0, 3) | st.integers(0, 400)
    return (
        answered,
        draw(few),
        draw(st.integers(0, 2)),
        draw(st.lists(some, max_size=30)),
        draw(st.lists(some, max_size=4)),
    )


def rows_of(ms: list[float]) -> Records:
    rows = empty_records(len(ms))
    rows["seq"] = rows["order"] = np.arange(len(ms))
    rows["due_ns"] = rows["submit_ns"] = np.arange(len(ms)) * MS
    rows["done_ns"] = rows["submit_ns"] + np.rint(np.array(ms) * MS).astype(np.int64)
    rows["infer_us"] = np.array(ms) * 1e3
    return rows


def check(text: str, answered: list[float], unanswered: Unanswered) -> Check:
    limit = parse_slo(text)[0]
    counts = LimitCounts(1, [limit])
    rows = rows_of(answered)
    counts.add(rows, None, "counted")
    spread = {kind: Histogram() for kind in ("inference", "service", "response")}
    for histogram in spread.values():
        histogram.add(np.array(answered))
    figures = SegmentFigures(
        spread=spread, rule="rule", counts=counts, completed=len(answered), measured=len(answered), throughput=None,
        lost=unanswered.lost, shed=unanswered.shed, unanswered=unanswered,
    )  # fmt: skip
    return check_limit(limit, figures)


@settings(max_examples=300)
@given(segments())
def test_a_verdict_agrees_with_every_request_by_itself(
    segment: tuple[list[float], int, int, list[float], list[float]],
) -> None:
    answered, shed, lost, unsent_ms, flying_ms = segment
    unanswered = Unanswered(
        shed, lost, (Unsent(len(unsent_ms), np.array(unsent_ms)),), in_flight_ms=np.sort(np.array(flying_ms))
    )
    # What is known of each request: the least and the most that its response can be.
    never = shed + sum(ms > BOUND_MS for ms in unsent_ms)
    flying = sum(ms >= BOUND_MS for ms in flying_ms)
    over = sum(ms >= BOUND_MS for ms in answered) + never + flying
    total = len(answered) + never + flying
    greatest = check(f"max<{BOUND_MS}ms", answered, unanswered)
    if over:
        assert greatest.verdict == "missed"
    elif total:
        assert greatest.verdict == ("unknown" if lost else "held")
    assert check(f"max>={BOUND_MS}ms", answered, unanswered).verdict == {"held": "missed", "missed": "held"}.get(
        greatest.verdict, "unknown"
    )
    percentile = check(f"p90<{BOUND_MS}ms", answered, unanswered)
    if total:
        assert (percentile.over, percentile.requests) == (over, total)
        if percentile.verdict == "held":
            assert over + lost < 0.1 * (total + lost)
            assert never == 0 or total >= 44
        if percentile.verdict == "missed":
            assert over > 0.1 * (total + lost)
        if never > 0.3 * (total + lost) and never >= 10:
            assert percentile.verdict == "missed"
    mean = check(f"mean<{BOUND_MS}ms", answered, unanswered)
    if never + flying:
        assert mean.verdict != "held"
        if mean.verdict == "missed":
            least = sum(answered) + sum(unsent_ms) + sum(flying_ms)
            assert least / (len(answered) + shed + len(unsent_ms) + len(flying_ms)) > BOUND_MS
    if lost:
        assert mean.verdict != "held"


@settings(max_examples=200)
@given(st.data())
def test_waits_in_flight_are_never_longer_than_they_are(data: st.DataObject) -> None:
    """A load is made up and looked at: each request submitted at a time, back at one or never."""
    n = data.draw(st.integers(1, 60))
    submit_ms = np.sort(data.draw(st.lists(st.integers(0, 900), min_size=n, max_size=n).map(np.array)))
    took_ms = np.array(data.draw(st.lists(st.integers(1, 1500), min_size=n, max_size=n)))
    done_ms = submit_ms + took_ms
    in_flight = InFlight()
    in_flight.begin_segment(0)
    seen_ms = 0
    for look_ms in range(100, 1001, 100):
        back = np.flatnonzero((done_ms > seen_ms) & (done_ms <= look_ms))
        rows = empty_records(len(back))
        rows["seq"] = back
        rows["submit_ns"] = submit_ms[back] * MS
        rows["done_ns"] = done_ms[back] * MS
        in_flight.add([LossCounts(look_ms * MS, 0, 0, int((submit_ms <= look_ms).sum()))], rows)
        seen_ms = look_ms
    waits_ms = in_flight.waits_ms(1000 * MS, 0)
    true_ms = np.sort((1000 - submit_ms[done_ms > 1000]).astype(float))
    if (done_ms <= 1000).any():
        assert len(waits_ms) == len(true_ms)
        assert (waits_ms <= true_ms + 1e-9).all()
        assert (waits_ms >= true_ms - 100 - 1e-9).all()
    else:
        assert not len(waits_ms)
    assert math.isfinite(float(waits_ms.sum()))
