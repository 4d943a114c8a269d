"""Which reader an inventory needs. Ansible's own ansible-inventory reads what is Ansible's, where it is installed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory import ansible_tool
from ovtui.fleet.inventory.asked_program import json_of
from ovtui.fleet.inventory.ini_text import has_sections, read_ini
from ovtui.fleet.inventory.inventory import Entry, Inventory
from ovtui.fleet.inventory.listed_json import read_listed
from ovtui.fleet.inventory.text_file import read_text
from ovtui.fleet.inventory.variable_files import add_variable_files
from ovtui.fleet.inventory.yaml_text import read_yaml
from ovtui.settings.shown_text import shown

_YAML = (".yml", ".yaml", ".json")
_NOT_IN_FOLDER = (".pyc", ".pyo", ".swp", ".bak", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry")
"""Files in a folder that Ansible takes for no inventory, with those that begin with '.' or end with '~'."""
_FOLDERS_OF_VARIABLES = ("group_vars", "host_vars", "vars_plugins")
_YAML_BEGINS = re.compile(r"---(\s|$)|[\w.-]+:(\s*$|\s+#|\s*\{)|\{")
_DEEPEST = 5


def read_source(path: str, tell: Callable[[str], None], *, ask_ansible: bool = True) -> list[Entry]:
    """The boxes of one inventory. `ask_ansible`: where it is installed and the inventory is one of Ansible's. `tell`
    is called with what a person should know. Raises FleetError."""
    try:
        return _entries(path, tell, ask_ansible=ask_ansible)
    except OSError as error:  # a path that is too long, a folder that may not be read
        raise FleetError(f"{shown(str(error.filename or path))}: {error.strerror or error}") from None


def _entries(path: str, tell: Callable[[str], None], *, ask_ansible: bool) -> list[Entry]:
    called = shown(path)
    tool = ansible_tool.installed() if ask_ansible else ""
    if tool and _is_ansibles(path):
        return ansible_tool.ask(tool, path, "yaml" if Path(path).suffix in _YAML else "ini").entries()
    inventory = _read(path, tell)
    folder = Path(path)
    add_variable_files(inventory, folder if folder.is_dir() else folder.parent, tell)
    try:
        return inventory.entries()
    except FleetError as error:
        raise FleetError(f"{called}: {error}") from None


def _is_ansibles(path: str) -> bool:
    """A list without sections is no inventory that only Ansible has: read here, it has USER@HOST, too."""
    if Path(path).is_dir() or _is_program(path) or Path(path).suffix in (*_YAML, ".toml"):
        return Path(path).exists()
    if not Path(path).is_file():  # a pipe, which can be read once
        return False
    text = read_text(path)
    return has_sections(text) or _is_yaml(path, text)


def _read(path: str, tell: Callable[[str], None]) -> Inventory:
    called = shown(path)
    if Path(path).is_dir():
        return _read_folder(Path(path), tell)
    if _is_program(path):
        program = os.path.abspath(path)  # noqa: PTH100
        return read_listed(
            json_of([program, "--list"], called), called, lambda name: json_of([program, "--host", name], called)
        )
    if Path(path).suffix == ".toml":
        raise FleetError(
            f"{called}: TOML is read by {ansible_tool.TOOL}, which is not installed (it is in ansible-core)"
        )
    text = read_text(path)
    if text.startswith("$ANSIBLE_VAULT"):
        raise FleetError(f"{called} is encrypted: {ansible_tool.TOOL}, which could read it, is not installed")
    return read_yaml(text, called) if _is_yaml(path, text) else read_ini(text, called)


def _read_folder(folder: Path, tell: Callable[[str], None], depth: int = 0) -> Inventory:
    """All inventories in it, as one; a later one's variables win."""
    whole = Inventory()
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise FleetError(f"{shown(str(folder))}: {error.strerror}") from None
    for path in paths:
        name = path.name
        if name.startswith(".") or name.endswith("~") or path.suffix in _NOT_IN_FOLDER or name in _FOLDERS_OF_VARIABLES:
            continue
        if path.is_dir():
            if depth >= _DEEPEST:
                continue
            part = _read_folder(path, tell, depth + 1)
            add_variable_files(part, path, tell)
        elif path.is_file():
            part = _read(str(path), tell)
        else:  # a pipe, which may never end
            continue
        whole.add(part)
    return whole


def _is_program(path: str) -> bool:
    """A file that may be executed and is a script or a binary: on some disks every text may be executed."""
    try:
        if not os.access(path, os.X_OK) or not Path(path).is_file():
            return False
        with Path(path).open("rb") as file:
            return file.read(4).startswith((b"#!", b"\x7fELF"))
    except (OSError, ValueError):
        return False


def _is_yaml(path: str, text: str) -> bool:
    if Path(path).suffix in _YAML:
        return True
    lines = (line for line in map(str.rstrip, text.splitlines()) if line and not line.lstrip().startswith(("#", ";")))
    return bool(_YAML_BEGINS.match(next(lines, "")))
