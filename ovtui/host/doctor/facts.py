"""What a machine and its software are, as short texts by name: for boxes that are laid side by side.

All is read below the root of the tree, but for what ovtui itself is."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence

from ovtui import __version__
from ovtui.host.doctor.clock import read_clock
from ovtui.host.doctor.cpu_limits import (
    allowed_core_numbers,
    allowed_cores,
    cgroup_folders,
    cpu_quotas,
    meminfo_bytes,
    memory_limits,
)
from ovtui.host.doctor.hardware_kind import machine_cores, processor_name
from ovtui.host.doctor.kernel_log import KernelLog
from ovtui.host.doctor.level_zero_links import LOADER, loader_version
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.probed import Probed
from ovtui.host.doctor.surroundings import Place
from ovtui.records.doctor import Chain
from ovtui.settings.shown_text import shown

_GIB = 1 << 30
_MOST_CHARS = 200
_THP = "/sys/kernel/mm/transparent_hugepage/enabled"


def read_facts(
    tree: MachineTree, devices: Sequence[PciDevice], chains: Sequence[Chain], probes: Mapping[str, Probed],
    place: Place, log: KernelLog, openvino: str | None,
) -> dict[str, str]:  # fmt: skip
    """In the order in which they are shown; without those that cannot be read."""
    facts = {
        "hostname": tree.word("/proc/sys/kernel/hostname") or (platform.node() if tree.is_real else ""),
        "machine": _architecture(tree),
        "cpu": processor_name(tree),
        "cores": _cores(tree),
        "memory": _memory(tree),
        **dict(_devices(devices, chains, probes, log)),
        "Level Zero": _level_zero(tree),
        "os": _system(tree),
        "kernel": tree.word("/proc/sys/kernel/osrelease") or (platform.release() if tree.is_real else ""),
        "microcode": _cpuinfo(tree, "microcode"),
        "openvino": "-".join((openvino or "").split("-")[:2]),
        "ovtui": __version__,
        "python": platform.python_version(),
        **_clock(tree),
        "quota": _quota(tree),
        "throttled": _throttled(tree),
        "huge pages": _huge_pages(tree),
        "runs in": _surroundings(place),
    }
    return {name: shown(text)[:_MOST_CHARS] for name, text in facts.items() if text}


def _architecture(tree: MachineTree) -> str:
    if tree.is_real:
        return platform.machine()
    words = {line.partition(":")[0].strip() for line in tree.lines("/proc/cpuinfo")}
    return "aarch64" if "CPU implementer" in words else "x86_64" if "flags" in words else ""


def _system(tree: MachineTree) -> str:
    fields = dict(line.split("=", 1) for line in tree.lines("/etc/os-release") if "=" in line)
    words = {name: value.strip().strip("\"'") for name, value in fields.items()}
    return words.get("PRETTY_NAME") or f"{words.get('ID', '')} {words.get('VERSION_ID', '')}".strip()


def _cpuinfo(tree: MachineTree, name: str) -> str:
    parts = (line.partition(":") for line in tree.lines("/proc/cpuinfo"))
    return next((value.strip() for key, _, value in parts if key.strip() == name), "")


def _cores(tree: MachineTree) -> str:
    present, allowed = machine_cores(tree), allowed_cores(tree)
    if present and allowed and allowed < present:
        return f"{allowed} of {present}"
    return str(present or allowed or "")


def _memory(tree: MachineTree) -> str:
    """In whole GiB, so that boxes of the same memory have the same text: firmware takes a little of it."""
    total = meminfo_bytes(tree, "MemTotal")
    if total is None:
        return ""
    limit = min((each for each, _ in memory_limits(tree) if each < total), default=None)
    told = f"{total / _GIB:.0f} GiB" if total >= _GIB else f"{total / (1 << 20):.0f} MiB"
    return told if limit is None else f"{told}, limited to {limit / _GIB:.1f} GiB"


def _devices(
    devices: Sequence[PciDevice], chains: Sequence[Chain], probes: Mapping[str, Probed], log: KernelLog
) -> Iterator[tuple[str, str]]:
    """A GPU has its number always, as OpenVINO names it."""
    for kind in ("GPU", "NPU"):
        on_bus: list[PciDevice | None] = [each for each in devices if each.kind == kind]
        on_bus.sort(key=lambda each: each is not None and not each.is_intel)
        for number, chain in enumerate(each for each in chains if each.kind == kind and each.present):
            name = f"{kind}.{number}" if kind == "GPU" or number else kind
            device = on_bus[number] if number < len(on_bus) else None
            yield name, chain.name or ""
            yield f"{name} driver", _driver_version(kind, chain, number, probes)
            if device is not None:
                yield f"{name} module", device.driver
                part = "guc" if kind == "GPU" else ""
                yield f"{name} firmware", log.firmware_loaded(device.address, part).rpartition(f"{device.address}: ")[2]


def _driver_version(kind: str, chain: Chain, number: int, probes: Mapping[str, Probed]) -> str:
    """Of a GPU by OpenCL, whose name of it begins OpenVINO's; of an NPU by OpenVINO."""
    probed = probes.get("opencl" if kind == "GPU" else kind if not number else f"{kind}.{number}", Probed())
    step = probed.step("versions")
    told = [each.rpartition(": ") for each in step.values] if step is not None and step.fine else []
    if kind == "NPU":
        return next((version for _, _, version in told), "")
    return next((version for name, _, version in told if name and (chain.name or "").startswith(name)), "")


