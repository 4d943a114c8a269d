"""What sets the clock of the cores: cpufreq's driver, governor and preference, the turbo, a limit below the maximum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.host.doctor.cpu_limits import allowed_core_numbers
from ovtui.host.doctor.findings import fine, unknown, warning
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.records.doctor import Finding

_CPU = "/sys/devices/system/cpu"
_NO_TURBO, _BOOST = f"{_CPU}/intel_pstate/no_turbo", f"{_CPU}/cpufreq/boost"
_OWN_RULES = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")
"""Drivers in which the processor itself chooses the clock by its load: their `powersave` is the usual governor, and
raises the clock under load. Of every other driver `powersave` is the lowest clock, whatever the load."""
_LIMITED = 0.98
"""A limit of this share of the maximum is none: drivers round."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Of the cores that this process may run on; empty where nothing tells."""

    driver: str
    governor: str
    """'schedutil', or 'mixed: performance, powersave'."""
    preference: str
    """energy_performance_preference, where the processor chooses the clock."""
    turbo: str
    """'on', 'off'."""
    limit: str
    """'1.80 of 4.40 GHz' where the clock is kept below its maximum."""
    slow: tuple[str, ...]
    """The governors of these cores that keep the clock low under load."""


def read_clock(tree: MachineTree) -> Clock:
    cores = allowed_core_numbers(tree) or _all_cores(tree)
    folders = [f"{_CPU}/cpu{core}/cpufreq" for core in cores]
    driver = _of_all(tree, folders, "scaling_driver")
    governors = _values(tree, folders, "scaling_governor")
    turbo = {"0": "on", "1": "off"}.get(tree.word(_NO_TURBO)) or {"1": "on", "0": "off"}.get(tree.word(_BOOST), "")
    slow = () if driver in _OWN_RULES else tuple(each for each in governors if each == "powersave")
    return Clock(
        driver, _joined(governors), _of_all(tree, folders, "energy_performance_preference"), turbo,
        _limit(tree, folders), slow,
    )  # fmt: skip


def clock_finding(tree: MachineTree) -> Finding:
    """A governor, a preference or a limit that keeps the clock low under load is a remark: latencies are then those of
    a slow processor. A turbo that is off is none: who measures switches it off on purpose."""
    clock = read_clock(tree)
    folder = f"{_CPU}/cpu{next(iter(allowed_core_numbers(tree)), 0)}/cpufreq"
    if not clock.governor:
        return unknown("clock", "no cpufreq here: a hypervisor or the firmware sets the clock", folder)
    shown = _described(clock)
    if clock.slow:
        text = f"{shown}: there powersave is the lowest clock, under load as well"
        command = f"echo performance | sudo tee {_CPU}/cpu*/cpufreq/scaling_governor"
        return warning("clock", "slow-governor", text, f"{folder}/scaling_governor", command)
    if clock.limit:
        text = f"{shown}; the clock is kept at {clock.limit} at most"
        command = f"for cpu in {_CPU}/cpu*/cpufreq; do sudo cp $cpu/cpuinfo_max_freq $cpu/scaling_max_freq; done"
        return warning("clock", "clock-limited", text, f"{folder}/scaling_max_freq", command)
    if "power" in clock.preference.removeprefix("mixed: ").split(", "):
        text = f"{shown}: this preference keeps the clock low under load"
        command = f"echo balance_performance | sudo tee {_CPU}/cpu*/cpufreq/energy_performance_preference"
        return warning("clock", "slow-preference", text, f"{folder}/energy_performance_preference", command)
    return fine("clock", shown, f"{folder}/scaling_governor")


def _described(clock: Clock) -> str:
    parts = [f"governor {clock.governor}" + (f" of {clock.driver}" if clock.driver else "")]
    parts += [f"preference {clock.preference}"] if clock.preference else []
    parts += [f"turbo {clock.turbo}"] if clock.turbo else []
    return ", ".join(parts)


def _all_cores(tree: MachineTree) -> list[int]:
    names = (name.removeprefix("cpu") for name in tree.names(_CPU) if name.startswith("cpu"))
    return sorted(int(name) for name in names if name.isdecimal())


def _values(tree: MachineTree, folders: Sequence[str], name: str) -> list[str]:
    return sorted({word for folder in folders if (word := tree.word(f"{folder}/{name}"))})


def _of_all(tree: MachineTree, folders: Sequence[str], name: str) -> str:
    return _joined(_values(tree, folders, name))


def _joined(values: Sequence[str]) -> str:
    return f"mixed: {', '.join(values)}" if len(values) > 1 else next(iter(values), "")


def _limit(tree: MachineTree, folders: Sequence[str]) -> str:
    """Of the core that is limited most; '' where none is."""
    least: tuple[float, str] = (_LIMITED, "")
    for folder in folders:
        allowed, most = (tree.word(f"{folder}/{name}") for name in ("scaling_max_freq", "cpuinfo_max_freq"))
        if allowed.isdecimal() and most.isdecimal() and int(most) > 0:
            share = int(allowed) / int(most)
            least = min(least, (share, f"{int(allowed) / 1e6:.2f} of {int(most) / 1e6:.2f} GHz"))
    return least[1]
