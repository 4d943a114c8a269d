"""One reading of a whole machine."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from harness.fake_machine import DISCRETE, RAPL_RANGE_UJ, FakeMachine, laptop

from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.machine_root import MACHINE_ROOT_VARIABLE, machine_root
from ovtui.records.machine_readings import READING_NAMES, MachineReading

SESSION = SessionProcesses([os.getpid()])
ALWAYS = {"host_rss_bytes", "recording_bytes"}


@pytest.fixture
def box(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeMachine:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    return laptop(tmp_path / "machine")


def read_twice(box: FakeMachine, recording: str = "") -> tuple[MachineReader, MachineReading]:
    """Counters have grown in a second between the two."""
    reader = MachineReader(tree=box.tree())
    reader.read(1, SESSION)
    device = f"sys/devices/pci0000:00/{DISCRETE}"
    box.cpu_time(busy=250, idle=550)
    box.cpu_throttle(3, core_ms=40)
    box.rapl(energy_uj=12_000_000)
    box.rapl("intel-rapl:0:1", "dram", 1_500_000)
    box.rapl("intel-rapl:1", "psys", 30_000_000)
    box.gpu_hwmon(device, energy_uj={"card": 60_000_000, "pkg": 45_000_000})
    box.gpu_throttles(device, "pl2", tile=1)
    box.gpu_client("xe", busy={"ccs": 400, "rcs": 0}, total=1000, memory={"drm-resident-vram0": "1024 KiB"})
    box.cgroup_v2("box.slice", cpu_stat="nr_periods 20\nnr_throttled 4", memory_max=800_000_000)
    box.npu(busy_us=300_000)
    box.clock.pass_s(1)
    return reader, reader.read(2, SESSION, recording)


def test_every_name_of_a_reading_can_be_read(box: FakeMachine, tmp_path: Path) -> None:
    recording = tmp_path / "s.ovtui"
    recording.write_bytes(b"12345")
    reader, reading = read_twice(box, str(recording))
    found = reading.values()
    # The memory's limit is looked up once, and there was none then.
    assert set(READING_NAMES) - set(found) == {"cgroup_memory_bytes"}
    expected = {
        "cpu_percent": 31.2, "cpu_mhz": 2400.0, "cpu_temperature_c": 61.0, "cpu_throttled_percent": 4.0,
        "throttled_percent": 40.0, "memory_available_bytes": 8_000_000 * 1024, "gpu_mhz": 2050.0,
        "gpu_percent": 40.0, "gpu_memory_bytes": 1 << 20, "gpu_temperature_c": 55.0, "gpu_memory_temperature_c": 60.0,
        "gpu_throttled": 1.0, "npu_percent": 30.0, "npu_mhz": 1400.0, "npu_memory_bytes": 1 << 20, "cpu_watts": 12.0,
        "dram_watts": 1.5, "system_watts": 30.0, "gpu_watts": 45.0, "gpu_card_watts": 60.0, "battery_watts": 9.0,
        "recording_bytes": 5,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected
    assert 0 <= found["other_cores"] <= 2.5
    assert reader.throttled == {"cpu": ("core temperature",), "gpu": ("pl2",), "quota": ()}
    assert MachineReader(tree=box.tree()).read(1, SESSION).cgroup_memory_bytes == 500_000_000


def test_an_empty_machine_reads_none_and_never_0(tmp_path: Path) -> None:
    box = FakeMachine(tmp_path)
    reader = MachineReader(tree=box.tree())
    for second in range(3):
        box.clock.pass_s(1)
        found = reader.read(second, SESSION).values()
        assert set(found) - ALWAYS <= {"engine_cores", "engine_rss_bytes", "host_cores", "host_rss_bytes"}
    assert reader.throttled == {}
    assert reader.refused == {}


def test_no_reading_of_a_first_look_is_a_rate(box: FakeMachine) -> None:
    found = MachineReader(tree=box.tree()).read(1, SessionProcesses()).values()
    rates = {name for name in found if name.endswith(("_percent", "_watts", "_cores"))}
    assert rates == {"battery_watts"}


def test_this_machine_can_be_read() -> None:
    """Whatever it has: nothing of it is negative, and shares are shares."""
    reader = MachineReader()
    began_s = time.monotonic()
    while time.monotonic() == began_s:
        pass
    found = reader.read(1, SESSION).values()
    assert found["host_rss_bytes"] > 1 << 20
    for name, value in found.items():
        assert value >= 0, name
        assert value <= 100 or not name.endswith("_percent"), name


def test_the_variable_names_the_machine(box: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine_root() == Path("/")
    monkeypatch.setenv(MACHINE_ROOT_VARIABLE, str(box.root))
    assert machine_root() == box.root
    assert MachineReader().read(1, SESSION).cpu_temperature_c == 61.0
    monkeypatch.setenv(MACHINE_ROOT_VARIABLE, "")
    assert machine_root() == Path("/")


def test_a_machine_whose_counters_wrap_and_refuse(box: FakeMachine) -> None:
    box.rapl(energy_uj=RAPL_RANGE_UJ - 1)
    refused = box.refuse("sys/class/powercap/intel-rapl:1/energy_uj")
    reader = MachineReader(tree=box.tree())
    box.rapl(energy_uj=7_000_000)
    box.clock.pass_s(1)
    reading = reader.read(1, SESSION)
    assert (reading.cpu_watts, reading.system_watts) == (7.0, None)
    assert reader.refused == {str(refused): "Permission denied"}


def test_a_machine_that_goes_away_piece_by_piece(box: FakeMachine) -> None:
    """Every file of it, one after the other: no error, and no figure of what is no longer there."""
    reader = MachineReader(tree=box.tree())
    files = sorted(path for path in box.root.rglob("*") if path.is_file() and not path.is_symlink())
    assert len(files) > 80
    for path in files:
        path.unlink(missing_ok=True)
        box.clock.pass_s(1)
        reader.read(1, SESSION)
    box.clock.pass_s(1)
    assert not {"gpu_mhz", "cpu_temperature_c", "npu_mhz", "battery_watts"} & set(reader.read(2, SESSION).values())


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"nan\r\n", b"-1", b"99999999999999999999", b"a b c\nd e"])
def test_a_machine_of_nonsense(box: FakeMachine, content: bytes) -> None:
    for path in [path for path in box.root.rglob("*") if path.is_file() and not path.is_symlink()]:
        if path.name not in ("name", "vendor", "type"):
            path.write_bytes(content)
    reader = MachineReader(tree=box.tree())
    for second in range(3):
        box.clock.pass_s(1)
        found = reader.read(second, SESSION).values()
        found = {name: value for name, value in found.items() if not name.endswith("_c")}  # -0.001 degrees may be
        assert all(value >= 0 for value in found.values())
        assert set(found) - ALWAYS <= {"engine_cores", "engine_rss_bytes", "host_cores", "host_rss_bytes"}
