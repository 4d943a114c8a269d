"""Numbers requests and writes their records into the ring."""

from __future__ import annotations

from collections.abc import Callable

from ovtui.engine.batch_ids import BatchIds
from ovtui.engine.device_attribution import DeviceEvidence
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.record import Flag
from ovtui.records.ring.ring import RingWriter
from ovtui.records.ring.ring_memory import HEAD, REST_STRUCT, SUBMITTED, TIMES_STRUCT
from ovtui.settings.device_names import hides_batch_workers

LATE_AFTER_NS = 1_000_000
"""Open loop: a request submitted more than this after it was due counts as late (timed waits wake within 0.1 ms)."""
_WARM_UP, _ERROR, _TIMED_OUT = int(Flag.WARM_UP), int(Flag.ERROR), int(Flag.TIMED_OUT)
_INFERRED, _LATE, _AMBIGUOUS = int(Flag.INFERRED_BATCH), int(Flag.LATE), int(Flag.AMBIGUOUS_DEVICE)
_QUEUED, _DEDUCED, _HELD = int(Flag.QUEUED), int(Flag.DEDUCED_SIZE), int(Flag.HELD)
_pack_times = TIMES_STRUCT.pack_into

NO_EVIDENCE = DeviceEvidence()


class RequestRecorder:
    """Owner: the load thread, the only one that submits and records requests."""

    def __init__(
        self,
        ring: RingWriter,
        device: str,
        expected_batch: int,
        first_done: Callable[[float], None],
        evidence: DeviceEvidence = NO_EVIDENCE,
    ) -> None:
        """`device` is the device string that the model is compiled for. `expected_batch` is B where automatic batching
        is known to be on, else 0. `first_done` is called with the infer time (ms) of this engine's first request."""
        self._ring = ring
        self._device = device
        self._first_done = first_done
        self._evidence = evidence
        self._batching_seen = expected_batch > 1
        """True when a request that ran alone did so because the batch timeout ran out: from the start where the
        compiled model tells B, otherwise from when the device has told it (`set_batch`), or from the first batch seen.
        What was recorded before that is settled by metrics.batching.timer_claims."""
        self._unbatched = (STAND_IN, CPU) if hides_batch_workers(device) else (STAND_IN,)
        """Codes of devices that batch nothing: on BATCH:CPU(4) the CPU does."""
        self._ids = BatchIds(device, 0)
        self.lives_at = ring.publish_alive
        self._header = ring.header
        self._first_seq = -1
        """The engine's first request, which is recorded as its warm-up; -1 before it has been told to begin."""
        self._counted_from = 0
        """The number of the next request without those that this engine has submitted: the ring's header counts those
        over all its turns."""
        self._first_order = 0
        """`order` of the ring's first record: each completion writes one, so the ring counts them."""
        self.shed = 0
        """Requests that were due and will not be submitted."""
        self._waiting = 0
        self.new_shapes: set[int] = set()
        """Data shapes of which no request has come back. The first one of each prepares the device for its shape
        (kernels, buffers), as the engine's first one does for the model, and is recorded as a first inference, too."""
        self.open_loop = False
        """Set by the driver: only in an open loop can a request be late."""
        self.segment = 0
        self.next_seq = 0

    def begin(self, first_seq: int, segment: int) -> None:
        """Starts numbering where the engine before stopped. Completions are counted from `first_seq` on, too: those of
        the requests that the engine before still has in flight are numbered below it.

        An engine that has drained may begin again. Its warm-up is then over, unless it has submitted nothing before."""
        submitted = self.submitted
        if not submitted:
            self._first_seq = first_seq
        self.next_seq = first_seq
        self._counted_from = first_seq - submitted
        self._first_order = first_seq - self._ring.head
        self.segment = segment
        self._ids = BatchIds(self._device, first_seq)

    def set_batch(self, size: int) -> None:
        """Takes note of B as the device that serves tells it. The only method that another thread may call."""
        if size > 1:
            self._batching_seen = True

    @property
    def submitted(self) -> int:
        return self.next_seq - self._counted_from

    @property
    def warm_up_next(self) -> bool:
        """True until the engine's first request has its number: that one is recorded as the warm-up."""
        return self.next_seq == self._first_seq

    def count_shed(self) -> None:
        """Counts a request that was due and will not be submitted."""
        self.shed += 1
        self._ring.publish_shed(self.shed)

    def set_schedule(self, began_ns: int | None) -> None:
        """Publishes when a schedule begins; None: none is in force."""
        self._ring.publish_schedule(began_ns, self.segment)

    def set_due_limit(self, left: int | None) -> None:
        """Publishes how many more requests may come due."""
        self._ring.publish_due_limit(left)

    def set_waiting(self, count: int) -> None:
        """Publishes how many requests are due and wait for an idle infer request."""
        if count != self._waiting:
            self._waiting = count
            self._ring.publish_waiting(count)

    def assign_seq(self) -> int:
        """Numbers a request that is about to be submitted and publishes the count, so that the sum is right whenever
        the process is killed."""
        seq = self.next_seq
        self.next_seq = after = seq + 1
        self._header[SUBMITTED] = after - self._counted_from
        return seq

    def rest_of(self, request: int, device: int, segment: int) -> bytes:
        """What the records of many requests of a closed loop have in common, for `complete_plain`: of the infer request
        `request`, submitted in `segment`, which ran alone, with `device` read at submission and at completion, with
        inputs that stay. Not for the engine's first request."""
        flags = _AMBIGUOUS if device == AMBIGUOUS else 0
        if self._batching_seen and device not in self._unbatched:
            flags |= _TIMED_OUT
        return REST_STRUCT.pack(0, request, 1, segment, flags, device, 0, 0.0, 0.0)

    def complete_plain(self, seq: int, due_ns: int, submit_ns: int, done_ns: int, infer_ms: float, rest: bytes) -> None:
        """As `complete`, with the fields of `rest_of`. With `assign_seq` and two readings of the clock it takes 0.5 us,
        `complete` 1.4 us (Python 3.11, 2 cores); a 64x64 product takes 15 us."""
        ring = self._ring
        head = ring.head
        _pack_times(
            ring.buffer, (head & ring.mask) << 6, seq, head + self._first_order, due_ns, submit_ns, done_ns,
            infer_ms * 1e3, rest,
        )  # fmt: skip
        ring.head = head = head + 1
        self._header[HEAD] = head

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
        data_shape: int = 0,
        seen_ns: int = 0,
        deduced: bool = False,
        held: bool = False,
        reset_us: float = 0.0,
    ) -> None:
        """Records a completed request. Times are session times in nanoseconds.

        `request` is the pool index, `size` the number of requests in its batch (0: unknown), `thread` the native id of
        the callback's thread. `before` and `after` are the device codes read at submission and at completion: equal
        codes are that device, different ones are ambiguous unless the batch or `kernels`, the device that the request's
        profiling shows, decides. `queued`: there was no idle infer request when it was due. `copy_ns`: how long copying
        its input took, just before `submit_ns`. `data_shape`: the index of its data shape. `seen_ns`: where `done_ns`
        is submission plus latency, a time at which it had certainly completed. `deduced`: `size` is deduced, not
        known. `held`: its batch was full and waited for the batch timer all the same. `reset_us`: how long resetting
        the state took, before the input was filled in."""
        flags = 0
        batch = 0
        if before != after or after == AMBIGUOUS or (size > 1 and after == STAND_IN):
            after = self._evidence.device_by_batch(before, after, size) if kernels == AMBIGUOUS else kernels
            flags = _AMBIGUOUS if after == AMBIGUOUS else 0
        if submit_ns - due_ns > LATE_AFTER_NS and self.open_loop:
            flags |= _LATE
        if queued:
            flags |= _QUEUED
        if deduced and size:
            flags |= _DEDUCED
        if size > 1:
            self._batching_seen = True
            batch = self._ids.id_of(request, size, thread, submit_ns, seen_ns or done_ns)
            if self._ids.inferred:
                flags |= _INFERRED
            if held:
                flags |= _HELD
        elif size == 1 and self._batching_seen and after not in self._unbatched:
            flags |= _TIMED_OUT
        if seq == self._first_seq:
            flags |= _WARM_UP
            self._first_done(infer_ms)
        if self.new_shapes and data_shape in self.new_shapes:
            self.new_shapes.discard(data_shape)
            flags |= _WARM_UP
        self._ring.write(
            seq, self._ring.head + self._first_order, due_ns, submit_ns, done_ns, infer_ms * 1e3, batch, request, size,
            segment, flags, after, data_shape, reset_us, copy_ns / 1e3,
        )  # fmt: skip

    def fail(
        self, seq: int, request: int, due_ns: int, submit_ns: int, done_ns: int, segment: int, device: int,
        data_shape: int = 0,
    ) -> None:  # fmt: skip
        """Records a request that OpenVINO failed; it has no latency."""
        self._ring.write(
            seq, self._ring.head + self._first_order, due_ns, submit_ns, done_ns, 0.0, 0, request, 0, segment, _ERROR,
            device, data_shape, 0.0, 0.0,
        )  # fmt: skip
