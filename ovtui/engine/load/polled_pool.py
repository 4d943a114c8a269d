"""A pool of infer requests without Python callbacks: for open-loop load, and for closed loops whose requests share
batches in a known way.

A Python callback costs some 40 us of the interpreter for each request, and takes it away from the load thread at the
moment when the next request is due. The completion time needs none: it is the submission plus OpenVINO's latency, which
is measured in C++. So completions are looked for (`wait_for(0)`, 0.25 us for each request in flight) when they are
needed: when a request is due and none is idle, and often enough that records are never long in coming."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

import openvino as ov
from openvino import _pyopenvino

from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.load.driver import FOREVER, DriverContext, EndReason, LoadPlan
from ovtui.engine.load.due_requests import DueRequests
from ovtui.engine.load.punctual_sleep import PunctualSleep
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS

SWEEP_NS = 1_000_000
"""A submission looks for completions too where the last look was longer ago than this; with batch workers before it:
with few requests known to be idle, a worker's own would be passed over for those of the next, and neither fill."""
RECORD_WITHIN_NS = 10_000_000
"""Completions are recorded within this time where nothing is submitted meanwhile."""
MISSES = 8
"""A look for completions goes from the oldest request in flight to the newest, and ends after so many in a row that are
not done, but for one look in every SWEEP_NS: with 64 in flight a look at all of them costs 16 us."""
MIN_WAIT_MS, MAX_WAIT_MS = 1, 10
"""Limits of one wait for a completion. Commands are not seen meanwhile."""

_InFlight = tuple[int, int, int, int, int, bool, int, int, float]
"""seq, due_ns, submit_ns, segment, device code at submission, whether it waited for an idle infer request, copy_ns,
data_shape, reset_us."""
_NS_PER_MS = 1_000_000


def _starter(request: ov.InferRequest) -> Callable[[], None]:
    """`start_async` beneath openvino's own, which prepares inputs even where there are none to set: 4.3 us of the load
    thread and not 5.9 (64x64 MatMul, 2 cores)."""
    if not isinstance(request, _pyopenvino.InferRequest):
        plain: Callable[[], None] = request.start_async  # a stand-in of a test
        return plain
    return partial(_pyopenvino.InferRequest.start_async.__get__(request), {}, None)


