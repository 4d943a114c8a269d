"""A session over time, in a fixed number of columns, for the plots of the HTML report."""

from __future__ import annotations

import numpy as np

from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import LatencyKind
from ovtui.metrics.latency.samples import measured_records
from ovtui.records.arrays import Floats
from ovtui.records.record import LATENCY_MS, Records

COLUMNS = 240


class ReportSeries:
    """Of all measured requests. Memory: COLUMNS histograms of 32 KiB each, for any number of requests."""

    def __init__(self, end_ns: int, kind: LatencyKind = "response") -> None:
        self._kind = kind
        self.step_s = max(end_ns / 1e9 / COLUMNS, 1e-6)
        self._columns: list[Histogram | None] = [None] * COLUMNS

    def add(self, records: Records) -> None:
        good = measured_records(records)
        if not len(good):
            return
        at = np.clip(good["done_ns"] / 1e9 / self.step_s, 0, COLUMNS - 1).astype(np.int64)
        values_ms = LATENCY_MS[self._kind](good)
        for column in np.unique(at).tolist():
            histogram = self._columns[column]
            if histogram is None:
                histogram = self._columns[column] = Histogram()
            histogram.add(values_ms[at == column])

    @property
    def middles_s(self) -> Floats:
        return np.asarray((np.arange(COLUMNS) + 0.5) * self.step_s, np.float64)

    def percentile(self, q: float) -> Floats:
        """[COLUMNS] ms; NaN where nothing completed."""
        values = [np.nan if h is None else h.percentile(q) for h in self._columns]
        return np.array(values, np.float64)

    def worst(self) -> Floats:
        return np.array([np.nan if h is None else h.max_ms for h in self._columns], np.float64)

    def rate(self) -> Floats:
        """[COLUMNS] completions per second."""
        counts = np.array([0 if h is None else h.count for h in self._columns], np.float64)
        return np.asarray(counts / self.step_s, np.float64)
