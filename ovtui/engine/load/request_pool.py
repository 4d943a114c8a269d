"""A pool of infer requests with callbacks: for open-loop load, and for every load whose requests may share a batch."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import openvino as ov

from ovtui.engine.errors import reason_of
from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.load.driver import FOREVER, DriverContext, EndReason, LoadPlan
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS

MAX_DUE_PER_TURN = 10_000
"""Due requests taken in one turn of the loop: at a rate beyond what can be counted (0.5 million/s) commands and
completions still get their turn."""
FAILURE_CHECK_NS = 50_000_000
"""Period of the check for failed requests: OpenVINO does not call the callback of a failed request."""

_InFlight = tuple[int, int, int, int, int, bool, int]
"""seq, due_ns, submit_ns, segment, device code at submission, whether it waited for an idle infer request, copy_ns."""
_Completion = tuple[int, int, int, int]
"""Pool index, done_ns (monotonic), thread, device code."""


class RequestPool:
    """Owner: the load thread. Callbacks, on OpenVINO's threads, only put into `_inbox`.

    Infer requests are created once and never destroyed: BATCH binds the k-th created request to worker k // B for good,
    and a worker that lost a request would never fill again."""

    def __init__(self, context: DriverContext, nireq: int) -> None:
        self._context = context
        self._requests: list[ov.InferRequest] = []
        self._flights: list[_InFlight | None] = []
        """The requests in flight, by pool index."""
        self._idle: IdleRequests = FifoDispatch(())
        self._active = 0
        self._inbox: SimpleQueue[_Completion | None] = SimpleQueue()
        """Completions, from callbacks to the load thread. None only wakes the load thread."""
        self._in_flight = 0
        self._next_check_ns = 0
        self._schedule: Iterator[float] | None = None
        self._schedule_began_ns = 0
        self._next_due_ns = FOREVER
        """When the schedule's next request is due; FOREVER at the end of the schedule."""
        self._backlog: deque[int] = deque()
        """Due times of the requests that wait for an idle infer request, oldest first."""
        self._queued = 0
        """How many of them, from the oldest on, found none idle when they came due: the count in the ring's header."""
        self._plan: LoadPlan | None = None
        """The plan of the last run: each request that is shed counts against its limit."""
        context.channel.wake = self._wake
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
        self._context.inputs.fill_new(request, k)
        request.set_callback(self._done, k)
        self._requests.append(request)
        self._context.sizes.attach(k, request)
        self._flights.append(None)

    def _done(self, k: int) -> None:
        # On OpenVINO's thread: takes the time and hands over, nothing else.
        self._inbox.put((k, now_ns(), threading.get_native_id(), self._context.read_device()))

    def run(self, plan: LoadPlan) -> EndReason | None:
        self._plan = plan
        context, pending, recorder = self._context, self._context.channel.pending, self._context.recorder
        self._take_schedule(plan)
        while not pending:
            now = now_ns() - context.origin_ns
            over = self._schedule is not None and self._next_due_ns == FOREVER and not self._backlog
            if now >= plan.until_ns or recorder.next_seq >= plan.stop_seq or over:
                # Requests may have come due between the last turn and the end.
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
        """Starts a new schedule, shedding the backlog of the one before. The same schedule goes on across commands."""
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
        """Closed loop: starts every idle request."""
        free, recorder = self._idle, self._context.recorder
        while free and recorder.next_seq < plan.stop_seq:
            self._start(free.take(), None)

    def _take_due(self, plan: LoadPlan, now: int, *, over: bool = False) -> None:
        """Open loop: moves requests that have come due into the backlog, or sheds them where it is full. Stops at the
        plan's limit, which counts due requests, submitted or not. `over`: the load ends, so nothing is started."""
        backlog, recorder = self._backlog, self._context.recorder
        for _ in range(MAX_DUE_PER_TURN):
            if self._next_due_ns > now:
                break
            if recorder.next_seq + len(backlog) >= plan.stop_seq:
                self._next_due_ns = FOREVER
                break
            if len(backlog) >= plan.backlog and not over:
                self._submit_due()  # makes room: a burst may be larger than the backlog
            if len(backlog) < plan.backlog:
                backlog.append(self._next_due_ns)
            else:
                self._shed()
            self._next_due_ns = self._advance_schedule()

    def _submit_due(self) -> None:
        """Open loop: starts the oldest requests of the backlog, as many as there are idle infer requests."""
        free, backlog, recorder = self._idle, self._backlog, self._context.recorder
        while free and backlog:
            queued = self._queued > 0
            self._queued -= queued
            recorder.set_waiting(self._queued)  # before the start: a kill in between counts no request twice
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
        """Starts infer request `k`. Without a due time (closed loop) the request is due now, before its input is
        copied."""
        context = self._context
        if due_ns is None:
            due_ns = now_ns() - context.origin_ns
        copy_ns = context.inputs.fill_next(self._requests[k]) if context.inputs.cycled else 0
        device = context.read_device()
        seq = context.recorder.assign_seq()
        context.sizes.arm(k)
        submit_ns = now_ns() - context.origin_ns
        self._flights[k] = (seq, due_ns, submit_ns, context.recorder.segment, device, queued, copy_ns)
        self._in_flight += 1
        try:
            self._requests[k].start_async()
        except RuntimeError as error:
            self._record_failure(k, error)

    def _collect(self, until_ns: int) -> None:
        """Waits for a completion, a command, `until_ns` or the next failure check, whichever comes first, and records
        all completions."""
        now = now_ns() - self._context.origin_ns
        wake_ns = min(until_ns, self._next_check_ns) if self._in_flight else until_ns
        try:
            # At most a second, which costs nothing: threading's timeouts have an upper limit.
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
            return  # recorded as failed before its callback came
        seq, due_ns, submit_ns, segment, before, queued, copy_ns = sent
        size = self._context.sizes.size(k)
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
