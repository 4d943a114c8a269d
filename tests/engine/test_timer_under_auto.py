"""The batch timer under AUTO on the simulated GPU: B is asked of the device, since no batch ever fills."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from driven import Driven, driven
from rig.nets import pointwise_net, save, with_constant_output, with_gain

from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Batching
from ovtui.records.events import BatchingLearnt, DeviceChanged, Note
from ovtui.records.record import Flag

pytestmark = pytest.mark.rig
AUTO = {"device": "AUTO:GPU,CPU", "hint": "throughput", "rate": 100.0}


@pytest.fixture(autouse=True)
def _rig(rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rig_env().items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)


def served(run: Driven, requests: int) -> Batching:
    """After the handover, what was learnt, and so many requests more."""
    assert run.wait_event(DeviceChanged).after == ["GPU.0"]
    run.wait_event(BatchingLearnt)
    run.wait_completed(requests)
    run.session.stop()
    run.wait_finished()
    return build_result(run.digest).batching


def test_a_rate_that_fills_no_batch_waits_for_the_timer(tmp_path: Path) -> None:
    model = str(save(pointwise_net(), tmp_path / "pointwise.xml"))
    with driven(model=model, **AUTO) as run:
        found = served(run, 300)
        assert (found.size, found.size_is, found.evidence, found.batched) == (256, "known", "probe", 0)
        assert found.timed_out is not None
        assert found.timed_out >= 0.99 * (found.timed_out + (found.single or 0))
        assert found.shortfall == "100 of 256 come in 1000 ms"
        ids = [advice.id for advice in build_result(run.digest).advice]
        assert "rate-too-low" in ids
        assert "accelerator-slower" not in ids
        # After B was learnt the engine marks them itself.
        rows = run.records()
        late = rows[rows["submit_ns"] > run.of(BatchingLearnt)[0].t_ns]
        assert (late["flags"] & Flag.TIMED_OUT != 0).all()


def test_what_batches_nothing_claims_no_timer(tmp_path: Path) -> None:
    """OPTIMAL_BATCH_SIZE is 256 here as well."""
    model = str(save(with_constant_output(pointwise_net()), tmp_path / "constant.xml"))
    with driven(model=model, **AUTO) as run:
        assert run.wait_event(DeviceChanged).after == ["GPU.0"]
        run.wait_completed(100)
        found = build_result(run.digest).batching
        assert (found.size, found.batched, found.timed_out) == (1, 0, 0)
        assert found.why_not


def test_a_model_with_a_shared_input_batches_and_is_warned_of(tmp_path: Path) -> None:
    model = str(save(with_gain(pointwise_net()), tmp_path / "gain.xml"))
    with driven(model=model, **{**AUTO, "rate": 0.0}, nireq=8) as run:
        found = served(run, 2000)
        assert (found.size, found.shared_inputs) == (8, ["gain"])
        assert (found.batched or 0) > 1000
        assert any("takes one request's value of gain" in note.text for note in run.of(Note))
