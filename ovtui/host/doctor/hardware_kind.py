"""Which kind of machine it is, by its hardware alone: boxes of one kind are compared with each other.

Nothing of drivers, of pci.ids or of OpenVINO is in it as long as the bus tells: a box whose driver is broken is of the
same kind as the one beside it that works."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ovtui.host.doctor.cpu_limits import count_of, cpu_name
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.records.doctor import Chain
from ovtui.settings.shown_text import shown

_NOISE = re.compile(
    r"\((?:R|TM|C)\)|[®™]|@.*|\bwith Radeon\b.*|\bw/ Radeon\b.*|\b(?:\d+(?:st|nd|rd|th) Gen|CPU|Processor|Intel|AMD|"
    r"[\w-]+-Core)\b|\bCore(?=(?:\(TM\))? i\d)",
    re.IGNORECASE,
)
_PARTS = {
    "0x41:0xd07": "Cortex-A57", "0x41:0xd08": "Cortex-A72", "0x41:0xd0b": "Cortex-A76", "0x41:0xd0c": "Neoverse-N1",
    "0x41:0xd40": "Neoverse-V1", "0x41:0xd49": "Neoverse-N2", "0x41:0xd4f": "Neoverse-V2", "0xc0:0xac3": "Ampere-1",
    "0xc0:0xac4": "Ampere-1a",
}  # fmt: skip
"""An ARM core tells its maker and part as numbers alone."""


def hardware_kind(tree: MachineTree, devices: Sequence[PciDevice], chains: Sequence[Chain]) -> str:
    """'i5-1240P, 16 cores, GPU 46a6'; a device that is on no bus by the name that OpenVINO gives it. Empty where not
    even the processor is told."""
    processor = short_cpu_name(processor_name(tree))
    if not processor:
        return ""
    cores = machine_cores(tree)
    parts = [processor, *([f"{cores} core{'s' * (cores != 1)}"] if cores else [])]
    for kind in ("GPU", "NPU"):
        on_bus = [_of_bus(each) for each in devices if each.kind == kind]
        parts += on_bus or [each.name for each in chains if each.kind == kind and each.present and each.name]
    return shown(", ".join(parts))


def _of_bus(device: PciDevice) -> str:
    maker = "" if device.is_intel else f"{device.maker} "
    return f"{maker}{device.kind} {device.device}"


def processor_name(tree: MachineTree) -> str:
    """As /proc/cpuinfo has it; of an ARM server, which has no name there, its cores' kinds. Empty where neither is
    told."""
    if name := cpu_name(tree):
        return name
    found, maker = [], ""
    for line in tree.lines("/proc/cpuinfo"):
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "CPU implementer":
            maker = value.lower()
        elif name == "CPU part":
            found.append(f"{maker}:{value.lower()}")
    return " + ".join(_PARTS.get(each, f"ARM {each}") for each in sorted(set(found)))


def short_cpu_name(name: str) -> str:
    """Without the words that every processor has: 'i5-1240P' for '12th Gen Intel(R) Core(TM) i5-1240P'."""
    return " ".join(_NOISE.sub(" ", name).split()) or " ".join(name.split())


def machine_cores(tree: MachineTree) -> int | None:
    """Logical ones, which this process may use or not."""
    folder = "/sys/devices/system/cpu"
    return count_of(tree.word(f"{folder}/present")) or count_of(tree.word(f"{folder}/online"))
