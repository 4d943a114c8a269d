"""The kernel module that takes a GPU or an NPU, and why none has."""

from __future__ import annotations

import re

from ovtui.host.doctor.findings import broken, fine, unknown
from ovtui.host.doctor.firmware import firmware_failed
from ovtui.host.doctor.kernel_log import KernelLog
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.surroundings import Place
from ovtui.records.doctor import Finding

MODULES = {"GPU": ("i915", "xe"), "NPU": ("intel_vpu",)}
_MODPROBE_FOLDERS = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
_NO_GRAPHICS = ("nomodeset", "i915.modeset=0", "xe.modeset=0")


_SINCE = {"intel_vpu": (6, 3), "xe": (6, 8)}
"""The first kernel that has the module; i915 is older than all that are in use."""


def module_link(tree: MachineTree, device: PciDevice, place: Place, log: KernelLog) -> Finding:
    expected = MODULES[device.kind]
    file = f"{device.folder}/driver"
    if device.driver in expected:
        return fine("module", device.driver, file)
    command = (
        f"echo {device.address} | sudo tee /sys/bus/pci/drivers/{device.driver}/unbind && sudo modprobe {expected[0]}"
    )
    if device.driver == "vfio-pci":
        text = "vfio-pci has the device: it is kept for virtual machines, and programs here cannot use it"
        return broken("module", "given-to-vm", text, file, command)
    if device.driver:
        text = f"{device.driver} has the device; OpenVINO needs {' or '.join(expected)}"
        return broken("module", "wrong-module", text, file, command)
    return _none_bound(tree, device, place, log)


def _none_bound(tree: MachineTree, device: PciDevice, place: Place, log: KernelLog) -> Finding:
    release = tree.word("/proc/sys/kernel/osrelease")
    folder = f"/lib/modules/{release}"
    takers = _takers(tree, folder, device)
    expected = takers or MODULES[device.kind]
    named = " or ".join(MODULES[device.kind])
    loaded = next((name for name in expected if tree.exists(f"/sys/module/{name}")), "")
    boot = tree.word("/proc/cmdline").split()
    off = next((word for word in boot if _switches_off(word, device.kind, expected)), "")
    if off:
        command = f"sudo sed -i 's/ *{off}//' /etc/default/grub && sudo update-grub && sudo reboot"
        text = f"the kernel was started with {off}, which keeps {named} from the device"
        return broken("module", "off-at-boot", text, "/proc/cmdline", command)
    listed = _blacklisted(tree, expected)
    if listed and not loaded:
        name, where = listed
        command = f"sudo sed -i '/{name}/s/^/#/' {where} && sudo modprobe {name}"
        return broken("module", "blacklisted", f"{name} is kept from loading by {where}", where, command)
    if loaded and firmware_failed(tree, device, log):
        return unknown("module", f"{loaded} is loaded and has not taken the device", f"/sys/module/{loaded}")
    refused = next((word for word in boot if _refuses(word, device, expected)), "")
    if refused:
        name = refused.partition(".")[0]
        text = f"the kernel was started with {refused}, which keeps {name} from the device, and no other module has it"
        command = f"sudo sed -i 's/ *{refused}//' /etc/default/grub && sudo update-grub && sudo reboot"
        return broken("module", "off-at-boot", text, "/proc/cmdline", command)
    if takers == ():
        text = f"{named} of kernel {release} does not know this device; a newer kernel does"
        return broken("module", "kernel-too-old", text, f"{folder}/modules.alias", _newer_kernel(tree))
    if loaded:
        text = f"{loaded} is loaded and has not taken the device"
        command = f"sudo dmesg | grep -iE '{loaded}|{device.address}'"
        said = log.error(device.address) or None
        return broken("module", "module-failed", text, f"/sys/module/{loaded}", command, said)
    if place.container:
        text = f"no kernel module has the device; that is the host's matter, not that of {place.container}"
        return broken("module", "module-not-loaded", text, f"{device.folder}/driver", f"sudo modprobe {expected[0]}")
    if not tree.is_folder(folder) and tree.names("/lib/modules"):
        text = f"kernel {release} still runs, and its modules were removed by an update: start the new kernel"
        return broken("module", "kernel-replaced", text, folder, "sudo reboot")
    since = min(_SINCE.get(name, (0, 0)) for name in expected)
    if tree.is_folder(folder) and _version(release) < since:
        text = f"{named} came with kernel {since[0]}.{since[1]}, and kernel {release} runs"
        return broken("module", "kernel-too-old", text, folder, _newer_kernel(tree))
    if tree.is_folder(folder) and not any(_has_module(tree, folder, name) for name in expected):
        text = f"kernel {release} was installed without {named}"
        command = f"sudo apt install linux-modules-extra-{release}"
        return broken("module", "module-missing", text, folder, command)
    wanted = next((name for name in expected if _has_module(tree, folder, name)), expected[0])
    command = f"sudo modprobe {wanted}"
    return broken("module", "module-not-loaded", f"{wanted} is not loaded", f"/sys/module/{wanted}", command)


