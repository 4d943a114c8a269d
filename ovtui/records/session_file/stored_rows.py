"""Rows of requests from a session file, checked: which of them can be records, and how they become such."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from ovtui.records.arrays import Bools, Ints
from ovtui.records.record import Records, empty_records
from ovtui.records.session_file import schema
from ovtui.records.session_file.stored_counts import MOST_BEHIND, most_within

LATEST_NS = 366 * 86_400 * 1_000_000_000
"""A session of a year: what is later is damage, and seconds are counted up to it."""
_EARLIEST_NS = -3_600_000_000_000
"""A due time may lie before the session's start only by rounding; an hour keeps what tests make up."""
_MOST = {
    "batch_id": 0xFFFFFFFF, "request": 0xFFFF, "batch_size": 0xFFFF, "segment": 0xFFFF, "flags": 0x3FFF,
    "device": 0xFF, "data_shape": 0xFF,
}  # fmt: skip
"""What the fields of a record hold; the two highest flags are never recorded."""
_MOST_RESET_US = 65_504.0


def columns_of(rows: Sequence[Sequence[Any]]) -> tuple[Ints, int]:
    """[REQUEST_COLUMNS, n] of those of the rows whose values are all whole numbers of 64 bits, and how many are not."""
    columns = len(schema.REQUEST_COLUMNS)
    good = rows
    if set(map(type, chain.from_iterable(rows))) - {int}:
        good = [row for row in rows if all(type(value) is int for value in row)]
    values = np.fromiter(chain.from_iterable(good), np.int64, len(good) * columns)
    return values.reshape(-1, columns).T, len(rows) - len(good)


def sound(values: Ints, last_ns: int) -> Bools:
    """[n]: which of [REQUEST_COLUMNS, n] can be requests of a session that lasted until `last_ns`. 20,000 take
    0.5 ms."""
    by_name = dict(zip(schema.REQUEST_COLUMNS, values, strict=True))
    n, done, service, wait = by_name["n"], by_name["done_ns"], by_name["service_ns"], by_name["wait_ns"]
    good: Bools = (n >= 0) & (done >= 0) & (done <= last_ns)
    for times in (service, wait, by_name["infer_ns"]):
        good &= (times >= _EARLIEST_NS) & (times <= LATEST_NS)
    good &= (service >= 0) & (by_name["infer_ns"] >= 0) & (by_name["copy_ns"] >= 0) & (by_name["reset_ns"] >= 0)
    good &= by_name["copy_ns"] <= LATEST_NS
    good &= done - np.where(good, service, 0) - np.where(good, wait, 0) >= _EARLIEST_NS
    most = most_within(done) + MOST_BEHIND
    good &= n <= most
    for relative in (by_name["seq_less_n"], by_name["order_less_n"]):
        good &= (relative >= -n) & (relative <= most - n)
    for name, most in _MOST.items():
        good &= (by_name[name] >= 0) & (by_name[name] <= most)
    return good


def records_of(values: Ints) -> Records:
    """The records of [REQUEST_COLUMNS, n] sound rows."""
    n, seq, order, done, service, wait, infer, *rest, copy, reset = values
    records = empty_records(values.shape[1])
    records["seq"], records["order"] = n + seq, n + order
    records["done_ns"], records["submit_ns"], records["due_ns"] = done, done - service, done - service - wait
    records["infer_us"], records["copy_us"] = infer / 1e3, copy / 1e3
    records["reset_us"] = np.minimum(reset / 1e3, _MOST_RESET_US)
    for name, column in zip(_MOST, rest, strict=True):
        records[name] = column
    return records
