"""`ovtui verify` of the simulated GPU (OpenVINO's GPU plugin, with real numbers) against the CPU."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.fixture_types import RigEnv
from harness.stateful_models import saved
from harness.verified_models import branch, chain, killed, saved_pair, single, summing
from openvino import opset13 as op

from ovtui.host.verifier import verify
from ovtui.records.verification import Verification
from ovtui.settings.schema.settings import Settings

pytestmark = pytest.mark.rig
LIMIT_S = 300.0
"""For a machine that is slow or busy."""


@pytest.fixture
def on_gpu(rig_env: RigEnv, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Verification]:
    for name, value in rig_env().items():
        if name.startswith(("CLGPU_", "OPENCL_", "OCL_", "POCL_")):
            monkeypatch.setenv(name, value)

    def verified(
        model: str, against_model: str = "", inputs: int = 1, *, layers: bool = True, tolerance: float | None = None
    ) -> Verification:
        return verify(
            Settings(model=model, device="GPU"), "CPU", against_model=against_model, inputs=inputs, layers=layers,
            tolerance=tolerance,
            limit_s=LIMIT_S,
        )  # fmt: skip

    return verified


def names(found: Verification) -> dict[str, str]:
    return {each.name: each.relation for each in found.layers or [] if not each.agrees}


def test_both_agree_on_a_network_and_on_each_of_its_layers(on_gpu: Callable[..., Verification]) -> None:
    found = on_gpu("demo-cnn")
    assert (found.verdict, found.agrees, len(found.layers or [])) == ("agree", True, 19)
    # It computes in f32, whatever it tells, in another order than the CPU.
    assert 0 < (found.outputs[0].max_relative or 0) < 1e-5
    assert max(each.max_relative or 0.0 for each in found.layers or []) < 1e-5
    assert (found.sides[0].ran_on, found.layers_precisions) == (["GPU.0"], ["f32", "f32"])


@pytest.mark.parametrize(
    ("made", "wrong", "verdict"),
    [
        (chain, {"second": "first", "act_2": "downstream", "third": "downstream"}, "fault"),
        (branch, {"right_1": "first", "right_2": "downstream", "joined": "downstream"}, "fault"),
        (killed, {"negative": "first"}, "agree"),
    ],
)
def test_an_error_in_one_constant_of_the_gpus_graph_is_named(
    on_gpu: Callable[..., Verification], tmp_path: Path, made: Callable[[float], ov.Model], wrong: dict[str, str],
    verdict: str,
) -> None:  # fmt: skip
    right, other = saved_pair(made, tmp_path, 1.1)
    found = on_gpu(other, right)
    assert (found.verdict, names(found), found.agrees) == (verdict, wrong, False)
    assert found.first == next(iter(wrong))
    first = next(each for each in found.layers or [] if each.relation == "first")
    assert first.max_relative == pytest.approx(0.1, rel=1e-3)


def test_roundings_that_a_layer_makes_large_are_no_fault(on_gpu: Callable[..., Verification], tmp_path: Path) -> None:
    weights = np.random.default_rng(1).normal(0, 0.3, [16, 16]).astype(np.float32)

    def sine(x: ov.Node) -> ov.Node:
        return op.sin(op.multiply(op.matmul(x, op.constant(weights), False, False), op.constant(np.float32(1e6))))

    found = on_gpu(saved(single(sine), tmp_path))
    related = {each.name: each.relation for each in found.layers or [] if not each.agrees}
    assert (related, found.firsts, found.verdict) == ({"only": "inherits"}, [], "precision")
    assert (found.f32_outputs or [])[0].max_relative == pytest.approx(found.outputs[0].max_relative)


def test_a_tolerance_below_the_roundings_of_f32_makes_no_fault(on_gpu: Callable[..., Verification]) -> None:
    found = on_gpu("demo-cnn", layers=False, tolerance=1e-12)
    assert (found.verdict, found.agrees, found.f32_tolerance) == ("precision", False, 1e-12)


def test_a_fault_of_the_gpu_plugin_itself(on_gpu: Callable[..., Verification], tmp_path: Path) -> None:
    """A sum of u8 beyond 255: the CPU saturates, the GPU wraps round (OpenVINO 2026.4.1)."""
    x = op.parameter([1, 16], np.uint8, name="x")
    total = op.add(x, x)
    total.set_friendly_name("total")
    model = saved(ov.Model([op.result(total)], [x], "u8"), tmp_path)
    found = on_gpu(model)
    assert (found.verdict, found.firsts) == ("fault", ["total"])
    assert found.outputs[0].unequal > 0


def test_state_is_followed_on_both(on_gpu: Callable[..., Verification], tmp_path: Path) -> None:
    right, wrong = saved_pair(summing, tmp_path, 3.0)
    found = on_gpu(wrong, right, 3, layers=False)
    assert [each.max_relative for each in found.outputs] == pytest.approx([2.0, 2.0])
    assert found.verdict == "fault"
    same = on_gpu(right, "", 3, layers=False)
    assert same.verdict == "agree"


def test_what_the_gpu_cannot_compile_is_said(on_gpu: Callable[..., Verification], tmp_path: Path) -> None:
    from ovtui.host.verifier import NotVerified

    model = saved(single(lambda x: op.non_zero(x, "i64")), tmp_path)
    with pytest.raises(NotVerified, match=r"GPU: .*Failed to select implementation"):
        on_gpu(model)
