"""Overload where few requests come back, from counts of what waits."""

from __future__ import annotations

import numpy as np
import pytest
from samples import records, segment, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.judgement.overload import Queue
from ovtui.metrics.judgement.sparse_queue import WaitingCounts, queue_of_counts
from ovtui.records.events import LoadEnded
from ovtui.records.source import LossCounts
from ovtui.settings.schema.settings import Settings


def waited(rate: float, taken: int, every_s: float, until_s: float, first_s: float = 0.0) -> WaitingCounts:
    """Four counts a second of a pool that takes `taken` requests every `every_s`."""
    t_s = np.arange(max(first_s, until_s - 2.0), until_s + 0.01, 0.25)
    due = np.floor(t_s * rate)
    sent = np.minimum(taken * (1 + np.floor(t_s / every_s)), due)
    return WaitingCounts(t_s, due - sent, due)


@pytest.mark.parametrize("until_s", [2.0, 3.0, 7.3, 60.0])
def test_a_pool_below_the_batch_is_overloaded_within_two_seconds(until_s: float) -> None:
    queue = queue_of_counts(waited(33, 4, 1.0, until_s), in_flight=4)
    assert queue is not None
    assert queue.state == "growing"
    assert queue.growth_per_s == pytest.approx(29, rel=0.15)
    assert queue.waiting == pytest.approx(29 * until_s, abs=5)
    assert queue.sentence.startswith("overloaded: the queue grows by ")


def steps(waiting: list[float], rate: float = 33.0) -> WaitingCounts:
    t_s = np.arange(len(waiting)) * 0.25
    return WaitingCounts(t_s, np.array(waiting, float), np.floor(t_s * rate))


@pytest.mark.parametrize(
    ("waiting", "in_flight", "why"),
    [
        ([0, 1, 2, 3, 4, 0, 1, 2, 3], 4, "no more than the pool takes at once"),
        ([2, 9, 17, 25, 1, 9, 17, 25, 1], 4, "a batch of 32 is taken each second"),
        ([40, 41, 40, 41, 40, 41, 40, 41, 40], 4, "a queue that stands"),
        ([80, 70, 60, 50, 40, 30, 20, 15, 10], 4, "a queue that shrinks"),
        ([0, 0, 0, 33, 66], 4, "too short"),
        ([0, 0, 0, 0, 0, 0, 0, 0, 33], 4, "a stall of the last quarter of a second"),
    ],
)
def test_what_is_worked_off_is_no_overload(waiting: list[float], in_flight: int, why: str) -> None:
    assert queue_of_counts(steps(waiting), in_flight) is None, why


def test_a_full_backlog_sheds() -> None:
    queue = queue_of_counts(steps([100.0] * 9), 4, shed_per_s=29.0)
    assert queue == Queue("full", pytest.approx(0.0), 100, pytest.approx(3030, rel=0.05), 29.0)


@pytest.mark.parametrize("every_s", [0.25, 1.03], ids=["4 Hz", "saturated"])
@pytest.mark.parametrize("live", [True, False], ids=["ring", "session file"])
def test_the_digest_sees_it_live_and_in_a_recording(live: bool, every_s: float) -> None:
    """33/s due from 0.5 s on, 4 sent each second. A session file has no count of those that wait: the rate tells."""
    settings = Settings(rate=33.0, nireq=4)
    digest = Digest()
    digest.feed(update(None, *started(settings), now_s=0.5))
    digest.feed(update(None, segment(1, t_s=0.5, settings=settings), now_s=0.5))
    seen_s = None
    done = 0
    for now_s in np.arange(0.5 + every_s, 4.2, every_s):
        done_s = np.arange(1.5, now_s, 1.0).repeat(4)
        since_s = float(now_s) - 0.5
        sent = 4 * (1 + int(since_s))
        waiting = max(int(33 * since_s) - sent, 0) if live else None
        counts = [LossCounts(int(now_s * 1e9), 0, 0, sent, waiting)]
        rows = records(done_s[done:] * 1e3, np.full(len(done_s[done:]), 1000.0), segment=1)
        done = len(done_s)
        digest.feed(update(rows, now_s=float(now_s), counts=counts))
        queue = digest.queue()
        if queue is not None and queue.overloaded and seen_s is None:
            seen_s = since_s
    assert seen_s is not None
    assert seen_s <= max(2.0, 3.1 * every_s)
    # It is not forgotten when the load ends, although the counts move on.
    digest.feed(
        update(
            None,
            LoadEnded(engine=1, t_ns=int(3.8e9), reason="stopped", submitted=16, unsent=90),
            now_s=9.0,
            finished=True,
        )
    )
    ended = digest.queue()
    assert ended is not None
    assert ended.overloaded