def _switches_off(word: str, kind: str, expected: tuple[str, ...]) -> bool:
    name, _, value = word.partition("=")
    if kind == "GPU" and word in _NO_GRAPHICS:
        return True
    return name in ("module_blacklist", "modprobe.blacklist") and bool(set(value.split(",")) & set(expected))


def _blacklisted(tree: MachineTree, expected: tuple[str, ...]) -> tuple[str, str] | None:
    """The module and the file that keeps it from loading."""
    for folder in _MODPROBE_FOLDERS:
        for name in tree.names(folder):
            for line in tree.lines(f"{folder}/{name}"):
                words = line.replace("-", "_").split()
                off = words[:1] == ["blacklist"] or (words[:1] == ["install"] and words[2:3] in _NOTHING)
                if off and len(words) > 1 and words[1] in expected:
                    return words[1], f"{folder}/{name}"
    return None


_NOTHING = (["/bin/false"], ["/bin/true"], ["/usr/bin/false"], ["/usr/bin/true"])


def _has_module(tree: MachineTree, folder: str, name: str) -> bool:
    """By the list that depmod makes, or that of modules within the kernel."""
    spelt = (f"/{name}.ko", f"/{name.replace('_', '-')}.ko")
    lists = (tree.text(f"{folder}/{file}") or "" for file in ("modules.dep", "modules.builtin"))
    return any(each in text for text in lists for each in spelt)


def _refuses(word: str, device: PciDevice, expected: tuple[str, ...]) -> bool:
    """i915.force_probe=!7d55 and the like."""
    name, _, value = word.partition("=")
    module, dot, parameter = name.partition(".")
    refused = f"!{device.device}" in value.lower().split(",")
    return module in expected and bool(dot) and parameter == "force_probe" and refused


def _version(release: str) -> tuple[int, ...]:
    """(6, 8) of '6.8.0-50-generic'; more than all where it is none."""
    found = re.match(r"(\d+)\.(\d+)", release)
    return tuple(map(int, found.groups())) if found else (999,)


def _takers(tree: MachineTree, folder: str, device: PciDevice) -> tuple[str, ...] | None:
    """The modules of this kernel that take devices of this id; None where that cannot be told: the kernel's files are
    not here, or the module is within the kernel, whose ids modules.alias does not list."""
    expected = MODULES[device.kind]
    aliases = tree.text(f"{folder}/modules.alias")
    builtin = tree.text(f"{folder}/modules.builtin") or ""
    if aliases is None or not any(_has_module(tree, folder, name) for name in expected):
        return None
    if any(f"/{name}.ko" in builtin for name in expected):
        return None
    id_ = f"pci:v0000{device.vendor.upper()}d0000{device.device.upper()}"
    any_id = f"pci:v0000{device.vendor.upper()}d*"
    modules = [line.rpartition(" ")[2] for line in aliases.splitlines() if id_ in line or any_id in line]
    return tuple(name for name in expected if name in modules)


def _newer_kernel(tree: MachineTree) -> str:
    system = tree.text("/etc/os-release") or ""
    if "ID=ubuntu" in system:
        version = next((line.partition('"')[2].rstrip('"') for line in system.splitlines() if "VERSION_ID" in line), "")
        return f"sudo apt install linux-generic-hwe-{version or '24.04'}"
    if "VERSION_CODENAME=" in system and "ID=debian" in system:
        code = next(line for line in system.splitlines() if line.startswith("VERSION_CODENAME=")).partition("=")[2]
        return f"sudo apt install -t {code}-backports linux-image-amd64"
    return "sudo dnf upgrade kernel" if tree.exists("/usr/bin/dnf") else "sudo apt full-upgrade"
