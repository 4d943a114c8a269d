"""The folders group_vars and host_vars beside an inventory."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.fleet.inventory.inventory import Inventory, Variables
from ovtui.fleet.inventory.targets import target_of
from ovtui.fleet.inventory.text_file import read_text
from ovtui.fleet.inventory.yaml_text import load_yaml
from ovtui.settings.shown_text import shown

_ENDINGS = ("", ".yml", ".yaml", ".json")
_VAULT = "$ANSIBLE_VAULT"
_DEEPEST = 10


def add_variable_files(inventory: Inventory, folder: Path, tell: Callable[[str], None]) -> None:
    """Those of each group and host that have a file there. Raises FleetError."""
    reader = _Reader(tell)
    if (folder / "group_vars").is_dir():
        for name, group in inventory.groups.items():
            group.file_variables.update(reader.variables(folder / "group_vars", name))
    if (folder / "host_vars").is_dir():
        for name, host in inventory.hosts.items():
            host.file_variables.update(reader.variables(folder / "host_vars", _host_of(name)))


def _host_of(name: str) -> str:
    """Of USER@HOST:PORT, as a plain list has it."""
    try:
        return target_of(name).host
    except FleetError:
        return name


class _Reader:
    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell

    def variables(self, folder: Path, name: str) -> Variables:
        found: Variables = {}
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            return found
        for path in _files(folder, name):
            found.update(self._read(path))
        return found

    def _read(self, path: Path) -> Variables:
        text = read_text(str(path))
        if text.startswith(_VAULT):
            self._tell(f"{path} is encrypted by ansible-vault: what it says of boxes is left out")
            return {}
        content = load_yaml(text, shown(str(path)))
        if content is None:
            return {}
        if not isinstance(content, dict):
            raise FleetError(f"{shown(str(path))}: these are no names with values")
        return {str(key): value for key, value in content.items()}


def _files(folder: Path, name: str) -> list[Path]:
    try:
        for ending in _ENDINGS:
            path = folder / f"{name}{ending}"
            if path.is_dir():
                return _files_within(path, 0)
            if path.exists():
                return [path]
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
    return []


def _files_within(folder: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    for path in sorted(folder.iterdir()) if depth < _DEEPEST else ():
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir():
            found += [] if path.suffix else _files_within(path, depth + 1)
        elif path.suffix in _ENDINGS:
            found.append(path)
    return found
