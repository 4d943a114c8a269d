"""The kernel module that takes a GPU or an NPU, and why none has."""

from __future__ import annotations

from ovtui.host.doctor.findings import broken, fine, unknown
from ovtui.host.doctor.firmware import missing_firmware
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.surroundings import Place
from ovtui.records.doctor import Finding

MODULES = {"GPU": ("i915", "xe"), "NPU": ("intel_vpu",)}
_MODPROBE_FOLDERS = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
_NO_GRAPHICS = ("nomodeset", "i915.modeset=0", "xe.modeset=0")


def module_link(tree: MachineTree, device: PciDevice, place: Place) -> Finding:
    expected = MODULES[device.kind]
    file = f"{device.folder}/driver"
    if device.driver in expected:
        return fine("module", device.driver, file)
    if device.driver == "vfio-pci":
        command = (
            f"echo {device.address} | sudo tee /sys/bus/pci/drivers/vfio-pci/unbind && sudo modprobe {expected[0]}"
        )
        text = "vfio-pci has the device: it is kept for virtual machines, and programs here cannot use it"
        return broken("module", "given-to-vm", text, file, command)
    if device.driver:
        text = f"{device.driver} has the device; OpenVINO needs {' or '.join(expected)}"
        return broken("module", "wrong-module", text, file, f"sudo modprobe {expected[0]}")
    return _none_bound(tree, device, place, expected)


def _none_bound(tree: MachineTree, device: PciDevice, place: Place, expected: tuple[str, ...]) -> Finding:
    named = " or ".join(expected)
    release = tree.word("/proc/sys/kernel/osrelease")
    folder = f"/lib/modules/{release}"
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
    if loaded and missing_firmware(tree, device):
        return unknown("module", f"{loaded} is loaded and has not taken the device", f"/sys/module/{loaded}")
    known = _knows_device(tree, folder, device, expected)
    if known is False:
        text = f"{named} of kernel {release} does not know this device; a newer kernel does"
        return broken("module", "kernel-too-old", text, f"{folder}/modules.alias", _newer_kernel(tree))
    if loaded:
        text = f"{loaded} is loaded and has not taken the device"
        command = f"sudo dmesg | grep -iE '{loaded}|{device.address}'"
        return broken("module", "module-failed", text, f"/sys/module/{loaded}", command)
    if place.container:
        text = f"no kernel module has the device; that is the host's matter, not that of {place.container}"
        return broken("module", "module-not-loaded", text, f"{device.folder}/driver", f"sudo modprobe {expected[0]}")
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
    """The module and the file that keeps it from loading, where that holds for each of them that the kernel has."""
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


def _knows_device(tree: MachineTree, folder: str, device: PciDevice, expected: tuple[str, ...]) -> bool | None:
    """Whether a module of this kernel takes devices of this id; None where the kernel's files are not here."""
    aliases = tree.text(f"{folder}/modules.alias")
    if aliases is None or not any(_has_module(tree, folder, name) for name in expected):
        return None
    id_ = f"pci:v0000{device.vendor.upper()}d0000{device.device.upper()}"
    any_id = f"pci:v0000{device.vendor.upper()}d*"
    modules = [line.rpartition(" ")[2] for line in aliases.splitlines() if id_ in line or any_id in line]
    return any(name in expected for name in modules)


def _newer_kernel(tree: MachineTree) -> str:
    system = tree.text("/etc/os-release") or ""
    if "ID=ubuntu" in system:
        version = next((line.partition('"')[2].rstrip('"') for line in system.splitlines() if "VERSION_ID" in line), "")
        return f"sudo apt install linux-generic-hwe-{version or '24.04'}"
    if "VERSION_CODENAME=" in system and "ID=debian" in system:
        code = next(line for line in system.splitlines() if line.startswith("VERSION_CODENAME=")).partition("=")[2]
        return f"sudo apt install -t {code}-backports linux-image-amd64"
    return "sudo dnf upgrade kernel" if tree.exists("/usr/bin/dnf") else "sudo apt full-upgrade"
