"""B under AUTO, as the device tells it: a core and a compiled model that answer as OpenVINO was seen to."""

from __future__ import annotations

from typing import Any

import openvino as ov
import pytest
from openvino import opset13 as op

from ovtui.engine.model.hidden_batch import HiddenBatch, hidden_batch, shown_batch

MB = 1 << 20


class Core:
    """Does not answer OPTIMAL_BATCH_SIZE: that is another process's."""

    def __init__(self, *, taken: int = 40 * MB, total: int = 2048 * MB) -> None:
        self._answers = {
            "GPU_MEMORY_STATISTICS": {"cl_mem": taken, "usm_host": 0},
            "GPU_DEVICE_TOTAL_MEM_SIZE": total,
        }

    def get_property(self, _device: str, name: str) -> Any:
        return self._answers[name]


class Compiled:
    """AUTO's compiled model while the stand-in's runtime model is all that it shows."""

    inputs: tuple[()] = ()

    def __init__(self, requests: int, *, wrapped: bool) -> None:
        inside = {"OPTIMAL_NUMBER_OF_INFER_REQUESTS": requests} | ({"AUTO_BATCH_TIMEOUT": 1000} if wrapped else {})
        self._answers = {"OPTIMAL_NUMBER_OF_INFER_REQUESTS": requests, "DEVICE_PROPERTIES": {"GPU.0": inside}}

    def get_runtime_model(self) -> Any:
        raise RuntimeError("not shown")

    def get_property(self, name: str) -> Any:
        return self._answers[name]


def asked(optimal: int | None, requests: int, *, hint: int = 0, plain: int | None = 4, **memory: int) -> HiddenBatch:
    properties = {"PERFORMANCE_HINT_NUM_REQUESTS": hint} if hint else {}
    core: Any = Core(**memory)
    compiled: Any = Compiled(requests, wrapped=True)
    return hidden_batch(core, compiled, optimal, "GPU.0", properties, lambda: plain)


def test_without_the_batching_plugin_nothing_batches_whatever_the_device_finds_best() -> None:
    """A constant output beside the model's own: OPTIMAL_BATCH_SIZE 256, and every request runs alone."""
    plain: Any = Compiled(4, wrapped=False)
    assert shown_batch(plain, "GPU.0") == HiddenBatch(1)
    wrapped: Any = Compiled(4, wrapped=True)
    assert shown_batch(wrapped, "GPU.0") is None


@pytest.mark.parametrize("optimal", [0, 1, 2])
def test_the_plugin_alone_makes_no_batches(optimal: int) -> None:
    assert asked(optimal, 16, hint=16) == HiddenBatch(1)


def test_the_recommended_requests_tell_b_without_a_hint() -> None:
    assert asked(256, 1024) == HiddenBatch(256)
    assert asked(256, 256) == HiddenBatch(64), "cut by memory"


def test_a_hint_bounds_b_and_memory_may_cut_it() -> None:
    assert asked(256, 16, hint=16) == HiddenBatch(16)
    assert asked(256, 16, hint=16, taken=200 * MB) == HiddenBatch(16, certain=False)
    assert asked(256, 1024, plain=None) == HiddenBatch(256, certain=False)
    assert asked(256, 4, hint=8) == HiddenBatch(0, certain=False), "fewer than a batch takes"


def test_a_device_that_does_not_tell_is_not_guessed() -> None:
    assert asked(None, 16) == HiddenBatch(0)


def test_the_devices_own_hint_counts() -> None:
    properties = {
        "PERFORMANCE_HINT_NUM_REQUESTS": 4,
        "DEVICE_PROPERTIES": {"GPU": {"PERFORMANCE_HINT_NUM_REQUESTS": "16"}},
    }
    core: Any = Core()
    compiled: Any = Compiled(16, wrapped=True)
    assert hidden_batch(core, compiled, 256, "GPU.0", properties, lambda: 4) == HiddenBatch(16)


def test_a_runtime_model_that_shows_b_settles_it() -> None:
    x = op.parameter([1, 8])
    x.set_layout(ov.Layout("NC"))
    model = ov.Model([op.result(op.relu(x))], [x], "rows")
    compiled = ov.Core().compile_model(model, "BATCH:CPU(4)")
    assert shown_batch(compiled, "CPU") == HiddenBatch(4)
