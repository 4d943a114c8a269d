"""One of the engine's load loops in this process, its records going into a ring of the usual size."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from types import SimpleNamespace
from typing import Any

from ovtui.engine.load.batch_sizes import BatchSizes, ConstantSizes
from ovtui.engine.load.dispatch import FifoDispatch, GroupedDispatch, IdleRequests
from ovtui.engine.load.driver import DriverContext, LoadPlan
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import code_of
from ovtui.records.record import Records
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory


class EngineLoop:
    def __init__(
        self,
        driver: Callable[[Any, int], Any],
        compiled: Any,
        nireq: int,
        device: str = "CPU",
        sizes: BatchSizes | None = None,
        batch: int = 1,
        inputs: Any = None,
    ) -> None:
        """`driver` is the class of the loop, `batch` is B (1: nothing batches). Without `inputs` the requests keep what
        they hold."""
        fd = create_memory()
        self._reader = RingReader(os.dup(fd))
        self._recorder = RequestRecorder(RingWriter(fd), device, batch if batch > 1 else 0, lambda _: None)
        self._recorder.begin(0, 1)
        code = code_of([device])
        make_idle: Callable[[Iterable[int]], IdleRequests] = (
            partial(GroupedDispatch, size=batch) if batch > 1 else FifoDispatch
        )
        self._origin_ns = now_ns()
        context: Any = DriverContext(
            compiled=compiled,
            recorder=self._recorder,
            channel=SimpleNamespace(pending=deque(), wake=None),  # type: ignore[arg-type]
            inputs=inputs or SimpleNamespace(fill_new=lambda *_: None, cycled=False, data_shape=0, own_tensors=False),
            origin_ns=self._origin_ns,
            read_device=lambda: code,
            sizes=sizes or ConstantSizes(1),
            on_failure=print,
            make_idle=make_idle,
            batch_size=batch,
        )
        self._driver = driver(context, nireq)

    @property
    def submitted(self) -> int:
        return self._recorder.submitted

    def run_requests(self, count: int) -> int:
        """Submits `count` more requests; returns the CPU time that took, ns."""
        plan = LoadPlan(stop_seq=self._recorder.next_seq + count)
        began_ns = time.thread_time_ns()
        self._driver.run(plan)
        return time.thread_time_ns() - began_ns

    def run_seconds(self, seconds: float) -> float:
        """Requests a second that were submitted in that time."""
        before, began_ns = self.submitted, now_ns()
        self._driver.run(LoadPlan(until_ns=began_ns - self._origin_ns + int(seconds * 1e9)))
        return (self.submitted - before) / ((now_ns() - began_ns) / 1e9)

    def drained(self) -> tuple[Records, int]:
        """Waits for what is in flight; the records not yet read that the ring still holds, and how many it holds no
        more."""
        self._driver.drain()
        lost = self._reader.lost
        records = self._reader.read()
        return records, self._reader.lost - lost
