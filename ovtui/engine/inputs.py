"""Input data, filled in once per infer request: the load measures inference, not the making of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov

VARIANTS = 8
"""Different inputs in a pool: making a random 224x224 image costs 1 ms, copying one 0.05 ms."""


class RandomInputs:
    """Seeded random data by type: floats in [0, 1), bytes in [0, 255], other integers 0 or 1, which no lookup
    table is too short for."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._made: dict[tuple[int, int], Any] = {}

    def fill(self, request: ov.InferRequest, number: int) -> None:
        """Writes into the input tensors that the request owns; replacing them would cost a copy under BATCH."""
        for index in range(len(request.input_tensors)):
            tensor = request.get_input_tensor(index)
            key = index, number % VARIANTS
            if key not in self._made:
                self._made[key] = self._random(tensor)
            if self._made[key] is not None:
                tensor.data[...] = self._made[key]

    def _random(self, tensor: ov.Tensor) -> Any:
        try:
            kind = tensor.data.dtype
        except RuntimeError:
            return None  # numpy has no such type (bf16, u4): the tensor keeps what it holds
        shape = tuple(tensor.shape)
        if kind.kind == "f":
            return self._rng.random(shape, np.float32).astype(kind)
        if kind == np.uint8:
            return self._rng.integers(0, 256, shape, kind)
        if kind.kind in "iub":
            return self._rng.integers(0, 2, shape).astype(kind)
        return None
