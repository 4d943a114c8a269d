"""One infer request of one engine, run by `infer()` with one in flight, as the closed loop of nireq 1 does it
(engine/load/sync_loop.py); and its profile, which is read only between two inferences: a GPU's, read while a request is
in flight, kills the process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import openvino as ov
from openvino import _pyopenvino

from ovtui.engine.load.preparation import Preparation
from ovtui.engine.model.inputs import Inputs
from ovtui.records.clock import now_ns

_MICROSECOND = timedelta(microseconds=1)
_ONLY = 0


@dataclass(frozen=True, slots=True)
class ProfileEntry:
    """One layer as `profiling_info` has it."""

    name: str
    type: str
    exec_type: str
    status: str
    """'EXECUTED', 'NOT_RUN', 'OPTIMIZED_OUT'."""
    real_us: int | None
    cpu_us: int | None
    """None where they are not known."""
    from_graph: bool = False
    """`profiling_info` lacks it: its time is that of the runtime graph."""


class SyncRequest:
    """Owner: the thread that makes it."""

    def __init__(self, compiled: ov.CompiledModel, inputs: Inputs, state: str) -> None:
        """`state`: as --state has it. Raises RuntimeError when OpenVINO cannot allocate the request."""
        self._request: ov.InferRequest = compiled.create_infer_request()
        inputs.fill_new(self._request, _ONLY)
        stateful = bool(self._request.query_state())
        self._preparation = Preparation(inputs, stateful=stateful, policy=state)
        # Beneath openvino's InferRequest.infer, which copies outputs; sync_loop says what that costs.
        self._infer: Callable[[dict[int, ov.Tensor], bool, bool], object] = _pyopenvino.InferRequest.infer.__get__(
            self._request
        )

    def infer(self) -> int:
        """One inference; returns how long it took, ns, without the filling in of its input. Raises RuntimeError."""
        if self._preparation.needed:
            self._preparation.before(_ONLY, self._request)
        began_ns = now_ns()
        self._infer({}, True, False)
        return now_ns() - began_ns

    def profile(self) -> list[ProfileEntry]:
        """Of this request's stream, after an inference. Raises RuntimeError where the engine is not profiled."""
        return [
            ProfileEntry(
                info.node_name, info.node_type, info.exec_type, str(info.status).rpartition(".")[2],
                info.real_time // _MICROSECOND, info.cpu_time // _MICROSECOND,
            )
            for info in self._request.profiling_info
        ]  # fmt: skip
