"""The folder of a fleet's run: what was asked of which boxes, how far each is, and the recordings. All that another
controller needs to go on after this one was killed."""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path

import msgspec

from ovtui import __version__
from ovtui.fleet.box import Box, FleetError, Transport
from ovtui.fleet.on_box.sent_model import SentModel
from ovtui.fleet.on_box.starting import RUN_NAME
from ovtui.fleet.running.journal import Journal, Standing
from ovtui.fleet.running.measure_options import Recordings
from ovtui.host.folder_lock import lock_folder
from ovtui.host.session_socket import SessionSocketError, private_folder
from ovtui.host.state_paths import state_folder
from ovtui.records.odd_names import from_json, to_json
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes

BRIEF, REPORT = "brief.json", "report.json"
VERSION = 1


class FleetBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked of whom."""

    version: int = VERSION
    ovtui: str = __version__
    name: str
    began_s: float
    """time.time()."""
    boxes: tuple[Box, ...]
    settings: Settings
    preset: str = ""
    """Name of the preset that was asked for; empty without one."""
    model: SentModel | None = None
    """The model that is sent; None for a built-in one, and for one of the boxes."""
    model_there: bool = False
    jobs: int = 20
    every_s: float = 1.0
    patience_s: float = 60.0
    keep_s: float = 3600.0
    recordings: Recordings = "fetch"
    most_fetch_bytes: int = 2 << 30
    record_limit: str = "1G"
    ssh_config: str = ""
    transport: Transport = "auto"


def fleet_folder() -> Path:
    """Of all runs. Raises FleetError."""
    try:
        return private_folder(state_folder() / "fleet")
    except SessionSocketError as error:
        raise FleetError(str(error)) from None


def kept_runs() -> list[Path]:
    """The folders of the runs that are kept, the newest first. Raises FleetError."""
    return sorted((path.parent for path in fleet_folder().glob(f"*/{BRIEF}")), key=_begin, reverse=True)


def _begin(folder: Path) -> tuple[float, str]:
    try:
        return (folder / BRIEF).stat().st_mtime, folder.name
    except OSError:
        return 0.0, folder.name


def find_run(name: str) -> Path:
    """The folder of the run with this name or beginning of a name; of the newest for ''. Raises FleetError."""
    kept = kept_runs()
    if not kept:
        raise FleetError("no run of a fleet is kept here; ovtui fleet run makes one")
    if not name:
        return kept[0]
    found = [path for path in kept if path.name == name] or [path for path in kept if path.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise FleetError(f"several runs begin with {in_quotes(name)}: {', '.join(path.name for path in found[:6])}")
    raise FleetError(f"no run {in_quotes(name)} is kept here; ovtui fleet show lists them")


def new_name() -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"


def check_name(name: str) -> None:
    """Raises FleetError."""
    if not RUN_NAME.fullmatch(name):
        raise FleetError(f"the name {in_quotes(name)}: write up to 80 letters, digits, '-' and '_'")


class RunFolder:
    """Owner: the controller, which is the only one that writes to it while it has it open."""

    def __init__(self, folder: Path, brief: FleetBrief, lock_fd: int | None) -> None:
        self.folder, self.brief = folder, brief
        self._lock_fd = lock_fd
        self._file_names = _file_names([box.name for box in brief.boxes])

    @classmethod
    def make(cls, brief: FleetBrief) -> RunFolder:
        """Raises FleetError, also where there is one of that name."""
        check_name(brief.name)
        folder = fleet_folder() / brief.name
        try:
            folder.mkdir(mode=0o700)
            for each in ("boxes", "recordings"):
                (folder / each).mkdir(mode=0o700)
            lock_fd = _lock(folder)
            atomic_write.write_bytes(folder / BRIEF, to_json(brief), 0o600)
        except FileExistsError:
            raise FleetError(f"there is a run {brief.name} already; name a new one, or ovtui fleet resume it") from None
        except OSError as error:
            raise FleetError(f"{folder}: cannot be written to: {error.strerror}") from None
        except SettingsError as error:
            raise FleetError(str(error)) from None
        return cls(folder, brief, lock_fd)

    @classmethod
    def take(cls, folder: Path) -> RunFolder:
        """One that is there, to go on with it. Raises FleetError, also where another controller works on it."""
        return cls(folder, read_brief(folder), _lock(folder))

    @classmethod
    def look(cls, folder: Path) -> RunFolder:
        """Only to read. Raises FleetError."""
        return cls(folder, read_brief(folder), None)

    def journal(self, box: str) -> Journal:
        return Journal(self.folder / "boxes" / f"{self._file_names[box]}.jsonl")

    def standing(self, box: str) -> Standing:
        """Raises FleetError."""
        try:
            return self.journal(box).read()
        except OSError as error:
            raise FleetError(f"{error.filename}: cannot be read: {error.strerror}") from None

    def recording(self, box: str) -> Path:
        return self.folder / "recordings" / f"{self._file_names[box]}.ovtui"

    @property
    def report(self) -> Path:
        """Where the JSON of a run that is over is kept."""
        return self.folder / REPORT

    def close(self) -> None:
        if self._lock_fd is not None:
            os.close(self._lock_fd)
            self._lock_fd = None


def read_brief(folder: Path) -> FleetBrief:
    """Raises FleetError."""
    path = folder / BRIEF
    try:
        return from_json(msgspec.json.Decoder(FleetBrief), path.read_bytes())
    except OSError as error:
        raise FleetError(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.MsgspecError, SettingsError):
        raise FleetError(f"{path}: is damaged, or of another version; begin a new run") from None


def _lock(folder: Path) -> int:
    """Held while a controller works on the run. Raises FleetError."""
    try:
        return lock_folder(folder)
    except BlockingIOError:
        raise FleetError(f"another ovtui works on the run {folder.name}; wait for its end, or stop it") from None
    except OSError as error:
        raise FleetError(f"{folder}: cannot be written to: {error.strerror}") from None


def _file_names(names: list[str]) -> dict[str, str]:
    """A file name for each box: its own where it can be one."""
    made: dict[str, str] = {}
    for number, name in enumerate(names, 1):
        plain = re.sub(r"[^A-Za-z0-9._@-]", "_", name)[:100]
        while plain.startswith((".", "-")) or plain in made.values():
            plain = f"{number}_{plain.lstrip('.-')}"
        made[name] = plain
    return made
