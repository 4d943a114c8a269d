"""The boxes that a command names: inventories, names for OpenSSH, and which of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.inventory.box_variables import Named, box_of, named, password_names, why_not_over_ssh
from ovtui.fleet.inventory.inventory import Entry
from ovtui.fleet.inventory.patterns import chosen
from ovtui.fleet.inventory.sources import read_source
from ovtui.settings.listing import first_few_listed
from ovtui.settings.shown_text import in_quotes, shown

HOST_OPTION = "--host"
_SHOWN_NAMES = 3


def read_boxes(
    files: Sequence[str], hosts: Sequence[str], only: Sequence[str], tell: Callable[[str], None] = lambda _: None
) -> list[Box]:
    """In the order in which they are named; no two have one name. `files`: inventories; `hosts`: names for OpenSSH;
    `only`: patterns. `tell` is called with what a person should know of an inventory that can be used. Raises
    FleetError. Blocks: Ansible's own tool may be asked, for up to a minute."""
    entries = [entry for file in files for entry in _entries(file, tell)]
    entries += [Entry(host, HOST_OPTION, {}, ()) for host in hosts]
    if not entries:
        raise FleetError("no box is named: give an inventory with --hosts, or names with --host")
    selected = chosen(named(_merged(entries)), only)
    reached = _over_ssh(selected, tell)
    if not reached:
        raise FleetError("no box is left: --only leaves out every one" if not selected else "no box is left")
    _tell_of_passwords(reached, tell)
    boxes: list[Box] = []
    unchecked: list[str] = []
    for each in reached:
        box, switched_off = box_of(each)
        boxes.append(box)
        if switched_off:
            unchecked.append(box.name)
    if unchecked:
        tell(f"{_list(unchecked)}: the inventory switches off the check of host keys; ovtui checks them all the same")
    return boxes


def _entries(file: str, tell: Callable[[str], None]) -> list[Entry]:
    found = read_source(file, tell)
    if not found:
        raise FleetError(f"{shown(file)}: no box is in it")
    return found


def _merged(entries: Sequence[Entry]) -> list[Entry]:
    """A box that several inventories have alike is one; that --host names an inventory's is no second one. Raises
    FleetError where two that differ have one name."""
    found: dict[str, Entry] = {}
    for entry in entries:
        before = found.get(entry.name)
        if before is None:
            found[entry.name] = entry
        elif entry.where != HOST_OPTION:
            if before.variables != entry.variables:
                raise FleetError(
                    f"{entry.where}: another box is called {in_quotes(entry.name)} already, in {before.where}"
                )
            groups = tuple(sorted({*before.groups, *entry.groups}))
            found[entry.name] = Entry(entry.name, before.where, before.variables, groups)
    return list(found.values())


def _over_ssh(selected: Sequence[Named], tell: Callable[[str], None]) -> list[Named]:
    others = {each.name: connection for each in selected if (connection := why_not_over_ssh(each.entry))}
    if others:
        how = ", ".join(sorted({shown(connection) for connection in others.values()}))
        tell(f"{_list(list(others))}: left out: ansible_connection is {how}, and ovtui reaches boxes over SSH alone")
    return [each for each in selected if each.name not in others]


def _tell_of_passwords(reached: Sequence[Named], tell: Callable[[str], None]) -> None:
    having = {each.name: names for each in reached if (names := password_names(each.entry))}
    if having:
        variables = ", ".join(sorted({name for names in having.values() for name in names}))
        tell(f"{_list(list(having))}: ovtui never uses the password in {variables}; it logs in with keys")


def _list(names: Sequence[str]) -> str:
    return first_few_listed(names, _SHOWN_NAMES)
