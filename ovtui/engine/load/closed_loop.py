"""The closed loop without Python callbacks: takes the next idle request from AsyncInferQueue, records its last
inference and starts it again.

A callback costs some 40 us of the interpreter for each request, more than a 64x64 product takes (30 us): 60,000
requests/s without callbacks against 11,000 with them. The price: a completion is seen when its request is taken again,
which under load is at once, and the completion time is submission plus OpenVINO's latency, so that service latency
equals inference latency."""

from __future__ import annotations

from typing import NoReturn

import openvino as ov
from openvino import _pyopenvino

from ovtui.engine.load.driver import DriverContext, EndReason, LoadPlan
from ovtui.records.clock import now_ns

_IDLE, _NONE = -1, -1


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
        """When the request was found idle. Only with cycled inputs is it submitted later."""
        self._copy_ns = [0] * nireq
        self._data_shape = [0] * nireq
        self._submit_ns = [0] * nireq
        self._segment = [0] * nireq
        self._device = [0] * nireq
        self._no_rest: list[bytes | None] = [None] * nireq
        self._rest = self._no_rest.copy()
        """The constant end of each request's record, by the device at submission; None where it is not constant."""

    def run(self, plan: LoadPlan) -> EndReason | None:
        context, recorder = self._context, self._context.recorder
        pending, read_device, origin_ns = context.channel.pending, context.read_device, context.origin_ns
        # The method beneath openvino's AsyncInferQueue.start_async, which looks for an idle request and wraps it before
        # it calls this one: 1.02 to 1.23 times the requests/s (64x64 MatMul, 4 and 16 in flight, 2 cores).
        idle, start = self._queue.get_idle_request_id, _pyopenvino.AsyncInferQueue.start_async.__get__(self._queue)
        assign_seq, complete_plain = recorder.assign_seq, recorder.complete_plain
        requests, seqs, submits, rests = self._requests, self._seq, self._submit_ns, self._rest
        segments, devices, inputs, cycled = self._segment, self._device, context.inputs, context.inputs.cycled
        segment, stop_seq, until_ns = recorder.segment, plan.stop_seq, plan.until_ns
        no_inputs: dict[int, ov.Tensor] = {}
        new_rests, rests_device = self._no_rest, _NONE
        recorder.open_loop = False
        while not pending:
            try:
                k = idle()
            except RuntimeError as error:
                self._fail_queue(error)
            device = read_device()
            seq = seqs[k]
            if seq != _IDLE:
                rest = rests[k]
                if rest is not None and device == devices[k]:
                    submit_ns, infer_ms = submits[k], requests[k].latency
                    complete_plain(seq, submit_ns, submit_ns, submit_ns + int(infer_ms * 1e6), infer_ms, rest)
                else:
                    self._record(k, requests[k].latency, device)
            if device != rests_device:
                new_rests, rests_device = self._rests_for(device)
            submit_ns = now_ns() - origin_ns
            if recorder.next_seq >= stop_seq or submit_ns >= until_ns:
                seqs[k] = _IDLE
                return plan.end_reason(recorder.next_seq, submit_ns)
            seqs[k] = assign_seq()
            devices[k], segments[k], rests[k] = device, segment, new_rests[k]
            if cycled:
                self._due_ns[k] = submit_ns
                self._copy_ns[k] = inputs.fill_next(requests[k])
                self._data_shape[k] = inputs.data_shape
                submit_ns = now_ns() - origin_ns
            submits[k] = submit_ns
            try:
                start(no_inputs, None)
            except RuntimeError as error:
                self._fail_start(k, error)
        return None

    def _rests_for(self, device: int) -> tuple[list[bytes | None], int]:
        """The constant ends of the records of all requests that are submitted on `device`, and that device; none for
        the warm-up and for cycled inputs, where records differ."""
        recorder, inputs = self._context.recorder, self._context.inputs
        if inputs.cycled:
            return self._no_rest, device
        if recorder.warm_up_next:
            return self._no_rest, _NONE
        return [recorder.rest_of(k, device, recorder.segment) for k in range(len(self._requests))], device

    def _record(self, k: int, infer_ms: float, device: int) -> None:
        submit_ns = self._submit_ns[k]
        done_ns = submit_ns + int(infer_ms * 1e6)
        self._context.recorder.complete(
            self._seq[k], k, self._due(k), submit_ns, done_ns, infer_ms, self._segment[k], 1, self._device[k],
            device, copy_ns=self._copy_ns[k], data_shape=self._data_shape[k],
        )  # fmt: skip

    def _due(self, k: int) -> int:
        return self._due_ns[k] if self._context.inputs.cycled else self._submit_ns[k]

    @property
    def waiting(self) -> int:
        return 0

    @property
    def next_due_ns(self) -> None:
        return None

    def count_due(self, plan: LoadPlan, until_ns: int) -> None:
        """Nothing is due before it is submitted."""

    def waiting_due_ns(self) -> tuple[list[int], int]:
        return [], 1

    def shed_waiting(self) -> None:
        """Nothing is due before it is submitted."""

    def end_schedule(self, plan: LoadPlan, until_ns: int) -> None:
        """There is none."""

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
            self._seq[k], k, self._due(k), self._submit_ns[k], done_ns, self._segment[k], self._device[k],
            self._data_shape[k],
        )  # fmt: skip
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
                    self._seq[k], k, self._due(k), submit_ns, done_ns, self._segment[k], device, self._data_shape[k]
                )
                self._seq[k] = _IDLE
        self._record_finished()
        self._context.on_failure(error)
        raise QueueBroken from error

    def resize(self, nireq: int) -> None:
        """Makes a new queue, because AsyncInferQueue has a fixed size. Costs one drain: a few ms without batching."""
        if nireq != len(self._requests):
            self.drain()
            self._make_queue(nireq)
