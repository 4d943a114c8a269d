"""The infer requests of a compiled model, in the order of their creation."""

from __future__ import annotations

import openvino as ov

from ovtui.engine.load.batch_sizes import BatchSizes
from ovtui.engine.model.inputs import Inputs


class InferRequests:
    """Creates plain infer requests and numbers them. All drivers of a compiled model share them, each from index 0 on,
    so the numbering has one owner: BATCH binds the k-th created request to worker k // B for good, and with numbers of
    its own for each driver the groups of a second driver would straddle two workers. Requests are never destroyed,
    because a worker that lost one would never fill again. (An AsyncInferQueue makes its own requests, unseen here: it
    is only used where nothing can batch.)

    A driver starts requests only after the driver before it has drained. Owner: the load thread."""

    def __init__(self, compiled: ov.CompiledModel, inputs: Inputs, sizes: BatchSizes) -> None:
        self._compiled = compiled
        self._inputs = inputs
        self._sizes = sizes
        self.created: list[ov.InferRequest] = []
        """By index, which is the order of creation. The list grows and is never replaced."""

    def ensure(self, count: int) -> None:
        """Creates requests, with their inputs filled in, until there are `count`. Raises RuntimeError when OpenVINO
        cannot allocate them."""
        while len(self.created) < count:
            k = len(self.created)
            request = self._compiled.create_infer_request()
            self._inputs.fill_new(request, k)
            self._sizes.attach(k, request)
            self.created.append(request)
