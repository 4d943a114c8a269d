"""Batch sizes deduced from the times of completions, on made-up completions."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.load.deduced_sizes import MAX_HOLD_NS, DeducedSizes

MS, US = 1_000_000, 1000
BATCH, RUN_NS = 4, MS
Completion = tuple[int, int]
"""submit_ns and done_ns."""


def batch_at(began_ns: int, *, step_ns: int = 20 * US, first_waited_ns: int = 3 * MS) -> list[Completion]:
    """A full batch that starts with its last request and completes its members one after another."""
    submits = [began_ns - first_waited_ns, began_ns - first_waited_ns // 2, began_ns - 1000, began_ns]
    return [(submit, began_ns + RUN_NS + number * step_ns) for number, submit in enumerate(submits)]


def alone_at(timer_ns: int, waited_ns: int, count: int = 1) -> list[Completion]:
    """Requests that the timer started one after another."""
    return [(timer_ns - waited_ns, timer_ns + (number + 1) * RUN_NS) for number in range(count)]


def sizes_of(completions: Sequence[Completion], *, timeout_ms: int = 100, batch: int = BATCH) -> list[int]:
    deduced = DeducedSizes(timeout_ms)
    deduced.batch = batch
    found: dict[int, int] = {}
    for number, (submit_ns, done_ns) in enumerate(completions):
        for record, size in deduced.decided(done_ns):
            record(size)
        deduced.hold(lambda size, number=number: found.update({number: size}), submit_ns, done_ns, 7, alone=False)  # type: ignore[misc]
    for record, size in deduced.decided(1 << 62):
        record(size)
    assert list(found) == list(range(len(completions)))
    return list(found.values())


def test_full_batches_and_lone_runs_are_told_apart() -> None:
    load = [*batch_at(10 * MS), *batch_at(20 * MS), *alone_at(60 * MS, 30 * MS, 2), *batch_at(200 * MS)]
    assert sizes_of(load) == [4] * 8 + [1] * 2 + [4] * 4


def test_batches_in_direct_succession() -> None:
    first, second = batch_at(10 * MS), [(11 * MS, 12 * MS + 100 * US + number * 20 * US) for number in range(4)]
    assert sizes_of([*first, *second]) == [4] * 8


def test_a_batch_whose_completions_are_torn_apart_is_unknown() -> None:
    torn = [(submit, done + (3 * MS if number > 1 else 0)) for number, (submit, done) in enumerate(batch_at(30 * MS))]
    assert sizes_of([*batch_at(10 * MS), *torn]) == [4] * 4 + [0] * 4


def test_as_many_lone_runs_as_a_batch_holds_are_never_taken_for_one() -> None:
    found = sizes_of([*batch_at(10 * MS), *alone_at(60 * MS, 30 * MS, 4)])
    assert found[:4] == [4] * 4
    assert set(found[4:]) <= {0, 1}


@pytest.mark.parametrize(("timeout_ms", "batch", "size"), [(9, BATCH, 0), (100, 0, 0), (100, 1, 1)])
def test_what_cannot_be_deduced(timeout_ms: int, batch: int, size: int) -> None:
    """A timeout of less than ten runs, an unknown B, and a device that batches nothing."""
    assert set(sizes_of(batch_at(10 * MS), timeout_ms=timeout_ms, batch=batch)) == {size}


def test_what_a_device_without_batching_served_ran_alone() -> None:
    deduced = DeducedSizes(100)
    deduced.hold(lambda _: None, 0, MS, 7, alone=True)
    assert [size for _, size in deduced.decided(MS)] == [1]
    assert deduced.next_ns is None


@given(
    st.lists(st.tuples(st.integers(0, 30 * MS), st.integers(0, 20 * MS), st.integers(1, 2)), min_size=1, max_size=60),
    st.integers(2, 9),
)
def test_every_record_comes_once_in_order_and_in_time(steps: list[tuple[int, int, int]], batch: int) -> None:
    deduced = DeducedSizes(1000)
    deduced.batch = batch
    out: list[int] = []
    now_ns = 0
    for number, (gap_ns, latency_ns, thread) in enumerate(steps):
        now_ns += gap_ns
        for record, size in deduced.decided(now_ns):
            assert size in (0, 1, batch)
            record(size)
        assert deduced.next_ns is None or deduced.next_ns >= now_ns
        deduced.hold(lambda _, number=number: out.append(number), now_ns - latency_ns - 1, now_ns, thread, alone=False)  # type: ignore[misc]
    for record, size in deduced.decided(now_ns + MAX_HOLD_NS + 1):
        record(size)
    assert out == list(range(len(steps)))
