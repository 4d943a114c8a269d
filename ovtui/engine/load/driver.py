"""What the load is to be, and what the drivers that make it share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.host_channel import HostChannel
from ovtui.engine.load.dispatch import FifoDispatch, IdleRequests
from ovtui.engine.model.batch_probe import PROBE_OUTPUT
from ovtui.engine.model.inputs import Inputs
from ovtui.engine.request_recorder import RequestRecorder

EndReason = Literal["duration", "requests", "trace"]
FOREVER = 1 << 62


@dataclass(slots=True)
class LoadPlan:
    """Owner: the load thread, which changes it between two runs of a driver."""

    schedule: Iterator[float] | None = None
    """Open loop: when requests are due, ns from the start of the schedule; None is the closed loop. A new schedule
    starts when a driver first runs with it."""
    backlog: int = 10_000
    """Open loop: requests that may be due and wait; more are shed."""
    stop_seq: int = FOREVER
    """The first number that is not submitted. Each request that is shed lowers it by one."""
    until_ns: int = FOREVER
    due_from_ns: int | None = None
    """When the schedule begins, where that is not when a driver first runs with it; taken once."""

    def end_reason(self, seq: int, now_ns: int) -> EndReason:
        if seq >= self.stop_seq:
            return "requests"
        return "duration" if now_ns >= self.until_ns else "trace"


@dataclass(slots=True)
class DriverContext:
    """What a driver works with. Owner: the load thread."""

    compiled: ov.CompiledModel
    recorder: RequestRecorder
    channel: HostChannel
    inputs: Inputs
    origin_ns: int
    read_device: Callable[[], int]
    has_probe: bool
    on_failure: Callable[[str], None]
    """Told the reason of a failed request."""
    make_idle: Callable[[Iterable[int]], IdleRequests] = FifoDispatch
    """Makes the list of idle requests in the order of dispatch that the settings ask for."""
    device_by_profiling: Callable[[ov.InferRequest], int] | None = None
    """The device that a finished request's profiling names; None where that is not switched on."""
    size_without_probe: int = 0
    """The batch size of a request that no probe tells of: 1 where none can share a batch, 0 where that is not known."""
    requests_made: int = 0
    """Requests created on this compiled model so far; BATCH binds by this count."""

    def probe_array(self, request: ov.InferRequest) -> npt.NDArray[np.float32] | None:
        """The probe's output tensor of a request: one view for good, valid across a handover (0 wrong of 23,881 read
        through AUTO on the simulated GPU)."""
        if not self.has_probe:
            return None
        return np.asarray(request.get_tensor(PROBE_OUTPUT).data).reshape(-1)


class Driver(Protocol):
    @property
    def waiting(self) -> int:
        """Requests that are due and wait for an idle one."""

    @property
    def next_due_ns(self) -> int | None:
        """When the next request of a schedule is due; None in a closed loop and at the schedule's end."""

    def shed_waiting(self) -> None:
        """Sheds those that wait."""

    def run(self, plan: LoadPlan) -> EndReason | None:
        """Makes load until an order is pending (None) or a limit of the plan is reached. Requests stay in flight."""

    def drain(self) -> None:
        """Waits for what is in flight and records it."""

    def resize(self, nireq: int) -> None:
        """Changes how many requests may be in flight."""
