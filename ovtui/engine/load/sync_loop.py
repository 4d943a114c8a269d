"""The closed loop with one request in flight: `infer()` on preset tensors, in the load thread.

No thread hands over to another: 79,041 requests/s against 25,543 through AsyncInferQueue (64x64 MatMul, CPU, 16 cores).
benchmark_app's latency hint does the same."""

from __future__ import annotations

import time
from collections.abc import Callable

import openvino as ov
from openvino import _pyopenvino

from ovtui.engine.load.driver import DriverContext, EndReason, LoadPlan
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS

FAILURE_PAUSE_NS = 50_000_000
"""Pause after a failed request, which may have failed at once: 20 failures a second are enough to see."""
_REQUEST, _NONE = 0, -1
_ALONE = 1
"""The batch size of every request: nothing else is in flight."""


class SyncLoop:
    """The driver of the closed loop with one request in flight. Owner: the load thread. A command is handled when the
    inference in progress ends."""

    def __init__(self, context: DriverContext, nireq: int) -> None:
        self._context = context
        self.resize(nireq)
        self._request: ov.InferRequest = context.requests.created[_REQUEST]
        # The method beneath openvino's InferRequest.infer, by position: `infer({}, share_outputs, decode_strings)`. The
        # layer above prepares inputs even where there are none to set, and copies outputs: with 64x64 MatMul 23.5 us an
        # inference with it, 19.0 us without (medians, 2 cores). Shared outputs are views, so nothing is copied.
        self._infer: Callable[[dict[int, ov.Tensor], bool, bool], object] = _pyopenvino.InferRequest.infer.__get__(
            self._request
        )

    def run(self, plan: LoadPlan) -> EndReason | None:
        context, recorder, request = self._context, self._context.recorder, self._request
        pending, read_device, origin_ns = context.channel.pending, context.read_device, context.origin_ns
        infer, assign_seq, complete_plain = self._infer, recorder.assign_seq, recorder.complete_plain
        inputs, kernels_of, prepare = context.inputs, context.device_by_profiling, context.preparation.before
        prepares = context.preparation.needed
        segment, stop_seq, until_ns = recorder.segment, plan.stop_seq, plan.until_ns
        no_inputs: dict[int, ov.Tensor] = {}
        before, copy_ns, reset_us = read_device(), 0, 0.0
        rest, rest_device = b"", _NONE
        """The constant end of the records, and the device that it is for: `before`, or none where records differ."""
        recorder.open_loop = False
        while not pending:
            submit_ns = due_ns = now_ns() - origin_ns
            if recorder.next_seq >= stop_seq or submit_ns >= until_ns:
                return plan.end_reason(recorder.next_seq, submit_ns)
            if prepares:
                copy_ns, reset_us = prepare(_REQUEST, request)
                before = read_device()
                submit_ns = now_ns() - origin_ns
            seq = assign_seq()
            try:
                infer(no_inputs, True, False)
            except RuntimeError as error:
                recorder.fail(
                    seq, _REQUEST, due_ns, submit_ns, now_ns() - origin_ns, segment, before, inputs.data_shape
                )
                context.preparation.failed(_REQUEST)
                self._failed(error, until_ns)
                before, rest_device = read_device(), _NONE
                continue
            done_ns = now_ns() - origin_ns
            after = read_device()
            if after == rest_device:
                complete_plain(seq, due_ns, submit_ns, done_ns, request.latency, rest)
                continue
            kernels = AMBIGUOUS if kernels_of is None else kernels_of(request)
            recorder.complete(
                seq, _REQUEST, due_ns, submit_ns, done_ns, request.latency, segment, _ALONE, before, after,
                kernels=kernels, copy_ns=copy_ns, data_shape=inputs.data_shape, reset_us=reset_us,
            )  # fmt: skip
            before = after  # 1 us before the next submission
            if not prepares and kernels_of is None:
                rest, rest_device = recorder.rest_of(_REQUEST, after, segment), after
        return None

    def _failed(self, error: RuntimeError, until_ns: int) -> None:
        self._context.on_failure(error)
        left_ns = until_ns - (now_ns() - self._context.origin_ns)
        time.sleep(max(min(FAILURE_PAUSE_NS, left_ns), 0) / 1e9)

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
        """Nothing is in flight between two runs."""

    def resize(self, nireq: int) -> None:
        assert nireq == 1
        self._context.requests.ensure(nireq)
