"""The order of completion and what came back out of it, against a definition in plain Python, for any cut."""

from __future__ import annotations

from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.session import out_of_order
from ovtui.metrics.session.out_of_order import OutOfOrderCounter
from ovtui.records import completion_order
from ovtui.records.completion_order import in_order_of_completion, ranked_by_completion
from ovtui.records.record import Flag, Records, empty_records, join_records

WITHIN = 12
"""In place of SEEN_WITHIN, so that small examples cross it."""
REQUESTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4), st.booleans()), min_size=1, max_size=120)
"""Latency, how late its completion is seen (steps), and whether it runs with its neighbours of four."""


def seen(requests: list[tuple[int, int, bool]]) -> Records:
    """A request is submitted at each step; completions are seen up to four steps late, so at most some places away
    from their place."""
    rows = empty_records(len(requests))
    n = np.arange(len(rows))
    latency, late, together = (np.array(column) for column in zip(*requests, strict=True))
    rows["seq"], rows["submit_ns"] = n, n * 10
    rows["done_ns"] = rows["submit_ns"] + latency
    whole = np.repeat(together[::4], 4)[: len(rows)]
    rows["batch_id"] = np.where(whole, n // 4 + 1, 0)
    rows["batch_size"] = np.where(whole, 4, 1)
    rows = join_records([rows[np.argsort(rows["done_ns"] + late * 10, kind="stable")]])
    rows["order"] = 100 + n
    return rows


def out_of_order_by_definition(rows: Records) -> set[int]:
    """`seq` of each request for which some other, of another batch, was submitted later and completed earlier."""
    first: dict[int, int] = {}
    for row in rows:
        if row["batch_id"]:
            batch = int(row["batch_id"])
            first[batch] = min(first.get(batch, 1 << 60), int(row["done_ns"]))
    done = {int(row["seq"]): first.get(int(row["batch_id"]), int(row["done_ns"])) for row in rows}
    return {seq for seq, at in done.items() if any(other > seq and done[other] < at for other in done)}


@settings(max_examples=300)
@given(REQUESTS, st.lists(st.integers(0, 120), max_size=8))
def test_any_cut_gives_the_order_of_completion(requests: list, cuts: list[int]) -> None:
    rows = seen(requests)
    pieces = np.split(rows, sorted(min(cut, len(rows)) for cut in cuts))
    expected = out_of_order_by_definition(rows)
    with (
        mock.patch.object(completion_order, "SEEN_WITHIN", WITHIN),
        mock.patch.object(out_of_order, "SEEN_WITHIN", WITHIN),
    ):
        ordered = join_records(list(in_order_of_completion(pieces)))
        counter = OutOfOrderCounter()
        settled = 0
        for piece in pieces:
            counter.add(piece)
            assert counter.settled >= settled, "a counter of Prometheus never falls"
            settled = counter.settled
    assert counter.total == len(expected)
    counter.end()
    assert counter.settled == counter.total == len(expected)
    assert ordered["order"].tolist() == list(range(100, 100 + len(rows)))
    ranks = sorted(range(len(rows)), key=lambda i: (int(rows["done_ns"][i]), int(rows["seq"][i])))
    assert ordered["seq"].tolist() == rows["seq"][ranks].tolist()
    marked = ordered["seq"][ordered["flags"] & Flag.OVERTAKEN != 0]
    assert set(marked.tolist()) == expected
    assert ranked_by_completion(rows).tobytes() == ordered.tobytes()


def test_one_that_was_held_up_is_out_of_order_and_not_those_that_passed_it() -> None:
    rows = empty_records(5)
    rows["seq"], rows["done_ns"] = [1, 2, 3, 4, 0], [10, 20, 30, 40, 50]
    marked = ranked_by_completion(rows)
    assert marked["seq"][marked["flags"] & Flag.OVERTAKEN != 0].tolist() == [0]


def test_members_of_one_batch_complete_together() -> None:
    """By the clock of the last microsecond they came back in reverse; another batch that passed them is no error of a
    clock."""
    rows = empty_records(4)
    rows["seq"], rows["done_ns"] = [3, 2, 1, 0], [100, 101, 102, 103]
    rows["batch_id"], rows["batch_size"] = 7, 4
    assert not (ranked_by_completion(rows)["flags"] & Flag.OVERTAKEN).any()
    rows["batch_id"] = [8, 8, 7, 7]
    assert (ranked_by_completion(rows)["flags"] & Flag.OVERTAKEN != 0).tolist() == [False, False, True, True]
    rows["batch_id"], rows["segment"] = 7, [2, 2, 1, 1]  # two engines that number alike
    assert (ranked_by_completion(rows)["flags"] & Flag.OVERTAKEN != 0).tolist() == [False, False, True, True]
