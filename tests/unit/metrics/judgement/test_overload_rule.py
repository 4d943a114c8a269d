"""An open loop's queue, on queues that are computed: arrivals due at one rate, served at another, first come first
served."""

from __future__ import annotations

import numpy as np
import pytest
from samples import records, segment, started, update

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest
from ovtui.metrics.judgement.overload import SPAN_S, Queue, estimate_queue
from ovtui.metrics.latency.rolling_windows import RollingWindows
from ovtui.metrics.latency.samples import measured_requests
from ovtui.records.events import LoadEnded
from ovtui.records.record import Records
from ovtui.settings.schema.settings import Settings


def served(due_s: np.ndarray, service_s: np.ndarray, in_flight: int = 4) -> Records:
    """What a pool of `in_flight` requests makes of these due times."""
    free = np.zeros(in_flight)
    submit_s, done_s = np.zeros(len(due_s)), np.zeros(len(due_s))
    for i, due in enumerate(due_s):
        k = int(free.argmin())
        submit_s[i] = max(due, free[k])
        done_s[i] = free[k] = submit_s[i] + service_s[i]
    order = np.argsort(done_s)
    rows = records(done_s[order] * 1e3, (done_s - submit_s)[order] * 1e3, segment=1)
    rows["due_ns"] = (due_s[order] * 1e9).astype(np.int64)
    rows["infer_us"] = service_s[order] * 1e6
    return rows


def load(rate: float, seconds: float = 8.0, *, poisson: bool = False, seed: int = 3) -> np.ndarray:
    if not poisson:
        return 0.5 + np.arange(int(rate * seconds)) / rate
    return 0.5 + np.cumsum(np.random.default_rng(seed).exponential(1 / rate, int(rate * seconds)))


def queue_at(rows: Records, now_s: float, shed_per_s: float = 0.0, offered: float | None = None) -> Queue | None:
    windows = RollingWindows()
    windows.add(measured_requests(rows[rows["done_ns"] <= now_s * 1e9]))
    windows.move_to(int(now_s * 1e9))
    return estimate_queue(windows.flow(SPAN_S), shed_per_s, offered)


def test_an_overload_has_the_growth_of_the_queue() -> None:
    # 4 requests of 20 ms: 200/s come back of 280/s.
    due_s = load(280)
    queue = queue_at(served(due_s, np.full(len(due_s), 0.02)), 6.0)
    assert queue is not None
    assert queue.state == "growing"
    assert queue.growth_per_s == pytest.approx(80, rel=0.03)
    # At 6 s: 5.5 s of 80/s.
    assert queue.waiting == pytest.approx(440, rel=0.1)
    assert queue.sentence.startswith("overloaded: the queue grows by 80/s; about 4")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
