"""Atomic writing of a person's files, and the editing of TOML that keeps comments and order."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovtui.settings.errors import SettingsError
from ovtui.settings.files.text_file import NotUtf8, read_text
from ovtui.settings.shown_text import encodable

if TYPE_CHECKING:
    from tomlkit import TOMLDocument
    from tomlkit.items import Table

_NEW_FILE_MODE = 0o644


def write(path: Path, text: str) -> None:
    """Replaces a file atomically, so that a crash or a full disk leaves the old one: the text is written beside it,
    synced, and renamed over it. A symbolic link stays, and its target is replaced. Raises SettingsError."""
    odd = next((line for line in text.split("\n") if encodable(line) != line), "")
    if odd:
        raise SettingsError(f"{path}: not written: a file of settings is UTF-8, and this is not: {odd}")
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes, mode: int = _NEW_FILE_MODE) -> None:
    """As `write`, of any content. `mode`: of a new file; an existing file keeps its own."""
    target = Path(os.path.realpath(path))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = target.stat().st_mode & 0o777 if target.exists() else mode
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
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
    """The parsed file with its comments and order, for editing; an empty document where there is no file. Raises
    SettingsError where it is not TOML, so that a person's text is never overwritten."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        return tomlkit.parse(read_text(path))
    except FileNotFoundError:
        return tomlkit.document()
    except (ParseError, NotUtf8) as error:
        raise SettingsError(f"{path}: not a TOML file, so nothing is written to it: {error}") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None


def update_table(table: Table, wanted: Mapping[str, Any]) -> None:
    """Makes a table hold exactly `wanted`. Entries that stay keep their place, comment and spelling."""
    for key in [key for key in table if key not in wanted]:
        del table[key]
    for key, value in wanted.items():
        set_value(table, key, value)


def set_value(table: Table, key: str, value: Any) -> None:
    """Sets a value; an equal one that is already there keeps its spelling."""
    import tomlkit

    if isinstance(value, Mapping):
        if not isinstance(table.get(key), Mapping):
            table[key] = tomlkit.table() if value else tomlkit.inline_table()
        update_table(table[key], value)
    elif key not in table or table[key] != value or isinstance(table[key], bool) != isinstance(value, bool):
        table[key] = value
