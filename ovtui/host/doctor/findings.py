"""How the doctor's rules write down what they find."""

from __future__ import annotations

import msgspec

from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.records.doctor import Finding
from ovtui.settings.shown_text import shown


def fine(name: str, found: str, file: str | None = None) -> Finding:
    return Finding(name=name, mark="fine", found=shown(found), file=_shown(file))


def unknown(name: str, found: str, file: str | None = None, command: str | None = None) -> Finding:
    """What does not apply, or what cannot be told here."""
    return Finding(name=name, mark="unknown", found=shown(found), file=_shown(file), command=_shown(command))


def warning(
    name: str, cause: str, found: str, file: str | None = None, command: str | None = None, quoted: str | None = None
) -> Finding:
    return Finding(
        name=name, mark="warning", found=shown(found), file=_shown(file), command=_shown(command), cause=cause,
        quoted=_shown(quoted),
    )  # fmt: skip


def broken(
    name: str, cause: str, found: str, file: str | None = None, command: str | None = None, quoted: str | None = None
) -> Finding:
    return Finding(
        name=name, mark="broken", found=shown(found), file=_shown(file), command=_shown(command), cause=cause,
        quoted=_shown(quoted),
    )  # fmt: skip


def _shown(text: str | None) -> str | None:
    return None if text is None else shown(text)


_UPGRADE = "sudo apt install --only-upgrade intel-opencl-icd"


def on_this_system(tree: MachineTree, finding: Finding) -> Finding:
    """Rules that know of no machine name apt's command."""
    if finding.command != _UPGRADE:
        return finding
    newest = install(tree, "--only-upgrade intel-opencl-icd", "intel-compute-runtime", "intel-compute-runtime")
    newest = newest.replace("dnf install", "dnf upgrade").replace("zypper install", "zypper update")
    return msgspec.structs.replace(finding, command=newest)


def install(tree: MachineTree, debian: str, fedora: str = "", arch: str = "") -> str:
    """The command that installs a package with what this distribution has for it."""
    if tree.exists("/usr/bin/apt-get") or not (fedora or arch):
        return f"sudo apt install {debian}"
    if fedora and tree.exists("/usr/bin/dnf"):
        return f"sudo dnf install {fedora}"
    if fedora and tree.exists("/usr/bin/zypper"):
        return f"sudo zypper install {fedora}"
    if arch and tree.exists("/usr/bin/pacman"):
        return f"sudo pacman -S {arch}"
    return f"sudo apt install {debian}"
