"""How many requests ran together with a request: the interface, and its reading from the batch probe."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.model.batch_probe import PROBE_OUTPUT


class BatchSizes(Protocol):
    """Tells the batch size of each completed request. Owner: the load thread. `k` is the index of the infer request in
    the order of creation over the whole compiled model, which binds it to a batch worker (k // B)."""

    def attach(self, k: int, request: ov.InferRequest) -> None:
        """Prepares a new infer request, after its input has been filled in."""

    def arm(self, k: int) -> None:
        """Called before each start of infer request `k`, after its input has been filled in."""

    def size(self, k: int) -> int:
        """The batch size of the inference of `k` that has completed last; 0 where it is unknown."""


class ProbeSizes:
    """Reads the output of the batch probe."""

    def __init__(self) -> None:
        self._probes: list[npt.NDArray[np.float32]] = []

    def attach(self, k: int, request: ov.InferRequest) -> None:
        """The view of the probe's output stays valid across a handover (0 wrong of 23,881 values read through AUTO on
        the simulated GPU)."""
        assert k == len(self._probes)
        self._probes.append(np.asarray(request.get_tensor(PROBE_OUTPUT).data).reshape(-1))

    def arm(self, k: int) -> None:
        """Every inference writes the probe's output."""

    def size(self, k: int) -> int:
        return int(self._probes[k][0])


class ConstantSizes:
    """The same size for all: 1 where no requests can share a batch, 0 where batches cannot be observed."""

    def __init__(self, size: int) -> None:
        self._size = size

    def attach(self, k: int, request: ov.InferRequest) -> None:
        pass

    def arm(self, k: int) -> None:
        pass

    def size(self, k: int) -> int:  # noqa: ARG002
        return self._size
