"""A file of an inventory as text, whatever the file is."""

from __future__ import annotations

from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import shown

MOST_BYTES = 8 << 20


def read_text(path: str) -> str:
    """Raises FleetError."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FleetError(f"{shown(path)}: {error.strerror or error}") from None
    except ValueError:
        raise FleetError(f"{shown(path)}: no file has such a name") from None
    if b"\0" in data:
        raise FleetError(f"{shown(path)} is no text: it has a byte of zero, and is no inventory")
    if len(data) > MOST_BYTES:
        raise FleetError(f"{shown(path)} is larger than {MOST_BYTES >> 20} MiB: it is no inventory")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FleetError(f"{shown(path)}, line {line}: this is no UTF-8, and so no inventory") from None
