"""Numbers requests and writes their records. Owner: the load thread, which alone submits and records."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.engine.batch_ids import BatchIds
from ovtui.engine.device_attribution import DeviceEvidence
from ovtui.records.device_codes import AMBIGUOUS, STAND_IN
from ovtui.records.record import Flag
from ovtui.records.ring.ring import RingWriter

LATE_AFTER_NS = 1_000_000
"""Open loop: a request that leaves more than this after it was due counts as late (timed waits wake within 0.1 ms)."""
_WARM_UP, _ERROR, _TIMED_OUT = int(Flag.WARM_UP), int(Flag.ERROR), int(Flag.TIMED_OUT)
_INFERRED, _LATE, _AMBIGUOUS = int(Flag.INFERRED_BATCH), int(Flag.LATE), int(Flag.AMBIGUOUS_DEVICE)
_QUEUED = int(Flag.QUEUED)

NO_EVIDENCE = DeviceEvidence()


class RequestRecorder:
    def __init__(
        self,
        ring: RingWriter,
        device: str,
        expected_batch: int,
        first_done: Callable[[float], None],
        evidence: DeviceEvidence = NO_EVIDENCE,
    ) -> None:
        self._ring = ring
        self._device = device
        self._first_done = first_done
        self._evidence = evidence
        self._batching_seen = expected_batch > 1
        """Whether a request that ran alone did so because the timer ran out: known at once where B is known,
        otherwise from the first batch that the probe has shown."""
        self._ids = BatchIds(device, 0)
        self._first_seq = 0
        self._next_order = 0
        self._shed = 0
        self._waiting = 0
        self.open_loop = False
        """Only there is a request due at a time of its own."""
        self.segment = 0
        self.next_seq = 0

    def begin(self, first_seq: int, segment: int) -> None:
        """Takes over the stream. Orders go on from `first_seq`: the requests that the engine before still has in
        flight complete with the orders below it."""
        self.next_seq = self._first_seq = self._next_order = first_seq
        self.segment = segment
        self._ids = BatchIds(self._device, first_seq)

    @property
    def submitted(self) -> int:
        return self.next_seq - self._first_seq

    @property
    def completed(self) -> int:
        return self._next_order - self._first_seq

    def count_shed(self) -> None:
        """Counts a request that was due and will not be sent."""
        self._shed += 1
        self._ring.shed(self._shed)

    def set_waiting(self, count: int) -> None:
        """How many are due and wait for an idle request."""
        if count != self._waiting:
            self._waiting = count
            self._ring.waiting(count)

    def assign_seq(self) -> int:
        seq = self.next_seq
        self.next_seq = seq + 1
        self._ring.submitted(seq + 1 - self._first_seq)
        return seq

    def complete(
        self,
        seq: int,
        request: int,
        due_ns: int,
        submit_ns: int,
        done_ns: int,
        infer_ms: float,
        segment: int,
        size: int,
        before: int,
        after: int,
        thread: int = 0,
        kernels: int = AMBIGUOUS,
        queued: bool = False,
        copy_ns: int = 0,
    ) -> None:
        """Records a completion. `size` is how many ran together (0: unknown), `before` and `after` are the device codes
        read at submission and at completion: equal means that device, different means ambiguous unless the batch or
        `kernels`, the device that the request's own profiling names, says more. `queued`: it found no idle request when
        it was due. `copy_ns`: what filling in its input took, up to `submit_ns`."""
        flags = 0
        batch = 0
        if before != after or after == AMBIGUOUS or (size > 1 and after == STAND_IN):
            after = self._evidence.device_by_batch(before, after, size) if kernels == AMBIGUOUS else kernels
            flags = _AMBIGUOUS if after == AMBIGUOUS else 0
        if submit_ns - due_ns > LATE_AFTER_NS and self.open_loop:
            flags |= _LATE
        if queued:
            flags |= _QUEUED
        if size > 1:
            self._batching_seen = True
            batch = self._ids.id_of(request, size, thread, submit_ns, done_ns)
            if self._ids.inferred:
                flags |= _INFERRED
        elif size == 1 and self._batching_seen and after != STAND_IN:
            flags |= _TIMED_OUT
        if seq == self._first_seq:
            flags |= _WARM_UP
            self._first_done(infer_ms)
        self._ring.write(
            seq, self._next_order, due_ns, submit_ns, done_ns, infer_ms * 1e3, batch, request, size, segment, flags,
            after, copy_ns / 1e3,
        )  # fmt: skip
        self._next_order += 1

    def fail(
        self, seq: int, request: int, due_ns: int, submit_ns: int, done_ns: int, segment: int, device: int
    ) -> None:
        """Records a request that OpenVINO failed; it has no latency."""
        self._ring.write(
            seq, self._next_order, due_ns, submit_ns, done_ns, 0.0, 0, request, 0, segment, _ERROR, device, 0.0
        )
        self._next_order += 1
