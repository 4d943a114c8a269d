"""What has a fixed size is in memory from the start: what fills up in the course of an hour looks like a leak."""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from samples import records

from ovtui.metrics.latency.samples import measured_requests
from ovtui.metrics.latency.time_bins import TimeBins
from ovtui.metrics.session.request_history import RequestHistory

SMALL_BYTES = 64 * mmap.PAGESIZE
"""Smaller arrays come of a heap that is there."""


def arrays_of(thing: object) -> Iterator[npt.NDArray[np.generic]]:
    if isinstance(thing, np.ndarray):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from arrays_of(value)
    elif type(thing).__module__.startswith("ovtui."):
        yield from arrays_of(vars(thing))


def missing_pages(array: npt.NDArray[np.generic]) -> int:
    first = -(-array.ctypes.data // mmap.PAGESIZE) * mmap.PAGESIZE
    pages = (array.ctypes.data + array.nbytes - first) // mmap.PAGESIZE
    there = (ctypes.c_ubyte * pages)()
    assert ctypes.CDLL(None).mincore(ctypes.c_void_p(first), ctypes.c_size_t(pages * mmap.PAGESIZE), there) == 0
    return pages - sum(page & 1 for page in there)


def test_bins_and_history_are_in_memory_at_once() -> None:
    bins, history = TimeBins(), RequestHistory()
    bins.add_measured(measured_requests(records([1.0, 2.0], 2.0)))
    large = [array for thing in (bins, history) for array in arrays_of(thing) if array.nbytes >= SMALL_BYTES]
    assert len(large) >= 5
    assert [missing_pages(array) for array in large] == [0] * len(large)