class PolledPool:
    """Owner: the load thread. Times are session times in nanoseconds."""

    def __init__(self, context: DriverContext, nireq: int) -> None:
        self._context = context
        recorder, sizes = context.recorder, context.sizes
        # Looked up once: at 100,000 requests/s each dot costs 0.3 % of a core.
        self._origin_ns, self._read_device = context.origin_ns, context.read_device
        self._assign_seq, self._record = recorder.assign_seq, recorder.complete
        self._arm, self._size_of = sizes.arm, sizes.size
        self._lives_at = recorder.lives_at
        self._requests = context.requests.created
        self._polls: list[Callable[[int], bool]] = []
        """`wait_for` of each request."""
        self._starts: list[Callable[[], None]] = []
        self._flights: dict[int, _InFlight] = {}
        """The requests in flight by index, in the order of their start."""
        self._idle: IdleRequests = FifoDispatch(())
        """Those that are known to be idle."""
        self._active = 0
        self._due = DueRequests(context.recorder, context.origin_ns)
        self._note_idle, self._note_taken = self._due.idle_times.note, self._due.idle_times.take
        self._sleeper = PunctualSleep()
        self._group = max(context.batch_size, 1)
        """B: requests k with the same k // B run together."""
        self._in_group: list[int] = []
        """How many of a group are in flight."""
        self._swept_ns = 0
        self._held_batches = context.held
        self._last_start_ns = context.held.last_start_ns
        self._latency_ms = 0.0
        """The latency of the last request, of a full batch where there are groups; 0 before the first."""
        self._device_seen = (0, AMBIGUOUS)
        """The last reading of the device at a submission, with its time."""
        self.resize(nireq)

    def resize(self, nireq: int) -> None:
        self._context.requests.ensure(nireq)
        self._polls += [request.wait_for for request in self._requests[len(self._polls) :]]
        self._starts += [_starter(request) for request in self._requests[len(self._starts) :]]
        groups = -(-len(self._requests) // self._group)
        self._in_group += [0] * (groups - len(self._in_group))
        self._held_batches.provide(len(self._requests))
        self._active = nireq
        self._idle = self._context.make_idle(k for k in range(nireq) if k not in self._flights)
        if self._due.open_loop:
            self._due.idle_times.resize(now_ns() - self._origin_ns, len(self._idle))

    def run(self, plan: LoadPlan) -> EndReason | None:
        context, due, flights = self._context, self._due, self._flights
        pending, recorder = context.channel.pending, context.recorder
        context.channel.wake = self._sleeper.wake
        due.begin(plan)
        while not pending:
            now = now_ns() - context.origin_ns
            if now >= plan.until_ns or recorder.next_seq >= plan.stop_seq or due.exhausted:
                due.end(plan, now, self._submit_due)
                return plan.end_reason(recorder.next_seq, now)
            if due.open_loop:
                due.collect(plan, now, self._submit_due)
                if due:
                    self._submit_due()
            else:
                self._start_idle(plan)
            if flights and (due or not due.open_loop):
                self._await_completion(plan.until_ns)
            else:
                self._sleep(min(due.next_ns, plan.until_ns))
        return None

    def _start_idle(self, plan: LoadPlan) -> None:
        """Closed loop: starts every idle request."""
        self._sweep()
        idle, recorder = self._idle, self._context.recorder
        for _ in range(len(idle)):
            if recorder.next_seq >= plan.stop_seq:
                break
            self._start(idle.take(), None)

    def _submit_due(self) -> None:
        grouped = self._group > 1
        if len(self._idle) < len(self._due) or (grouped and self._unswept_ns() >= SWEEP_NS):
            self._sweep()
        self._due.submit(self._idle, self._start)
        if not grouped and self._unswept_ns() >= SWEEP_NS:
            self._sweep()  # after the submission, which is on time then

    def _unswept_ns(self) -> int:
        return now_ns() - self._origin_ns - self._swept_ns

    def _start(self, k: int, due_ns: int | None) -> None:
        """Starts infer request `k`. Without a due time (closed loop) the request is due now, before its input is
        copied."""
        context, origin_ns, request = self._context, self._origin_ns, self._requests[k]
        open_loop = due_ns is not None
        if due_ns is None:
            due_ns = now_ns() - origin_ns
        copy_ns, reset_us = context.preparation.before(k, request) if context.preparation.needed else (0, 0.0)
        device = self._read_device()
        seq = self._assign_seq()
        self._arm(k)
        submit_ns = now_ns() - origin_ns
        self._device_seen = (submit_ns, device)
        segment, data_shape = context.recorder.segment, context.inputs.data_shape
        queued = open_loop and self._note_taken(k, due_ns, submit_ns, len(self._idle))
        self._flights[k] = (seq, due_ns, submit_ns, segment, device, queued, copy_ns, data_shape, reset_us)
        group = k // self._group
        self._in_group[group] += 1
        self._last_start_ns[group] = submit_ns
        try:
            self._starts[k]()
        except RuntimeError as error:
            self._record_failure(k, error)

    def _sleep(self, until_ns: int) -> None:
        """Sleeps until a command or `until_ns`, and records meanwhile what completes."""
        if self._flights:
            now = now_ns() - self._origin_ns
            # Rather soon after they have probably completed, while nothing is due, than when something is.
            likely_ns = max(self._swept_ns, self._device_seen[0]) + 2 * int(self._latency_ms * _NS_PER_MS) + SWEEP_NS
            sweep_ns = min(self._swept_ns + RECORD_WITHIN_NS, likely_ns)
            if now >= sweep_ns:
                self._sweep()
                return
            if sweep_ns < until_ns - SWEEP_NS:
                self._sleeper.sleep_until(sweep_ns + self._origin_ns, punctually=False)
                return
        self._sleeper.sleep_until(until_ns + self._origin_ns, punctually=True)

    def _await_completion(self, until_ns: int) -> None:
        """Waits for the request that is most likely the next to complete."""
        now = now_ns() - self._context.origin_ns
        wait_ms = min(max(int(self._latency_ms / 8), MIN_WAIT_MS), MAX_WAIT_MS, -(-(until_ns - now) // _NS_PER_MS))
        with contextlib.suppress(RuntimeError):  # of a failed request: the next look records it
            self._polls[self._next_to_complete(now)](max(wait_ms, 0))

    def _next_to_complete(self, now: int) -> int:
        """The oldest request in flight, of a full group where there are groups. Passes over groups that are not full,
        which run when the batch timeout is over, and over what has taken twice as long as the last: a full batch is
        sometimes held until the timeout."""
        limit_ns = now - int(self._latency_ms * 2 * _NS_PER_MS) - _NS_PER_MS
        size, in_group = self._group, self._in_group
        oldest = -1
        for k, flight in self._flights.items():
            if in_group[k // size] < size:
                continue
            if flight[2] > limit_ns or not self._latency_ms:
                return k
            if oldest < 0:
                oldest = k
        return next(iter(self._flights)) if oldest < 0 else oldest

    def _sweep(self) -> None:
        """Records what has completed, in the order of completion."""
        now = now_ns() - self._context.origin_ns
        limit = MISSES
        if now - self._swept_ns >= SWEEP_NS:
            self._swept_ns = now
            self._lives_at(now)  # some 50 ns, once in SWEEP_NS
            limit = FOREVER
        polls, requests = self._polls, self._requests
        done: list[tuple[int, int, float]] = []
        failed: list[tuple[int, RuntimeError]] = []
        misses = 0
        for k, flight in self._flights.items():
            try:
                if polls[k](0):
                    infer_ms = requests[k].latency
                    done.append((flight[2] + int(infer_ms * 1e6), k, infer_ms))
                    misses = 0
                    continue
            except RuntimeError as error:
                failed.append((k, error))
            misses += 1
            if misses >= limit:
                break
        if done:
            done.sort()
            device = self._context.read_device()
            seen_ns = now_ns() - self._context.origin_ns
            for done_ns, k, infer_ms in done:
                self._complete(k, done_ns, infer_ms, device, seen_ns)
        for k, failure in failed:
            self._record_failure(k, failure)

    def _complete(self, k: int, done_ns: int, infer_ms: float, device: int, now: int) -> None:
        """`device` is a reading of `now`; the request completed some time before."""
        seq, due_ns, submit_ns, segment, before, queued, copy_ns, data_shape, reset_us = self._flights[k]
        seen_ns, seen = self._device_seen
        if device != before and seen == before and seen_ns >= done_ns:
            device = seen  # the device has changed since: after the completion it was still the same
        size = self._size_of(k)
        if size in (self._group, 0) or self._group == 1:
            self._latency_ms = infer_ms
        held = self._group > 1 and self._held_batches.is_held(k, size, done_ns)
        self._record(
            seq, k, due_ns, submit_ns, done_ns, infer_ms, segment, size, before, device, 0, AMBIGUOUS, queued, copy_ns,
            data_shape, now, held=held, reset_us=reset_us,
        )  # fmt: skip
        self._release(k, done_ns)

    def _release(self, k: int, done_ns: int) -> None:
        del self._flights[k]
        self._in_group[k // self._group] -= 1
        if k < self._active:
            self._idle.put(k)
            if self._due.open_loop:
                self._note_idle(k, done_ns)

    def _record_failure(self, k: int, error: RuntimeError) -> None:
        seq, due_ns, submit_ns, segment, device, _, _, data_shape, _ = self._flights[k]
        done_ns = now_ns() - self._context.origin_ns
        self._context.recorder.fail(seq, k, due_ns, submit_ns, done_ns, segment, device, data_shape)
        self._held_batches.forget(k)
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
        while self._flights:
            self._await_completion(FOREVER)
            self._sweep()
