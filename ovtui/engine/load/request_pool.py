"""A pool of infer requests with callbacks: for open-loop load, and for every load whose requests may share a batch."""

from __future__ import annotations

import threading
from functools import partial
from queue import Empty, SimpleQueue

from ovtui.engine.load.batch_bursts import BatchBursts
from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.load.driver import FOREVER, DriverContext, EndReason, LoadPlan
from ovtui.engine.load.due_requests import DueRequests
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN

FAILURE_CHECK_NS = 50_000_000
"""Period of the check for failed requests: OpenVINO does not call the callback of a failed request."""

_UNBATCHED = (CPU, STAND_IN)
"""Codes of devices that batch nothing by themselves."""
_InFlight = tuple[int, int, int, int, int, bool, int, int, float]
"""seq, due_ns, submit_ns, segment, device code at submission, whether it waited for an idle infer request, copy_ns,
data_shape, reset_us."""
_Completion = tuple[int, int, int, int]
"""Pool index, done_ns (monotonic), thread, device code."""


class RequestPool:
    """Owner: the load thread. Callbacks, on OpenVINO's threads, only put into `_inbox`."""

    def __init__(self, context: DriverContext, nireq: int) -> None:
        self._context = context
        self._requests = context.requests.created
        self._flights: list[_InFlight | None] = []
        """The requests in flight, by pool index."""
        self._idle: IdleRequests = FifoDispatch(())
        self._active = 0
        self._inbox: SimpleQueue[_Completion | None] = SimpleQueue()
        """Completions, from callbacks to the load thread. None only wakes the load thread."""
        self._in_flight = 0
        self._next_check_ns = 0
        self._bursts = BatchBursts(context.held.judge)
        self._due = DueRequests(context.recorder, context.origin_ns)
        self.resize(nireq)

    def _wake(self) -> None:
        self._inbox.put(None)

    def resize(self, nireq: int) -> None:
        self._context.requests.ensure(nireq)
        for k in range(len(self._flights), nireq):
            self._requests[k].set_callback(self._done, k)
            self._flights.append(None)
        self._context.held.provide(len(self._flights))
        self._active = nireq
        self._idle = self._context.make_idle(k for k in range(nireq) if self._flights[k] is None)
        if self._due.open_loop:
            self._due.idle_times.resize(now_ns() - self._context.origin_ns, len(self._idle))

    def _done(self, k: int) -> None:
        # On OpenVINO's thread: takes the time and hands over, nothing else.
        self._inbox.put((k, now_ns(), threading.get_native_id(), self._context.read_device()))

    def run(self, plan: LoadPlan) -> EndReason | None:
        context, due = self._context, self._due
        pending, recorder = context.channel.pending, context.recorder
        context.channel.wake = self._wake
        due.begin(plan)
        while not pending:
            now = now_ns() - context.origin_ns
            if now >= plan.until_ns or recorder.next_seq >= plan.stop_seq or due.exhausted:
                due.end(plan, now, self._submit_due)
                return plan.end_reason(recorder.next_seq, now)
            if due.open_loop:
                due.collect(plan, now, self._submit_due)
                self._submit_due()
            else:
                self._start_idle(plan)
            self._collect(min(due.next_ns, plan.until_ns))
        return None

    def _start_idle(self, plan: LoadPlan) -> None:
        """Closed loop: starts every idle request."""
        free, recorder = self._idle, self._context.recorder
        while free and recorder.next_seq < plan.stop_seq:
            self._start(free.take(), None)

    def _submit_due(self) -> None:
        self._due.submit(self._idle, self._start)

    def _start(self, k: int, due_ns: int | None) -> None:
        """Starts infer request `k`. Without a due time (closed loop) the request is due now, before its input is
        copied."""
        context = self._context
        open_loop = due_ns is not None
        if due_ns is None:
            due_ns = now_ns() - context.origin_ns
        copy_ns, reset_us = 0, 0.0
        if context.preparation.needed:
            copy_ns, reset_us = context.preparation.before(k, self._requests[k])
        device = context.read_device()
        seq = context.recorder.assign_seq()
        context.sizes.arm(k)
        submit_ns = now_ns() - context.origin_ns
        segment, data_shape = context.recorder.segment, context.inputs.data_shape
        queued = open_loop and self._due.idle_times.take(k, due_ns, submit_ns, len(self._idle))
        self._flights[k] = (seq, due_ns, submit_ns, segment, device, queued, copy_ns, data_shape, reset_us)
        if context.batch_size > 1:
            context.held.last_start_ns[k // context.batch_size] = submit_ns
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
        wake_ns = min(wake_ns, self._next_decision_ns())
        try:
            # At most a second, which costs nothing: threading's timeouts have an upper limit.
            item = self._inbox.get(timeout=min(max(wake_ns - now, 0) / 1e9, 1.0))
            while True:
                if item is not None:
                    self._complete(item)
                item = self._inbox.get_nowait()
        except Empty:
            pass
        self._record_decided(now_ns() - self._context.origin_ns)
        if now >= self._next_check_ns:
            self._next_check_ns = now + FAILURE_CHECK_NS
            self._context.recorder.lives_at(now)
            self._find_failed(now - FAILURE_CHECK_NS)

    def _complete(self, item: _Completion) -> None:
        k, done_ns, thread, device = item
        sent = self._flights[k]
        if sent is None:
            return  # recorded as failed before its callback came
        seq, due_ns, submit_ns, segment, before, queued, copy_ns, data_shape, reset_us = sent
        kernels = (
            AMBIGUOUS
            if self._context.device_by_profiling is None
            else self._context.device_by_profiling(self._requests[k])
        )
        infer_ms, done_ns = self._requests[k].latency, done_ns - self._context.origin_ns
        deduced = self._context.deduced
        alone = device in _UNBATCHED and before in _UNBATCHED

        def record(size: int, thread: int, held: bool = False) -> None:
            self._context.recorder.complete(
                seq, k, due_ns, submit_ns, done_ns, infer_ms, segment, size, before, device, thread, kernels, queued,
                copy_ns, data_shape, deduced=deduced is not None and not alone, held=held, reset_us=reset_us,
            )  # fmt: skip

        if deduced is not None:
            end_ns = submit_ns + int(infer_ms * 1e6)
            deduced.hold(lambda size: record(size, thread), submit_ns, end_ns, thread, alone=alone)
        elif self._context.batch_size > 1:
            size = self._context.sizes.size(k)
            record(size, thread, self._context.held.is_held(k, size, done_ns))
        else:
            size = self._context.sizes.size(k)
            self._bursts.hold(partial(record, size), seq, size, thread, submit_ns, done_ns)
        self._release(k, done_ns)

    def _record_decided(self, now: int) -> None:
        """Records the held requests that are decided by now."""
        if self._context.deduced is not None:
            for record, size in self._context.deduced.decided(now):
                record(size)
        for record_in, batch, held in self._bursts.released(now):
            record_in(batch, held)

    def _next_decision_ns(self) -> int:
        deduced = self._context.deduced
        times = (self._bursts.next_ns, None if deduced is None else deduced.next_ns)
        return min((time_ns for time_ns in times if time_ns is not None), default=FOREVER)

    def _release(self, k: int, done_ns: int) -> None:
        self._flights[k] = None
        self._in_flight -= 1
        if k < self._active:
            self._idle.put(k)
            if self._due.open_loop:
                self._due.idle_times.note(k, done_ns)

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
        seq, due_ns, submit_ns, segment, device, _, _, data_shape, _ = sent
        done_ns = now_ns() - self._context.origin_ns
        self._context.recorder.fail(seq, k, due_ns, submit_ns, done_ns, segment, device, data_shape)
        if self._context.batch_size > 1:
            self._context.held.forget(k)
        self._context.preparation.failed(k)
        self._release(k, done_ns)
        self._context.on_failure(error)

    @property
    def waiting(self) -> int:
        return self._due.waiting

    @property
    def next_due_ns(self) -> int | None:
        return self._due.next_due_ns

    def count_due(self, plan: LoadPlan, until_ns: int) -> None:
        self._due.count_due(plan, until_ns)

    def waiting_due_ns(self) -> tuple[list[int], int]:
        return self._due.waiting_due_ns()

    def shed_waiting(self) -> None:
        self._due.shed()

    def end_schedule(self, plan: LoadPlan, until_ns: int) -> None:
        self._due.end_schedule(plan, until_ns)

    def drain(self) -> None:
        while self._in_flight:
            self._collect(now_ns() - self._context.origin_ns + FAILURE_CHECK_NS)
        self._record_decided(FOREVER)
