"""What `--list` of a dynamic inventory and of ansible-inventory prints, as an inventory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.inventory import Encrypted, Inventory, Variables


def read_listed(
    listed: dict[str, Any], called: str, variables_of: Callable[[str], dict[str, Any]] | None = None
) -> Inventory:
    """`variables_of`: asks for those of a host, where the program does not tell them in `_meta`. Raises FleetError."""
    inventory = Inventory()
    meta = listed.get("_meta")
    told = meta.get("hostvars") if isinstance(meta, dict) else None
    try:
        for name, content in listed.items():
            if name != "_meta":
                _add_group(inventory, name, content, called)
        if isinstance(told, dict):
            for name in told:
                inventory.add_host(str(name), called)
    except FleetError as error:
        raise FleetError(f"{called}: {error}" if called not in str(error) else str(error)) from None
    for name, host in inventory.hosts.items():
        found: Any = {}
        if isinstance(told, dict):
            found = told.get(name, {})
        elif variables_of:
            found = variables_of(name)
        if not isinstance(found, dict):
            raise FleetError(f"{called}: the variables of a host are no object")
        host.variables = _decoded(found)
    return inventory


def _add_group(inventory: Inventory, name: str, content: Any, called: str) -> None:
    if isinstance(content, list):
        content = {"hosts": content}
    if not isinstance(content, dict):
        raise FleetError(f"{called}: a group is a list or an object")
    group = inventory.group(name)
    hosts, children, variables = (content.get(key) or kind() for key, kind in _PARTS)
    if not (isinstance(hosts, (list, dict)) and isinstance(children, list) and isinstance(variables, dict)):
        raise FleetError(f"{called}: hosts and children of a group are lists, its vars an object")
    group.variables.update(_decoded(variables))
    for child in map(str, children):
        inventory.group(child)
        group.children.add(child)
    for host in map(str, hosts):
        inventory.add_host(host, called, name)


_PARTS: tuple[tuple[str, type], ...] = (("hosts", list), ("children", list), ("vars", dict))


def _decoded(variables: dict[str, Any]) -> Variables:
    return {
        str(name): Encrypted() if isinstance(value, dict) and "__ansible_vault" in value else value
        for name, value in variables.items()
    }
