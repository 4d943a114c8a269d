"""What the request table can be sorted by: the value of each column, and the words for both directions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ovtui.metrics.queries.request_filter import latency_ms
from ovtui.records.arrays import Floats
from ovtui.records.data_shapes import DataShapes
from ovtui.records.record import FLAG_TEXTS, Records, lag_ms


@dataclass(frozen=True, slots=True)
class SortColumn:
    letter: str
    """The key that chooses it, after that for sorting."""
    values: Callable[[Records, DataShapes], Floats]
    """[n] of [n] records; NaN where unknown."""
    greatest: str = "the greatest first"
    least: str = "the least first"


def _field(name: str) -> Callable[[Records, DataShapes], Floats]:
    return lambda records, _: np.asarray(records[name], np.float64)


def _known(name: str) -> Callable[[Records, DataShapes], Floats]:
    """0 is unknown."""
    return lambda records, _: np.where(records[name] == 0, np.nan, np.asarray(records[name], np.float64))


def _latency(kind: str) -> Callable[[Records, DataShapes], Floats]:
    return lambda records, _: latency_ms(kind, records)


def _severity(records: Records, _: DataShapes) -> Floats:
    """Of the state: the more severe flag counts for more than all after it."""
    found = np.zeros(len(records))
    for place, flag in enumerate(reversed(FLAG_TEXTS)):
        found += np.where(records["flags"] & int(flag) != 0, 2.0**place, 0.0)
    return found


def _shape(records: Records, shapes: DataShapes) -> Floats:
    """By the place of the shape among the session's; NaN without one."""
    places = {text: place for place, text in enumerate(shapes.newest)}
    return np.array([places.get(text, np.nan) for text in shapes.texts(records)], np.float64)


_LONG = ("the longest first", "the shortest first")
_TIME = ("the latest first", "the earliest first")
SORT_COLUMNS: Mapping[str, SortColumn] = {
    "seq": SortColumn("s", _field("seq"), *_TIME),
    "order": SortColumn("o", _field("order"), *_TIME),
    "due": SortColumn("d", _field("due_ns"), *_TIME),
    "submit": SortColumn("u", _field("submit_ns"), *_TIME),
    "done": SortColumn("c", _field("done_ns"), *_TIME),
    "request": SortColumn("q", _field("request")),
    "segment": SortColumn("g", _field("segment")),
    "batch": SortColumn("b", _known("batch_id")),
    "size": SortColumn("f", _known("batch_size")),
    "device": SortColumn("v", _known("device"), "accelerators first", "CPU first"),
    "inference": SortColumn("i", _latency("inference"), *_LONG),
    "service": SortColumn("e", _latency("service"), *_LONG),
    "response": SortColumn("r", _latency("response"), *_LONG),
    "wait": SortColumn("w", lambda records, _: lag_ms(records), *_LONG),
    "shape": SortColumn("p", _shape),
    "state": SortColumn("t", _severity, "the most severe first", "the least severe first"),
}
"""By the name of the table's column."""
