"""The drivers of the closed loop without callbacks, on a made-up OpenVINO: what they record, and when they stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ovtui.engine.load import closed_loop, sync_loop
from ovtui.engine.load.batch_sizes import ConstantSizes
from ovtui.engine.load.closed_loop import ClosedLoop, QueueBroken
from ovtui.engine.load.driver import Driver, DriverContext, LoadPlan
from ovtui.engine.load.sync_loop import SyncLoop
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.clock import now_ns
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.record import Flag, Records
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory, reopen_read_only

GPU0 = 0x20
INFER_MS = 0.25


class Request:
    """An infer request whose inferences take no time and tell INFER_MS."""

    latency = INFER_MS

    def __init__(self, script: Iterator[object]) -> None:
        self._script = script

    def infer(self, inputs: dict[int, object], share_outputs: bool, decode_strings: bool) -> None:
        assert (inputs, share_outputs, decode_strings) == ({}, True, False)
        self.run()

    def run(self) -> None:
        step = next(self._script, None)
        if isinstance(step, RuntimeError):
            raise step
        if callable(step):
            step()

    def wait(self) -> None:
        pass


class Queue:
    """An AsyncInferQueue whose requests are done as soon as they are started."""

    def __init__(self, compiled: Model, jobs: int) -> None:
        self._requests = [compiled.create_infer_request() for _ in range(jobs)]
        self._idle = deque(range(jobs))
        self._error: RuntimeError | None = None

    def __getitem__(self, k: int) -> Request:
        return self._requests[k]

    def get_idle_request_id(self) -> int:
        if self._error is not None:
            raise self._error
        return self._idle[0]

    def start_async(self, inputs: dict[int, object], userdata: object) -> None:
        assert (inputs, userdata) == ({}, None)
        k = self._idle.popleft()
        self._idle.append(k)
        try:
            self._requests[k].run()
        except RuntimeError as error:
            self._error = error
            raise

    def wait_all(self) -> None:
        if self._error is not None:
            raise self._error


class Model:
    def __init__(self, script: Iterator[object]) -> None:
        self._script = script

    def create_infer_request(self) -> Request:
        return Request(self._script)


class Inputs:
    cycled = False
    data_shape = 0
    filled = 0

    def fill_new(self, request: Request, number: int) -> None:
        pass

    def fill_next(self, _request: Request) -> int:
        self.filled += 1
        self.data_shape = self.filled % 3
        return 5_000


class Rig:
    """A driver with everything that it works with. `script` holds a step for each inference: an error that it raises,
    or a call that it makes."""

    def __init__(
        self,
        kind: type[SyncLoop | ClosedLoop],
        script: list[object],
        nireq: int,
        batch: int = 0,
        *,
        cycled: bool = False,
    ) -> None:
        self.fd = create_memory(1024)
        self.ring = RingWriter(self.fd)
        self.first: list[float] = []
        self.recorder = RequestRecorder(self.ring, "CPU", batch, self.first.append)
        self.recorder.begin(100, 7)
        self.device = CPU
        self.channel = SimpleNamespace(pending=deque[str](), wake=None)
        self.inputs = Inputs()
        self.inputs.cycled = cycled
        self.failures: list[str] = []
        self.context = DriverContext(
            Model(iter(script)), self.recorder, self.channel, self.inputs, now_ns(), lambda: self.device,
            ConstantSizes(1), lambda error: self.failures.append(str(error)),
        )  # type: ignore[arg-type]  # fmt: skip
        self.kind, self.nireq = kind, nireq
        self.reader = RingReader(reopen_read_only(self.fd))

    def driver(self) -> Driver:
        return self.kind(self.context, self.nireq)

    def run(self, requests: int) -> Records:
        """The records of a load of so many requests, drained."""
        driver = self.driver()
        assert driver.run(LoadPlan(stop_seq=self.recorder.next_seq + requests)) == "requests"
        driver.drain()
        return self.reader.read()


MakeRig = Callable[..., Rig]


@pytest.fixture(params=[(SyncLoop, 1), (ClosedLoop, 1), (ClosedLoop, 3)], ids=["sync", "queue-1", "queue-3"])
def rig(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> MakeRig:
    kind, nireq = request.param
    layer = SimpleNamespace(InferRequest=Request, AsyncInferQueue=Queue)
    monkeypatch.setattr(sync_loop, "_pyopenvino", layer)
    monkeypatch.setattr(closed_loop, "_pyopenvino", layer)
    monkeypatch.setattr(closed_loop, "ov", layer)
    monkeypatch.setattr(sync_loop, "FAILURE_PAUSE_NS", 0)
    return lambda script=(), **options: Rig(kind, list(script), nireq, **options)


def test_each_request_is_recorded_once_and_the_first_is_the_warm_up(rig: MakeRig) -> None:
    made = rig()
    records = made.run(50)
    assert sorted(records["seq"].tolist()) == list(range(100, 150))
    assert records["order"].tolist() == list(range(100, 150))
    assert made.recorder.submitted == made.reader.submitted == made.reader.written == 50
    assert records["seq"][(records["flags"] & Flag.WARM_UP) != 0].tolist() == [100]
    assert made.first == [INFER_MS]
    for name, value in [("infer_us", 250), ("segment", 7), ("batch_size", 1), ("device", CPU), ("batch_id", 0)]:
        assert set(records[name].tolist()) == {value}, name
    assert (records["due_ns"] == records["submit_ns"]).all()
    assert (records["done_ns"] >= records["submit_ns"]).all()
    assert set(records["request"].tolist()) == set(range(made.nireq))


def test_the_count_of_submissions_is_published_before_each_start(rig: MakeRig) -> None:
    """A kill at any moment leaves the right sum of what was recorded and what was in flight."""
    seen: list[tuple[int, int]] = []
    made: Rig
    script = [lambda: seen.append((made.reader.submitted, made.reader.written)) for _ in range(20)]
    made = rig(script)
    made.run(20)
    assert [submitted for submitted, _ in seen] == list(range(1, 21))
    assert all(submitted - written in range(1, made.nireq + 1) for submitted, written in seen)


def test_the_load_ends_at_its_time_and_a_command_interrupts_it(rig: MakeRig) -> None:
    made = rig()
    assert made.driver().run(LoadPlan(until_ns=0)) == "duration"
    assert made.recorder.submitted == 0
    made = rig([*[None] * 9, lambda: made.channel.pending.append("a command")])
    driver = made.driver()
    assert driver.run(LoadPlan()) is None
    assert made.recorder.submitted == 10
    made.channel.pending.clear()
    made.recorder.segment = 8
    assert driver.run(LoadPlan(stop_seq=115)) == "requests"
    driver.drain()
    records = np.sort(made.reader.read(), order="seq")
    assert records["segment"].tolist() == [7] * 10 + [8] * 5
    assert sorted(records["order"].tolist()) == list(range(100, 115))


def test_a_device_that_changes_is_ambiguous_for_the_requests_on_both_sides(rig: MakeRig) -> None:
    made: Rig

    def hand_over() -> None:
        made.device = GPU0

    made = rig([*[None] * 5, hand_over, *[None] * 6])
    made.device = STAND_IN
    records = np.sort(made.run(12), order="seq")
    ambiguous = (records["flags"] & Flag.AMBIGUOUS_DEVICE) != 0
    assert set(records["device"][ambiguous].tolist()) == {AMBIGUOUS}
    # With three in flight, those of both requests that were started before, too.
    assert np.flatnonzero(ambiguous).tolist() == list(range(6 - made.nireq, 6))
    assert set(records["device"][: 6 - made.nireq].tolist()) == {STAND_IN}
    assert set(records["device"][6:].tolist()) == {GPU0}


def test_several_devices_at_once_are_always_ambiguous(rig: MakeRig) -> None:
    made = rig()
    made.device = AMBIGUOUS
    records = made.run(10)
    assert (records["flags"] & Flag.AMBIGUOUS_DEVICE != 0).all()
    assert set(records["device"].tolist()) == {AMBIGUOUS}


@pytest.mark.parametrize("batch", [0, 4])
def test_alone_where_batches_are_known_is_timed_out_except_on_the_stand_in(rig: MakeRig, batch: int) -> None:
    for device, timed_out in [(CPU, batch == 4), (STAND_IN, False)]:
        made = rig(batch=batch)
        made.device = device
        assert set((made.run(10)["flags"] & Flag.TIMED_OUT != 0).tolist()) == {timed_out}


def test_cycled_inputs_are_due_before_they_are_filled_in(rig: MakeRig) -> None:
    made = rig(cycled=True)
    records = np.sort(made.run(10), order="seq")
    assert set(records["copy_us"].tolist()) == {5.0}
    assert (records["due_ns"] < records["submit_ns"]).all()
    assert records["data_shape"].tolist() == [n % 3 for n in range(1, 11)]


def test_a_failed_request_is_recorded_as_failed_and_the_load_goes_on(rig: MakeRig) -> None:
    made = rig([None, None, None, RuntimeError("no more memory"), RuntimeError("no more memory")])
    if made.kind is ClosedLoop:
        with pytest.raises(QueueBroken):
            made.run(10)
        records = made.reader.read()
        assert made.failures == ["no more memory"]
    else:
        records = made.run(10)
        assert made.failures == ["no more memory"] * 2  # the engine tells each reason once
    failed = (records["flags"] & Flag.ERROR) != 0
    assert records["seq"][failed].tolist() == ([103] if made.kind is ClosedLoop else [103, 104])
    assert set(records["infer_us"][failed].tolist()) == {0}
    assert len(records) == made.recorder.submitted
    assert sorted(records["seq"].tolist()) == list(range(100, 100 + len(records)))


def test_a_failing_load_pauses_but_not_beyond_its_end(monkeypatch: pytest.MonkeyPatch, rig: MakeRig) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(sync_loop, "FAILURE_PAUSE_NS", 3_600_000_000_000)
    monkeypatch.setattr(sync_loop, "time", SimpleNamespace(sleep=pauses.append))
    made = rig([RuntimeError("broken")] * 3)
    if made.kind is SyncLoop:
        made.run(3)
        assert pauses == [3600.0] * 3
        made = rig([lambda: None, RuntimeError("broken")])
        end_ns = now_ns() - made.context.origin_ns + 60_000_000_000
        assert made.driver().run(LoadPlan(stop_seq=102, until_ns=end_ns)) is not None
        assert 0 <= pauses[-1] <= 60


def test_profiling_decides_where_readings_do_not(rig: MakeRig) -> None:
    made = rig()
    if made.kind is SyncLoop:
        made.device = AMBIGUOUS
        made.context.device_by_profiling = lambda _: CPU
        assert set(made.run(5)["device"].tolist()) == {CPU}


def records_equal(a: Any, b: Any) -> bool:
    return a.tobytes() == b.tobytes()


@pytest.mark.parametrize("device", [CPU, STAND_IN, GPU0, AMBIGUOUS])
@pytest.mark.parametrize("batch", [0, 4])
def test_the_short_way_records_the_same_bytes(device: int, batch: int) -> None:
    parts = []
    for short in (False, True):
        fd = create_memory(8)
        recorder = RequestRecorder(RingWriter(fd), "CPU", batch, lambda _: None)
        recorder.begin(0, 3)
        for n in range(3):
            seq = recorder.assign_seq()
            if short and n:
                recorder.complete_plain(seq, 5, 7, 9, 0.125, recorder.rest_of(2, device, 3))
            else:
                recorder.complete(seq, 2, 5, 7, 9, 0.125, 3, 1, device, device)
        parts.append(RingReader(fd).read())
    assert len(parts[0]) == 3
    assert records_equal(*parts)
