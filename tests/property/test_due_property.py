"""Whatever comes due is submitted, shed, or waits: both pools over infer requests that the test completes."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from harness.queued_rows import queued_by_rows
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.dispatch import FifoDispatch
from ovtui.engine.load.driver import FOREVER, DriverContext, LoadPlan
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.record import Flag
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import RingCounters, create_memory

NIREQ = 2


class Request:
    """Comes back at once, as long as `returns` lasts; after that never."""

    latency = 0.1

    def __init__(self, returns: list[None]) -> None:
        self._returns = returns

    def set_callback(self, done: Any, number: int) -> None:
        self._done = partial(done, number)  # type: ignore[method-assign]

    def start_async(self) -> None:
        self._came_back = bool(self._returns)
        if self._came_back:
            self._returns.pop()
            self._done()

    def _done(self) -> None:
        """Without a callback nothing is told."""

    def wait_for(self, _ms: int) -> bool:
        return self._came_back


class Run:
    def __init__(self, kind: type[RequestPool | PolledPool], returns: int) -> None:
        left = [None] * returns
        fd = create_memory(1 << 12)
        self.recorder = RequestRecorder(RingWriter(fd), "CPU", 0, lambda _: None)
        self.header = RingCounters(fd)
        self.ring = RingReader(fd)
        self.recorder.begin(0, 1)
        bench: Any = DriverContext(
            compiled=SimpleNamespace(create_infer_request=lambda: Request(left)),  # type: ignore[arg-type]
            recorder=self.recorder,
            channel=SimpleNamespace(pending=[], wake=None),  # type: ignore[arg-type]
            inputs=SimpleNamespace(fill_new=lambda *_: None, cycled=False, data_shape=0),  # type: ignore[arg-type]
            origin_ns=now_ns(),
            read_device=lambda: 16,
            sizes=ConstantSizes(1),
            on_failure=lambda _: None,
            make_idle=FifoDispatch,
        )
        self.bench = bench
        self.pool = kind(bench, NIREQ)

    def counts(self) -> tuple[int, int, int]:
        assert self.header.waiting == self.pool.waiting  # what the host counts when the engine dies
        return self.recorder.submitted, self.ring.shed, self.pool.waiting


pools = pytest.mark.parametrize("kind", [RequestPool, PolledPool])


@pools
@given(
    count=st.integers(1, 300),
    returns=st.integers(0, 300),
    backlog=st.integers(1, 100),
    limit=st.none() | st.integers(0, 300),
)
def test_what_is_due_is_submitted_shed_or_waits(
    kind: type[RequestPool | PolledPool], count: int, returns: int, backlog: int, limit: int | None
) -> None:
    run = Run(kind, returns)
    began_ns = now_ns() - run.bench.origin_ns
    schedule, stop_seq = iter([0.0] * count), FOREVER if limit is None else limit
    plan = LoadPlan(schedule, backlog, stop_seq, began_ns + 5_000_000, due_from_ns=began_ns)
    ended = run.pool.run(plan)
    submitted, shed, waiting = run.counts()
    due = count if limit is None else min(count, limit)
    if ended != "duration":
        # Those that never come back keep theirs; without such ones nothing waits at the end.
        assert waiting == 0
        assert submitted + shed == due
        assert ended == ("requests" if limit is not None and limit <= count else "trace")
    else:
        assert submitted + shed + waiting == due
    assert waiting <= backlog
    assert submitted <= returns + NIREQ


@pools
def test_a_limit_is_of_what_comes_due_and_not_of_what_is_sent(kind: type[RequestPool | PolledPool]) -> None:
    """Nothing ever comes back: two are sent, ten wait, and of the other 88 none counts after the hundredth."""
    run = Run(kind, returns=0)
    assert run.pool.run(LoadPlan(iter([0.0] * 1000), 10, 100, now_ns() - run.bench.origin_ns + 5_000_000)) == "duration"
    assert run.counts() == (2, 88, 10)


@pools
def test_a_new_load_sheds_what_waits_for_the_old_one_and_keeps_the_limit(kind: type[RequestPool | PolledPool]) -> None:
    run = Run(kind, returns=0)
    run.pool.run(plan := LoadPlan(iter([0.0] * 20), 10, 100, now_ns() - run.bench.origin_ns + 5_000_000))
    assert run.counts() == (2, 8, 10)
    plan.schedule, plan.until_ns = iter([0.0] * 1000), now_ns() - run.bench.origin_ns + 5_000_000
    run.pool.run(plan)
    assert run.counts() == (2, 88, 10)


@pools
def test_what_comes_due_just_before_the_end_is_counted(kind: type[RequestPool | PolledPool]) -> None:
    """The load thread may look again only after the end; what was due before it was due."""
    run = Run(kind, returns=0)
    began_ns = now_ns() - run.bench.origin_ns
    plan = LoadPlan(iter([n * 1000.0 for n in range(100)]), 1000, FOREVER, began_ns - 1)
    run.pool.run(plan)  # begins the schedule after its end: nothing is due
    assert sum(run.counts()) == 0
    plan = LoadPlan(iter([n * 1000.0 for n in range(3000)]), 10_000, FOREVER, began_ns + 2_000_000_000)
    run.bench.channel.pending.append(None)
    run.pool.run(plan)  # the schedule begins, and an order is pending
    run.bench.channel.pending.clear()
    start_ns = run.pool._due.began_ns
    while now_ns() - run.bench.origin_ns < start_ns + 3_000_000:
        pass
    plan.until_ns = start_ns + 2_000_000
    run.pool.run(plan)
    assert sum(run.counts()) == 2000


@pools
def test_a_request_that_waited_for_an_idle_one_is_told_from_one_that_did_not(
    kind: type[RequestPool | PolledPool],
) -> None:
    """Four are due at once and two are idle: two start, two find none, and start when the first come back."""
    run = Run(kind, returns=4)
    plan = LoadPlan(iter([0.0] * 4), 10, FOREVER, now_ns() - run.bench.origin_ns + 1_000_000_000)
    assert run.pool.run(plan) == "trace"
    run.pool.drain()
    records = np.sort(run.ring.read(), order="seq")
    flagged = [bool(flags & Flag.QUEUED) for flags in records["flags"]]
    assert flagged == queued_by_rows(records, NIREQ).tolist()  # not so where this thread was late for the first two
    assert flagged[:2] == [False, False]


@pools
def test_what_comes_due_before_a_halt_is_counted(kind: type[RequestPool | PolledPool]) -> None:
    run = Run(kind, returns=0)
    plan = LoadPlan(iter([n * 1000.0 for n in range(100_000)]), 100_000)
    run.bench.channel.pending.append(None)
    run.pool.run(plan)  # the schedule begins, and an order is pending: nothing is collected any more
    before = sum(run.counts())
    run.pool.count_due(plan, run.pool._due.began_ns + 20_000_000)
    assert before < 20_000
    assert sum(run.counts()) == 20_000
    assert run.recorder.submitted <= NIREQ


@pools
def test_what_is_due_before_the_end_and_finds_an_idle_request_is_sent(kind: type[RequestPool | PolledPool]) -> None:
    """The load thread wakes after the end; the request was due before it."""
    run = Run(kind, returns=9)
    run.bench.channel.pending.append(None)
    plan = LoadPlan(iter([0.0]), 10)
    run.pool.run(plan)
    run.bench.channel.pending.clear()
    plan.until_ns = run.pool._due.began_ns + 1
    while now_ns() - run.bench.origin_ns <= plan.until_ns:
        pass
    assert run.pool.run(plan) == "duration"
    assert run.counts() == (1, 0, 0)
