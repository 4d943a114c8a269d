"""A device's chain from the bus to an inference: its links, and the first broken one, from which the others follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from ovtui.host.doctor import level_zero_links, opencl_links
from ovtui.host.doctor.cpu_limits import cpu_name
from ovtui.host.doctor.device_node import groups_link, node_link
from ovtui.host.doctor.findings import broken, fine, install, on_this_system, unknown
from ovtui.host.doctor.firmware import firmware_link
from ovtui.host.doctor.kernel_log import KernelLog
from ovtui.host.doctor.kernel_module import module_link
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.openvino_links import belongs_to_earlier_link, inference_link, plugin_link
from ovtui.host.doctor.pci import FOLDER, PciDevice
from ovtui.host.doctor.probed import Probed
from ovtui.host.doctor.surroundings import Identity, Place
from ovtui.records.doctor import Cause, Chain, Finding

_HARMS_ALL = ("driver-crashes", "driver-hangs", "loader-crashes")
"""Broken also where there is no device for it: whoever lists the devices runs into it."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the rules look at."""

    tree: MachineTree
    environ: Mapping[str, str]
    identity: Identity
    place: Place
    devices: list[PciDevice]
    probes: Mapping[str, Probed]
    log: KernelLog
    busy: str = ""
    """How busy the machine is, where that may be why there is no answer."""

    def probed(self, name: str) -> Probed:
        return self.probes.get(name, Probed())

    def prefixed(self, prefix: str) -> dict[str, Probed]:
        """Those whose names begin so, by the rest of the name."""
        return {name.removeprefix(prefix): each for name, each in self.probes.items() if name.startswith(prefix)}

    @property
    def library_folders(self) -> tuple[str, ...]:
        return tuple(filter(None, self.environ.get("LD_LIBRARY_PATH", "").split(":")))


def all_chains(evidence: Evidence) -> list[Chain]:
    found = [_cpu_chain(evidence)]
    for kind in ("GPU", "NPU"):
        devices: list[PciDevice | None] = [each for each in evidence.devices if each.kind == kind]
        # OpenVINO has no numbers for devices that it does not support.
        devices.sort(key=lambda each: each is not None and not each.is_intel)
        for number, device in enumerate(devices or [None]):
            name = f"{kind}.{number}" if len(devices) > 1 else kind
            found.append(_chain(evidence, kind, name, device, evidence.probed(probe_name(kind, number))))
    return found


def probe_name(kind: str, number: int) -> str:
    """Of the child that runs an inference on the device with this number."""
    return kind if number == 0 else f"{kind}.{number}"


def _cpu_chain(evidence: Evidence) -> Chain:
    probed = evidence.probed("CPU")
    skipped = [
        unknown(name, "a CPU needs none") for name in ("module", "firmware", "node", "groups", "loader", "driver")
    ]
    name = cpu_name(evidence.tree)
    links = [
        fine("pci", name or "a CPU", "/proc/cpuinfo"),
        *skipped,
        plugin_link("CPU", probed, present=True),
        inference_link("CPU", "CPU", probed, evidence.busy),
    ]
    return _judged("CPU", "CPU", name, links, present=True, supported=True)


def _chain(
    evidence: Evidence, kind: Literal["GPU", "NPU"], name: str, device: PciDevice | None, probed: Probed
) -> Chain:
    devices = probed.step("devices")
    listed = devices is not None and bool(devices.values)
    present = device is not None or listed
    supported = device is None or device.is_intel
    links = [
        *_kernel_links(evidence, kind, device, listed=listed),
        *_library_links(evidence, kind, device, listed=listed),
        plugin_link(kind, probed, present=present and supported, busy=evidence.busy),
        inference_link(kind, name, probed, evidence.busy),
    ]
    told = belongs_to_earlier_link(kind, probed)
    if told is not None:
        links = [_with_words(link, told[1].meaning, told[1].cause, told[1].command, told[2]) if link.name == told[0]
                 and link.mark != "broken" else link for link in links]  # fmt: skip
    step = probed.step("name")
    model = next(iter(step.values), None) if step is not None and step.fine else None
    links = [on_this_system(evidence.tree, link) for link in links]
    return _judged(
        name, kind, model or (device.name if device is not None else None), links, present=present, supported=supported
    )


def _with_words(link: Finding, meaning: str, cause: str, command: str | None, quoted: str) -> Finding:
    """A link that looked well, and of which OpenVINO says that it is not."""
    return broken(link.name, cause, meaning, link.file, command, quoted)


