"""What an inventory holds, whatever its form: hosts with variables, in groups that may be in groups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.ranges import MOST_BOXES

Variables = dict[str, Any]
ALL, UNGROUPED = "all", "ungrouped"
PRIORITY = "ansible_group_priority"
"""Of a group against others as deep; not for its hosts."""


class Encrypted:
    """The value of a variable that ansible-vault has encrypted."""


@dataclass(slots=True)
class Group:
    variables: Variables = field(default_factory=dict)
    file_variables: Variables = field(default_factory=dict)
    """Of the folder group_vars."""
    children: set[str] = field(default_factory=set)

    @property
    def for_hosts(self) -> Variables:
        return {name: value for name, value in self.variables.items() if name != PRIORITY}


@dataclass(slots=True)
class Host:
    where: str
    """File and line that named it first, for sentences."""
    variables: Variables = field(default_factory=dict)
    file_variables: Variables = field(default_factory=dict)
    """Of the folder host_vars."""
    groups: set[str] = field(default_factory=set)
    """Those that name it themselves."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A host with what holds for it in the end."""

    name: str
    where: str
    variables: Variables
    groups: tuple[str, ...]
    """Without `all` and `ungrouped`, by name."""


class Inventory:
    """Of one source. Hosts stay in the order in which they were named."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.groups: dict[str, Group] = {ALL: Group(), UNGROUPED: Group()}

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group())

    def add_host(self, name: str, where: str, group: str = "", port: int | None = None) -> Host:
        """`port`: written after the name, and heeded where it is named for the first time, as Ansible has it. Raises
        FleetError."""
        host = self.hosts.get(name)
        if host is None:
            if len(self.hosts) >= MOST_BOXES:
                raise FleetError(f"more than {MOST_BOXES:,} boxes are in it")
            host = self.hosts[name] = Host(where)
            if port is not None:
                host.variables["ansible_port"] = port
        if group and group != ALL:
            self.group(group)
            host.groups.add(group)
        return host

    def add(self, other: Inventory) -> None:
        """Of another file of the same inventory. Raises FleetError."""
        for name, group in other.groups.items():
            own = self.group(name)
            own.variables.update(group.variables)
            own.file_variables.update(group.file_variables)
            own.children |= group.children
        for name, host in other.hosts.items():
            mine = self.add_host(name, host.where)
            mine.variables.update(host.variables)
            mine.file_variables.update(host.file_variables)
            mine.groups |= host.groups

    def entries(self) -> list[Entry]:
        """Each host with the variables of its groups, those of the nearest last. Raises FleetError."""
        parents: dict[str, set[str]] = {name: set() for name in self.groups}
        for name, group in self.groups.items():
            for child in group.children:
                parents.setdefault(child, set()).add(name)
        depths: dict[str, int] = {}
        for name in self.groups:
            _measure_depth(name, parents, depths)
        entries: list[Entry] = []
        known: dict[frozenset[str], tuple[Variables, tuple[str, ...]]] = {}
        for name, host in self.hosts.items():
            key = frozenset(host.groups)
            if key not in known:
                known[key] = self._of_groups(key, parents, depths)
            variables, groups = known[key]
            entries.append(Entry(name, host.where, {**variables, **host.variables, **host.file_variables}, groups))
        return entries

    def _of_groups(
        self, names: Iterable[str], parents: dict[str, set[str]], depths: dict[str, int]
    ) -> tuple[Variables, tuple[str, ...]]:
        """What groups give a host that is in them, and all groups that it is in so."""
        belongs = _with_parents(names, parents) - {ALL, UNGROUPED} or {UNGROUPED}
        ordered = sorted(belongs, key=lambda group: (depths[group], self._priority(group), group))
        whole, rest = self.groups[ALL], [self.groups[group] for group in ordered]
        merged: Variables = {}
        for variables in (
            whole.for_hosts, *(group.for_hosts for group in rest),
            whole.file_variables, *(group.file_variables for group in rest),
        ):  # fmt: skip
            merged.update(variables)
        return merged, tuple(sorted(belongs - {UNGROUPED}))

    def _priority(self, name: str) -> int:
        try:
            return int(self.groups[name].variables.get(PRIORITY, 1))
        except (TypeError, ValueError, OverflowError):
            return 1


def _with_parents(groups: Iterable[str], parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    left = list(groups)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left.extend(parents.get(name, ()))
    return found


def _measure_depth(name: str, parents: dict[str, set[str]], depths: dict[str, int]) -> None:
    """How far a group is below `all`. Raises FleetError where groups are in one another."""
    open_groups: list[str] = [name]
    on_way: set[str] = set()
    while open_groups:
        at = open_groups[-1]
        left = [parent for parent in parents.get(at, ()) if parent not in depths]
        if at in depths or not left:
            above = [depths[parent] for parent in parents.get(at, ())]
            depths.setdefault(at, 0 if at == ALL else 1 + max(above, default=0))
            on_way.discard(open_groups.pop())
            continue
        on_way.add(at)
        if any(parent in on_way for parent in left):
            raise FleetError(f"the group {at} is in itself, through its children")
        open_groups.extend(left)
