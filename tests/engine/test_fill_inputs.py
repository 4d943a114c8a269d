"""When infer requests are given their inputs, on the real engine and on OpenVINO's own tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op
import pytest
from driven import driven

from ovtui.engine.model.inputs import Inputs, inputs_for
from ovtui.settings.changes import convert


def copies_us(**given: Any) -> np.ndarray[Any, Any]:
    with driven(model="demo-matmul", device="CPU", requests=40, nireq=2, **given) as run:
        run.wait_finished()
        records = run.records()
        assert len(records) == 40
        assert (records["flags"] & 2 == 0).all()
        return np.asarray(records["copy_us"])


@pytest.mark.parametrize("given", [{}, {"rate": "400"}, {"api": "sync", "nireq": 1}])
def test_inputs_are_given_before_every_inference(given: dict[str, Any]) -> None:
    options = {"nireq": 2, **given}
    with driven(model="demo-matmul", device="CPU", requests=40, fill_inputs="each", **options) as run:
        run.wait_finished()
        records = run.records()
    assert len(records) == 40
    assert (records["copy_us"] > 0).all()
    assert (records["due_ns"] < records["submit_ns"]).all(), "before the submission, after it was due"


def test_an_input_that_does_not_change_is_given_once() -> None:
    assert not copies_us().any()
    assert not copies_us(fill_inputs="kept").any()
    assert not copies_us(fill_inputs="benchmark_app").any()


def adder(shape: list[int]) -> ov.Model:
    x = op.parameter(shape, np.float32, name="x")
    return ov.Model([op.result(op.add(x, op.constant(np.float32(1))))], [x], "adder")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for number in range(3):
        np.save(tmp_path / f"{number}.npy", np.full((1, 4), number, np.float32))
    return tmp_path


def made(folder: Path, how: str, model: ov.Model, **given: Any) -> Inputs:
    return inputs_for(convert({"input": str(folder), "fill_inputs": how, **given}), model)


def test_of_several_items_each_request_keeps_its_own(folder: Path) -> None:
    model = adder([1, 4])
    compiled = ov.Core().compile_model(model, "CPU")
    inputs = made(folder, "kept", model)
    assert not inputs.cycled
    found = []
    for number in range(5):
        request = compiled.create_infer_request()
        inputs.fill_new(request, number)
        request.infer()
        found.append(float(request.get_output_tensor(0).data[0, 0]))
    assert found == [1, 2, 3, 1, 2]


@pytest.mark.parametrize("own", [True, False])
def test_several_items_in_turn_are_set_or_copied(folder: Path, own: bool) -> None:
    model = adder([1, 4])
    inputs = made(folder, "each", model)
    inputs.own_tensors = own
    request = ov.Core().compile_model(model, "CPU").create_infer_request()
    inputs.fill_new(request, 0)
    first, found = request.get_input_tensor(0).data.ctypes.data, []
    for _ in range(4):
        assert inputs.fill_next(request) > 0
        request.infer()
        found.append(float(request.get_output_tensor(0).data[0, 0]))
    assert found == [1, 2, 3, 1]
    assert (request.get_input_tensor(0).data.ctypes.data == first) is not own


def test_by_benchmark_apps_rule_only_open_shapes_are_given_each_time() -> None:
    dynamic = adder([-1, 4])
    settings = convert({"fill_inputs": "benchmark_app", "data_shape": "[2,4]"})
    inputs = inputs_for(settings, dynamic)
    assert (inputs.each, inputs.cycled, len(inputs.turns)) == (True, True, 1)
    inputs = inputs_for(convert({"fill_inputs": "benchmark_app"}), adder([1, 4]))
    assert (inputs.each, inputs.cycled) == (False, False)
