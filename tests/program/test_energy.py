"""What inferences cost and what disturbed them, in the real program on machines of files whose counters move."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.fake_machine import FakeMachine
from harness.fixture_types import Headless, StartProgram
from harness.moving_counters import later, moving

CPU_W, DRAM_W = 20.0, 4.0
RATE = 50


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    box = FakeMachine(tmp_path / "machine")
    box.cpu(0, khz=2_400_000)
    box.memory()
    box.rapl(energy_uj=1)
    box.rapl("intel-rapl:0:0", "dram", 1)
    return box


@pytest.fixture
def on_box(box: FakeMachine, program_env: dict[str, str]) -> dict[str, str]:
    program_env["OVTUI_MACHINE_ROOT"] = str(box.root)
    return program_env


RAPL, DRAM = (f"sys/class/powercap/{zone}/energy_uj" for zone in ("intel-rapl:0", "intel-rapl:0:0"))


@pytest.fixture
def powered(box: FakeMachine) -> Iterator[None]:
    """The counters wrap every few seconds, as those of a large machine do every few minutes."""
    for zone in ("intel-rapl:0", "intel-rapl:0:0"):
        box.put(f"sys/class/powercap/{zone}/max_energy_range_uj", 100_000_000)
    with moving(box, {RAPL: CPU_W, DRAM: DRAM_W}, wraps_at_uj=100_000_000):
        yield


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.mark.usefixtures("powered", "on_box")
def test_joules_per_inference_in_the_json_and_in_its_replay(headless: Headless, tmp_path: Path) -> None:
    recording = str(tmp_path / "it.ovtui")
    arguments = ("-d", "CPU", "--rate", str(RATE), "-t", "7", "--measure-idle", "--record", recording, "--json", "-")
    result = result_of(headless("run", *arguments))
    sources = result["energy"]["sources"]
    for key, watts in (("cpu", CPU_W), ("dram", DRAM_W)):
        assert sources[key]["watts"] == pytest.approx(watts, rel=0.15), "the host's clock and the test's are two"
        assert sources[key]["joules_per_inference"] == pytest.approx(sources[key]["watts"] / RATE, rel=0.1)
        assert sources[key]["idle_watts"] == pytest.approx(watts, rel=0.15)
        assert sources[key]["joules"] == pytest.approx(
            sources[key]["watts"] * sources[key]["coverage"] * result["duration_s"], rel=0.01
        )
    assert {key for key, source in sources.items() if source is None} == {"system", "gpu", "gpu_card", "battery"}
    (segment,) = result["segments"]
    assert segment["energy"] == sources == segment["devices"][0]["energy"] == result["by_device"]["CPU"]["energy"]
    assert result["energy"]["idle"]["reason"] == "load ended"
    assert result["energy"]["idle"]["model_loaded"] is True
    assert result["energy"]["idle"]["until_s"] > 7
    replayed = result_of(headless("replay", recording, "--json", "-"))
    assert replayed["energy"] == result["energy"]
    trace = json.loads(headless("export", recording, "--to", "trace").stdout)["traceEvents"]
    assert any(event["name"].startswith("idle: ") for event in trace)


@pytest.mark.usefixtures("powered", "on_box")
def test_what_may_not_be_read_is_told_with_the_line_that_opens_it(headless: Headless, box: FakeMachine) -> None:
    with moving(box, {}):
        box.put("sys/class/powercap/intel-rapl:1/name", "psys")
        box.put("sys/class/powercap/intel-rapl:1/energy_uj", 5)
        box.refuse("sys/class/powercap/intel-rapl:1/energy_uj")
        done = headless("run", "-d", "CPU", "--rate", str(RATE), "-t", "5")
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert any(line.startswith("energy") and "CPU packages" in line and "mJ per inference" in line for line in lines)
    assert "sudo chmod a+r /sys/class/powercap/intel-rapl:1/energy_uj" in lines


def test_a_machine_without_counters_says_nothing_of_energy(
    headless: Headless, on_box: dict[str, str], tmp_path: Path
) -> None:
    on_box["OVTUI_MACHINE_ROOT"] = str(FakeMachine(tmp_path / "empty").root)
    done = headless("run", "-d", "CPU", "-t", "2")
    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("energy")]


@pytest.mark.parametrize("load", [("-t", "2"), ("-n", "1")])
def test_an_idle_machine_that_cannot_be_measured_is_told_in_a_sentence(
    headless: Headless, on_box: dict[str, str], tmp_path: Path, load: tuple[str, str]
) -> None:
    on_box["OVTUI_MACHINE_ROOT"] = str(FakeMachine(tmp_path / "empty").root)
    written = tmp_path / "result.json"
    done = headless("run", "-d", "CPU", *load, "--measure-idle", "--json", str(written))
    assert done.returncode == 0, done.stderr
    energy = json.loads(written.read_text())["energy"]
    assert (energy["idle"], "neither RAPL" in energy["no_idle"]) == (None, True)
    (refused,) = [each for each in json.loads(written.read_text())["events"] if each["kind"] == "idle"]
    assert "neither RAPL" in refused["text"]
    assert "the idle machine was not measured: no watts can be read:" in " ".join(done.stdout.split())


@pytest.mark.usefixtures("on_box")
def test_throttling_is_a_span_of_the_session(headless: Headless, box: FakeMachine, tmp_path: Path) -> None:
    recording = str(tmp_path / "it.ovtui")
    device = box.i915()
    steps = ((3.0, lambda: box.gpu_throttles(device, "pl1")), (6.0, lambda: box.gpu_throttles(device)))
    arguments = ("-d", "CPU", "--rate", str(RATE), "-t", "10", "--record", recording)
    with later(*steps):
        result = result_of(headless("run", *arguments, "--json", "-"))
    (span,) = result["disturbances"]
    assert (span["kind"], span["source"], span["reasons"]) == ("throttle", "gpu", ["PL1"])
    assert 0 < span["load_s"] < 10
    assert span["until_s"] is not None
    assert span["text"].endswith("(PL1)")
    assert [event["kind"] for event in result["events"]].count("throttle") == 2
    assert result_of(headless("replay", recording, "--json", "-"))["disturbances"] == result["disturbances"]
    trace = json.loads(headless("export", recording, "--to", "trace").stdout)["traceEvents"]
    (lane,) = [event for event in trace if event["name"] == "gpu throttled (PL1)" and event["ph"] == "X"]
    assert lane["dur"] == pytest.approx((span["until_s"] - span["since_s"]) * 1e6, abs=1)


def test_a_busy_process_beside_it_is_named(headless: Headless) -> None:
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        result = result_of(headless("run", "-d", "CPU", "--rate", "5", "-t", "7", "--json", "-"))
    finally:
        busy.kill()
        busy.wait()
    others = [each for each in result["disturbances"] if each["kind"] == "other-load"]
    assert others, "another process took a core"
    # Where the machine has more to do than that, no single process takes half of it.
    assert all(each["pid"] == busy.pid or each["name"] is None or each["percent"] > 8 for each in others)


@pytest.mark.usefixtures("powered", "on_box")
def test_the_key_pauses_the_load_and_it_goes_on(start: StartProgram) -> None:
    program = start("-d", "CPU", "--rate", str(RATE))
    program.wait_for("▌CPU▐")
    program.keys("6", "I")
    program.wait_for("the load goes on")
    program.keys("q")
    program.wait()
    printed = " ".join(program.text.split())
    assert "idle with the model loaded: CPU packages" in printed
    assert "(while the load paused)" in printed
