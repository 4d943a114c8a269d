"""Batches that AUTO calls back mixed on one thread, put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.engine.load.batch_bursts import MAX_HOLD_NS, BatchBursts

US, RUN_NS, SIZE, THREAD = 1000, 1_000_000, 4, 7


def batches_of(seqs: list[int], size: int = SIZE, gaps_ns: dict[int, int] | None = None) -> list[set[int]]:
    """The batches of requests that complete in this order, 10 us apart or by `gaps_ns` before their position."""
    bursts, found, order, now_ns = BatchBursts(), {}, [], RUN_NS
    for at, seq in enumerate(seqs):
        now_ns += (gaps_ns or {}).get(at, 10 * US)

        def record(batch: int, held: bool, seq: int = seq) -> None:
            assert not held
            order.append(seq)
            found.setdefault(batch, []).append(seq)

        for write, batch, held in bursts.released(now_ns):
            write(batch, held)
        bursts.hold(record, seq, size, THREAD, now_ns - RUN_NS, now_ns)
    for write, batch, held in bursts.released(now_ns + MAX_HOLD_NS + 1):
        write(batch, held)
    assert order == seqs
    # What is cut as it comes goes by its thread.
    cut = found.pop(THREAD, [])
    return [set(members) for members in found.values()] + [
        set(cut[start : start + size]) for start in range(0, len(cut), size)
    ]


@pytest.mark.parametrize(
    "completed",
    [
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 4, 5, 6, 7, 1, 2, 3],
        [0, 1, 2, 4, 5, 6, 7, 3],
        [4, 5, 0, 1, 2, 3, 6, 7],
        [0, 1, 2, 3, 4, 5, 8, 9, 10, 11, 6, 7],
    ],
)
def test_a_batch_that_others_interrupt_is_put_together(completed: list[int]) -> None:
    wanted = {frozenset(range(start, start + SIZE)) for start in range(0, len(completed), SIZE)}
    assert {frozenset(batch) for batch in batches_of(completed)} == wanted


def test_two_members_that_swapped_are_no_other_batch() -> None:
    assert batches_of([0, 1, 2, 3, 4, 6, 5, 7]) == [{0, 1, 2, 3}, {4, 5, 6, 7}]


def test_a_batch_that_is_torn_apart_is_cut_as_it_comes() -> None:
    pause = {2: RUN_NS}
    assert batches_of([0, 1, 2, 3, 4, 5, 6, 7], gaps_ns=pause) == [{0, 1, 2, 3}, {4, 5, 6, 7}]


def test_lone_requests_are_not_held() -> None:
    bursts = BatchBursts()
    bursts.hold(lambda *_: None, 0, 1, THREAD, 0, RUN_NS)
    assert [(batch, held) for _, batch, held in bursts.released(RUN_NS)] == [(THREAD, False)]
    assert bursts.next_ns is None


def test_the_members_of_a_batch_that_was_held_are_marked() -> None:
    """The judge is asked once for each batch, by its last submission and its first completion."""
    asked, marked = list[tuple[int, int]](), list[tuple[int, bool]]()

    def judge(last_start_ns: int, done_ns: int) -> bool:
        asked.append((last_start_ns, done_ns))
        return done_ns - last_start_ns > 10 * RUN_NS

    bursts = BatchBursts(judge)
    for seq in range(2 * SIZE):
        done_ns = 100 * RUN_NS if seq < SIZE else 200 * RUN_NS
        submit_ns = (50 if seq < SIZE else 195) * RUN_NS + seq
        bursts.hold(lambda _, held, seq=seq: marked.append((seq, held)), seq, SIZE, THREAD, submit_ns, done_ns)
    for write, batch, held in bursts.released(300 * RUN_NS):
        write(batch, held)
    assert asked == [(50 * RUN_NS + SIZE - 1, 100 * RUN_NS), (195 * RUN_NS + 2 * SIZE - 1, 200 * RUN_NS)]
    assert marked == [(seq, seq < SIZE) for seq in range(2 * SIZE)]


@given(st.permutations(range(24)), st.dictionaries(st.integers(0, 23), st.integers(0, 3 * RUN_NS)))
def test_every_record_comes_once_and_every_batch_is_whole(seqs: list[int], gaps_ns: dict[int, int]) -> None:
    batches = batches_of(list(seqs), gaps_ns=gaps_ns)
    assert sorted(seq for batch in batches for seq in batch) == list(range(24))
    assert {len(batch) for batch in batches} == {SIZE}
