"""Sums over cells of consecutive keys (the order of completion, or time), in memory that does not grow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.records.arrays import Floats, Ints

CELLS = 1024


class CellSums:
    """Rows of sums. A cell holds 2**k neighbouring keys, aligned to multiples of that, with the least k for which all
    keys seen fit into CELLS of them: so the sums depend on what was added and not on how it was divided. Owner: a
    LimitCounts."""

    __slots__ = ("_first", "_high", "_low", "_shift", "sums")

    def __init__(self, rows: int) -> None:
        self.sums: Floats = np.zeros((rows, 0))
        """[rows, cells], at most CELLS, from the first cell with anything in it to the last."""
        self._low = self._high = 0
        self._shift = self._first = 0

    def add(self, keys: Ints, rows: Sequence[Floats | None]) -> None:
        """Adds the values of [n] keys to the first rows; None adds 1 for each key."""
        if not len(keys):
            return
        self._make_room(int(keys.min()), int(keys.max()))
        cells = (keys >> self._shift) - self._first
        low, high = int(cells.min()), int(cells.max()) + 1
        cells = cells - low
        for into, values in zip(self.sums, rows, strict=False):
            into[low:high] += np.bincount(cells, values, high - low)

    def add_levels(self, keys: Ints, levels: Ints, row: int, count: int) -> None:
        """For keys that are in already: to row `row` + i the number of keys whose level, 0 to `count`, is at least
        `count` - i: row `row` takes those of the highest level."""
        cells = (keys >> self._shift) - self._first
        low, high = int(cells.min()), int(cells.max()) + 1
        found = np.bincount((cells - low) * (count + 1) + levels, minlength=(high - low) * (count + 1))
        above = found.reshape(-1, count + 1)[:, :0:-1].cumsum(axis=1)
        self.sums[row : row + count, low:high] += above.T

    def merge(self, other: CellSums) -> None:
        if not other.sums.shape[1]:
            return
        self._make_room(other._low, other._high)
        cells = ((np.arange(other.sums.shape[1]) + other._first) << other._shift >> self._shift) - self._first
        np.add.at(self.sums.T, cells, other.sums.T)

    def _make_room(self, low: int, high: int) -> None:
        if self.sums.shape[1]:
            low, high = min(low, self._low), max(high, self._high)
        shift = 0
        while (high >> shift) - (low >> shift) >= CELLS:
            shift += 1
        first, cells = low >> shift, (high >> shift) - (low >> shift) + 1
        if (first, shift, cells) != (self._first, self._shift, self.sums.shape[1]):
            old, sums = self.sums, np.zeros((len(self.sums), cells))
            at = ((np.arange(old.shape[1]) + self._first) << self._shift >> shift) - first
            np.add.at(sums.T, at, old.T)
            self.sums, self._first, self._shift = sums, first, shift
        self._low, self._high = low, high
