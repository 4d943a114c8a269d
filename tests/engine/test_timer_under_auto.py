"""The batch timer under AUTO on the simulated GPU: B is asked of the device where no batch fills, and never in the
engine's process, since OpenVINO answers with Python's lock held."""

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
SPY = """
import os, sys
if "ovtui.engine" in " ".join(sys.orig_argv):
    import openvino
    ask = openvino.Core.get_property
    def get_property(self, *question):
        if len(question) > 2 and "MODEL_PTR" in question[2]:
            with open(os.environ["ASKED_FILE"], "a") as file:
                file.write(sys.orig_argv[2] + "\\n")
        return ask(self, *question)
    openvino.Core.get_property = get_property
"""
"""Notes which program asks a device about a model."""
CHILD = "ovtui.engine.model.optimal_batch_child"
AUTO = {"device": "AUTO:GPU,CPU", "hint": "throughput", "rate": 100.0}


@pytest.fixture(autouse=True)
def _rig(rig_env: Callable[..., dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in rig_env().items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)


@pytest.fixture
def who_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The programs that asked a device about a model so far."""
    (tmp_path / "spy").mkdir()
    (tmp_path / "spy" / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    asked = tmp_path / "asked"
    asked.touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "spy"))
    monkeypatch.setenv("ASKED_FILE", str(asked))
    return lambda: asked.read_text(encoding="utf-8").split()


def size_learnt(run: Driven) -> BatchingLearnt:
    def found() -> list[BatchingLearnt]:
        return [event for event in run.of(BatchingLearnt) if event.size is not None]

    run.wait_for(found, "B is learnt")
    return found()[0]


def served(run: Driven, requests: int) -> Batching:
    """After the handover, what was learnt, and so many requests more."""
    assert run.wait_event(DeviceChanged).after == ["GPU.0"]
    size_learnt(run)
    run.wait_completed(requests)
    run.session.stop()
    run.wait_finished()
    return build_result(run.digest).batching


@pytest.mark.parametrize(
    ("timeout", "requests", "shortfall"),
    [({}, 300, "100 of 256 come in 1000 ms"), ({"batch_timeout_ms": 100}, 100, "10 of 256 come in 100 ms")],
)
def test_a_rate_that_fills_no_batch_waits_for_the_timer(
    tmp_path: Path, who_asked: Callable[[], list[str]], timeout: dict[str, int], requests: int, shortfall: str
) -> None:
    model = str(save(pointwise_net(), tmp_path / "pointwise.xml"))
    with driven(model=model, **AUTO, **timeout) as run:
        found = served(run, requests)
        assert who_asked() == [CHILD]
        assert (found.size, found.size_is, found.evidence, found.batched) == (256, "known", "probe", 0)
        assert found.timed_out is not None
        assert found.timed_out >= 0.99 * (found.timed_out + (found.single or 0))
        assert found.shortfall == shortfall
        ids = [advice.id for advice in build_result(run.digest).advice]
        assert "rate-too-low" in ids
        assert "accelerator-slower" not in ids
        # After B was learnt the engine marks them itself.
        rows = run.records()
        late = rows[rows["submit_ns"] > size_learnt(run).t_ns]
        assert (late["flags"] & Flag.TIMED_OUT != 0).all()


def test_what_batches_nothing_claims_no_timer(tmp_path: Path, who_asked: Callable[[], list[str]]) -> None:
    """OPTIMAL_BATCH_SIZE is 256 here as well."""
    model = str(save(with_constant_output(pointwise_net()), tmp_path / "constant.xml"))
    with driven(model=model, **AUTO) as run:
        assert run.wait_event(DeviceChanged).after == ["GPU.0"]
        run.wait_completed(100)
        found = build_result(run.digest).batching
        assert (found.size, found.batched, found.timed_out) == (1, 0, 0)
        assert found.why_not
        assert not who_asked()


def test_a_model_with_a_shared_input_batches_and_is_warned_of(
    tmp_path: Path, who_asked: Callable[[], list[str]]
) -> None:
    model = str(save(with_gain(pointwise_net()), tmp_path / "gain.xml"))
    with driven(model=model, **{**AUTO, "rate": 0.0}, nireq=8) as run:
        found = served(run, 2000)
        assert (found.size, found.shared_inputs) == (8, ["gain"])
        assert (found.batched or 0) > 1000
        assert not who_asked(), "a batch was seen"
        assert any("takes one request's value of gain" in note.text for note in run.of(Note))
