"""GPUs and NPUs on the PCI bus, by sysfs: no driver is needed for that, and none is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovtui.host.doctor.machine_tree import MachineTree

FOLDER = "/sys/bus/pci/devices"
INTEL, NVIDIA, AMD = "8086", "10de", "1002"
_VENDORS = {INTEL: "Intel", NVIDIA: "NVIDIA", AMD: "AMD"}
"""Makers of GPUs that compute. A server's console display (ASPEED, Matrox) and a virtual machine's are none."""
_IDS = ("/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids")
_DISPLAY, _ACCELERATOR = "03", "12"
_OLD_GPUS = ("16", "19", "59", "3e", "8a", "87", "9b", "4e", "45", "31", "5a", "1a", "22", "0a")
"""Before Gen12, by the device id's first byte (Broadwell to Ice Lake, and the Atoms): Intel's OpenCL driver dropped
them after 24.35, and carries them on as its 'legacy1'."""


@dataclass(frozen=True, slots=True)
class PciDevice:
    kind: Literal["GPU", "NPU"]
    address: str
    """'0000:00:02.0'."""
    vendor: str
    """Four hexadecimal digits, as `device`."""
    device: str
    driver: str
    """The kernel module that has taken it; '' for none."""
    nodes: tuple[str, ...]
    """Its nodes below /dev for computing, as sysfs names them."""
    model: str
    """By pci.ids; '' where that is not installed or older than the device."""

    @property
    def folder(self) -> str:
        return f"{FOLDER}/{self.address}"

    @property
    def maker(self) -> str:
        return _VENDORS.get(self.vendor, self.vendor)

    @property
    def name(self) -> str:
        return f"{self.maker} {self.model or self.kind} ({self.vendor}:{self.device})"

    @property
    def is_intel(self) -> bool:
        return self.vendor == INTEL

    @property
    def needs_legacy_driver(self) -> bool:
        return self.kind == "GPU" and self.is_intel and self.device[:2] in _OLD_GPUS


def find_devices(tree: MachineTree) -> list[PciDevice]:
    """Integrated ones first, as OpenVINO numbers them."""
    found = [device for address in tree.names(FOLDER) if (device := _device(tree, address)) is not None]
    return sorted(found, key=lambda each: (each.kind, not each.address.startswith("0000:00:"), each.address))


def _device(tree: MachineTree, address: str) -> PciDevice | None:
    folder = f"{FOLDER}/{address}"
    class_ = _hexadecimal(tree.word(f"{folder}/class"))[:2]
    vendor, device = _hexadecimal(tree.word(f"{folder}/vendor")), _hexadecimal(tree.word(f"{folder}/device"))
    if class_ == _DISPLAY and vendor in _VENDORS:
        nodes = [f"/dev/dri/{name}" for name in tree.names(f"{folder}/drm") if name.startswith("renderD")]
        kind: Literal["GPU", "NPU"] = "GPU"
    elif class_ == _ACCELERATOR and vendor == INTEL:
        nodes = [f"/dev/accel/{name}" for name in tree.names(f"{folder}/accel") if name.startswith("accel")]
        kind = "NPU"
    else:
        return None
    driver = tree.link_end(f"{folder}/driver")
    return PciDevice(kind, address, vendor, device, driver, tuple(nodes), _model(tree, vendor, device))


def _hexadecimal(text: str) -> str:
    return text.removeprefix("0x").lower()


def _model(tree: MachineTree, vendor: str, device: str) -> str:
    for file in _IDS:
        _, of_vendor, rest = (tree.text(file) or "").partition(f"\n{vendor}  ")
        if not of_vendor:
            continue
        for line in rest.splitlines()[1:]:
            if line and not line.startswith(("\t", "#")):
                break
            if line.startswith(f"\t{device}  "):
                return line[len(device) + 3 :].strip()
    return ""
