"""Coordinated omission, on a real engine: a rate of 150 % of what is served for ten seconds. Response latency shows
the queue, inference latency does not, and dashboard and progress line report the overload."""

from __future__ import annotations

import io

import numpy as np
import pytest
from driven import Driven, driven

from ovtui.cli.progress import Progress
from ovtui.dashboard.keys.keymap import DEFAULT_BINDINGS
from ovtui.dashboard.views.event_line import newest_entry
from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.judgement.overload import MIN_SLOTS, SPAN_S
from ovtui.records.events import SegmentBegan
from ovtui.records.record import empty_records
from ovtui.records.source import Update

OVERLOAD = 1.5
SECONDS = 10.0
BACKLOG = 10_000_000
"""So large that the queue grows for ten seconds also where 5,000 requests a second come on top of what is served."""
ATTEMPTS = 3
"""A neighbour that goes away in the middle can make 150 % of the machine half of it; then it is measured anew."""


def capacity(run: Driven) -> float:
    """Requests a second of the closed loop, the best second of three."""
    run.wait_completed(50)
    began_ns = run.digest.snapshot().now_ns
    best = 0.0
    while run.digest.snapshot().now_ns < began_ns + 3_000_000_000:
        run.wait_completed(20)
        best = max(best, float(run.digest.recent(1)["service"].count))
    return best


def overload(run: Driven, rate: float) -> None:
    """Ten seconds at `rate`, as a segment of their own; on a slow machine until p99 has enough requests."""
    segments = len(run.of(SegmentBegan))
    run.apply(rate=rate)
    began = run.wait_event(SegmentBegan, segments + 1)

    def long_enough() -> bool:
        snapshot = run.digest.snapshot()
        known = snapshot.segment_latency["response"].p99 is not None
        return known and snapshot.now_ns >= began.t_ns + SECONDS * 1e9

    run.wait_for(long_enough, "ten seconds of overload and enough requests for a p99", limit_s=120)


@pytest.fixture(scope="module")
def overloaded() -> Driven:
    with driven(device="CPU", model="demo-cnn", nireq=4, backlog=BACKLOG) as run:
        rate = OVERLOAD * capacity(run)
        for _ in range(ATTEMPTS):
            overload(run, rate)
            queue = run.digest.queue()
            if queue is not None and queue.state == "growing":
                yield run
                return
            rate *= 2
        pytest.fail(f"not overloaded at {rate / 2:,.0f}/s: {queue}")


def test_response_shows_the_queue_and_inference_does_not(overloaded: Driven) -> None:
    latency = overloaded.digest.snapshot().segment_latency
    response, inference = latency["response"].p99, latency["inference"].p99
    assert response is not None
    assert inference is not None
    # A third of ten seconds' requests wait at the end; an inference takes some ms.
    assert response > 10 * inference
    assert response > 1000


def test_the_queue_grows_by_what_is_not_served(overloaded: Driven) -> None:
    queue = overloaded.digest.queue()
    assert queue is not None
    offered = overloaded.settings.rate
    # In the same span: another program may have taken the cores for a part of it.
    served = overloaded.digest.windows.flow(SPAN_S).count.sum() / SPAN_S
    assert queue.growth_per_s == pytest.approx(offered - served, rel=0.5)
    assert queue.waiting > queue.growth_per_s


def test_the_dashboard_and_the_progress_report_it(overloaded: Driven) -> None:
    digest = overloaded.digest
    advice = advise(advice_facts(digest))
    late_ns = digest.snapshot().now_ns
    assert advice[0].id == "overloaded"
    assert advice[0].text.startswith("overloaded: the queue grows by ")
    # Ten seconds after the rate was changed that is no news, and the advice stands in its place.
    overloaded.wait_for(
        lambda: (
            digest.snapshot().now_ns > late_ns
            and newest_entry(digest.snapshot(), DEFAULT_BINDINGS, advice)[0] == "ADVICE"
        ),
        "the advice on screen",
    )
    out = io.StringIO()
    overloaded.poll()
    snapshot = digest.snapshot()
    Progress(out).show(digest, Update(snapshot.now_ns, empty_records(), [], snapshot.submitted, 0))
    assert "ovtui: overloaded: the queue grows by " in out.getvalue()
    assert "/s; about " in out.getvalue()


def test_overload_is_seen_where_few_requests_come_back() -> None:
    """Four in flight of a batch of 16: all wait for the timer, four come back a second, and 33 come due."""
    with driven(model="demo-cnn", device="BATCH:CPU(16)", nireq=4, rate=33.0) as run:

        def overload_seen() -> bool:
            queue = run.digest.queue()
            return queue is not None and queue.overloaded

        run.wait_for(overload_seen, "the overload")
        queue = run.digest.queue()
        assert queue is not None
        assert queue.waiting > 4
        slots = run.digest.windows.flow(SPAN_S).count
        assert np.count_nonzero(slots) < MIN_SLOTS, "so few that their waits alone would tell nothing"
        run.wait_for(
            lambda: (
                {"overloaded", "batch-over-requests"}
                <= {name for advice in advise(advice_facts(run.digest)) for name in (advice.id, *advice.merged)}
            ),
            "the advice, on its own or merged",
        )
