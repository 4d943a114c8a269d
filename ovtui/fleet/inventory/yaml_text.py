"""An Ansible inventory as YAML (or JSON of that form), and files of variables as YAML."""

from __future__ import annotations

import math
from typing import Any

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.ini_text import names_and_port
from ovtui.fleet.inventory.inventory import Encrypted, Inventory, Variables
from ovtui.settings.shown_text import in_quotes, shown

_DEEPEST = 50
_MOST_NODES = 1_000_000
"""Each alias counts as what it stands for: a few lines of them are more than a machine holds."""
_LONGEST_NUMBER = 40
"""A longer one stays a text; Python writes none of more than 4300 digits."""


def load_yaml(text: str, path: str) -> Any:
    """What YAML has there; a value of ansible-vault is `Encrypted`, one of another tag None. Raises FleetError."""
    try:
        import yaml
    except ImportError:
        raise FleetError(f"{path} is YAML, which PyYAML reads: pip install 'ovtui[fleet]'") from None

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        pass

    Loader.add_constructor("!vault", lambda *_: Encrypted())
    Loader.add_constructor("!vault-encrypted", lambda *_: Encrypted())
    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    Loader.add_constructor("tag:yaml.org,2002:int", _number)
    try:
        loader = Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _nodes_within(node) > _MOST_NODES:
                raise FleetError(f"{path}: its aliases stand for one another without end: it is no inventory")
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else path
        raise FleetError(f"{where}: this is no YAML that can be read: {shown(str(error.problem)[:200])}") from None
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, AttributeError, TypeError) as error:
        raise FleetError(f"{path}: this is no YAML that can be read: {shown(str(error)[:200])}") from None


def _number(loader: Any, node: Any) -> Any:
    whole = len(node.value) <= _LONGEST_NUMBER
    return loader.construct_yaml_int(node) if whole else loader.construct_scalar(node)


def _nodes_within(top: Any) -> float:
    """How many there are once each alias is written out; infinite where one is within itself."""
    counts: dict[int, float] = {}
    left = [top]
    while left:
        node = left[-1]
        content = node.value if isinstance(node.value, list) else []
        parts = [part for each in content for part in (each if isinstance(each, tuple) else (each,))]
        known = counts.get(id(node))
        if known is None:
            counts[id(node)] = math.inf  # until what is within it is counted
            left.extend(part for part in parts if id(part) not in counts)
        else:
            left.pop()
            counts[id(node)] = 1 + sum(counts[id(part)] for part in parts)
    return counts[id(top)]


def read_yaml(text: str, path: str) -> Inventory:
    """Raises FleetError."""
    top = load_yaml(text, path)
    inventory = Inventory()
    if top is None:
        return inventory
    if not isinstance(top, dict):
        raise FleetError(f"{path}: an inventory in YAML begins with a group, such as 'all:'")
    if "plugin" in top:
        raise FleetError(
            f"{path} is for Ansible's plugin {in_quotes(str(top['plugin'])[:60])}, which only Ansible has: install"
            " ansible-core, whose ansible-inventory ovtui then asks"
        )
    reader = _YamlGroups(inventory, path)
    for name, content in top.items():
        reader.add(str(name), content, 0)
    return inventory


class _YamlGroups:
    def __init__(self, inventory: Inventory, path: str) -> None:
        self._inventory, self._path = inventory, path

    def add(self, name: str, content: Any, depth: int) -> None:
        if depth > _DEEPEST:
            raise FleetError(f"{self._path}: its groups are more than {_DEEPEST} within one another")
        group = self._inventory.group(name)
        if content is None:
            return
        if not isinstance(content, dict):
            raise FleetError(f"{self._path}: the group {in_quotes(name)} has no hosts, children or vars")
        for key, value in self._section(name, content, "vars").items():
            group.variables[str(key)] = value
        for child, inside in self._section(name, content, "children").items():
            group.children.add(str(child))
            self.add(str(child), inside, depth + 1)
        for pattern, variables in self._section(name, content, "hosts").items():
            if not isinstance(pattern, str):
                box = shown(str(pattern))
                raise FleetError(f"{self._path}: the box {box} needs quotes: YAML takes it for something else")
            self._add_hosts(pattern, variables, name)

    def _section(self, name: str, content: dict[Any, Any], section: str) -> Variables:
        value = content.get(section)
        if value is None:
            return {}
        if isinstance(value, str):
            return {value: None}
        if not isinstance(value, dict):
            raise FleetError(
                f"{self._path}: {section} of the group {in_quotes(name)} are written as names with a colon"
                f" ('name:'), not as a {type(value).__name__}"
            )
        return value

    def _add_hosts(self, pattern: str, variables: Any, group: str) -> None:
        if variables is not None and not isinstance(variables, dict):
            raise FleetError(f"{self._path}: the variables of {in_quotes(pattern)} are no names with values")
        try:
            names, port = names_and_port(pattern)
            for name in names:
                host = self._inventory.add_host(name, self._path, group, port)
                host.variables.update({str(key): value for key, value in (variables or {}).items()})
        except FleetError as error:
            raise FleetError(f"{self._path}: {error}") from None
