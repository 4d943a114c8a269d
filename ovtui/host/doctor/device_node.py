"""The node below /dev through which a program reaches a GPU or an NPU, and whether this process may open it."""

from __future__ import annotations

import errno

from ovtui.host.doctor.findings import broken, fine, unknown
from ovtui.host.doctor.machine_tree import MachineTree
from ovtui.host.doctor.pci import PciDevice
from ovtui.host.doctor.probed import Probed
from ovtui.host.doctor.surroundings import Identity, Place
from ovtui.records.doctor import Finding

_FOLDERS = {"GPU": "/dev/dri", "NPU": "/dev/accel"}


def node_link(tree: MachineTree, device: PciDevice, place: Place) -> Finding:
    folder = _FOLDERS[device.kind]
    if not device.nodes:
        if not device.driver:
            return unknown("node", "made by the kernel module", folder)
        text = f"{device.driver} has made no node for the device"
        command = f"sudo dmesg | grep -iE '{device.driver}|{device.address}'"
        return broken("node", "no-node-made", text, device.folder, command)
    node = device.nodes[0]
    if tree.is_folder(node):
        text = "a folder stands in place of the node, as `volumes:` makes one; name it under `devices:`"
        return broken("node", "folder-for-node", text, node, _container_command(device, place))
    if tree.exists(node):
        return fine("node", node.rpartition("/")[2], node)
    if place.container:
        text = f"{place.container} was started without it: pass it with --device, in a compose file under `devices:`"
        return broken("node", "node-not-in-container", text, node, _container_command(device, place))
    text = "the kernel has the device, and /dev lacks its node"
    command = f"sudo udevadm trigger --subsystem-match={'drm' if device.kind == 'GPU' else 'accel'}"
    return broken("node", "node-missing", text, node, command)


def groups_link(tree: MachineTree, device: PciDevice, identity: Identity, place: Place, opened: Probed) -> Finding:
    """`opened`: of the child that opened the node; it knows better than permission bits do."""
    node = device.nodes[0] if device.nodes else ""
    owner = tree.owner(node) if node else None
    if owner is None:
        return unknown("groups", "there is no node to open", node or None)
    group = identity.group_name(owner.gid)
    bits = f"{group} {owner.mode:04o}"
    step = opened.step("open", node)
    denied = step is not None and step.fine is False
    value = next(iter(step.values), "") if step is not None else ""
    number = int(value) if denied and value.isdecimal() else 0
    if denied and number == errno.EPERM:
        who = place.container or "a cgroup"
        text = f"{who} forbids the device ({bits}): mounting it under `volumes:` does not allow it"
        return broken("groups", "device-forbidden", text, node, _container_command(device, place))
    if denied and number not in (0, errno.EACCES) and step is not None:
        text = f"it cannot be opened: {step.text}"
        return broken("groups", "node-dead", text, node, f"sudo dmesg | grep -iE '{device.driver}|{device.address}'")
    if opened.unfinished("open") == node:
        text = f"opening it: {opened.ended_as}"
        return broken("groups", "node-hangs", text, node, "sudo reboot")
    if step is not None and step.fine:
        return fine("groups", f"may be opened ({bits})", node)
    if denied or not identity.may_use(owner):
        return _not_allowed(identity, owner.gid, group, bits, node, place, owner.mode)
    return fine("groups", f"may be opened ({bits})", node)


def _not_allowed(identity: Identity, gid: int, group: str, bits: str, node: str, place: Place, mode: int) -> Finding:
    user = identity.user or "$USER"
    if place.container:
        text = f"the process is not in the node's group ({bits})"
        return broken("groups", "not-in-group", text, node, f"{_engine(place)} run --group-add {gid} ...")
    if mode >> 3 & 0o6 != 0o6:
        text = f"the node may be opened by its owner alone ({bits})"
        return broken("groups", "node-mode", text, node, f"sudo chmod g+rw {node}")
    if gid in identity.member_of:
        text = f"{user} is in group {group} since after this login ({bits}): log in anew"
        return broken("groups", "login-anew", text, node, f"newgrp {group}")
    if group == "root" or group.isdecimal():
        text = f"the node belongs to {group} ({bits}), and its udev rule is missing"
        command = "sudo groupadd -rf render && sudo udevadm control --reload && sudo udevadm trigger"
        return broken("groups", "node-of-root", text, node, command)
    text = f"{user} is not in group {group} ({bits}); after the command log in anew"
    return broken("groups", "not-in-group", text, node, f"sudo usermod -aG {group} {user}")


def _container_command(device: PciDevice, place: Place) -> str:
    if place.container == "Kubernetes":
        return "kubectl describe node | grep gpu.intel.com"
    if place.container in ("LXC", "lxc"):
        return f"lxc config device add CONTAINER {device.kind.lower()} unix-char path={device.nodes[0]}"
    return f"{_engine(place)} run --device {_FOLDERS[device.kind]} ..."


def _engine(place: Place) -> str:
    return "podman" if place.container.lower() == "podman" else "docker"
