"""A model that OpenVINO reads while it compiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openvino as ov
import pytest
from driven import driven

from ovtui.engine.model.builtin_models import demo_matmul
from ovtui.records.events import Compiled, EngineFailed, ModelRead


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> str:
    path = tmp_path / "matmul.xml"
    ov.save_model(demo_matmul(), path, compress_to_fp16=False)
    return str(path)


@pytest.mark.parametrize("device", ["CPU", "AUTO:CPU", "BATCH:CPU(4)"])
def test_it_runs_with_the_inputs_of_the_compiled_model(path: str, device: str) -> None:
    with driven(model=path, device=device, load_from_file="yes", requests=64, nireq=8) as run:
        run.wait_finished()
        assert len(run.records()) == 64
        read = run.of(ModelRead)[0]
        assert [(port.name, port.shape, port.type) for port in read.inputs] == [("matrix", "[64,64]", "f32")]
        assert run.of(Compiled)[0].device == device


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shape": "[32,64]"}, "--shape: with --load-from-file OpenVINO compiles the file as it stands"),
        ({"batch_size": 2, "mean_values": "1"}, "--batch-size and --mean-values: with --load-from-file"),
        ({"model": "demo-cnn"}, "--load-from-file: demo-cnn is built into ovtui and has no file"),
    ],
)
def test_what_it_cannot_get_is_wrong_use(path: str, given: dict[str, Any], said: str) -> None:
    with driven(**{"model": path, "device": "CPU", "load_from_file": "yes", "requests": 1, **given}) as run:
        failed = run.wait_event(EngineFailed)
        assert failed.misused
        assert failed.reason.startswith(said)


def test_a_broken_file_is_told_as_where_it_is_read(path: str) -> None:
    whole = Path(path).read_text()
    Path(path).write_text(whole[: len(whole) // 2])
    with driven(model=path, device="CPU", load_from_file="yes", requests=1) as run:
        failed = run.wait_event(EngineFailed)
        assert failed.unusable
        assert failed.reason == f"{path}: it is cut short: it does not end with </net>; download or copy it again"
