"""The values of a tensor of any element type, as numpy compares them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import openvino as ov

from ovtui.engine.model.element_types import TYPE_NAMES, named_type, values_of_bytes
from ovtui.engine.verify.comparison import Compared, compare, compare_bits

Array = npt.NDArray[Any]


class Held:
    """A copy of what a tensor held: the next request writes over it."""

    def __init__(self, tensor: ov.Tensor) -> None:
        self.type = tensor.element_type.get_type_name()
        self.shape = tuple(int(size) for size in tensor.shape)
        self.values: Array | None = None
        self.bits = b""
        if self.type not in TYPE_NAMES:
            self.bits = bytes(tensor.data.tobytes())
            return
        kind = named_type(self.type)
        self.exact = kind.family != "float"
        if kind.family == "string":
            self.values = np.array(tensor.bytes_data, np.bytes_).reshape(self.shape)
        elif 0 in self.shape:
            self.values = np.zeros(self.shape, kind.dtype)
        elif kind.is_numpys:
            self.values = np.array(tensor.data).reshape(self.shape)
        else:
            self.values = values_of_bytes(tensor.data.tobytes(), int(tensor.size), kind)[0].reshape(self.shape)


def compare_held(device: Held, truth: Held, floor: float = 0.0) -> Compared:
    if device.values is not None and truth.values is not None:
        # Two models may have an output as u8 and as f32.
        exact = device.exact and truth.exact
        return compare(device.values, truth.values, exact=exact, floor=floor)
    if device.type != truth.type:
        return Compared(device.shape, 0, True, 1, why=f"{device.type} against {truth.type}")
    return compare_bits(device.bits, truth.bits, device.shape)
