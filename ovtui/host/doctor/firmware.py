"""The firmware that a kernel module loads into a GPU or an NPU: by the kernel's log, which only root may read on most
machines, else as far as files tell."""

from __future__ import annotations

import re

from ovtui.host.doctor.findings import broken, fine, install, unknown
from ovtui.host.doctor.kernel_log import FILE as KERNEL_LOG
from ovtui.host.doctor.kernel_log import KernelLog
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.surroundings import Place
from ovtui.records.doctor import Finding

_FOLDERS = ("/lib/firmware", "/usr/lib/firmware")
_NPU = {"7d1d": "vpu_37xx", "ad1d": "vpu_37xx", "643e": "vpu_40xx", "b03e": "vpu_50xx", "fd3e": "vpu_50xx"}
"""By the device id: Meteor Lake, Arrow Lake; Lunar Lake; Panther Lake, Wildcat Lake (the kernel's ivpu_fw.c)."""
_GPU = (
    ("i915", ("56", "4f"), "dg2_guc_"),
    ("i915", ("7d",), "mtl_guc_"),
    ("xe", ("64",), "lnl_guc_"),
    ("xe", ("e2",), "bmg_guc_"),
    ("xe", ("b0",), "ptl_guc_"),
)
"""Folder, first bytes of device ids, beginning of the file's name: of GPUs that run nothing without their GuC. Earlier
ones do."""


def firmware_link(tree: MachineTree, device: PciDevice, place: Place, log: KernelLog) -> Finding:
    """By the kernel's log where it can be read, else by files."""
    wanted, part = wanted_firmware(device), "guc" if device.kind == "GPU" else ""
    if loaded := log.firmware_loaded(device.address, part):
        return fine("firmware", loaded.rpartition(f"{device.address}: ")[2], KERNEL_LOG)
    failed = log.firmware_failed(device.address, part)
    if failed and wanted:
        text, command = "the kernel could not load the firmware that the device needs", _get_firmware(tree, device)
        if present := _named_and_here(tree, failed):
            text += f"; {present} is there now, so it was not yet when the module looked, as in an initramfs without it"
            command = _new_initramfs(tree)
        return broken("firmware", "firmware-missing", text, KERNEL_LOG, command, failed)
    if not wanted:
        return unknown("firmware", "none is needed, or it is not known which")
    found = _found(tree, wanted)
    if found:
        return fine("firmware", found.rpartition("/")[2], found)
    if place.container or not any(tree.is_folder(folder) for folder in _FOLDERS):
        return unknown("firmware", f"not to be seen from {place.container or 'here'}", _FOLDERS[0])
    command = _get_firmware(tree, device)
    text = f"{wanted}*.bin is missing, and the device runs nothing without it"
    return broken("firmware", "firmware-missing", text, f"{_FOLDERS[0]}/{wanted.rpartition('/')[0]}", command)


def _get_firmware(tree: MachineTree, device: PciDevice) -> str:
    package = _debian_package(tree.text("/etc/os-release") or "", device.kind)
    return f"{install(tree, package, 'linux-firmware', 'linux-firmware')} && sudo reboot"


def _debian_package(system: str, kind: str) -> str:
    """Ubuntu has one package for all; Debian has divided its own since 13."""
    if "ID=ubuntu" in system:
        return "linux-firmware"
    if 'VERSION_ID="12"' in system or 'VERSION_ID="11"' in system:
        return "firmware-misc-nonfree"
    return "firmware-intel-graphics" if kind == "GPU" else "firmware-intel-misc"


def _named_and_here(tree: MachineTree, line: str) -> str:
    """The file that a line of the kernel's log names, where it, or its compressed form, is in the folder."""
    named = re.search(r"[\w./-]+\.bin", line)
    files = (f"{folder}/{named[0]}{end}" for folder in _FOLDERS for end in ("", ".zst", ".xz")) if named else ()
    return next((each for each in files if tree.exists(each)), "")


def _new_initramfs(tree: MachineTree) -> str:
    if tree.exists("/usr/bin/apt-get"):
        return "sudo update-initramfs -u && sudo reboot"
    return "sudo mkinitcpio -P && sudo reboot" if tree.exists("/usr/bin/pacman") else "sudo dracut -f && sudo reboot"


def firmware_failed(tree: MachineTree, device: PciDevice, log: KernelLog) -> bool:
    """What the device needs could not be loaded, by the kernel's log, or files that can be looked at lack it."""
    wanted = wanted_firmware(device)
    if wanted and log.firmware_failed(device.address, "guc" if device.kind == "GPU" else ""):
        return True
    return bool(wanted) and any(map(tree.is_folder, _FOLDERS)) and not _found(tree, wanted)


def wanted_firmware(device: PciDevice) -> str:
    """The beginning of its file's path below the folder of firmware; '' where none is needed or known."""
    if device.kind == "NPU":
        generation = _NPU.get(device.device, "")
        return f"intel/vpu/{generation}" if generation else ""
    if not device.is_intel:
        return ""
    return next((f"{folder}/{name}" for folder, ids, name in _GPU if device.device[:2] in ids), "")


def _found(tree: MachineTree, wanted: str) -> str:
    folder, _, beginning = wanted.rpartition("/")
    release = tree.word("/proc/sys/kernel/osrelease")
    custom = tree.word("/sys/module/firmware_class/parameters/path")
    for base in (
        custom,
        *(f"{each}/{sub}" for each in _FOLDERS for sub in (f"updates/{release}", "updates", release, "")),
    ):
        if not base:
            continue
        where = f"{base.rstrip('/')}/{folder}"
        for name in tree.names(where):
            if name.startswith(beginning) and ".bin" in name:
                return f"{where}/{name}"
    return ""
