"""The folder of a sweep: what it looks for, its storage and its recordings. All that another process needs to go on
with it after this one was killed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

import msgspec

from ovtui.host.folder_lock import lock_folder
from ovtui.host.state_paths import state_folder
from ovtui.records.study_events import SweepSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write
from ovtui.settings.schema.settings import Settings

BRIEF, JOURNAL = "sweep.json", "journal.log"
NO_OPTUNA = "a sweep needs Optuna, which is not here: pip install 'ovtui[sweep]'"


class SweepBrief(msgspec.Struct, frozen=True):
    """What a sweep looks for, and with which settings it began."""

    spec: SweepSpec
    settings: Settings


class SweepFolderError(Exception):
    """The folder cannot be used. The text is one sentence for a person."""


def why_not_able() -> str:
    """Why no sweep can be made here, as a sentence; empty where one can."""
    try:
        return "" if find_spec("optuna") is not None else NO_OPTUNA
    except ImportError:
        return NO_OPTUNA


def newest_folder() -> Path | None:
    """That of the sweep which began last; None where there is none. Raises SessionSocketError."""
    found = (state_folder() / "sweeps").glob(f"*/{BRIEF}")
    return max((path.parent for path in found), key=lambda path: path.name, default=None)


def new_recording(folder: Path) -> Path:
    """The path of the folder's next recording. Names are numbers, in the order in which the sweep went on."""
    taken = [int(path.stem) for path in folder.glob("*.ovtui") if path.stem.isdigit()]
    return folder / f"{max(taken, default=0) + 1}.ovtui"


def read_brief(folder: Path) -> SweepBrief:
    """Raises SweepFolderError."""
    path = folder / BRIEF
    try:
        return msgspec.json.decode(path.read_bytes(), type=SweepBrief)
    except FileNotFoundError:
        raise SweepFolderError(f"{folder}: there is no sweep in it") from None
    except OSError as error:
        raise SweepFolderError(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError:
        raise SweepFolderError(f"{path}: is damaged, or of another version; begin a new sweep") from None


def write_brief(folder: Path, spec: SweepSpec, settings: Settings) -> None:
    """Raises SweepFolderError."""
    brief = SweepBrief(msgspec.structs.replace(spec, resumes=""), settings)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        atomic_write.write(folder / BRIEF, msgspec.json.format(msgspec.json.encode(brief)).decode())
    except OSError as error:
        raise SweepFolderError(f"{folder}: cannot be written to: {error.strerror}") from None
    except SettingsError as error:
        raise SweepFolderError(str(error)) from None


def claim_folder(folder: Path, spec: SweepSpec, settings: Settings) -> None:
    """Writes the brief of a sweep into its folder. Raises SweepFolderError, also where another sweep is in it."""
    if (folder / BRIEF).exists():
        there = read_brief(folder)
        same = (there.spec.vary, there.spec.goal, there.spec.slo, there.settings.model)
        if same != (spec.vary, spec.goal, spec.slo, settings.model):
            raise SweepFolderError(f"{folder}: another sweep is in it; name a new folder")
    write_brief(folder, spec, settings)


class FolderLock:
    """Held while a process writes to the folder's storage; the kernel gives it up when that process is killed."""

    def __init__(self, folder: Path) -> None:
        """Raises SweepFolderError where another process holds it."""
        try:
            self._fd = lock_folder(folder)
        except BlockingIOError:
            raise SweepFolderError(f"{folder}: another sweep writes to it; wait for its end, or stop it") from None
        except OSError as error:
            raise SweepFolderError(f"{folder}: cannot be written to: {error.strerror}") from None

    def close(self) -> None:
        os.close(self._fd)
