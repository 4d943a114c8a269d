"""Every outcome of AUTO on the simulated GPU, in the words of the real program: on the indicator and in the events."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from harness.account_tries import counts_of_text
from harness.fixture_types import RigEnv, StartProgram
from harness.gpu_sim import STANDS_IN_MS
from harness.program import Program, line_of, ovtui
from harness.reading import completed, segment, served_by_the_gpu
from harness.signals import interrupted
from rig.nets import pointwise_net, save

RATE = ("--rate", "500")
"""The CPU would serve 30,000/s of so small a net, and all else beside it would wait for a core."""
AUTO = ("-d", "AUTO:GPU,CPU", "--hint", "latency", *RATE)
HANDED_OVER = re.compile(r"DEVICE\s+▌GPU\.0▐")
ENDLESS_MS = 120_000
"""A program build that no test waits for."""
QUIT_LIMIT_S = 30.0


@pytest.fixture
def net(tmp_path: Path) -> str:
    """A net that the simulated GPU runs in a millisecond."""
    return str(save(pointwise_net(), tmp_path / "pointwise.xml"))


def indicator(program: Program, words: str) -> str:
    return line_of(program.wait_for(re.compile(rf"DEVICE\s+▌.*{words}")), "DEVICE")


def in_the_event_list(program: Program, words: str) -> None:
    """Opens the devices' view, without the log's lines, and waits for the words in its list."""
    program.keys("5")
    program.wait_for("EVENTS")
    program.keys("l")
    program.wait_for(re.compile(words))


@pytest.mark.rig
def test_handed_over(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    # Wide: the bar of the compile has to hold its label beside a process that takes ten times as long to start.
    program = start(net, *AUTO, env=rig_env(build_ms=STANDS_IN_MS), columns=200)
    program.wait_for("standing in; GPU.0 compiling")
    line = indicator(program, "handover after")
    assert "▌GPU.0▐" in line
    in_the_event_list(program, r"HANDOVER\s+\(CPU\) → GPU\.0, \d+\.\d\d s after the compile began")
    program.wait_for(lambda text: "HANDOVER" in text and "settled after" in text)
    program.wait_for(re.compile(r"AUTO\s+GPU\.0 compiled in \d"))
    program.wait_for(re.compile(r"AUTO\s+the stand-in was released"))
    program.wait_for(re.compile(r"GPU\.0\s+├.*compiled in .*┤ *├.*serves.*→"))
    program.keys("6")
    program.wait_for(re.compile(r"1 latency, \d+ in flight\s+latency\s+\(CPU\)"))
    program.wait_for(re.compile(r"\n +latency +GPU\.0\s+[\d,]+ .*\d+\.\d\d\n"))
    program.keys("1", "H")
    program.wait_for("±3 s")


@pytest.mark.rig
def test_compile_failed(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    env = rig_env(build_ms=STANDS_IN_MS)
    (Path(env["CLGPU_CTL"]) / "fail_build").touch()
    program = start(net, *AUTO, env=env)
    assert "▌CPU▐" in indicator(program, r"GPU\.0 failed to compile: \[GPU\] ProgramBuilder build failed!")
    in_the_event_list(program, r"STAYS\s+the CPU stays: GPU\.0 failed to compile: \[GPU\] ProgramBuilder")


@pytest.mark.rig
def test_fell_back_at_run_time_and_a_new_engine_hands_over_again(
    start: StartProgram, rig_env: RigEnv, net: str
) -> None:
    env = rig_env(build_ms=STANDS_IN_MS)
    program = start(net, *AUTO, env=env, rows=60)  # the summary of all of it fits
    program.wait_for(HANDED_OVER)
    failing = Path(env["CLGPU_CTL"]) / "fail_run"
    failing.touch()
    assert "▌CPU▐" in indicator(program, r"GPU\.0 failed while running, \d\d:\d\d")
    in_the_event_list(program, r"FALLBACK\s+GPU\.0 failed while running; the CPU serves")
    failing.unlink()
    program.keys("1")
    program.wait_for("REQUESTS")
    program.keys("s")
    program.wait_for("SETTINGS")
    program.keys("h", "x")
    program.wait_for(lambda text: segment(text) >= 2)
    program.wait_for(HANDED_OVER)
    program.keys("escape", "q")
    assert program.wait() == 0
    assert len(re.findall(r"handover +.* → GPU\.0", program.text)) == 2


@pytest.mark.rig
def test_from_a_warm_cache_no_cpu_stands_in(start: StartProgram, rig_env: RigEnv, net: str, tmp_path: Path) -> None:
    env, cache = rig_env(build_ms=STANDS_IN_MS), ("--cache-dir", str(tmp_path / "blobs"))
    cold = start(net, *AUTO, *cache, env=env)
    cold.wait_for("standing in")
    cold.wait_for(HANDED_OVER)
    cold.keys("q")
    assert cold.wait() == 0
    warm = start(net, *AUTO, *cache, env=env)
    assert "▌GPU.0▐" in indicator(warm, "from cache, no stand-in")
    in_the_event_list(warm, r"COMPILED\s+.*GPU\.0 serves: from cache, no stand-in")


@pytest.mark.rig
def test_startup_fallback_off(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    program = start(net, *AUTO, "--set", "ENABLE_STARTUP_FALLBACK=NO", env=rig_env())
    assert "▌GPU.0▐" in indicator(program, "startup fallback is off, no stand-in")
    in_the_event_list(program, r"COMPILED\s+.*GPU\.0 serves: startup fallback is off")


@pytest.mark.rig
def test_runtime_fallback_off(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    env = rig_env()
    program = start(net, *AUTO, "--set", "ENABLE_RUNTIME_FALLBACK=NO", env=env)
    program.wait_for(HANDED_OVER)
    (Path(env["CLGPU_CTL"]) / "fail_run").touch()
    assert "▌GPU.0▐" in indicator(program, "requests fail; runtime fallback is off")
    in_the_event_list(program, r"ERROR\s+requests fail: ")


@pytest.mark.rig
def test_a_bare_auto_passes_over_a_gpu_that_is_not_intels(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    program = start(net, "-d", "AUTO", *RATE, env=rig_env())
    assert "▌CPU▐" in indicator(program, "AUTO by itself leaves out GPU; use AUTO:GPU,CPU")
    in_the_event_list(program, r"NOTE\s+AUTO by itself leaves out GPU")


def test_a_named_device_that_is_not_there(start: StartProgram) -> None:
    program = start("-d", "AUTO:NPU,CPU")
    assert "▌CPU▐" in indicator(program, "no NPU on this machine")
    in_the_event_list(program, r"AUTO\s+NPU failed to compile: ")


@pytest.mark.rig
def test_while_the_gpu_compiles_settings_are_changed_and_q_waits_for_nothing(
    start: StartProgram, rig_env: RigEnv, net: str
) -> None:
    program = start(net, *AUTO, env=rig_env(build_ms=ENDLESS_MS))
    program.wait_for("standing in; GPU.0 compiling")
    program.keys("s")
    program.wait_for("SETTINGS")
    program.keys("h", "x", "escape")
    program.wait_for(lambda text: segment(text) == 2 and "standing in" in text)
    program.keys("?")
    program.wait_for("Help ─")
    program.keys("escape")
    program.wait_for(lambda text: "Help ─" not in text)
    program.keys("5")
    program.wait_for("engine 2, s from its process's start")
    program.keys("1")
    before = completed(program.wait_for(lambda text: completed(text) > 0))
    program.wait_for(lambda text: completed(text) > before)
    program.keys("q")
    assert program.wait(QUIT_LIMIT_S) == 0
    assert re.search(r"GPU\.0 compiling, \d+", program.text)


@pytest.mark.rig
def test_a_compile_under_way_is_called_off(start: StartProgram, rig_env: RigEnv, net: str) -> None:
    program = start(net, "-d", "CPU", *RATE, env=rig_env(build_ms=ENDLESS_MS))
    program.wait_for(lambda text: completed(text) > 0)
    program.keys("s")
    program.wait_for("SETTINGS")
    program.keys("d", *"GPU", "enter", "x")
    program.wait_for(re.compile(r"new engine compiles, .*U cancels"))
    program.keys("U")
    program.wait_for(re.compile(r"CANCELLED\s+device CPU→GPU: the old settings serve on"))
    text = program.wait_for(lambda text: "staged" not in text and "compil" not in text)
    assert segment(text) == 1
    before = completed(text)
    program.wait_for(lambda text: completed(text) > before)
    program.keys("q")
    assert program.wait(QUIT_LIMIT_S) == 0
    shown = counts_of_text(program.text)
    assert (shown["errors"], shown["lost"]) == (0, 0)


@pytest.mark.rig
def test_the_json_tells_the_start_and_what_requests_felt(rig_env: RigEnv, no_leftovers: None, net: str) -> None:
    command = ovtui("run", net, *AUTO, "-t", "120", "--json", "-")
    code, out, said = interrupted(command, rig_env(build_ms=STANDS_IN_MS), served_by_the_gpu)
    assert code == 130, said
    result = json.loads(out)
    startup, [handover] = result["startup"], result["handovers"]
    order = ("model_read_at_ms", "stand_in_ready_at_ms", "accelerator_compiled_at_ms", "accelerator_served_at_ms")
    moments = [startup[name] for name in order]
    assert moments == sorted(moments)
    assert 0 < startup["compile_called_at_ms"] < startup["stand_in_ready_at_ms"]
    assert startup["accelerator"] == "GPU.0"
    assert startup["accelerator_failed_at_ms"] is None
    assert startup["stand_in_released_at_ms"] > startup["stand_in_ready_at_ms"]
    assert handover["compile_ms"] == startup["accelerator_compile_ms"] >= STANDS_IN_MS
    assert handover["first_served_ms"] > 0
    phases = handover["phases"]
    assert phases["before"]["requests"] > 0
    assert phases["during"]["requests"] > 0
    assert handover["worst_ms"] == phases["during"]["latency_ms"]["response"]["max"]
    assert handover["glitch_ms"] <= handover["worst_ms"]
