"""The blocks of a trial: what one side served in each, its latencies, its joules.

A request that is in flight where a block begins or ends counts in it by the share of its time between submission and
completion that lies within: so a block's throughput does not depend on where in a burst of completions it is cut. Its
latencies are those of the requests that came due in it: all of them have come back when the other side takes its
turn. Its joules are those of the readings that lie wholly within it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from ovtui.metrics.comparison.verdict import Better
from ovtui.metrics.energy.power_figures import INFERENCE_DECIMALS, OF_CPU, OF_GPU
from ovtui.metrics.energy.watt_line import WattLine
from ovtui.metrics.energy.watt_lines import WattLines
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.samples import measured_records
from ovtui.records.events import TrialSide
from ovtui.records.record import Records, response_ms
from ovtui.settings.schema.settings import Settings

P99_OF_BLOCK = 100
"""A block's p99 is only a score that is compared with others; with fewer requests it is none."""
READINGS_OF_BLOCK = 2
"""A reading of watts a second: blocks of three seconds have so many that lie wholly within them."""
SHARE_DECIMALS = 6
"""Of requests in part: sums do not depend on the order in which updates brought them."""

FigureName = Literal["throughput", "items", "p50", "p90", "p99", "energy"]
FIGURES: dict[FigureName, Better] = {"throughput": "higher", "p50": "lower", "p90": "lower", "p99": "lower"}
"""Those of every trial."""
ALL_FIGURES: dict[FigureName, Better] = {
    "throughput": "higher", "items": "higher", "p50": "lower", "p90": "lower", "p99": "lower", "energy": "lower",
}  # fmt: skip
"""In the order in which they are shown. `items`: the throughput in items a second, where the requests of the two sides
hold different numbers of them; `energy`: joules per request, or then per item, where watts can be read."""


@dataclass(slots=True)
class BlockTally:
    """Owner: TrialCollector."""

    trial: int
    side: TrialSide
    segment: int
    begin_ns: int
    until_ns: int
    open_loop: bool = False
    served: float = 0.0
    """Requests, some of them in part."""
    response: Histogram = field(default_factory=Histogram)
    items_per_request: float | None = None
    joules: float | None = None
    """Per request; None where too few readings lie within."""

    @property
    def length_s(self) -> float:
        return (self.until_ns - self.begin_ns) / 1e9

    @property
    def back(self) -> float:
        """Requests that it served. In an open loop that keeps up these are just those that came due in it: their share
        of time would add the noise of its edges, and after a pause the first wait for a batch timer longer."""
        served = round(self.served, SHARE_DECIMALS)
        return max(served, self.response.count) if self.open_loop else served

    def value(self, name: FigureName) -> float | None:
        """The block's figure: 1/s, ms, J; None where too little of it is known."""
        if name == "throughput":
            return self.back / self.length_s
        if name == "items":
            return self._in_items(self.back / self.length_s)
        if name == "energy":
            return self.joules
        if name == "p99" and self.response.count < P99_OF_BLOCK:
            return None
        return self.response.percentile(float(name[1:]))

    def _in_items(self, per_s: float) -> float | None:
        return None if self.items_per_request is None else per_s * self.items_per_request

    def read(self, line: WattLine) -> None:
        """Takes its joules from the watts of a source."""
        whole = line.whole_readings((self.begin_ns, self.until_ns))
        if whole is None or whole[1] < READINGS_OF_BLOCK or self.back <= 0:
            return
        part, _ = whole
        watts = line.joules(part) * 1e9 / (part[1] - part[0])
        self.joules = round(watts * self.length_s / self.back, INFERENCE_DECIMALS)


def power_source(a: Settings, b: Settings, lines: WattLines) -> str:
    """The reading from which both sides have their joules: that of the GPU where both use one, else the CPU packages or
    the whole system. Empty where none comes."""
    on_gpu = all("GPU" in settings.device.upper() for settings in (a, b))
    return next((name for name in (OF_GPU if on_gpu else OF_CPU) if name in lines.by_name), "")


def served_by(blocks: Sequence[BlockTally]) -> float:
    return round(sum(block.back for block in blocks), SHARE_DECIMALS)


def count_records(records: Records, blocks: Iterable[BlockTally]) -> None:
    """Adds [n] records to the blocks in which they were in flight or came due."""
    if not len(records):
        return
    first_ns, last_ns = int(records["due_ns"].min()), int(records["done_ns"].max())
    near = [block for block in blocks if block.begin_ns < last_ns and block.until_ns > first_ns]
    if not near:
        return
    rows = measured_records(records)
    for segment in {block.segment for block in near}:
        own = rows[rows["segment"] == segment]
        due, submit, done = (own[name].astype(np.int64) for name in ("due_ns", "submit_ns", "done_ns"))
        for block in near:
            if block.segment != segment or not len(own):
                continue
            within = np.minimum(done, block.until_ns) - np.maximum(submit, block.begin_ns)
            block.served += float((np.maximum(within, 0) / np.maximum(done - submit, 1)).sum())
            block.response.add(response_ms(own[(due >= block.begin_ns) & (due < block.until_ns)]))
