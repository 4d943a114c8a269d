"""What the load is to be, and what the drivers that make it share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.batching import PROBE_OUTPUT
from ovtui.engine.control import Control
from ovtui.engine.dispatch import Fifo, Idle
from ovtui.engine.inputs import Inputs
from ovtui.engine.recorder import Recorder

Ended = Literal["duration", "requests", "trace"]
FOREVER = 1 << 62


@dataclass(slots=True)
class Plan:
    """Owner: the load thread, which changes it between two runs of a driver."""

    schedule: Iterator[float] | None = None
    """Open loop: when requests are due, ns from the start of the schedule; None is the closed loop. A new schedule
    starts when a driver first runs with it."""
    backlog: int = 10_000
    """Open loop: requests that may be due and wait; more are shed."""
    stop_seq: int = FOREVER
    until_ns: int = FOREVER

    def ended(self, seq: int, now_ns: int) -> Ended:
        if seq >= self.stop_seq:
            return "requests"
        return "duration" if now_ns >= self.until_ns else "trace"


@dataclass(slots=True)
class Bench:
    """What a driver works with. Owner: the load thread."""

    compiled: ov.CompiledModel
    recorder: Recorder
    control: Control
    inputs: Inputs
    origin_ns: int
    read_device: Callable[[], int]
    probe: bool
    failed: Callable[[str], None]
    """Told the reason of a failed request."""
    idle: Callable[[Iterable[int]], Idle] = Fifo
    """Makes the list of idle requests in the order of dispatch that the settings ask for."""
    kernels_of: Callable[[ov.InferRequest], int] | None = None
    """The device that a finished request's profiling names; None where that is not switched on."""
    made: int = 0
    """Requests created on this compiled model so far; BATCH binds by this count."""

    def view_of_probe(self, request: ov.InferRequest) -> npt.NDArray[np.float32] | None:
        """The probe's output tensor of a request: one view for good, valid across a handover (0 wrong of 23,881 read
        through AUTO on the simulated GPU)."""
        if not self.probe:
            return None
        return np.asarray(request.get_tensor(PROBE_OUTPUT).data).reshape(-1)


class Driver(Protocol):
    def run(self, plan: Plan) -> Ended | None:
        """Makes load until an order is pending (None) or a limit of the plan is reached. Requests stay in flight."""

    def drain(self) -> None:
        """Waits for what is in flight and records it."""

    def resize(self, nireq: int) -> None:
        """Changes how many requests may be in flight."""
