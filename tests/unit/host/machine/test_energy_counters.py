"""RAPL's counters and batteries, on fake machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.fake_machine import RAPL_RANGE_UJ, FakeMachine

from ovtui.host.machine.battery import Batteries
from ovtui.host.machine.rapl import Rapl


@pytest.fixture
def box(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


def watts(cpu: float | None = None, dram: float | None = None, system: float | None = None) -> dict[str, float | None]:
    return {"cpu_watts": cpu, "dram_watts": dram, "system_watts": system}


def test_a_machine_without_rapl(box: FakeMachine) -> None:
    assert Rapl(box.tree()).watts() == watts()


def test_zones_by_their_names_and_the_package_counted_once(box: FakeMachine) -> None:
    zones = (
        ("intel-rapl:0", "package-0", 30_000_000),
        ("intel-rapl:0:0", "core", 20_000_000),
        ("intel-rapl:0:1", "uncore", 1_000_000),
        ("intel-rapl:0:2", "dram", 4_500_000),
        ("intel-rapl:1", "psys", 55_000_000),
        ("intel-rapl-mmio:0", "package-0", 30_000_000),
    )
    for zone, name, _ in zones:
        box.rapl(zone, name, 7)
    rapl = Rapl(box.tree())
    assert rapl.watts() == watts()  # a first reading has no rate
    for zone, name, energy in zones:
        box.rapl(zone, name, 7 + energy)
    box.clock.pass_s(2)
    assert rapl.watts() == watts(15.0, 2.25, 27.5)


def test_two_packages_are_summed_each_with_its_dram(box: FakeMachine) -> None:
    for package in (0, 1):
        box.rapl(f"intel-rapl:{package}", f"package-{package}")
        box.rapl(f"intel-rapl:{package}:0", "dram")
    rapl = Rapl(box.tree())
    rapl.watts()
    for package in (0, 1):
        box.rapl(f"intel-rapl:{package}", f"package-{package}", 10_000_000)
        box.rapl(f"intel-rapl:{package}:0", "dram", 1_000_000)
    box.clock.pass_s(1)
    assert rapl.watts() == watts(20.0, 2.0)


def test_mmio_serves_where_it_is_alone(box: FakeMachine) -> None:
    box.rapl("intel-rapl-mmio:0", "package-0")
    rapl = Rapl(box.tree())
    rapl.watts()
    box.rapl("intel-rapl-mmio:0", "package-0", 8_000_000)
    box.clock.pass_s(1)
    assert rapl.watts() == watts(8.0)


def test_a_counter_that_wraps_around(box: FakeMachine) -> None:
    box.rapl(energy_uj=RAPL_RANGE_UJ - 1_000_000)
    rapl = Rapl(box.tree())
    rapl.watts()
    box.rapl(energy_uj=9_000_000)
    box.clock.pass_s(1)
    assert rapl.watts() == watts(10.0)


@pytest.mark.parametrize("energy_uj", [50_000_000, 40_000_000])
def test_one_that_stands_still_or_begins_anew_says_nothing(box: FakeMachine, energy_uj: int) -> None:
    box.rapl(energy_uj=50_000_000)
    rapl = Rapl(box.tree())
    rapl.watts()
    box.rapl(energy_uj=energy_uj)
    box.clock.pass_s(1)
    assert rapl.watts() == watts()


def test_no_watts_over_a_suspend(box: FakeMachine) -> None:
    box.rapl()
    rapl = Rapl(box.tree())
    rapl.watts()
    box.rapl(energy_uj=5_000_000)
    box.clock.pass_s(1, asleep_s=3600)
    assert rapl.watts() == watts()
    box.rapl(energy_uj=8_000_000)
    box.clock.pass_s(1)
    assert rapl.watts() == watts(3.0)


def test_what_may_not_be_read_is_remembered_until_it_may(box: FakeMachine) -> None:
    path = box.rapl()
    box.rapl("intel-rapl:1", "psys")
    counter = box.refuse(path)
    tree = box.tree()
    rapl = Rapl(tree)
    rapl.watts()
    box.rapl("intel-rapl:1", "psys", 6_000_000)
    box.clock.pass_s(1)
    assert rapl.watts() == watts(system=6.0)
    assert tree.refused == {str(counter): "Permission denied"}
    assert [(zone.reading, zone.file.path) for zone in rapl.zones if zone.file.path in tree.refused] == [
        ("cpu_watts", str(counter))
    ]
    counter.chmod(0o444)
    box.clock.pass_s(1)
    assert rapl.watts()["cpu_watts"] is None
    assert tree.refused == {}
    box.rapl(energy_uj=4_000_000)
    box.clock.pass_s(1)
    assert rapl.watts()["cpu_watts"] == 4.0


def test_half_of_the_packages_is_not_the_processor(box: FakeMachine) -> None:
    box.rapl("intel-rapl:0", "package-0")
    box.refuse(box.rapl("intel-rapl:1", "package-1"))
    rapl = Rapl(box.tree())
    rapl.watts()
    box.rapl("intel-rapl:0", "package-0", 5_000_000)
    box.clock.pass_s(1)
    assert rapl.watts()["cpu_watts"] is None


@pytest.mark.parametrize("content", [b"", b"-3", b"lots", b"1e9", b"0x10"])
def test_a_counter_that_shows_no_number(box: FakeMachine, content: bytes) -> None:
    path = box.rapl()
    rapl = Rapl(box.tree())
    box.put(path, content)
    for _ in range(2):
        box.clock.pass_s(1)
        assert rapl.watts() == watts()


def test_what_is_drawn_from_the_batteries(box: FakeMachine) -> None:
    assert Batteries(box.tree()).watts() is None
    box.battery(power_uw=9_500_000)
    assert Batteries(box.tree()).watts() == 9.5
    box.battery(number=1, power_uw=-500_000)
    assert Batteries(box.tree()).watts() == 10.0
    box.battery(number=1, status="Not charging", power_uw=0)
    assert Batteries(box.tree()).watts() == 9.5


@pytest.mark.parametrize("status", ["Charging", "Full", "Not charging", "Unknown", ""])
def test_a_battery_that_is_not_discharged_tells_nothing_of_the_machine(box: FakeMachine, status: str) -> None:
    box.battery(status=status)
    assert Batteries(box.tree()).watts() is None


def test_the_battery_of_a_mouse_is_none_of_the_machine(box: FakeMachine) -> None:
    folder = box.battery()
    box.put(f"{folder}/scope", "Device")
    assert Batteries(box.tree()).watts() is None


def test_current_and_voltage_where_there_is_no_power(box: FakeMachine) -> None:
    folder = box.battery(power_uw=None)
    assert Batteries(box.tree()).watts() is None
    box.put(f"{folder}/current_now", 1_000_000)
    box.put(f"{folder}/voltage_now", 12_000_000)
    assert Batteries(box.tree()).watts() == 12.0


def test_a_discharged_battery_that_shows_nothing_is_not_left_out_of_the_sum(box: FakeMachine) -> None:
    box.battery()
    box.battery(number=1, power_uw=0)
    assert Batteries(box.tree()).watts() is None