def _level_zero(tree: MachineTree) -> str:
    file = tree.library(LOADER)
    version = loader_version(tree, file) if file else None
    return ".".join(map(str, version)) if version else ""


def _clock(tree: MachineTree) -> dict[str, str]:
    clock = read_clock(tree)
    return {
        "governor": clock.governor,
        "clock driver": clock.driver,
        "preference": clock.preference,
        "turbo": clock.turbo,
        "clock limit": clock.limit,
    }


def _quota(tree: MachineTree) -> str:
    quotas = [quota for quota, _ in cpu_quotas(tree)]
    if quotas:
        return f"{min(quotas):g} core{'s' * (min(quotas) != 1)}"
    return "none" if tree.names("/sys/fs/cgroup") else ""


def _throttled(tree: MachineTree) -> str:
    """By heat since the machine's start, and by the quota since the cgroup was made."""
    parts = []
    folders = [f"/sys/devices/system/cpu/cpu{core}/thermal_throttle" for core in allowed_core_numbers(tree)]
    for part in ("core", "package"):
        counts = [word for each in folders if (word := tree.word(f"{each}/{part}_throttle_count")).isdecimal()]
        if counts:
            parts.append((max(map(int, counts)), f"{part} {max(map(int, counts))} times by heat"))
    for folder in cgroup_folders(tree, "cpu"):
        fields = dict(line.split() for line in tree.lines(f"{folder}/cpu.stat") if len(line.split()) == 2)
        if fields.get("nr_periods", "0") != "0" and fields.get("nr_throttled", "").isdecimal():
            times = int(fields["nr_throttled"])
            parts.append((times, f"{times} of {fields['nr_periods']} periods by the quota"))
    if not parts:
        return ""
    return ", ".join(text for count, text in parts if count) or "never since its start"


def _huge_pages(tree: MachineTree) -> str:
    words = tree.word(_THP).split()
    chosen = next((word.strip("[]") for word in words if word.startswith("[")), "")
    reserved = tree.word("/proc/sys/vm/nr_hugepages")
    return ", ".join(filter(None, (chosen, f"{reserved} reserved" if reserved.strip("0") else "")))


def _surroundings(place: Place) -> str:
    machine = "WSL" if place.is_wsl else "a virtual machine" if place.is_virtual else ""
    if place.container:
        return f"{place.container} in {machine}" if machine else place.container
    return machine or "the machine itself"
