"""Targets for Prometheus, as its file_sd reads them: a JSON list of targets with labels."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.inventory.targets import is_ipv6
from ovtui.records.json_text import json_text
from ovtui.settings.shown_text import shown

_MOST_BYTES = 64 << 20


class Target(msgspec.Struct, frozen=True):
    """One box, with each address at which a session of it serves."""

    targets: list[str]
    labels: dict[str, str]


def address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if is_ipv6(host) else f"{host}:{port}"


def target_of_box(box: Box, addresses: Sequence[str]) -> Target:
    labels = {"host": box.name}
    if box.groups:
        labels["group"] = ",".join(box.groups)
    if box.kind:
        labels["kind"] = box.kind
    return Target(list(addresses), labels)


def text_of(targets: Sequence[Target]) -> bytes:
    return json_text(list(targets))


def read_targets(path: str) -> dict[str, Target]:
    """By host, those of a file that `write_targets` has written; empty where there is none that can be read."""
    try:
        with Path(path).open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES), type=list[Target])
    except (OSError, ValueError):
        return {}
    return {target.labels["host"]: target for target in found if "host" in target.labels}


def write_targets(path: str, targets: Sequence[Target]) -> None:
    """In one step, because Prometheus reads the file while it changes; readable for its user. Raises FleetError."""
    if not path.endswith((".json", ".yml", ".yaml")):
        raise FleetError(f"{shown(path)}: Prometheus reads targets of files only that end with .json, .yml or .yaml")
    whole = Path(os.path.realpath(path))
    new = ""
    try:
        descriptor, new = tempfile.mkstemp(prefix=".targets-", dir=whole.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text_of(targets))
            os.fchmod(file.fileno(), 0o644)
        Path(new).replace(whole)
        new = ""
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file has such a name"
        raise FleetError(f"{shown(path)} cannot be written: {reason}") from None
    finally:
        if new:
            with contextlib.suppress(OSError):
                Path(new).unlink()