@pytest.mark.parametrize("seed", range(10))
def test_a_load_that_is_served_is_no_overload(share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    due_s = load(200 * share, 20, poisson=True, seed=seed)
    rows = served(due_s, 0.02 * rng.lognormal(-0.02, 0.2, len(due_s)))
    for now_s in np.arange(4.0, 19.0):
        queue = queue_at(rows, now_s)
        assert queue is not None
        assert queue.state == "steady", now_s


def test_a_queue_that_is_worked_off_shrinks() -> None:
    due_s = np.concatenate((load(400, 3.0), 3.5 + np.arange(800) / 100))
    rows = served(due_s, np.full(len(due_s), 0.02))
    # What has come back until 6 s was due at 400/s: only the rate itself shows that this is over.
    queue = queue_at(rows, 6.0, offered=100.0)
    assert queue is not None
    assert queue.state == "shrinking"
    assert not queue.overloaded
    assert queue.sentence.startswith("the queue shrinks by 100/s")
    late = queue_at(rows, 8.9)
    assert late is not None
    assert late.state == "shrinking"


def test_a_full_backlog_has_the_rate_of_shedding() -> None:
    due_s = load(280)
    queue = queue_at(served(due_s, np.full(len(due_s), 0.02)), 6.0, shed_per_s=79.6)
    assert queue is not None
    assert queue.state == "full"
    assert queue.overloaded
    assert "the backlog is full and 80/s are shed" in queue.sentence


def test_too_few_completions_give_no_queue() -> None:
    due_s = load(280)
    assert queue_at(served(due_s, np.full(len(due_s), 0.02)), 1.5) is None


def test_the_digest_has_a_queue_for_an_open_loop_only() -> None:
    due_s = load(280)
    rows = served(due_s, np.full(len(due_s), 0.02))
    for rate, overloaded in ((280.0, True), (0.0, False)):
        settings = Settings(rate=rate)
        digest = Digest()
        digest.feed(update(None, *started(settings), now_s=0.5))
        digest.feed(update(rows[rows["done_ns"] <= 6e9], now_s=6.0))
        assert (digest.snapshot().queue is not None) is overloaded
        # Another load is another queue: the completions before it do not count.
        digest.feed(update(None, segment(2, t_s=5.5, settings=settings), now_s=6.1))
        assert digest.snapshot().queue is None


def test_what_is_shed_is_a_rate_of_the_last_two_seconds() -> None:
    due_s = load(280)
    rows = served(due_s, np.full(len(due_s), 0.02))
    digest = Digest()
    before_s = 0.0
    for now_s, shed in ((4.0, 500), (5.0, 580), (6.0, 660)):
        part = rows[(rows["done_ns"] > before_s * 1e9) & (rows["done_ns"] <= now_s * 1e9)]
        digest.feed(update(part, *(started(Settings(rate=280.0)) if not before_s else []), now_s=now_s, shed=shed))
        before_s = now_s
    queue = digest.snapshot().queue
    assert queue is not None
    assert queue.shed_per_s == pytest.approx(80)
    assert digest.snapshot().shed == 660


def test_what_a_change_of_the_load_drops_is_no_full_backlog() -> None:
    due_s = load(180)
    rows = served(due_s, np.full(len(due_s), 0.02))
    digest = Digest()
    before_s = 0.0
    for now_s, shed in ((4.0, 0), (4.5, 2000), (5.0, 2000), (5.5, 2000), (6.0, 2000)):
        part = rows[(rows["done_ns"] > before_s * 1e9) & (rows["done_ns"] <= now_s * 1e9)]
        digest.feed(update(part, *(started(Settings(rate=180.0)) if not before_s else []), now_s=now_s, shed=shed))
        queue = digest.queue()
        assert queue is None or queue.state == "steady"
        before_s = now_s


def test_no_more_wait_than_may() -> None:
    """Those that come back when the backlog fills came due before anything was shed: 4,998 'waited' in one of 2,000."""
    due_s = load(280)
    rows = served(due_s, np.full(len(due_s), 0.02))
    windows = RollingWindows()
    windows.add(measured_requests(rows[rows["done_ns"] <= 6e9]))
    windows.move_to(6_000_000_000)
    growing, full = (estimate_queue(windows.flow(SPAN_S), shed, 280.0, backlog=300) for shed in (0.0, 80.0))
    assert growing is not None
    assert full is not None
    assert (growing.state, growing.waiting) == ("growing", 300)
    assert (full.state, full.waiting) == ("full", 300)


def test_how_the_queue_did_is_known_after_the_load_has_ended() -> None:
    """The summary and the JSON are made then: a run at 150 % once reported only 'pool too small'."""
    settings = Settings(rate=300.0, nireq=4)
    digest = Digest()
    digest.feed(update(None, *started()[:-1], segment(settings=settings), now_s=0.5))
    rows = served(load(300.0, 6.0), np.full(1800, 4 / 200))
    rows = rows[rows["done_ns"] < 6.4e9]
    for end_s in np.arange(0.75, 6.51, 0.25):
        part = rows[(rows["done_ns"] >= (end_s - 0.25) * 1e9) & (rows["done_ns"] < end_s * 1e9)]
        digest.feed(update(part, now_s=float(end_s)))
    ended = LoadEnded(t_ns=6_510_000_000, engine=1, reason="duration", submitted=len(rows), unsent=600)
    digest.feed(update(None, ended, now_s=30.0, submitted=len(rows), finished=True))
    queue = digest.queue()
    assert queue is not None
    assert queue.state == "growing"
    assert digest.due == len(rows) + 600
    found = advise(advice_facts(digest))
    assert found[0].id == "overloaded"
    assert "pool-too-small" not in {advice.id for advice in found}
