"""An input without a batch dimension, of a model that OpenVINO batches: what the members of a batch get, and what ovtui
says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from driven import driven
from rig.nets import SIDE, pointwise_net, save, with_gain

from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.events import Compiled, Note

DEVICE = "BATCH:CPU(4)"


def test_all_members_of_a_batch_get_one_requests_gain() -> None:
    """The truth, without ovtui: four requests that differ in their gain only have one result, that of one of them."""
    core = ov.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32", "AUTO_BATCH_TIMEOUT": 3000}
    together = core.compile_model(with_gain(pointwise_net()), DEVICE, settings)
    alone = core.compile_model(with_gain(pointwise_net()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    image = np.random.default_rng(0).random((1, 3, SIDE, SIDE), np.float32)
    gains = [np.full(3, 1.0 + number, np.float32) for number in range(4)]
    truth = [alone({0: image, 1: gain})[0].copy() for gain in gains]
    assert not any(np.allclose(truth[0], other) for other in truth[1:])
    requests = [together.create_infer_request() for _ in gains]
    for request, gain in zip(requests, gains, strict=True):
        request.start_async({0: image, 1: gain})
    for request in requests:
        request.wait()
    found = [request.get_output_tensor(0).data.copy() for request in requests]
    assert all(np.allclose(one, found[0], rtol=1e-4) for one in found)
    assert sum(np.allclose(found[0], one, rtol=1e-4) for one in truth) == 1


@pytest.mark.parametrize(("device", "warned"), [(DEVICE, True), ("CPU", False)])
def test_ovtui_says_so_where_it_batches(tmp_path: Path, device: str, warned: bool) -> None:
    model = str(save(with_gain(pointwise_net()), tmp_path / "gain.xml"))
    with driven(model=model, device=device, hint="throughput", nireq=8, requests=400, batch_timeout_ms=10_000) as run:
        run.wait_finished()
        plan = run.of(Compiled)[0].batching
        notes = [note.text for note in run.of(Note) if note.severity == "warning" and "gain" in note.text]
        result = build_result(run.digest)
    assert result.batching.batched == (400 - 1 if warned else 0)
    assert plan.shared_inputs == result.batching.shared_inputs == (["gain"] if warned else [])
    assert [advice.id for advice in result.advice].count("shared-inputs") == warned
    assert ("all requests of a batch get one request's gain" in "\n".join(summary_lines(result))) == warned
    assert len(notes) == warned
    assert all("takes one request's value of gain for all of them" in note for note in notes)
