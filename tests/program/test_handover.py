"""AUTO on the simulated GPU: stand-in, handover and failures, in the JSON and on the screen of the real program."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from harness.fixture_types import RigEnv, StartProgram
from harness.gpu_sim import STANDS_IN_MS
from harness.program import line_of, ovtui
from harness.reading import served_by_the_gpu
from harness.signals import interrupted
from rig.nets import pointwise_net, save

pytestmark = pytest.mark.rig
AUTO = ("-d", "AUTO:GPU,CPU", "--hint", "latency")
STAND_IN = "(CPU)"
HANDED_OVER = re.compile(r"DEVICE\s+▌GPU\.0▐")


def test_the_indicator_flips_from_the_stand_in_to_the_gpu(start: StartProgram, rig_env: RigEnv) -> None:
    program = start(*AUTO, env=rig_env(build_ms=STANDS_IN_MS))
    before = line_of(program.wait_for("standing in"), "DEVICE")
    assert "▌(CPU)▐" in before
    assert "GPU" in before.partition("standing in")[2], "it does not say what compiles"
    after = line_of(program.wait_for(HANDED_OVER), "DEVICE")
    assert re.search(r"handover after \d+\.\d+ s", after)
    assert "standing in" not in after
    program.keys("q")
    assert program.wait() == 0
    assert re.search(r"handover\s+.*CPU.* → GPU\.0", program.text)


def test_the_json_tells_of_the_handover(rig_env: RigEnv, no_leftovers: None, tmp_path: Path) -> None:
    # Not the built-in model, of which the simulated GPU serves a few in a second.
    model, path = save(pointwise_net(), tmp_path / "pointwise.xml"), tmp_path / "out.json"
    command = ovtui("run", str(model), *AUTO, "--rate", "500", "-t", "120", "--json", str(path))
    code, _, said = interrupted(command, rig_env(build_ms=STANDS_IN_MS), served_by_the_gpu)
    assert code == 130, said
    result = json.loads(path.read_text())
    [handover] = result["handovers"]
    assert (handover["from"], handover["to"]) == (STAND_IN, "GPU.0")
    assert handover["since_compile_s"] >= 0.5
    assert {STAND_IN, "GPU.0"} <= set(result["by_device"])
    assert result["device"]["execution"] == ["GPU.0"]
    assert result["requests"]["errors"] == 0


def test_a_failed_compile_stays_on_the_cpu_and_says_so(start: StartProgram, rig_env: RigEnv) -> None:
    env = rig_env(build_ms=STANDS_IN_MS)
    (Path(env["CLGPU_CTL"]) / "fail_build").touch()
    program = start(*AUTO, env=env)
    text = program.wait_for(re.compile(r"DEVICE\s+▌CPU▐\s.*failed to compile"))
    assert "standing in" not in line_of(text, "DEVICE")


def test_a_gpu_that_fails_while_running_falls_back(start: StartProgram, rig_env: RigEnv) -> None:
    env = rig_env()
    program = start(*AUTO, env=env)
    program.wait_for(HANDED_OVER)
    (Path(env["CLGPU_CTL"]) / "fail_run").touch()
    program.wait_for(re.compile(r"DEVICE\s+▌CPU▐\s.*failed while running"))
