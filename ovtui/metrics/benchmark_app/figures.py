"""What benchmark_app tells of a run, by its definitions, from the records alone: all requests of the loop count, with
OpenVINO's own latency; an inference that came before the loop does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.metrics.benchmark_app.latencies import Latencies
from ovtui.records.data_shapes import SHAPES
from ovtui.records.record import Flag, Records


class Figures:
    """Owner: the one thread that adds records. Where ours are by other rules (warm-up, service latency, completions
    within the span of the load), docs/benchmark_app-output.md tells which."""

    def __init__(self, *, first_inference: bool = True, by_shape: bool = False, rate_per_s: float = 0.0) -> None:
        """`first_inference`: the engine's first one comes before the loop, and is none of its iterations. `by_shape`:
        latencies by data shape are wanted, too. `rate_per_s`: of requests, 0 without one."""
        self._rate_per_s = rate_per_s
        self._first_inference = first_inference
        self._by_shape = by_shape
        self.latencies = Latencies()
        self.of_shape: dict[int, Latencies] = {}
        """By the number of the data shape."""
        self._turns = np.zeros(SHAPES, np.int64)
        """How many requests succeeded, by the number of the data shape."""
        self.failed = 0
        self._began_ns, self._ended_ns = 0, 0

    def add(self, records: Records) -> None:
        """[n] records as they come: the first inference, which runs alone, before all others."""
        if self._first_inference and len(records):
            self._first_inference = False
            records = records[(records["seq"] != 0) | (records["flags"] & Flag.WARM_UP == 0)]
        if not len(records):
            return
        self._extend(records)
        failed = records["flags"] & Flag.ERROR != 0
        good = records[~failed] if failed.any() else records
        self.failed += len(records) - len(good)
        self._turns += np.bincount(good["data_shape"], minlength=SHAPES)
        self.latencies.add(good["infer_us"])
        if not self._by_shape:
            return
        for shape in np.unique(good["data_shape"]).tolist():
            of_shape = self.of_shape.setdefault(shape, Latencies())
            of_shape.add(good["infer_us"][good["data_shape"] == shape])

    def _extend(self, records: Records) -> None:
        prepared_ns = (records["copy_us"].astype(np.float64) + records["reset_us"]) * 1e3
        began_ns = int((records["submit_ns"] - prepared_ns).min())
        self._began_ns = min(self._began_ns, began_ns) if self._ended_ns else began_ns
        self._ended_ns = max(self._ended_ns, int(records["done_ns"].max()))

    @property
    def iterations(self) -> int:
        """Requests of the loop that succeeded."""
        return self.latencies.count

    @property
    def duration_ms(self) -> float:
        """From the preparation of the loop's first request to its last completion. At a rate the pause after the last
        one counts, too, so that no throughput is above it."""
        measured_ms = (self._ended_ns - self._began_ns) / 1e6
        if not self._rate_per_s:
            return measured_ms
        return max(measured_ms, (self.iterations + self.failed) * 1e3 / self._rate_per_s)

    def fps(self, batch: int, batches: Sequence[int] = ()) -> float | None:
        """Frames a second: iterations by the batch size; or, where data shapes differ, by that of each, which
        `batches` are in their turns. None of nothing."""
        if not self.iterations or self.duration_ms <= 0:
            return None
        frames = self.iterations * batch
        if len(batches) > 1:
            frames = int(self._turns[: len(batches)] @ np.array(batches[:SHAPES], np.int64))
        return frames * 1e3 / self.duration_ms
