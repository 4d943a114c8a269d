"""Latencies kept for exact order statistics: each different value once, with how often it came."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from ovtui.records.arrays import Ints

Floats32 = npt.NDArray[np.float32]
_Keys = npt.NDArray[np.uint32]

KEPT = 1 << 22
"""Fewer latencies are kept as they are: 16 MB. From there on values within 1/65,536 of each other are one, which is
0.01 us at 0.7 ms, 0.01 ms at 0.7 s."""
COARSE_BITS = 7
"""Of the 23 of a float32's fraction that go then."""


class Latencies:
    """Owner: whoever adds to it. Milliseconds are told, microseconds are taken: as records hold them."""

    def __init__(self) -> None:
        self._keys: _Keys = np.zeros(0, np.uint32)
        """The values' bits, ascending: positive floats are in the order of their bits."""
        self._counts: Ints = np.zeros(0, np.int64)
        self._pending: list[Floats32] = []
        self._waiting = 0
        self._coarse = False
        self.count = 0
        self._sum_us = 0.0
        self._least_us, self._most_us = float("inf"), 0.0

    def add(self, values_us: npt.ArrayLike) -> None:
        """[n] latencies. Nothing is sorted before KEPT of them have come, so that it costs the load next to nothing."""
        values = np.array(values_us, np.float32)
        if not len(values):
            return
        self.count += len(values)
        self._sum_us += float(values.sum(dtype=np.float64))
        self._least_us = min(self._least_us, float(values.min()))
        self._most_us = max(self._most_us, float(values.max()))
        self._pending.append(values)
        self._waiting += len(values)
        if self._waiting >= KEPT:
            self._settle()

    def percentile_ms(self, percent: int) -> float | None:
        """The value of rank ceil(n * percent / 100), as benchmark_app has it: never between two. None of nothing."""
        if not self.count:
            return None
        self._settle()
        at = int(np.searchsorted(np.cumsum(self._counts), max(ceil(self.count * percent / 100), 1)))
        found_us = float(self._keys[at : at + 1].view(np.float32)[0])
        return min(max(found_us, self._least_us), self._most_us) / 1e3

    @property
    def average_ms(self) -> float | None:
        return self._sum_us / self.count / 1e3 if self.count else None

    @property
    def least_ms(self) -> float | None:
        return self._least_us / 1e3 if self.count else None

    @property
    def most_ms(self) -> float | None:
        return self._most_us / 1e3 if self.count else None

    def _settle(self) -> None:
        """Sorts what has come: 0.1 s of CPU for KEPT of them, on two cores."""
        if not self._pending:
            return
        new = np.concatenate(self._pending).view(np.uint32)
        self._pending, self._waiting = [], 0
        if self.count >= KEPT and not self._coarse:
            self._coarse = True
            self._keys = _coarsened(self._keys)  # merged below
        keys, counts = np.unique(_coarsened(new) if self._coarse else new, return_counts=True)
        both, times = np.concatenate([self._keys, keys]), np.concatenate([self._counts, counts])
        self._keys, where = np.unique(both, return_inverse=True)
        self._counts = np.bincount(where, weights=times, minlength=len(self._keys)).astype(np.int64)


def _coarsened(keys: _Keys) -> _Keys:
    """To the middle of what becomes one."""
    cut = (keys >> np.uint32(COARSE_BITS)) << np.uint32(COARSE_BITS)
    return (cut | np.uint32(1 << (COARSE_BITS - 1))).astype(np.uint32)
