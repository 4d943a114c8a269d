"""The real program on a made-up machine: what it reads there is in the JSON, the recording and the export."""

from __future__ import annotations

import csv
import io
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from harness.fake_machine import DISCRETE, FakeMachine, laptop
from harness.fixture_types import Headless

from ovtui.host.machine.machine_root import MACHINE_ROOT_VARIABLE
from ovtui.records.machine_readings import READING_NAMES

RUN = ("run", "demo-matmul", "-d", "CPU", "--rate", "50", "-t", "4")


@contextmanager
def at_work(box: FakeMachine) -> Iterator[None]:
    """Its counters grow."""
    over = threading.Event()

    def grow() -> None:
        device, step = f"sys/devices/pci0000:00/{DISCRETE}", 0
        while not over.wait(0.05):
            step += 1
            box.rapl(energy_uj=step * 1_000_000)
            box.gpu_hwmon(device, energy_uj={"card": step * 3_000_000, "pkg": step * 2_000_000})
            box.gpu_client("xe", busy={"ccs": step * 50}, total=step * 100, memory={"drm-resident-vram0": "8 MiB"})
            box.npu(busy_us=step * 10_000, memory_bytes=1 << 20, mhz=1400)

    thread = threading.Thread(target=grow)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.fixture
def box(tmp_path: Path, program_env: dict[str, str]) -> FakeMachine:
    program_env[MACHINE_ROOT_VARIABLE] = str(tmp_path / "machine")
    return laptop(tmp_path / "machine")


def test_what_is_read_is_in_the_json_and_in_the_export(box: FakeMachine, headless: Headless, tmp_path: Path) -> None:
    box.gpu_throttles(f"sys/devices/pci0000:00/{DISCRETE}", "thermal")
    box.refuse("sys/class/powercap/intel-rapl:1/energy_uj")
    recording = str(tmp_path / "s.ovtui")
    with at_work(box):
        done = headless(*RUN, "--record", recording, "--json", "-")
    assert done.returncode == 0, done.stderr
    telemetry = json.loads(done.stdout)["telemetry"]
    assert tuple(telemetry) == READING_NAMES
    same = {name: spread["mean"] for name, spread in telemetry.items() if spread and spread["min"] == spread["max"]}
    expected = {
        "cpu_temperature_c": 61.0, "cpu_mhz": 2400.0, "memory_available_bytes": 8_000_000 * 1024, "gpu_mhz": 2050.0,
        "gpu_percent": 50.0, "gpu_memory_bytes": 8 << 20, "gpu_temperature_c": 55.0, "gpu_memory_temperature_c": 60.0,
        "gpu_throttled": 1.0, "npu_mhz": 1400.0, "npu_memory_bytes": 1 << 20, "battery_watts": 9.0,
    }  # fmt: skip
    assert {name: same.get(name) for name in expected} == expected
    for moving in ("cpu_watts", "gpu_watts", "gpu_card_watts", "npu_percent", "engine_cores"):
        assert telemetry[moving] is not None, moving
        assert telemetry[moving]["max"] > 0, moving
    assert telemetry["host_cores"] is not None  # it may round to 0
    # Refused, standing still, without a limit: not known, and not 0.
    assert [telemetry[name] for name in ("system_watts", "dram_watts", "cgroup_memory_bytes")] == [None] * 3
    exported = headless("export", recording, "--to", "machine")
    assert (exported.returncode, exported.stderr) == (0, "")
    rows = list(csv.DictReader(io.StringIO(exported.stdout)))
    assert len(rows) >= 2
    for name, spread in telemetry.items():
        values = [float(row[name]) for row in rows if row[name]]
        assert (spread is None) == (not values), name
        if spread is not None:
            assert spread["max"] == pytest.approx(max(values), abs=0.5 if "bytes" in name else 1e-3), name


def test_a_machine_that_offers_nothing(tmp_path: Path, program_env: dict[str, str], headless: Headless) -> None:
    (tmp_path / "empty").mkdir()
    program_env[MACHINE_ROOT_VARIABLE] = str(tmp_path / "empty")
    done = headless(*RUN, "--json", "-")
    assert done.returncode == 0, done.stderr
    known = {name for name, spread in json.loads(done.stdout)["telemetry"].items() if spread is not None}
    own = {"engine_cores", "engine_rss_bytes", "host_cores", "host_rss_bytes", "recording_bytes"}
    assert known <= own
    assert "engine_rss_bytes" in known


def test_the_sessions_own_processes_are_known_and_so_are_the_others(headless: Headless) -> None:
    done = headless("run", "demo-matmul", "-d", "CPU", "-t", "4", "--json", "-")
    assert done.returncode == 0, done.stderr
    telemetry = json.loads(done.stdout)["telemetry"]
    others, own = telemetry["other_cores"], telemetry["engine_cores"]
    assert others is not None
    assert own["max"] > 0
    assert 0 <= others["min"] <= (os.cpu_count() or 1)
