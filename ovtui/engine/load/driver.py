"""The plan of a load, the context that drivers share, and the interface of a driver."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import openvino as ov

from ovtui.engine.host_channel import HostChannel
from ovtui.engine.load.batch_sizes import BatchSizes
from ovtui.engine.load.deduced_sizes import DeducedSizes
from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.load.held_batches import HeldBatches
from ovtui.engine.load.infer_requests import InferRequests
from ovtui.engine.load.preparation import Preparation
from ovtui.engine.load.whole_rounds import WholeRounds
from ovtui.engine.model.inputs import Inputs
from ovtui.engine.request_recorder import RequestRecorder
from ovtui.records.engine_protocol import TakeOver

EndReason = Literal["duration", "requests", "trace"]
FOREVER = 1 << 62


@dataclass(slots=True)
class LoadPlan:
    """What load to make, and until when. Times are session times in nanoseconds. Owner: the load thread, which changes
    the plan between two runs of a driver."""

    schedule: Iterator[float] | None = None
    """Open loop: due times, ns from the start of the schedule. None: closed loop. A new schedule starts when a driver
    first runs with it."""
    backlog: int = 10_000
    """Open loop: how many requests may be due and wait for an idle infer request; more are shed."""
    stop_seq: int = FOREVER
    """The load ends before the request of this number. Each request that is shed lowers it by one."""
    until_ns: int = FOREVER
    began_ns: int = 0
    """When the first request of the load was due, of whichever engine."""
    due_from_ns: int | None = None
    """When the schedule begins if that is not the driver's first run with it; the driver resets it to None."""

    rounds: WholeRounds | None = None
    """The end rule of benchmark_app; None: the first limit ends the load. With it one limit at a time is in force: a
    driver comes to it once, and `go_on` sets the next one."""
    reached: EndReason | None = None
    """Once the duration is over: what the load goes on to, or has come to by then."""

    all_sent_ns: int | None = None
    """Open loop: when the last request of a limited number was sent; None before that, and where it was shed."""

    def begin(self, command: TakeOver, now_ns: int, duration_s: float) -> None:
        """Sets when the load's first request is due, now or with another engine, and when the load ends. The duration
        counts from that request: what host and engine did before is no part of it."""
        self.all_sent_ns = self.reached = None
        self.began_ns = now_ns if command.load_began_ns is None else command.load_began_ns
        if self.schedule is not None:
            self.due_from_ns = now_ns if command.due_from_ns is None else command.due_from_ns
        if command.until_ns is not None:
            self.until_ns = command.until_ns
        elif duration_s:
            self.until_ns = now_ns + int(duration_s * 1e9)

    def apply_rounds(self, next_seq: int) -> int | None:
        """Sets the limit by number where the rounds make one, and no duration comes before it; returns how many
        requests are left, None where that is not known."""
        if self.rounds is None:
            return None
        limited = self.until_ns == FOREVER and (self.rounds.requests or self.stop_seq != FOREVER)
        self.stop_seq = self.rounds.last_seq(next_seq) if limited else FOREVER
        return self.stop_seq - next_seq if limited else None

    def change_in_flight(self, nireq: int, next_seq: int) -> None:
        if self.rounds is not None and self.rounds.in_flight != nireq:
            self.rounds = replace(self.rounds, in_flight=nireq)
            self.apply_rounds(next_seq)

    def go_on(self, reason: EndReason, next_seq: int) -> tuple[EndReason, bool]:
        """What the load's end is for, and whether it goes on: where its duration is over, up to the number of requests
        and to whole rounds."""
        if self.rounds is None or reason != "duration":
            return (reason if self.reached is None or reason == "trace" else self.reached), False
        self.reached = reason = "requests" if self.rounds.lacks(next_seq) else reason
        self.until_ns, self.stop_seq = FOREVER, self.rounds.last_seq(next_seq)
        return reason, self.stop_seq > next_seq

    def ended_ns(self, reason: EndReason, next_due_ns: int | None, over_ns: int) -> int | None:
        """As LoadEnded.ended_ns. `next_due_ns`: of the request after the last. An overload puts off when the last one
        is sent; the load thread sees that at `over_ns`, later: it sleeps until `next_due_ns`, and may wake late."""
        if reason == "duration":
            return self.until_ns
        return (
            None if next_due_ns is None else max(next_due_ns, over_ns if self.all_sent_ns is None else self.all_sent_ns)
        )

    def end_reason(self, seq: int, now_ns: int) -> EndReason:
        if seq >= self.stop_seq:
            return "requests"
        return "duration" if now_ns >= self.until_ns else "trace"


@dataclass(slots=True)
class DriverContext:
    """What a driver works with. Owner: the load thread; `read_device` may be called from any thread."""

    compiled: ov.CompiledModel
    recorder: RequestRecorder
    channel: HostChannel
    inputs: Inputs
    origin_ns: int
    read_device: Callable[[], int]
    sizes: BatchSizes
    on_failure: Callable[[RuntimeError], None]
    """Called with OpenVINO's exception when a request has failed."""
    make_idle: Callable[[Iterable[int]], IdleRequests] = FifoDispatch
    """Makes the container of idle requests, in the dispatch order that the settings ask for."""
    device_by_profiling: Callable[[ov.InferRequest], int] | None = None
    """The device of a completed request by its profiling; None where profiling is off."""
    batch_size: int = 1
    """B where infer requests are bound to batch workers, k // B; 1 where nothing batches or the binding is unknown."""
    held: HeldBatches = field(default_factory=lambda: HeldBatches(0))
    """Tells full batches that were held until the batch timer."""
    deduced: DeducedSizes | None = None
    """Deduces the batch sizes, where that is the evidence; then `sizes` tells nothing."""
    stateful: bool = False
    """The model has variables (ReadValue/Assign), so each infer request has a state."""
    state: str = "reset"
    """When that is reset, as the setting; afterwards `preparation` has the policy."""
    preparation: Preparation = field(init=False)
    requests: InferRequests = field(init=False)
    """The plain infer requests, which all drivers share."""

    def __post_init__(self) -> None:
        self.preparation = Preparation(self.inputs, stateful=self.stateful, policy=self.state)
        self.requests = InferRequests(self.compiled, self.inputs, self.sizes)


class Driver(Protocol):
    """Makes the load on one compiled model. Owner: the load thread."""

    @property
    def waiting(self) -> int:
        """How many requests are due and wait for an idle infer request."""

    @property
    def next_due_ns(self) -> int | None:
        """When the next request of a schedule is due, also after the load's last one; None in a closed loop and at the
        schedule's end."""

    def count_due(self, plan: LoadPlan, until_ns: int) -> None:
        """Counts as waiting what has come due since the last turn and before `until_ns`."""

    def waiting_due_ns(self) -> tuple[list[int], int]:
        """When those that wait were due, as LoadEnded.unsent_due_ns and .unsent_step."""

    def shed_waiting(self) -> None:
        """Sheds the requests that wait."""

    def end_schedule(self, plan: LoadPlan, until_ns: int) -> None:
        """Sheds what a schedule has had due until then: another load begins."""

    def run(self, plan: LoadPlan) -> EndReason | None:
        """Makes load until a command is pending (returns None) or the load is over (returns the reason). Returns with
        requests still in flight."""

    def drain(self) -> None:
        """Waits for the requests in flight and records them."""

    def resize(self, nireq: int) -> None:
        """Sets how many requests may be in flight. Raises RuntimeError when OpenVINO cannot allocate them."""
