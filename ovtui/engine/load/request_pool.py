"""A pool of infer requests with callbacks: open-loop load, and every load whose requests may share a batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.errors import reason_of
from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.load.driver import FOREVER, DriverContext, EndReason, LoadPlan
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS

MAX_DUE_PER_TURN = 10_000
"""At a rate beyond what can even be counted (0.5 million/s) orders and completions still get their turn."""
FAILURE_CHECK_NS = 50_000_000
"""How often requests in flight are asked whether they failed: OpenVINO calls no callback for a failed one."""

_InFlight = tuple[int, int, int, int, int, bool, int]
"""seq, due_ns, submit_ns, segment, device code at submission, whether it had to wait for an idle request, copy_ns."""
_Completion = tuple[int, int, int, int]
"""Pool index, done_ns (monotonic), thread, device code."""


class RequestPool:
    """Requests are made once and never dropped: BATCH binds the k-th created request to worker k // B for good, and a
    worker with a dropped request would never fill again."""

    def __init__(self, bench: DriverContext, nireq: int) -> None:
        self._context = bench
        self._requests: list[ov.InferRequest] = []
        self._probes: list[npt.NDArray[np.float32] | None] = []
        self._flights: list[_InFlight | None] = []
        """What is in flight, by pool index."""
        self._idle: IdleRequests = FifoDispatch(())
        self._active = 0
        self._inbox: SimpleQueue[_Completion | None] = SimpleQueue()
        """Callbacks put, the load thread gets; None only wakes it."""
        self._in_flight = 0
        self._next_check_ns = 0
        self._schedule: Iterator[float] | None = None
        self._schedule_began_ns = 0
        self._next_due_ns = FOREVER
        """When the schedule's next request is due; FOREVER where it has no more."""
        self._backlog: deque[int] = deque()
        """Due times of requests that wait for an idle one."""
        self._queued = 0
        """The first so many of them found none when they came due: those that the ring's header tells of."""
        self._plan: LoadPlan | None = None
        """What was last run; what is shed takes from its limit."""
        bench.channel.wake = self._wake
        self.resize(nireq)

    def _wake(self) -> None:
        self._inbox.put(None)

    def resize(self, nireq: int) -> None:
        while len(self._requests) < nireq:
            self._create()
        self._active = nireq
        self._idle = self._context.make_idle(k for k in range(nireq) if self._flights[k] is None)

    def _create(self) -> None:
        k = len(self._requests)
        request = self._context.compiled.create_infer_request()
        self._context.requests_made += 1
        self._context.inputs.fill_new(request, k)
        request.set_callback(self._done, k)
        self._requests.append(request)
        self._probes.append(self._context.probe_array(request))
        self._flights.append(None)

    def _done(self, k: int) -> None:
        # On OpenVINO's thread: stamps and hands over, nothing else.
        self._inbox.put((k, now_ns(), threading.get_native_id(), self._context.read_device()))

    def run(self, plan: LoadPlan) -> EndReason | None:
        self._plan = plan
        bench, pending, recorder = self._context, self._context.channel.pending, self._context.recorder
        self._take_schedule(plan)
        while not pending:
            now = now_ns() - bench.origin_ns
            over = self._schedule is not None and self._next_due_ns == FOREVER and not self._backlog
            if now >= plan.until_ns or recorder.next_seq >= plan.stop_seq or over:
                # The last to come due before the end may have done so since the last look.
                self._take_due(plan, min(now, plan.until_ns - 1), over=True)
                self._publish_waiting()
                return plan.end_reason(recorder.next_seq, now)
            if self._schedule is None:
                self._start_idle(plan)
                wake_ns = plan.until_ns
            else:
                self._take_due(plan, now)
                self._submit_due()
                wake_ns = min(self._next_due_ns, plan.until_ns)
            self._collect(wake_ns)
        return None

    def _take_schedule(self, plan: LoadPlan) -> None:
        """A new schedule drops the backlog of the one before; the same one goes on across orders."""
        schedule = plan.schedule
        if schedule is not self._schedule:
            self._schedule = schedule
            self._context.recorder.open_loop = schedule is not None
            self.shed_waiting()
            now = now_ns() - self._context.origin_ns
            self._schedule_began_ns = now if plan.due_from_ns is None else plan.due_from_ns
            plan.due_from_ns = None
            self._next_due_ns = self._advance_schedule()

    def _advance_schedule(self) -> int:
        if self._schedule is None:
            return FOREVER
        offset_ns = next(self._schedule, None)
        return FOREVER if offset_ns is None else self._schedule_began_ns + int(offset_ns)

    def _start_idle(self, plan: LoadPlan) -> None:
        """Closed loop: whatever is idle is started."""
        free, recorder = self._idle, self._context.recorder
        while free and recorder.next_seq < plan.stop_seq:
            self._start(free.take(), None)

    def _take_due(self, plan: LoadPlan, now: int, *, over: bool = False) -> None:
        """Open loop: what has come due joins the backlog, or is shed where that is full. No more come due than the
        plan's limit leaves: a limit is of requests that are due, sent or not."""
        backlog, recorder = self._backlog, self._context.recorder
        for _ in range(MAX_DUE_PER_TURN):
            if self._next_due_ns > now:
                break
            if recorder.next_seq + len(backlog) >= plan.stop_seq:
                self._next_due_ns = FOREVER
                break
            if len(backlog) >= plan.backlog and not over:
                self._submit_due()  # a burst larger than the backlog finds idle requests all the same
            if len(backlog) < plan.backlog:
                backlog.append(self._next_due_ns)
            else:
                self._shed()
            self._next_due_ns = self._advance_schedule()

    def _submit_due(self) -> None:
        """Open loop: those that wait longest are started, as far as there are idle requests."""
        free, backlog, recorder = self._idle, self._backlog, self._context.recorder
        while free and backlog:
            queued = self._queued > 0
            self._queued -= queued
            recorder.set_waiting(self._queued)  # first, so that a kill in between counts no request twice
            self._start(free.take(), backlog.popleft(), queued)
        self._publish_waiting()

    def _publish_waiting(self) -> None:
        self._queued = len(self._backlog)
        self._context.recorder.set_waiting(self._queued)

    def _shed(self) -> None:
        self._context.recorder.count_shed()
        if self._plan is not None:
            self._plan.stop_seq -= 1

    def _start(self, k: int, due_ns: int | None, queued: bool = False) -> None:
        """Without a due time (closed loop) it counts as due now, before its input is copied."""
        bench = self._context
        if due_ns is None:
            due_ns = now_ns() - bench.origin_ns
        copy_ns = bench.inputs.fill_next(self._requests[k]) if bench.inputs.cycled else 0
        device = bench.read_device()
        seq = bench.recorder.assign_seq()
        submit_ns = now_ns() - bench.origin_ns
        self._flights[k] = (seq, due_ns, submit_ns, bench.recorder.segment, device, queued, copy_ns)
        self._in_flight += 1
        try:
            self._requests[k].start_async()
        except RuntimeError as error:
            self._record_failure(k, error)

    def _collect(self, until_ns: int) -> None:
        """Records what completed; waits for it, an order, `until_ns` or the next check, whichever comes first."""
        now = now_ns() - self._context.origin_ns
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
            self._next_check_ns = now + FAILURE_CHECK_NS
            self._find_failed(now - FAILURE_CHECK_NS)

    def _complete(self, item: _Completion) -> None:
        k, done_ns, thread, device = item
        sent = self._flights[k]
        if sent is None:
            return  # failed and came back all the same
        seq, due_ns, submit_ns, segment, before, queued, copy_ns = sent
        probe = self._probes[k]
        size = self._context.size_without_probe if probe is None else int(probe[0])
        kernels = (
            AMBIGUOUS
            if self._context.device_by_profiling is None
            else self._context.device_by_profiling(self._requests[k])
        )
        self._context.recorder.complete(
            seq, k, due_ns, submit_ns, done_ns - self._context.origin_ns, self._requests[k].latency,
            segment, size, before, device, thread, kernels, queued, copy_ns,
        )  # fmt: skip
        self._release(k)

    def _release(self, k: int) -> None:
        self._flights[k] = None
        self._in_flight -= 1
        if k < self._active:
            self._idle.put(k)

    def _find_failed(self, submitted_before_ns: int) -> None:
        for k, sent in enumerate(self._flights):
            if sent is not None and sent[2] < submitted_before_ns:
                try:
                    self._requests[k].wait_for(0)
                except RuntimeError as error:
                    self._record_failure(k, error)

    def _record_failure(self, k: int, error: RuntimeError) -> None:
        sent = self._flights[k]
        if sent is None:
            return
        seq, due_ns, submit_ns, segment, device = sent[:5]
        done_ns = now_ns() - self._context.origin_ns
        self._context.recorder.fail(seq, k, due_ns, submit_ns, done_ns, segment, device)
        self._release(k)
        self._context.on_failure(reason_of(error))

    @property
    def waiting(self) -> int:
        return len(self._backlog)

    @property
    def next_due_ns(self) -> int | None:
        return None if self._next_due_ns == FOREVER else self._next_due_ns

    def shed_waiting(self) -> None:
        waiting = len(self._backlog)
        self._backlog.clear()
        self._publish_waiting()
        for _ in range(waiting):
            self._shed()

    def drain(self) -> None:
        while self._in_flight:
            self._collect(now_ns() - self._context.origin_ns + FAILURE_CHECK_NS)
