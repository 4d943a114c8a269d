"""The counters of the trace. Perfetto draws a value from its time until the next value of the counter. So

- what is counted over an interval (completions/s over 0.1 s, the machine's usage since the reading before) stands at
  the interval's *start*, and an interval without any has its 0;
- a level (requests in flight, waiting, a temperature) stands at the moment at which it was just that: every 0.1 s at
  which it may have changed. Between two of these moments it is not known to the trace; the lanes show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from ovtui.records.machine_readings import MachineReading, reading_began_ns
from ovtui.records.record import Records

COUNTER_NS = 100_000_000
HELD_BACK_STEPS = 100
"""Counter steps that are not written yet: 10 s, longer than a request is in flight."""
_OVER_INTERVAL = (
    "cpu_percent", "cpu_throttled_percent", "throttled_percent", "other_cores", "engine_cores", "host_cores",
    "gpu_percent", "npu_percent", "cpu_watts", "dram_watts", "system_watts", "gpu_watts", "gpu_card_watts",
)  # fmt: skip
"""Readings that are means since the reading before. A battery tells what it gives at the moment."""


class Sample(NamedTuple):
    t_ns: int
    name: str
    value: float


def machine_samples(readings: Iterable[MachineReading]) -> Iterator[Sample]:
    before_ns: int | None = None
    for reading in readings:
        began_ns = max(reading_began_ns(before_ns, reading.t_ns), 0)
        for name, value in reading.values().items():
            yield Sample(began_ns if name in _OVER_INTERVAL else reading.t_ns, name, value)
        before_ns = reading.t_ns


class RequestCounters:
    """Completions per second, requests in flight, and requests that are due and not sent yet, in steps of COUNTER_NS,
    from records that are nearly in order."""

    def __init__(self) -> None:
        self._changes: dict[str, Counter[int]] = {name: Counter() for name in ("due_ns", "submit_ns", "done_ns")}
        """Time field to the number of records in each step."""
        self._first_unwritten = 0
        """The first step that is not written yet."""
        self._in_flight = self._waiting = 0

    def add(self, records: Records) -> Iterator[Sample]:
        for name, changes in self._changes.items():
            # A time before the first unwritten step counts in that step.
            steps = np.maximum(records[name] // COUNTER_NS, self._first_unwritten)
            changes.update(dict(zip(*(found.tolist() for found in np.unique(steps, return_counts=True)), strict=True)))
        # Later records may have been submitted earlier, so the last steps are held back.
        yield from self._write_before(int(records["submit_ns"].min()) // COUNTER_NS - HELD_BACK_STEPS)

    def end(self) -> Iterator[Sample]:
        yield from self._write_before(None)
        if self._first_unwritten:
            yield Sample(self._first_unwritten * COUNTER_NS, "completions/s", 0.0)

    def _write_before(self, before: int | None) -> Iterator[Sample]:
        due, submitted, done = self._changes.values()
        for step in sorted({*due, *submitted, *done}):
            if before is not None and step >= before:
                break
            if not self._first_unwritten:
                yield from self._levels(step)
            elif step > self._first_unwritten:  # nothing happened between
                yield Sample(self._first_unwritten * COUNTER_NS, "completions/s", 0.0)
            due_count, sent, completed = due.pop(step, 0), submitted.pop(step, 0), done.pop(step, 0)
            self._waiting += due_count - sent
            self._in_flight += sent - completed
            self._first_unwritten = step + 1
            yield Sample(step * COUNTER_NS, "completions/s", completed * 1_000_000_000 / COUNTER_NS)
            yield from self._levels(step + 1)

    def _levels(self, step: int) -> Iterator[Sample]:
        """As they are at the start of this step."""
        yield Sample(step * COUNTER_NS, "in flight", self._in_flight)
        yield Sample(step * COUNTER_NS, "waiting", self._waiting)
