"""A pool of infer requests with callbacks: open-loop load, and every load whose requests may share a batch."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.dispatch import Fifo, Idle
from ovtui.engine.errors import reason_of
from ovtui.engine.plan import Bench, Ended, Plan
from ovtui.records.clock import now_ns
from ovtui.records.devices import AMBIGUOUS

CHECK_NS = 50_000_000
"""How often requests in flight are asked whether they failed: OpenVINO calls no callback for a failed one."""

_Completion = tuple[int, int, int, int]
"""Pool index, done_ns (monotonic), thread, device code."""


class Pool:
    """Requests are made once and never dropped: BATCH binds the k-th created request to worker k // B for good, and a
    worker with a dropped request would never fill again."""

    def __init__(self, bench: Bench, nireq: int) -> None:
        self._bench = bench
        self._requests: list[ov.InferRequest] = []
        self._probes: list[npt.NDArray[np.float32] | None] = []
        self._sent: list[tuple[int, int, int, int, int] | None] = []
        """What is in flight, by pool index: seq, due_ns, submit_ns, segment, device code at submission."""
        self._free: Idle = Fifo(())
        self._active = 0
        self._inbox: SimpleQueue[_Completion | None] = SimpleQueue()
        """Callbacks put, the load thread gets; None only wakes it."""
        self._in_flight = 0
        self._next_check_ns = 0
        self._schedule_ns = 0.0
        """When the next request of the open loop is due."""
        self._period_ns = 0.0
        bench.control.wake = self._wake
        self.resize(nireq)

    def _wake(self) -> None:
        self._inbox.put(None)

    def resize(self, nireq: int) -> None:
        while len(self._requests) < nireq:
            self._create()
        self._active = nireq
        self._free = self._bench.idle(k for k in range(nireq) if self._sent[k] is None)

    def _create(self) -> None:
        k = len(self._requests)
        request = self._bench.compiled.create_infer_request()
        self._bench.made += 1
        self._bench.inputs.fill(request, k)
        request.set_callback(self._done, k)
        self._requests.append(request)
        self._probes.append(self._bench.view_of_probe(request))
        self._sent.append(None)

    def _done(self, k: int) -> None:
        # On OpenVINO's thread: stamps and hands over, nothing else.
        self._inbox.put((k, now_ns(), threading.get_native_id(), self._bench.read_device()))

    def run(self, plan: Plan) -> Ended | None:
        bench, pending = self._bench, self._bench.control.pending
        self._retime(plan.period_ns)
        while not pending:
            now = now_ns() - bench.origin_ns
            if now >= plan.until_ns or bench.recorder.next_seq >= plan.stop_seq:
                return plan.ended(bench.recorder.next_seq)
            due_ns = self._submit_due(plan, now)
            self._collect(min(due_ns, plan.until_ns))
        return None

    def _retime(self, period_ns: float) -> None:
        """A new rate starts its schedule now; the same rate keeps it across orders."""
        if period_ns != self._period_ns:
            self._period_ns = period_ns
            self._schedule_ns = float(now_ns() - self._bench.origin_ns)

    def _submit_due(self, plan: Plan, now: int) -> int:
        """Starts what is due and can start; returns when the next will be due, or the end of time when only a
        completion can bring one."""
        recorder, free = self._bench.recorder, self._free
        if not plan.period_ns:
            while free and recorder.next_seq < plan.stop_seq:
                self._start(free.take(), None)
            return plan.until_ns
        while free and self._schedule_ns <= now and recorder.next_seq < plan.stop_seq:
            self._start(free.take(), int(self._schedule_ns))
            self._schedule_ns += plan.period_ns
        return int(self._schedule_ns) if free else plan.until_ns

    def _start(self, k: int, due_ns: int | None) -> None:
        bench = self._bench
        device = bench.read_device()
        seq = bench.recorder.take_seq()
        submit_ns = now_ns() - bench.origin_ns
        self._sent[k] = (seq, submit_ns if due_ns is None else due_ns, submit_ns, bench.recorder.segment, device)
        self._in_flight += 1
        try:
            self._requests[k].start_async()
        except RuntimeError as error:
            self._failed(k, error)

    def _collect(self, until_ns: int) -> None:
        """Records what completed; waits for it, an order, `until_ns` or the next check, whichever comes first."""
        now = now_ns() - self._bench.origin_ns
        wake_ns = min(until_ns, self._next_check_ns) if self._in_flight else until_ns
        try:
            # Waits are cut to a second: threading's timeouts have an upper limit, and it costs nothing.
            item = self._inbox.get(timeout=min(max(wake_ns - now, 0) / 1e9, 1.0))
            while True:
                if item is not None:
                    self._complete(item)
                item = self._inbox.get_nowait()
        except Empty:
            pass
        if now >= self._next_check_ns:
            self._next_check_ns = now + CHECK_NS
            self._find_failed(now - CHECK_NS)

    def _complete(self, item: _Completion) -> None:
        k, done_ns, thread, device = item
        sent = self._sent[k]
        if sent is None:
            return  # failed and came back all the same
        seq, due_ns, submit_ns, segment, before = sent
        probe = self._probes[k]
        size = 0 if probe is None else int(probe[0])
        kernels = AMBIGUOUS if self._bench.kernels_of is None else self._bench.kernels_of(self._requests[k])
        self._bench.recorder.complete(
            seq, k, due_ns, submit_ns, done_ns - self._bench.origin_ns, self._requests[k].latency,
            segment, size, before, device, thread, kernels,
        )  # fmt: skip
        self._release(k)

    def _release(self, k: int) -> None:
        self._sent[k] = None
        self._in_flight -= 1
        if k < self._active:
            self._free.put(k)

    def _find_failed(self, submitted_before_ns: int) -> None:
        for k, sent in enumerate(self._sent):
            if sent is not None and sent[2] < submitted_before_ns:
                try:
                    self._requests[k].wait_for(0)
                except RuntimeError as error:
                    self._failed(k, error)

    def _failed(self, k: int, error: RuntimeError) -> None:
        sent = self._sent[k]
        if sent is None:
            return
        seq, due_ns, submit_ns, segment, device = sent
        done_ns = now_ns() - self._bench.origin_ns
        self._bench.recorder.fail(seq, k, due_ns, submit_ns, done_ns, segment, device)
        self._release(k)
        self._bench.failed(reason_of(error))

    def drain(self) -> None:
        while self._in_flight:
            self._collect(now_ns() - self._bench.origin_ns + CHECK_NS)
