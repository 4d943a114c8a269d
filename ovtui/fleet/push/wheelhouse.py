"""The wheels for one kind of target: fetched once, kept in the cache folder here, known by their contents."""

from __future__ import annotations

import email.parser
import hashlib
import importlib.util
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ovtui import __version__
from ovtui.fleet.box import FleetError
from ovtui.fleet.push.own_wheel import make_own_wheel
from ovtui.fleet.push.pip_download import download
from ovtui.fleet.push.target import Target, newest_of_each, wheel_parts
from ovtui.settings.shown_text import in_quotes


@dataclass(frozen=True)
class Wheel:
    path: Path
    sha256: str
    size_bytes: int
    unpacked_bytes: int

    @property
    def name(self) -> str:
        """Of the file."""
        return self.path.name

    @cached_property
    def distribution(self) -> tuple[str, str]:
        """Name and version."""
        parts = wheel_parts(self.name)
        return (parts[0], parts[1]) if parts is not None else (self.name, "")


@dataclass(frozen=True)
class Wheelhouse:
    """All that pip needs on a box to put ovtui into a venv, and pip itself."""

    target: Target
    wheels: tuple[Wheel, ...]
    requirement: str
    """'ovtui[prometheus]==0.1.0'."""

    @property
    def size_bytes(self) -> int:
        return sum(each.size_bytes for each in self.wheels)

    @property
    def unpacked_bytes(self) -> int:
        return sum(each.unpacked_bytes for each in self.wheels)

    @property
    def pip(self) -> Wheel:
        return next(each for each in self.wheels if each.distribution[0] == "pip")

    @cached_property
    def digest(self) -> str:
        """Of its contents and of what is asked of them."""
        lines = [self.requirement, *sorted(f"{each.sha256}  {each.name}" for each in self.wheels)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def version_of(self, name: str) -> str:
        """Of a distribution in it; '' where it is not."""
        return next((each.distribution[1] for each in self.wheels if each.distribution[0] == name), "")


def requirement_of(extras: Sequence[str]) -> str:
    chosen = ",".join(sorted(set(extras)))
    return f"ovtui{f'[{chosen}]' if chosen else ''}=={__version__}"


def fetched_wheelhouse(cache: Path, target: Target, extras: Sequence[str], openvino: str) -> Wheelhouse:
    """Out of the index, unless the same was fetched before. `openvino`: the version of it, '' for the newest. Blocks.
    Raises FleetError, OSError."""
    cache.mkdir(parents=True, exist_ok=True)
    own = _kept_own(cache, make_own_wheel(cache, target))
    chosen = ",".join(sorted(set(extras)))
    beside = ["pip", *([f"openvino=={openvino}"] if openvino else [])]
    asked = "\n".join([*_requires(own), requirement_of(extras), *beside])
    folder = cache / f"{target.name}-{hashlib.sha256(asked.encode()).hexdigest()[:12]}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetched-") as made:
            new = Path(made) / "wheels"
            new.mkdir()
            download(target, [f"{own}[{chosen}]" if chosen else str(own), *beside], new)
            (new / own.name).unlink(missing_ok=True)
            try:
                new.replace(folder)
            except OSError:
                if not folder.is_dir():  # another controller was faster
                    raise
    return Wheelhouse(target, _wheels([own, *folder.glob("*.whl")]), requirement_of(extras))


def given_wheelhouse(given: Path, cache: Path, target: Target, extras: Sequence[str]) -> Wheelhouse:
    """Of wheels that a person has put into a folder: of each the newest that runs on the target. ovtui's own is made
    here where it is not among them. Blocks. Raises FleetError, OSError."""
    names = sorted(path.name for path in given.glob("*.whl"))
    if not names:
        raise FleetError(f"there is no wheel in {in_quotes(str(given))}")
    taken = [given / name for name in newest_of_each([name for name in names if target.takes(name)])]
    distributions = {parts[0]: parts[1] for path in taken if (parts := wheel_parts(path.name)) is not None}
    if "pip" not in distributions and (bundled := _bundled_pip()) is not None:
        taken.append(bundled)
        distributions["pip"] = ""
    lacking = [name for name in ("pip", "openvino", "numpy") if name not in distributions]
    if lacking:
        text = f"in {in_quotes(str(given))} is no wheel of {' and none of '.join(lacking)} for {target.text}"
        raise FleetError(f"{text}; pip download fetches it (docs/fleet.md)")
    if distributions.get("ovtui") != __version__:
        cache.mkdir(parents=True, exist_ok=True)
        taken = [path for path in taken if not path.name.startswith("ovtui-")]
        taken.append(_kept_own(cache, make_own_wheel(cache, target, from_index=False)))
    return Wheelhouse(target, _wheels(taken), requirement_of(extras))


def _bundled_pip() -> Path | None:
    """That of this Python's ensurepip; a distribution may have left it out."""
    found = importlib.util.find_spec("ensurepip")
    places = list(found.submodule_search_locations or []) if found is not None else []
    return next((path for each in places for path in sorted(Path(each).glob("_bundled/pip-*.whl"))), None)


def _kept_own(cache: Path, made: Path) -> Path:
    """In a folder of its contents' name, so that one that is being sent is not replaced by the next."""
    folder = cache / "own" / _sha256(made)[:16]
    folder.mkdir(parents=True, exist_ok=True)
    return made.replace(folder / made.name)


def _requires(wheel: Path) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as opened:
        name = next(each for each in opened.namelist() if each.endswith(".dist-info/METADATA"))
        message = email.parser.BytesParser().parsebytes(opened.read(name), headersonly=True)
    yield from message.get_all("Requires-Dist") or []


def _wheels(paths: Sequence[Path]) -> tuple[Wheel, ...]:
    return tuple(_wheel(path) for path in sorted(paths, key=lambda path: path.name))


def _wheel(path: Path) -> Wheel:
    """Raises FleetError for a file that is no wheel."""
    try:
        with zipfile.ZipFile(path) as opened:
            unpacked = sum(member.file_size for member in opened.infolist())
    except zipfile.BadZipFile:
        raise FleetError(f"{in_quotes(str(path))} is damaged: remove it, and it is fetched again") from None
    return Wheel(path, _sha256(path), path.stat().st_size, unpacked)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
