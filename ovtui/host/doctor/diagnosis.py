"""The whole check: what files say and what the children answered, put together into a report."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ovtui import __version__
from ovtui.host.doctor import cpu_limits, opencl_links
from ovtui.host.doctor.cache_folders import cache_findings
from ovtui.host.doctor.chains import Evidence, all_chains
from ovtui.host.doctor.clock import clock_finding
from ovtui.host.doctor.facts import read_facts
from ovtui.host.doctor.findings import fine, unknown, warning
from ovtui.host.doctor.hardware_kind import hardware_kind
from ovtui.host.doctor.kernel_log import KernelLog, read_kernel_log
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice, find_devices
from ovtui.host.doctor.probed import Probed
from ovtui.host.doctor.probes import LIMIT_S, ask_probes
from ovtui.host.doctor.surroundings import Place, read_identity, read_place
from ovtui.records.doctor import VERSION, DoctorReport, Finding

_SLOW_S = 2.0
"""From the start of the child to an inference on the CPU: 0.3 to 1.3 s on machines that are idle."""
Ask = Callable[[MachineTree, Mapping[str, str], list[PciDevice], float], dict[str, Probed]]


def diagnose(
    root: Path = Path("/"),
    environ: Mapping[str, str] = os.environ,
    cache_folders: Sequence[str] = (),
    threads: int = 0,
    terminal: Sequence[Finding] = (),
    limit_s: float = LIMIT_S,
    ask: Ask = ask_probes,
) -> DoctorReport:
    """Blocks for as long as the slowest child takes, `limit_s` at most. `threads`: as the person has set
    INFERENCE_NUM_THREADS, 0 for OpenVINO's choice. `terminal`: what the caller knows of it."""
    began_s = time.monotonic()
    tree = MachineTree(root)
    devices = find_devices(tree)
    probes = ask(tree, environ, devices, limit_s)
    place = read_place(tree)
    log = read_kernel_log(tree) if devices else KernelLog([], False)
    identity, busy = read_identity(tree), cpu_limits.why_busy(tree) or _why_slow(probes)
    chains = all_chains(Evidence(tree, environ, identity, place, devices, probes, log, busy))
    drivers = [each for each in _driver_files(tree, environ, probes) if each]
    machine = [
        cpu_limits.features(tree),
        cpu_limits.cpu_quota(tree, threads),
        cpu_limits.cpuset(tree),
        cpu_limits.memory_limit(tree),
        clock_finding(tree),
        *cache_findings(tree, cache_folders, drivers),
        _container(tree, place, devices),
        *terminal,
    ]
    healthy = not any(chain.first_cause for chain in chains) and all(each.mark != "broken" for each in machine)
    openvino = _openvino(probes)
    return DoctorReport(
        schema=VERSION, ovtui=__version__, openvino=openvino, healthy=healthy,
        took_s=round(time.monotonic() - began_s, 3), chains=chains, machine=machine,
        kind=hardware_kind(tree, devices, chains),
        facts=read_facts(tree, devices, chains, probes, place, log, openvino),
    )  # fmt: skip


def _why_slow(probes: Mapping[str, Probed]) -> str:
    """In few words, where the child that no driver is in took long as well; else empty. A sandbox's /proc/loadavg does
    not tell of it."""
    cpu = probes.get("CPU", Probed()).answer
    if cpu is None or cpu.took_s < _SLOW_S or cpu.ending not in ("answered", "late"):
        return ""
    return f"so much to do that the CPU's inference took {cpu.took_s:.1f} s"


def _openvino(probes: Mapping[str, Probed]) -> str | None:
    steps = (probed.step("import", "openvino") for probed in probes.values())
    return next((step.values[0] for step in steps if step is not None and step.fine and step.values), None)


def _driver_files(tree: MachineTree, environ: Mapping[str, str], probes: Mapping[str, Probed]) -> list[str]:
    """The libraries that compile for a GPU, as far as it is known where they lie."""
    found = []
    for icd in opencl_links.find_icds(tree, environ)[0]:
        step = probes.get(icd.probe, Probed()).step("load")
        loaded = next(iter(step.values), "") if step is not None and step.fine else ""
        found.append(loaded or (icd.library if "/" in icd.library else tree.library(icd.library)))
    return found


def _container(tree: MachineTree, place: Place, devices: list[PciDevice]) -> Finding:
    if not place.container:
        where = "WSL" if place.is_wsl else "a virtual machine" if place.is_virtual else "no container"
        return unknown("container", where) if where == "WSL" else fine("container", where)
    nodes = [node for device in devices for node in device.nodes]
    if nodes and not any(tree.exists(node) for node in nodes):
        return warning("container", "no-devices", f"{place.container}, without the machine's devices", place.evidence)
    return fine("container", place.container, place.evidence)
