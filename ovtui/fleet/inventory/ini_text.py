"""A plain list of boxes, and an Ansible inventory as INI: both are read here, because a list without sections is one
of the other, too."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from typing import Any

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.inventory import ALL, UNGROUPED, Inventory, Variables
from ovtui.fleet.inventory.ranges import expanded
from ovtui.fleet.inventory.targets import port_of
from ovtui.settings.shown_text import in_quotes

SECTION = re.compile(r"\[(?P<group>[^:\[\]\s]+)(?::(?P<what>\w+))?\]\s*(?:#.*)?")
_WITH_PORT = re.compile(r"(?P<name>\[[^\[\]]*:[^\[\]]*:[^\[\]]*\]|(?:[^:\[\]]|\[[^\[\]]*\])+):(?P<port>[^:\[\]]+)")
"""A name, which may have ranges, or an IPv6 address in brackets; and its port."""


_LONGEST_LINE = 20_000
"""Characters; a word is taken apart in the square of its length."""
_LONGEST_NUMBER_BITS = 128


def has_sections(text: str) -> bool:
    return any(SECTION.fullmatch(line.strip()) for line in text.splitlines())


def read_ini(text: str, path: str) -> Inventory:
    """Raises FleetError that names the line."""
    inventory = Inventory()
    once: dict[str, str] | None = {} if not has_sections(text) else None
    group, what = UNGROUPED, "hosts"
    used_groups: dict[str, str] = {}
    """Those that are only referred to so far, by name: where."""
    defined: set[str] = {ALL, UNGROUPED}
    for where, line in _lines(text, path):
        found = SECTION.fullmatch(line)
        try:
            if found:
                group, what = found["group"], found["what"] or "hosts"
                if what not in ("hosts", "children", "vars"):
                    raise FleetError(f"a section is [GROUP], [GROUP:children] or [GROUP:vars], not [{group}:{what}]")
                if what == "vars":
                    used_groups.setdefault(group, where)
                else:
                    defined.add(group)
                inventory.group(group)
            elif what == "vars":
                name, value = _assignment(line)
                inventory.group(group).variables[name] = value
            elif what == "children":
                child = _words(line)[0]
                inventory.group(child)
                inventory.group(group).children.add(child)
                used_groups.setdefault(child, where)
            else:
                _add_hosts(inventory, line, where, group, once)
        except FleetError as error:
            raise FleetError(f"{where}: {error}") from None
    for name, where in used_groups.items():
        if name not in defined:
            raise FleetError(f"{where}: there is no group [{name}]")
    return inventory


def _lines(text: str, path: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped and stripped[0] not in "#;":
            if len(stripped) > _LONGEST_LINE:
                raise FleetError(f"{path}, line {number} is longer than {_LONGEST_LINE:,} characters: no inventory")
            yield f"{path}, line {number}", stripped


def _add_hosts(inventory: Inventory, line: str, where: str, group: str, once: dict[str, str] | None) -> None:
    """`once`: where the names of a plain list were seen; None where a host may be in several groups."""
    words = _words(line)
    if not words:
        return
    variables: Variables = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise FleetError(f"{in_quotes(word[:60])} is no NAME=VALUE; one box stands on a line")
        variables[name] = value_of(value)
    # A port tells boxes of one host apart in a plain list; in Ansible's they are one box.
    names, port = names_and_port(words[0]) if once is None else (expanded(words[0]), None)
    for name in names:
        if once is not None:
            if name in once:
                raise FleetError(f"{in_quotes(name)} is there already, in {once[name].rpartition(', ')[2]}")
            once[name] = where
        inventory.add_host(name, where, group, port).variables.update(variables)


def names_and_port(word: str) -> tuple[list[str], int | None]:
    """Of a word of an inventory, with ranges. What has a user or ssh:// stays whole: `targets.py` takes it apart.
    Raises FleetError."""
    found = None if word.startswith("ssh://") or "@" in word else _WITH_PORT.fullmatch(word)
    if found is None:
        return expanded(word), None
    name = found["name"]
    if name.startswith("[") and name.count(":") > 1 and name.endswith("]") and name.count("[") == 1:
        bare = name[1:-1]
        if re.fullmatch(r"[0-9A-Fa-f:.]+", bare) and not re.fullmatch(r"\d+:\d+:\d+", bare):
            return [bare], port_of(found["port"])
    return expanded(name), port_of(found["port"])


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise FleetError(f"a quote is not closed ({error})") from None


def _assignment(line: str) -> tuple[str, Any]:
    name, equals, value = line.partition("=")
    if not equals:
        raise FleetError(f"{in_quotes(line[:60])} is no NAME=VALUE")
    return name.strip(), value_of(value.strip())


def value_of(text: str) -> Any:
    """As Ansible has it: what is a literal of Python is one, all else a text. A number too long to be written again
    stays one, too."""
    if len(text) > 10_000:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text
    return text if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER_BITS else value
