"""The figures of the blocks of several boxes, side by side: row = box, column = time since the begin of its load."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np

from ovtui.records.arrays import Floats
from ovtui.records.fleet import BoxState
from ovtui.records.following import Block

MOST_COLUMNS = 40
"""Blocks of longer runs are put together by two, three, ... so that there are no more: neighbours that are alike then
count once, and the interval of 200 boxes costs milliseconds."""

MOST_BLOCKS = 43_200
"""A day of them; of a longer run the first day is compared. What a box sends must not take all memory here."""


def log_blocks(states: Sequence[BoxState], value: Callable[[Block], float | None]) -> Floats:
    """[boxes, columns] logarithms of a figure; NaN where a box has none. Column k of every box covers the same time
    since the begin of its load; where blocks were put together it is the mean of their logarithms, and NaN where fewer
    than half of them have the figure."""
    last = min(max((block.number for state in states for block in state.blocks), default=-1), MOST_BLOCKS - 1)
    matrix = np.full((len(states), last + 1), np.nan)
    for row, state in enumerate(states):
        for block in state.blocks:
            found = value(block)
            if found is not None and 0 <= block.number <= last:
                matrix[row, block.number] = found
    matrix[~(np.isfinite(matrix) & (matrix > 0))] = np.nan
    matrix = np.log(matrix)
    together = math.ceil((last + 1) / MOST_COLUMNS)
    return matrix if together <= 1 else _put_together(matrix, together)


def others_median(matrix: Floats, row: int) -> Floats:
    """[columns]: the median of the other rows. A row that has the figure in fewer than half of this row's columns is no
    other; NaN where fewer than three quarters of the others have it, or fewer than two."""
    mine = np.isfinite(matrix[row])
    rest = np.delete(matrix, row, axis=0)
    rest = rest[np.isfinite(rest[:, mine]).sum(axis=1) * 2 >= max(int(mine.sum()), 1)]
    return median_of_rows(rest, max(2, math.ceil(0.75 * len(rest))))


def others_of(matrix: Floats, row: int) -> list[int]:
    """The rows that `others_median` regards."""
    mine = np.isfinite(matrix[row])
    enough = np.isfinite(matrix[:, mine]).sum(axis=1) * 2 >= max(int(mine.sum()), 1)
    return [int(each) for each in np.flatnonzero(enough) if each != row]


def median_of_rows(rows: Floats, least: int) -> Floats:
    """[columns]: of the values that are there; NaN where there are fewer than `least`."""
    columns = rows.shape[1]
    if not len(rows):
        return np.full(columns, np.nan)
    ordered = np.sort(rows, axis=0)  # NaN comes last
    counts = np.isfinite(rows).sum(axis=0)
    at = np.arange(columns)
    low, high = np.maximum(counts - 1, 0) // 2, np.minimum(counts // 2, len(rows) - 1)
    middle: Floats = (ordered[low, at] + ordered[high, at]) / 2
    return np.where(counts >= least, middle, np.nan)


def _put_together(matrix: Floats, together: int) -> Floats:
    columns = math.ceil(matrix.shape[1] / together)
    wide = np.full((len(matrix), columns * together), np.nan)
    wide[:, : matrix.shape[1]] = matrix
    parts = wide.reshape(len(matrix), columns, together)
    known = np.isfinite(parts).sum(axis=2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of a mean of nothing
        means = np.nanmean(parts, axis=2)
    return np.where(known * 2 >= together, means, np.nan)
