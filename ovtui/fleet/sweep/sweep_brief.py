"""The folder of a sweep over many boxes: what it looks for, and a folder for each kind of box in it, which is that of a
sweep of its own."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from ovtui.fleet.box import Box, FleetError, Transport
from ovtui.host.session_socket import SessionSocketError
from ovtui.host.state_paths import state_folder
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.study_events import SweepSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write
from ovtui.settings.schema.settings import Settings

BRIEF, RECORDINGS = "fleet-sweep.json", "recordings"
VERSION = 1


class FleetSweepBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of which boxes, and how they are reached; no secret is in it."""

    version: int = VERSION
    name: str
    """Of the sweep; the runs on the boxes begin with it."""
    spec: SweepSpec
    """Its folder is this one."""
    settings: Settings
    boxes: tuple[Box, ...]
    ssh_config: str = ""
    transport: Transport = "auto"
    jobs: int = 16
    kind: str = ""
    """As --kind has it."""
    recordings: bool = False
    kinds: dict[str, str] = {}
    """The kinds that were seen, by the name of their folder."""


def newest_fleet_sweep() -> Path | None:
    """The folder of the one that began last; None where there is none. Raises FleetError."""
    try:
        found = (state_folder() / "sweeps").glob(f"*/{BRIEF}")
    except SessionSocketError as error:
        raise FleetError(str(error)) from None
    return max((path.parent for path in found), key=lambda path: path.name, default=None)


def read_fleet_brief(folder: Path) -> FleetSweepBrief:
    """Raises FleetError."""
    path = folder / BRIEF
    try:
        return from_json(msgspec.json.Decoder(FleetSweepBrief), path.read_bytes())
    except FileNotFoundError:
        raise FleetError(f"{folder}: there is no sweep over boxes in it") from None
    except OSError as error:
        raise FleetError(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, SettingsError):
        raise FleetError(f"{path}: is damaged, or of another version; begin a new sweep") from None


def write_fleet_brief(folder: Path, brief: FleetSweepBrief) -> None:
    """Raises FleetError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write.write_bytes(folder / BRIEF, to_json(brief))
    except OSError as error:
        raise FleetError(f"{folder}: cannot be written to: {error.strerror}") from None
    except SettingsError as error:
        raise FleetError(str(error)) from None


def kind_slug(kind: str) -> str:
    """A name for a folder and a preset: 'i5-1240p-12-cores-3f2a'. The same kind has the same one."""
    plain = re.sub(r"[^a-z0-9]+", "-", kind.lower()).strip("-")[:40].strip("-") or "kind"
    return f"{plain}-{hashlib.sha256(kind.encode(errors='surrogateescape')).hexdigest()[:4]}"