def _kernel_links(evidence: Evidence, kind: str, device: PciDevice | None, *, listed: bool) -> list[Finding]:
    tree, place = evidence.tree, evidence.place
    if device is None:
        return _without_pci(evidence, kind, listed=listed)
    pci = fine("pci", f"{device.name} at {device.address}", device.folder)
    if not device.is_intel:
        return [pci, *(unknown(each, f"{device.maker}'s driver is not looked at") for each in _KERNEL_LINKS)]
    return [
        pci,
        module_link(tree, device, place, evidence.log),
        firmware_link(tree, device, place, evidence.log),
        node_link(tree, device, place),
        groups_link(tree, device, evidence.identity, place, evidence.probed("open")),
    ]


def _without_pci(evidence: Evidence, kind: str, *, listed: bool) -> list[Finding]:
    if evidence.place.is_wsl and kind == "GPU":
        return _windows_gpu(evidence, listed=listed)
    if not evidence.tree.is_folder(FOLDER):
        why = f"{FOLDER} cannot be read"
    elif listed:
        why = f"no {kind} on the PCI bus, yet OpenVINO has one"
    else:
        why = f"no {kind} on the PCI bus"
    if evidence.place.is_virtual and not listed:
        why += " (a virtual machine sees what is passed through to it)"
    return [unknown("pci", why, FOLDER), *(unknown(each, f"no {kind} on the PCI bus") for each in _KERNEL_LINKS)]


def _windows_gpu(evidence: Evidence, *, listed: bool) -> list[Finding]:
    """Nothing in WSL tells whose GPU it is that Windows shares."""
    tree = evidence.tree
    if listed or not tree.exists("/dev/dxg"):
        why = "WSL reaches the GPU through /dev/dxg" if listed else "Windows shares no GPU: /dev/dxg is missing"
        return [unknown("pci", why, "/dev/dxg"), *(unknown(each, why) for each in _KERNEL_LINKS)]
    why = "Windows shares a GPU, and OpenVINO sees none; one of Intel needs its OpenCL driver in WSL too"
    command = install(tree, "intel-opencl-icd", "intel-compute-runtime", "intel-compute-runtime")
    return [unknown("pci", why, "/dev/dxg", command), *(unknown(each, why) for each in _KERNEL_LINKS)]


_KERNEL_LINKS = ("module", "firmware", "node", "groups")


def _library_links(evidence: Evidence, kind: str, device: PciDevice | None, *, listed: bool) -> list[Finding]:
    tree, environ = evidence.tree, evidence.environ
    if kind == "GPU":
        opencl = evidence.probed("opencl")
        return [
            opencl_links.loader_link(tree, opencl, environ),
            opencl_links.driver_link(tree, device, environ, opencl, evidence.probes, evidence.busy),
        ]
    if device is None and not listed:
        return [level_zero_links.not_needed("loader"), level_zero_links.not_needed("driver")]
    level_zero, folders = evidence.probed("level-zero"), evidence.library_folders
    return [
        level_zero_links.loader_link(tree, level_zero, folders),
        level_zero_links.driver_link(tree, folders, level_zero, evidence.prefixed("npu-driver:"), lists_device=listed),
    ]


def _judged(
    device: str, kind: Literal["CPU", "GPU", "NPU"], name: str | None, links: list[Finding], *, present: bool,
    supported: bool,
) -> Chain:  # fmt: skip
    """The chain with its first cause. An inference that ran is the best evidence: what looks broken before it is a
    remark then."""
    works = {"fine": True, "broken": False}.get(links[-1].mark)
    if works:
        links = [_softened(link) for link in links]
    elif not present or not supported:
        links = [link if link.cause in _HARMS_ALL else _softened(link, absent=not present) for link in links]
    first = next((link for link in links if link.mark == "broken"), None)
    if first is None:
        return Chain(
            device=device, kind=kind, name=name, present=present, supported=supported, works=works, first_cause=None,
            links=links,
        )  # fmt: skip
    after = links.index(first) + 1
    followers = [
        msgspec.structs.replace(link, follows_from=first.name, command=None) if link.mark == "broken" else link
        for link in links[after:]
    ]
    cause = Cause(device=device, link=first.name, cause=first.cause or "", text=first.found, command=first.command)  # type: ignore[arg-type]
    return Chain(
        device=device, kind=kind, name=name, present=present, supported=supported, works=False, first_cause=cause,
        links=[*links[:after], *followers],
    )  # fmt: skip


def _softened(link: Finding, *, absent: bool = False) -> Finding:
    if link.mark != "broken":
        return link
    if absent:
        return msgspec.structs.replace(link, mark="unknown", cause=None, command=None, quoted=None)
    return msgspec.structs.replace(link, mark="warning")
