"""The pool without callbacks over infer requests that the test completes: what it records, and for what it waits. A
microsecond passes with each look at the clock, however long the machine takes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ovtui.engine.load import due_requests, polled_pool
from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.dispatch import GroupedDispatch
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.load.held_batches import HeldBatches
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.record import Flag, Records
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory

CPU, GPU = 16, 32


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = count(now_ns(), 1000)
    for module in (polled_pool, due_requests):
        monkeypatch.setattr(module, "now_ns", ticks.__next__)


class Request:
    """A run is `done` as the test says, at once unless told otherwise. `fails` is asked at each start."""

    def __init__(self, waits: list[Request]) -> None:
        self._waits = waits
        self.latency = 0.001
        self.done = True
        self.fails: Callable[[], bool] = lambda: False
        self.failed = False

    def start_async(self) -> None:
        self.failed = self.fails()

    def wait_for(self, ms: int) -> bool:
        if ms:
            self._waits.append(self)
        if self.failed:
            raise RuntimeError("it failed")
        return self.done


class Run:
    def __init__(self, nireq: int, size: int = 1) -> None:
        fd = create_memory(1 << 12)
        self.recorder = RequestRecorder(RingWriter(fd), "CPU", 0, lambda _: None)
        self.recorder.begin(0, 1)
        self._ring = RingReader(fd)
        self.waits: list[Request] = []
        self.failures: list[str] = []
        self.pending: list[None] = []
        self.device = CPU
        context: Any = DriverContext(
            compiled=SimpleNamespace(create_infer_request=lambda: Request(self.waits)),  # type: ignore[arg-type]
            recorder=self.recorder,
            channel=SimpleNamespace(pending=self.pending, wake=None),  # type: ignore[arg-type]
            inputs=SimpleNamespace(fill_new=lambda *_: None, cycled=False, data_shape=0),  # type: ignore[arg-type]
            origin_ns=polled_pool.now_ns(),
            read_device=lambda: self.device,
            sizes=ConstantSizes(size),
            on_failure=lambda error: self.failures.append(str(error)),
            make_idle=partial(GroupedDispatch, size=size),
            batch_size=size,
            held=HeldBatches(timeout_ms=100, group=size),
        )
        self.pool = PolledPool(context, nireq)
        self.requests: list[Request] = context.requests.created

    def start(self, count: int) -> None:
        """Closed loop: `count` more."""
        assert self.pool.run(LoadPlan(stop_seq=self.recorder.next_seq + count)) == "requests"

    def records(self) -> Records:
        return self._ring.read()


@pytest.mark.parametrize("open_loop", [False, True])
def test_a_failed_request_is_recorded_once_and_its_infer_request_used_again(open_loop: bool) -> None:
    run = Run(nireq=2)
    for k, request in enumerate(run.requests):
        numbers = iter(range(1000))
        request.fails = lambda numbers=numbers, k=k: next(numbers) % 3 == k  # type: ignore[misc]
    run.pool.run(LoadPlan(iter([0.0] * 60) if open_loop else None, stop_seq=60))
    run.pool.drain()
    records = run.records()
    failed = records["flags"] & Flag.ERROR != 0
    assert sorted(records["seq"]) == list(range(60))
    assert list(records["order"]) == list(range(60))
    assert np.count_nonzero(failed) == 20
    assert set(records["request"]) == set(records["request"][failed]) == {0, 1}
    assert run.failures == ["it failed"] * 20


def test_what_is_found_together_is_recorded_in_the_order_of_completion() -> None:
    run = Run(nireq=3)
    for request, latency_ms in zip(run.requests, (300.0, 100.0, 200.0), strict=True):
        request.latency = latency_ms
    run.start(3)
    run.pool.drain()
    records = run.records()
    assert list(records["seq"]) == [1, 2, 0]
    assert np.all(np.diff(records["done_ns"].astype(np.int64)) > 0)


def test_the_requests_of_a_batch_that_was_held_are_marked() -> None:
    """Forty full batches; two of them complete just after the batch timeout of 100 ms."""
    run = Run(nireq=4, size=4)
    for batch in range(40):
        for request in run.requests:
            request.latency = 102.0 if batch in (25, 33) else 1.0
        run.start(4)
        run.pool.drain()
    records = run.records()
    assert set(records["batch_size"]) == {4}
    held = records[records["flags"] & Flag.HELD != 0]
    assert sorted(held["seq"]) == [*range(100, 104), *range(132, 136)]
    assert len(set(held["batch_id"])) == 2


def test_a_wait_is_for_a_full_group_and_not_for_one_that_the_timer_runs() -> None:
    """Of six requests on batches of four the last two are started first, and run when the timer is over."""
    run = Run(nireq=6, size=4)
    for request in run.requests:
        request.done = False
    run.pool._idle = GroupedDispatch((4, 5, 0, 1, 2, 3), 8)
    run.start(6)
    assert next(iter(run.pool._flights)) == 4
    run.pool._await_completion(polled_pool.now_ns())
    assert run.waits.pop() is run.requests[0]


def test_a_wait_passes_over_a_full_batch_that_is_held() -> None:
    run = Run(nireq=4, size=2)
    run.start(4)
    run.pool._sweep()
    for request in run.requests:
        request.done = False
    run.start(4)
    held, other = list(run.pool._flights)[:2], list(run.pool._flights)[2:]
    run.pool._await_completion(polled_pool.now_ns())
    assert run.waits.pop() is run.requests[held[0]]
    for k in held:
        sent = run.pool._flights[k]
        run.pool._flights[k] = (*sent[:2], sent[2] - 10_000_000, *sent[3:])
    run.pool._await_completion(polled_pool.now_ns())
    assert run.waits.pop() is run.requests[other[0]]


def test_a_device_that_changed_after_the_completion_is_told_by_a_later_submission() -> None:
    run = Run(nireq=2)
    run.requests[0].done = False
    run.start(1)
    run.requests[0].latency = 0.0
    run.start(1)  # reads the device when the first has completed, which is not seen yet
    run.device = GPU
    run.requests[0].done = True
    run.pool.drain()
    first, second = np.sort(run.records(), order="seq")
    assert first["device"] == CPU
    assert not first["flags"] & Flag.AMBIGUOUS_DEVICE
    assert second["flags"] & Flag.AMBIGUOUS_DEVICE
