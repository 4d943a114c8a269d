"""The closed loop without Python callbacks: takes the next idle request from AsyncInferQueue, records its last
inference and starts it again.

A callback costs some 40 us of the interpreter for each request, more than a 64x64 product takes (30 us): 60,000
requests/s without callbacks against 11,000 with them. The price: a completion is seen when its request is taken again,
which under load is at once, and the completion time is submission plus OpenVINO's latency, so that service latency
equals inference latency."""

from __future__ import annotations

from typing import NoReturn

import openvino as ov

from ovtui.engine.errors import reason_of
from ovtui.engine.load.driver import DriverContext, EndReason, LoadPlan
from ovtui.records.clock import now_ns

_IDLE = -1


class QueueBroken(Exception):
    """A request failed. AsyncInferQueue keeps the error and raises it from then on, so the queue is of no more use. All
    of its requests have been recorded."""


class ClosedLoop:
    """The driver of the closed loop where requests cannot share a batch. Owner: the load thread. Per-request state is
    in lists by index in the queue, which are cheaper than objects on this path."""

    def __init__(self, context: DriverContext, nireq: int) -> None:
        self._context = context
        self._make_queue(nireq)

    def _make_queue(self, nireq: int) -> None:
        self._queue = ov.AsyncInferQueue(self._context.compiled, nireq)
        self._requests = [self._queue[k] for k in range(nireq)]
        for k, request in enumerate(self._requests):
            self._context.inputs.fill_new(request, k)
        self._seq = [_IDLE] * nireq
        self._due_ns = [0] * nireq
        """When the request was found idle."""
        self._copy_ns = [0] * nireq
        self._submit_ns = [0] * nireq
        self._segment = [0] * nireq
        self._device = [0] * nireq

    def run(self, plan: LoadPlan) -> EndReason | None:
        context, recorder = self._context, self._context.recorder
        pending, read_device, origin_ns = context.channel.pending, context.read_device, context.origin_ns
        idle, start = self._queue.get_idle_request_id, self._queue.start_async
        requests, seqs, submits = self._requests, self._seq, self._submit_ns
        segments, devices = self._segment, self._device
        dues, inputs, cycled, copies = self._due_ns, context.inputs, context.inputs.cycled, self._copy_ns
        segment, stop_seq, until_ns = recorder.segment, plan.stop_seq, plan.until_ns
        recorder.open_loop = False
        while not pending:
            try:
                k = idle()
            except RuntimeError as error:
                self._fail_queue(error)
            device = read_device()
            submit_ns = now_ns() - origin_ns
            if seqs[k] != _IDLE:
                self._record(k, requests[k].latency, device)
            if recorder.next_seq >= stop_seq or submit_ns >= until_ns:
                seqs[k] = _IDLE
                return plan.end_reason(recorder.next_seq, submit_ns)
            seqs[k] = recorder.assign_seq()
            devices[k], segments[k] = device, segment
            dues[k] = submit_ns
            if cycled:
                copies[k] = inputs.fill_next(requests[k])
            submits[k] = now_ns() - origin_ns
            try:
                start()
            except RuntimeError as error:
                self._fail_start(k, error)
        return None

    def _record(self, k: int, infer_ms: float, device: int) -> None:
        submit_ns = self._submit_ns[k]
        done_ns = submit_ns + int(infer_ms * 1e6)
        self._context.recorder.complete(
            self._seq[k], k, self._due_ns[k], submit_ns, done_ns, infer_ms, self._segment[k], 1, self._device[k],
            device, copy_ns=self._copy_ns[k],
        )  # fmt: skip

    @property
    def waiting(self) -> int:
        return 0

    @property
    def next_due_ns(self) -> None:
        return None

    def shed_waiting(self) -> None:
        """Nothing is due before it is submitted."""

    def drain(self) -> None:
        try:
            self._queue.wait_all()
        except RuntimeError as error:
            self._fail_queue(error)
        self._record_finished()

    def _record_finished(self) -> None:
        done = [(self._submit_ns[k] + self._requests[k].latency * 1e6, k) for k in self._in_flight()]
        device = self._context.read_device()
        for _, k in sorted(done):
            self._record(k, self._requests[k].latency, device)
            self._seq[k] = _IDLE

    def _in_flight(self) -> list[int]:
        return [k for k, seq in enumerate(self._seq) if seq != _IDLE]

    def _fail_start(self, k: int, error: RuntimeError) -> NoReturn:
        """Records request `k`, which could not be started, as failed. In `_fail_queue` its `wait` would return with the
        result of the run before."""
        done_ns = now_ns() - self._context.origin_ns
        self._context.recorder.fail(
            self._seq[k], k, self._due_ns[k], self._submit_ns[k], done_ns, self._segment[k], self._device[k]
        )
        self._seq[k] = _IDLE
        self._fail_queue(error)

    def _fail_queue(self, error: RuntimeError) -> NoReturn:
        device = self._context.read_device()
        for k in self._in_flight():
            try:
                self._requests[k].wait()
            except RuntimeError:
                done_ns = now_ns() - self._context.origin_ns
                submit_ns = self._submit_ns[k]
                self._context.recorder.fail(
                    self._seq[k], k, self._due_ns[k], submit_ns, done_ns, self._segment[k], device
                )
                self._seq[k] = _IDLE
        self._record_finished()
        self._context.on_failure(reason_of(error))
        raise QueueBroken from error

    def resize(self, nireq: int) -> None:
        """Makes a new queue, because AsyncInferQueue has a fixed size. Costs one drain: a few ms without batching."""
        if nireq != len(self._requests):
            self.drain()
            self._make_queue(nireq)
