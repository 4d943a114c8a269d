"""A person's files are written whole or not at all, and only when a person saves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovtui.settings.errors import SettingsError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

_NEW_FILE_MODE = 0o644
"""Of a new file; one that is written over keeps its own."""


def write(path: Path, text: str) -> None:
    """Writes a file so that a crash or a full disk leaves the old one: beside it, synced, then renamed over it. A link
    stays a link, and its target is written. Raises SettingsError."""
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else _NEW_FILE_MODE
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        Path(name).replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        Path(name).unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_document(path: Path) -> TOMLDocument:
    """The file with its comments and order, to be changed and written; an empty one where there is none. Raises
    SettingsError where it is no TOML: what a person wrote is not overwritten."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (ParseError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not a TOML file, so nothing is written to it: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None


def update_table(table: Table, wanted: Mapping[str, Any]) -> None:
    """Makes a table hold exactly `wanted`: what stays keeps its place, comment and spelling."""
    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        set_value(table, key, value)


def set_value(table: Table, key: str, value: Any) -> None:
    """Sets one value; one that is already there in this meaning is left as it is written."""
    import tomlkit

    if isinstance(value, Mapping):
        if not isinstance(table.get(key), Mapping):
            table[key] = tomlkit.table() if value else tomlkit.inline_table()
        update_table(table[key], value)
    elif key not in table or table[key] != value or isinstance(table[key], bool) != isinstance(value, bool):
        table[key] = value
