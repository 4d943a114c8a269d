"""Which full batches are said to have been held until the batch timer."""

from __future__ import annotations

import pytest

from ovtui.engine.load.held_batches import HeldBatches

MS = 1_000_000
SIZE = 4


def judged(timeout_ms: int, usual_ms: list[float], then_ms: float) -> bool:
    """The verdict on a batch that took `then_ms` from its last start, after batches that took `usual_ms`."""
    held, at_ns = HeldBatches(timeout_ms, SIZE), 0
    for run_ms in usual_ms:
        at_ns += 1000 * MS
        held.judge(at_ns, at_ns + int(run_ms * MS))
    return held.judge(at_ns, at_ns + int(then_ms * MS))


QUICK = [1.0 + step % 10 / 10 for step in range(300)]


@pytest.mark.parametrize(
    ("timeout_ms", "usual_ms", "then_ms", "is_held"),
    [
        (1000, QUICK, 1000.3, True),
        (1000, QUICK, 1090.0, True),
        (1000, QUICK, 990.0, False),  # long, and over before the timer
        (1000, QUICK, 1250.0, False),  # long after the timer: something else delayed it
        (1000, QUICK, 1.4, False),
        (10, QUICK, 11.0, True),
        (9, QUICK, 9.5, False),  # a delay of the machine looks like so short a timer
        (1000, [180.0] * 300, 1005.0, True),
        (1000, [220.0] * 300, 1005.0, False),  # a fifth of the timeout, and more: not told
        (1000, ([10.0] * 29 + [700.0]) * 10, 1005.0, False),  # one of thirty takes nearly as long as the timer
        (1000, [1.0] * 10, 1000.3, False),  # too few to know what is usual
    ],
)
def test_a_batch_was_held_if_it_completes_just_after_the_timer(
    timeout_ms: int, usual_ms: list[float], then_ms: float, is_held: bool
) -> None:
    assert judged(timeout_ms, usual_ms, then_ms) is is_held


def test_held_batches_do_not_change_what_is_usual() -> None:
    """However many are held, the next one is still told."""
    usual_ms = [run_ms for quick in QUICK for run_ms in (quick, 1000.4)]
    assert judged(1000, usual_ms, 1000.4)


def test_a_batch_is_judged_by_the_timeout_in_force_when_its_last_request_started() -> None:
    held = HeldBatches(1000, SIZE)
    for _ in QUICK:
        held.judge(0, MS)
    held.set_timeout(100, at_ns=500 * MS)
    assert held.judge(400 * MS, 1401 * MS), "its worker had begun to wait under the timeout of before"
    assert not held.judge(600 * MS, 1601 * MS)
    assert held.judge(600 * MS, 701 * MS)


def test_the_first_member_decides_for_its_batch_and_the_next_batch_is_judged_anew() -> None:
    """A member may be started anew before the last one is recorded."""
    held = HeldBatches(100, SIZE)
    held.provide(2 * SIZE)
    for _ in QUICK:
        held.judge(0, MS)
    held.last_start_ns[1] = 1000 * MS
    found = [held.is_held(4, SIZE, 1101 * MS)]
    held.last_start_ns[1] = 1101 * MS + 50_000
    found += [held.is_held(k, SIZE, 1101 * MS + 60_000) for k in (5, 6, 7)]
    assert found == [True] * 4
    held.last_start_ns[1] = 1102 * MS
    assert [held.is_held(k, SIZE, 1103 * MS) for k in range(4, 8)] == [False] * 4
    held.last_start_ns[1] = 2000 * MS
    assert held.is_held(4, SIZE, 2101 * MS)
    held.forget(5)  # it failed: the rest of its batch is not waited for
    held.last_start_ns[1] = 3000 * MS
    assert not held.is_held(4, SIZE, 3001 * MS)
