"""Groups by data shape: by text and not by number, bounded, under the warm-up rule; items a second."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from msgspec.structs import replace
from samples import compiled, records, segment, spawned, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.by_shape import GROUPS, OTHER_SHAPES
from ovtui.metrics.judgement.steadiness import find_bimodality
from ovtui.metrics.queries.distribution import distributions_of, groupings
from ovtui.metrics.queries.shapes import shape_rows
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.events import Compiled, DataShape, Event
from ovtui.records.record import Flag, Records

A, B, C = DataShape("[1,8]", 1), DataShape("[2,8]", 2), DataShape("[1,9]", 1)


def with_shapes(*shapes: DataShape, items: int | None = None) -> list[Event]:
    return [
        replace(event, data_shapes=list(shapes), items=items) if isinstance(event, Compiled) else event
        for event in started(device="CPU", execution=["CPU"])
    ]


def turns(count: int, shapes: int, *, segment: int = 1, begin_ms: float = 400.0) -> Records:
    """Shape k takes k + 1 ms."""
    index = np.arange(count) % shapes
    return records(begin_ms + np.arange(count), 1.0 + index, segment=segment, data_shape=index)


def test_a_shape_is_one_group_in_all_segments_whatever_its_number() -> None:
    digest = Digest()
    digest.feed(update(turns(30, 2), *with_shapes(A, B), now_s=1, submitted=30))
    assert [(row.shape, row.figures.completed) for row in shape_rows(digest, segment=True)] == [
        ("[1,8]", 15), ("[2,8]", 15)
    ]  # fmt: skip
    second = [
        spawned(2, 1.5),
        replace(compiled(2, 2.0), data_shapes=[C, A]),
        segment(2, engine=2, t_s=2.1, first_seq=30),
    ]
    digest.feed(update(turns(20, 2, segment=2, begin_ms=2200), *second, now_s=3, submitted=50))
    assert [(row.shape, row.figures.completed) for row in shape_rows(digest)] == [
        ("[1,8]", 25), ("[2,8]", 15), ("[1,9]", 10)
    ]  # fmt: skip
    assert [row.shape for row in shape_rows(digest, segment=True)] == ["[1,8]", "[1,9]"]


def test_an_index_without_the_shapes_is_no_group() -> None:
    """The index 0 of requests without data shapes, and any of a recording that does not tell them."""
    digest = Digest()
    digest.feed(update(turns(30, 2), *with_shapes(), now_s=1, submitted=30))
    result = build_result(digest)
    assert (result.by_shape, result.items_per_s, result.items_are) == ([], None, None)
    assert "data shape" not in groupings(digest)
    assert not [line for line in summary_lines(result) if line.startswith("by shape") or "items" in line]


def test_shapes_beyond_the_groups_are_counted_together() -> None:
    digest, count = Digest(), GROUPS + 10
    shapes = [DataShape(f"[1,{n}]", 1) for n in range(count)]
    digest.feed(update(turns(3 * count, count), *with_shapes(*shapes), now_s=1, submitted=3 * count))
    rows = shape_rows(digest)
    assert [row.shape for row in rows] == [*(shape.text for shape in shapes[:GROUPS]), OTHER_SHAPES]
    assert [row.figures.completed for row in rows] == [3] * GROUPS + [30]
    # Of so many the view compares those that take longest.
    shown = distributions_of(digest, "inference", "run", "data shape")
    assert [each.name for each in shown] == [*(shape.text for shape in shapes[GROUPS - 3 : GROUPS]), OTHER_SHAPES]
    (last,) = [line for line in summary_lines(build_result(digest)) if "more shapes" in line]
    assert f"and {GROUPS + 1 - 12} more shapes" in last


@pytest.mark.parametrize("cuts", [[], [10], [3, 170, 400]])
def test_what_warm_up_leaves_out_of_the_run_it_leaves_out_of_the_shapes(cuts: list[int]) -> None:
    rows = turns(2000, 2)
    cold_ms = np.round(np.maximum(60 - 0.1 * np.arange(2000), 0))  # slow for 0.6 s, less and less
    rows["submit_ns"] = rows["due_ns"] = rows["submit_ns"] - (cold_ms * 1e6).astype(np.int64)
    rows["infer_us"] += cold_ms * 1e3
    rows["flags"][:2] = Flag.WARM_UP
    digest, edges = Digest(), [0, *cuts, len(rows)]
    for first, last in pairwise(edges):
        events = with_shapes(A, B) if first == 0 else []
        digest.feed(update(rows[first:last], *events, now_s=2.4, submitted=2000, finished=last == len(rows)))
    assert digest.snapshot().warm_up.requests > 300
    for rule in ("rule", "first", "none"):
        digest.choose_rule(rule)
        counts = [row.figures.latency["response"].count for row in shape_rows(digest)]
        assert sum(counts) == digest.run.latency["response"].count
        assert counts[0] == counts[1]
        assert [row.figures.first_ms for row in shape_rows(digest)] == [61.0, 62.0]


def test_items_a_second_are_of_the_requests_that_succeeded() -> None:
    digest = Digest()
    rows = turns(100, 2)
    rows["flags"][1::10] = Flag.ERROR  # ten of the shape with two items
    digest.feed(update(rows, *with_shapes(A, B), now_s=1, submitted=100, finished=True))
    run = digest.run
    assert run.items_per_request == round((50 + 2 * 40) / 90, 4)
    assert run.items_per_s == round((run.throughput or 0) * (run.items_per_request or 0), 3)
    assert digest.snapshot().items_per_request == run.items_per_request


def test_items_are_unknown_where_one_shape_does_not_tell() -> None:
    digest = Digest()
    digest.feed(update(turns(10, 2), *with_shapes(A, DataShape("[?]")), now_s=1, submitted=10))
    assert digest.run.items_per_request is None


def test_items_of_a_model_without_data_shapes() -> None:
    digest = Digest()
    digest.feed(update(turns(100, 1), *with_shapes(items=4), now_s=1, submitted=100))
    result = build_result(digest)
    assert (result.items_per_request, result.items_are) == (4.0, "known")
    (line,) = [line for line in summary_lines(result) if line.startswith("throughput")]
    assert line.endswith(" items/s, 4 a request")


def test_two_modes_that_are_data_shapes_are_called_so() -> None:
    digest = Digest()
    rows = turns(4000, 2)
    for name in ("due_ns", "submit_ns", "done_ns"):
        rows[name] += np.arange(4000) * 5_000_000
    mean_us = np.where(rows["data_shape"] == 0, 1000, 9000)
    rows["infer_us"] = mean_us * np.random.default_rng(1).lognormal(0, 0.05, 4000)
    digest.feed(update(rows, *with_shapes(A, B), now_s=25, submitted=4000, finished=True))
    assert find_bimodality(digest.run.histogram("inference").counts) is not None
    (finding,) = [each for each in digest.steadiness().findings if each.id == "bimodal"]
    assert ": [1,8] and [2,8];" in finding.text
