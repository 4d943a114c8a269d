"""What the doctor says of the clock: `powersave` is the usual governor with one driver, the slow one with others."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.doctor_machine import FakeMachine

from ovtui.host.doctor.diagnosis import diagnose
from ovtui.records.doctor import DoctorReport, Finding


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path / "machine")


def _set(machine: FakeMachine, core: int, driver: str, governor: str, **files: object) -> None:
    folder = f"/sys/devices/system/cpu/cpu{core}/cpufreq"
    for name, value in {"scaling_driver": driver, "scaling_governor": governor, **files}.items():
        machine.write(f"{folder}/{name}", f"{value}\n")


def _report(machine: FakeMachine) -> DoctorReport:
    return diagnose(machine.root, machine.environ, ask=machine.ask)


def _finding(machine: FakeMachine) -> Finding:
    return next(each for each in _report(machine).machine if each.name == "clock")


@pytest.mark.parametrize(
    ("driver", "governor", "cause"),
    [
        ("intel_pstate", "powersave", None),
        ("amd-pstate-epp", "powersave", None),
        ("intel_cpufreq", "powersave", "slow-governor"),
        ("acpi-cpufreq", "powersave", "slow-governor"),
        ("cppc_cpufreq", "powersave", "slow-governor"),
        ("acpi-cpufreq", "schedutil", None),
        ("acpi-cpufreq", "performance", None),
    ],
)
def test_powersave_is_slow_with_some_drivers_only(
    machine: FakeMachine, driver: str, governor: str, cause: str | None
) -> None:
    for core in range(4):
        _set(machine, core, driver, governor)
    finding = _finding(machine)
    assert (finding.mark, finding.cause) == ("warning" if cause else "fine", cause)
    assert (finding.command is not None) == bool(cause)


def test_cores_that_differ_are_mixed_and_those_that_it_may_not_use_do_not_count(machine: FakeMachine) -> None:
    for core in range(4):
        _set(machine, core, "acpi-cpufreq", "powersave" if core == 3 else "performance")
    _set(machine, 4, "acpi-cpufreq", "conservative")
    report = _report(machine)
    assert report.facts["governor"] == "mixed: performance, powersave"
    assert report.facts["clock driver"] == "acpi-cpufreq"
    assert _finding(machine).cause == "slow-governor"
    assert report.healthy


def test_a_preference_for_power_is_slow_and_a_balanced_one_is_not(machine: FakeMachine) -> None:
    _set(machine, 0, "intel_pstate", "powersave", energy_performance_preference="balance_power")
    assert _finding(machine).mark == "fine"
    _set(machine, 0, "intel_pstate", "powersave", energy_performance_preference="power")
    finding = _finding(machine)
    assert (finding.cause, "balance_performance" in (finding.command or "")) == ("slow-preference", True)
    assert _report(machine).facts["preference"] == "power"


def test_a_limit_below_the_maximum(machine: FakeMachine) -> None:
    _set(machine, 0, "intel_pstate", "performance", scaling_max_freq=4_400_000, cpuinfo_max_freq=4_400_000)
    _set(machine, 1, "intel_pstate", "performance", scaling_max_freq=1_800_000, cpuinfo_max_freq=4_400_000)
    finding = _finding(machine)
    assert (finding.cause, finding.found.endswith("kept at 1.80 of 4.40 GHz at most")) == ("clock-limited", True)
    assert _report(machine).facts["clock limit"] == "1.80 of 4.40 GHz"


@pytest.mark.parametrize(
    ("file", "value", "turbo"),
    [("intel_pstate/no_turbo", 1, "off"), ("intel_pstate/no_turbo", 0, "on"), ("cpufreq/boost", 0, "off")],
)
def test_turbo_is_a_fact_and_no_fault(machine: FakeMachine, file: str, value: int, turbo: str) -> None:
    _set(machine, 0, "intel_pstate", "powersave")
    machine.write(f"/sys/devices/system/cpu/{file}", str(value))
    finding = _finding(machine)
    assert (finding.mark, f"turbo {turbo}" in finding.found) == ("fine", True)
    assert _report(machine).facts["turbo"] == turbo


def test_a_machine_without_cpufreq(machine: FakeMachine) -> None:
    assert _finding(machine).mark == "unknown"
    assert "governor" not in _report(machine).facts
