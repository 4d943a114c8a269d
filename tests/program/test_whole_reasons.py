"""Why something does not work, told in one sentence and whole; and models that one might think do not run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openvino as ov
from harness.fixture_types import Headless, StartProgram
from harness.string_models import save_lower_case
from openvino import opset13 as op

GREEDY_SEARCH = (
    b'\x08\t:R\n#\n\x01x\x12\x01y"\x0cGreedySearch:\rcom.microsoft\x12\x01gZ\x13\n\x01x\x12\x0e\n\x0c\x08\x01\x12\x08\n'
    b"\x02\x08\x01\n\x02\x08\x04b\x13\n\x01y\x12\x0e\n\x0c\x08\x01\x12\x08\n\x02\x08\x01\n\x02\x08\x04B\x04\n\x00\x10"
    b"\x11B\x11\n\rcom.microsoft\x10\x01"
)
"""An ONNX model whose one operation is com.microsoft.GreedySearch."""
UNUSABLE = 4


def test_the_whole_reason_is_printed_recorded_and_replayed(
    headless: Headless, start: StartProgram, tmp_path: Path
) -> None:
    model, recording = tmp_path / "greedy.onnx", tmp_path / "failed.ovtui"
    model.write_bytes(GREEDY_SEARCH)
    done = headless("run", str(model), "-d", "CPU", "-n", "5", "--verbose", "--record", str(recording))
    assert done.returncode == UNUSABLE
    sentence, *whole = done.stderr.splitlines()
    cause = "No conversion rule found for operations: com.microsoft.GreedySearch"
    assert sentence == (
        f"ovtui: {model}: OpenVINO cannot read this model: {cause}; a library with that operation can be loaded by "
        "--extensions LIB"
    )
    assert whole[0].startswith("    Exception from src/")
    assert f"    -- {cause}" in whole

    program = start("replay", str(recording), columns=80, rows=24)
    program.wait_for("O whole reason")
    program.keys("O")
    text = program.wait_for("Summary:")
    assert "Whole reason" in text
    program.keys("escape", "q")


def test_without_inputs_without_a_gpu_and_with_a_key_of_old(headless: Headless, tmp_path: Path) -> None:
    frozen = op.relu(op.constant(np.ones((1, 8), np.float32)))
    model = tmp_path / "none.xml"
    ov.save_model(ov.Model([op.result(frozen)], [], "none"), model)
    old = ("--set", "CPU_THROUGHPUT_STREAMS=4")
    done = headless("run", str(model), "-d", "AUTO:-GPU", *old, "-n", "20", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"]["completed"] == 20
    assert "AUTO:-GPU excludes GPU, so there will be no handover" in done.stderr
    assert "AUTO ignores CPU_THROUGHPUT_STREAMS: neither it nor CPU has such a property; " in done.stderr
    assert "OpenVINO replaced it by NUM_STREAMS (--nstreams)" in done.stderr


def test_operations_of_a_library(
    headless: Headless, tokenizers_package: Path, program_env: dict[str, str], tmp_path: Path
) -> None:
    model = save_lower_case(tokenizers_package, tmp_path / "lower.xml")
    program_env["PYTHONPATH"] = str(tokenizers_package)
    done = headless("run", str(model), "-d", "CPU", "--extensions", "openvino-tokenizers", "-n", "20", "--json", "-")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["requests"] | {"completed": 20, "errors": 0} == json.loads(done.stdout)["requests"]
