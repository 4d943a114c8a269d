"""In what the process runs: as whom, in which kind of container or virtual machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovtui.host.doctor.machine_tree import MachineTree, Owner


@dataclass(frozen=True, slots=True)
class Identity:
    """Of this process, by the kernel; names by /etc/passwd and /etc/group."""

    uid: int
    gids: frozenset[int]
    user: str
    group_names: Mapping[int, str]
    member_of: frozenset[int]
    """The groups that /etc/group gives this user: those of its next login."""

    def may_use(self, owner: Owner) -> bool:
        """Read and write, by the permission bits."""
        if self.uid == 0:
            return True
        shift = 6 if owner.uid == self.uid else 3 if owner.gid in self.gids else 0
        return owner.mode >> shift & 0o6 == 0o6

    def group_name(self, gid: int) -> str:
        return self.group_names.get(gid, str(gid))


def read_identity(tree: MachineTree) -> Identity:
    fields = dict(line.split(":", 1) for line in tree.lines("/proc/self/status") if ":" in line)
    uid = _numbers(fields.get("Uid", ""))[1:2] or [0]
    gids = {*_numbers(fields.get("Gid", ""))[1:2], *_numbers(fields.get("Groups", ""))}
    passwd = [line.split(":") for line in tree.lines("/etc/passwd")]
    user = next((row[0] for row in passwd if len(row) > 2 and row[2] == str(uid[0])), "")
    groups = [line.split(":") for line in tree.lines("/etc/group")]
    rows = [(int(row[2]), row[0], row[3].split(",")) for row in groups if len(row) > 3 and row[2].isdecimal()]
    return Identity(
        uid[0],
        frozenset(gids),
        user,
        {gid: name for gid, name, _ in rows},
        frozenset(gid for gid, _, members in rows if user and user in members),
    )


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split() if word.isdecimal()]


@dataclass(frozen=True, slots=True)
class Place:
    """What the process runs in."""

    container: str
    """'Docker', 'Podman', 'a container'; '' on the machine itself."""
    evidence: str
    """The file that says so."""
    is_wsl: bool
    is_virtual: bool
    """A virtual machine: it sees only the devices that are passed through to it."""


_MARKERS = (
    ("/.dockerenv", "Docker"),
    ("/run/.containerenv", "Podman"),
    ("/var/run/secrets/kubernetes.io", "Kubernetes"),
)
_IN_CGROUP = (("kubepods", "Kubernetes"), ("docker", "Docker"), ("libpod", "Podman"), ("lxc", "LXC"))


def read_place(tree: MachineTree) -> Place:
    container, evidence = _container(tree)
    version = tree.word("/proc/version").lower()
    flags = next((line for line in tree.lines("/proc/cpuinfo") if line.startswith("flags")), "")
    return Place(container, evidence, "microsoft" in version, " hypervisor" in flags)


def _container(tree: MachineTree) -> tuple[str, str]:
    for file, name in _MARKERS:
        if tree.exists(file):
            return name, file
    named = tree.word("/run/systemd/container")
    if named:
        return named, "/run/systemd/container"
    for line in tree.lines("/proc/1/cgroup"):
        for word, name in _IN_CGROUP:
            if f"/{word}" in line:
                return name, "/proc/1/cgroup"
    return "", ""
