"""What is told of a device and a model, step after step, on this machine's CPU."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.language_model import language_model
from harness.stateful_models import saved
from openvino import opset13 as op
from rig.nets import pointwise_net, with_gain

from ovtui.engine.errors import SetupError
from ovtui.engine.model import device_trial_child
from ovtui.engine.model.device_trial_child import Trial
from ovtui.records.device_verdicts import Batches, Batching, Began, Compiles, Found, Queried, Step, TrialQuestion
from ovtui.settings.schema.settings import Settings


def steps(model: str, device: str = "CPU", *, anyway: bool = False, shape: str = "") -> list[Step]:
    told: list[Step] = []
    settings = Settings(model=model, shape=shape)
    question = TrialQuestion(settings=settings, device=device, compile_anyway=anyway, parent_pid=os.getppid())
    Trial(question, told.append).run()
    return told


def last_batching(told: list[Step]) -> dict[str, Batching]:
    return {step.batching.device: step.batching for step in told if isinstance(step, Batches)}


def compiles(told: list[Step]) -> Compiles:
    return next(step for step in told if isinstance(step, Compiles))


def test_a_model_that_batches(tmp_path: Path) -> None:
    told = steps(saved(pointwise_net(), tmp_path))
    assert isinstance(told[0], Found)
    assert told[0].names == ["CPU"]
    assert Queried(unlisted=[]) in told
    assert compiles(told).compiles is True
    own, explicit = last_batching(told).values()
    assert (own.batches, own.certainty) == (False, "deduced")
    assert (explicit.batches, explicit.size, explicit.certainty, explicit.why) == (True, 4, "verified", None)


def test_what_is_foretold_comes_before_the_compile(tmp_path: Path) -> None:
    told = steps(saved(pointwise_net(), tmp_path))
    compiling = told.index(Began("compiling"))
    [_, explicit] = last_batching(told[:compiling]).values()
    assert (explicit.batches, explicit.size, explicit.certainty) == (None, None, "unknown")
    assert explicit.why == "its shapes allow it, only a compile shows it"


def test_an_input_without_a_batch_is_shared(tmp_path: Path) -> None:
    told = steps(saved(with_gain(pointwise_net()), tmp_path))
    assert last_batching(told)["BATCH:CPU(4)"].shared_inputs == ["gain"]


def test_a_heavy_model_is_compiled_only_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = saved(pointwise_net(), tmp_path)
    monkeypatch.setattr(device_trial_child, "CHEAP_BYTES", 100)
    told = steps(model)
    found = compiles(told)
    assert found.compiles is None
    assert found.why.startswith("not tried, with weights of ")
    assert found.why.endswith(": --time-limit SECONDS tries it")
    assert last_batching(told)["BATCH:CPU(4)"].certainty == "unknown"
    assert compiles(steps(model, anyway=True)).compiles is True


def test_state_never_batches(tmp_path: Path) -> None:
    explicit = last_batching(steps(saved(language_model(), tmp_path)))["BATCH:CPU(4)"]
    assert (explicit.batches, explicit.certainty) == (False, "deduced")
    assert explicit.why == "the model holds state, which a batch would share"


def test_open_shapes_are_compiled_as_they_are(tmp_path: Path) -> None:
    model = pointwise_net()
    model.reshape([-1, 3, -1, -1])
    path = saved(model, tmp_path)
    told = steps(path)
    assert compiles(told).compiles is True
    assert last_batching(told)["BATCH:CPU(4)"].why == "the model's input x has a dynamic shape"
    assert last_batching(steps(path, shape="[1,3,8,8]"))["BATCH:CPU(4)"].size == 4


def test_why_a_batch_gets_lost_in_the_model(tmp_path: Path) -> None:
    x = op.parameter([1, 8], np.float32, name="x")
    x.output(0).set_names({"x"})
    flat = op.reshape(op.relu(x), np.array([1, -1]), False)
    flat.output(0).set_names({"flat"})
    told = steps(saved(ov.Model([op.result(flat)], [x], "flat"), tmp_path))
    explicit = last_batching(told)["BATCH:CPU(4)"]
    assert (explicit.batches, explicit.size, explicit.certainty) == (False, 1, "verified")
    assert explicit.why == (
        "the compiled model shows B = 1, perhaps because with a batch of 4 its output flat is [1,32]"
    )


def test_a_device_that_is_not_here_is_told_at_once(tmp_path: Path) -> None:
    [found] = steps(saved(pointwise_net(), tmp_path), "XPU")
    assert found == Found(names=[], full_name="", why="")


def test_a_model_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no such model file"):
        steps(str(tmp_path / "gone.xml"))
