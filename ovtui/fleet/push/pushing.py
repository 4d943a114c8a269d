"""ovtui put on a box: asked what it has, sent what it lacks, installed there."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from ovtui import __version__
from ovtui.fleet.box import Box, BoxError, FleetError
from ovtui.fleet.push.asking_there import Size, as_kind, ask_there, shown_script
from ovtui.fleet.push.pip_download import NoWheelError
from ovtui.fleet.push.probe import FoundPython, probe_script, probed_box, usable_pythons
from ovtui.fleet.push.target import Target
from ovtui.fleet.push.wheelhouse import Wheel, Wheelhouse, fetched_wheelhouse, given_wheelhouse
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.shown_scripts import ShownScript, sending_scripts, spelled
from ovtui.settings.shown_text import in_quotes, shown

LOOK_S, INSTALL_S = 120.0, 1800.0
"""A slow machine reads 90 MB to make their sums, and writes 300 MB."""
_ROOM = 1.15
"""Of what the wheels unpack to: files take whole blocks."""
_MB = 1e6
_MOST_CHARS = 600


class _Looked(msgspec.Struct):
    data: str
    wheels: list[str]
    pushed: dict[str, Any] | None
    free_bytes: Size
    version: str
    unmarked: bool


class _Installed(msgspec.Struct):
    told: str
    kept: list[str]


@dataclass(frozen=True)
class Pushed:
    """What a push has done, or would do, on a box."""

    python: str
    """'3.11.2'."""
    python_path: str
    openvino: str
    venv: str
    """Path on the box."""
    sent: tuple[str, ...] = ()
    """File names of the wheels that it lacked."""
    sent_bytes: int = 0
    installed: bool = True
    """False where the same was there already."""
    done: bool = True
    """False for a dry run."""
    told: str = ""
    """A remark, as a sentence."""
    scripts: tuple[ShownScript, ...] = ()
    """Of a dry run: what would run on the box, in the order in which it would."""


@dataclass
class Wheelhouses:
    """For each target one, made once. Owner: the loop; what blocks is in a thread."""

    cache: Path
    extras: Sequence[str]
    openvino: str = ""
    given: Path | None = None
    """A folder of wheels that are there."""
    _made: dict[Target, Wheelhouse | FleetError] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def of(self, target: Target) -> Wheelhouse:
        """Raises FleetError, OSError."""
        async with self._lock:
            if target not in self._made:
                try:
                    self._made[target] = await asyncio.to_thread(self._make, target)
                except FleetError as error:
                    self._made[target] = error
        found = self._made[target]
        if isinstance(found, FleetError):
            raise found
        return found

    def _make(self, target: Target) -> Wheelhouse:
        if self.given is not None:
            return given_wheelhouse(self.given, self.cache, target, self.extras)
        return fetched_wheelhouse(self.cache, target, self.extras, self.openvino)


async def push_to(
    line: Line, box: Box, houses: Wheelhouses, *, link: bool, dry: bool, tell: Callable[[str, int, int], None]
) -> Pushed:
    """`tell`: what goes on, and bytes so far and in all where bytes are sent. Raises BoxError, FleetError, OSError."""
    tell("looking", 0, 0)
    answer = await line.run(probe_script(box), silence_s=60)
    usable = usable_pythons(box, probed_box(answer.stdout))
    tell("fetching wheels here", 0, 0)
    python, house = await _house(houses, usable)
    hashes = {wheel.name: wheel.sha256 for wheel in house.wheels}
    found = as_kind(await ask_there(line, python.path, _look_request(hashes, make=not dry), whole_s=LOOK_S), _Looked)
    pushed = found.pushed
    lacking = [wheel for wheel in house.wheels if wheel.name not in found.wheels]
    version = ".".join(map(str, python.version))
    result = Pushed(
        python=version, python_path=python.path, openvino=house.version_of("openvino"),
        venv=f"{shown(found.data)[:_MOST_CHARS]}/venv", sent=tuple(wheel.name for wheel in lacking),
        sent_bytes=sum(wheel.size_bytes for wheel in lacking), done=not dry,
    )  # fmt: skip
    same = pushed is not None and pushed.get("digest") == house.digest and found.version == __version__
    if same and (not link or (pushed is not None and pushed.get("link"))):
        return replace(result, sent=(), sent_bytes=0, installed=False)
    if found.unmarked:
        raise BoxError("failed", f"{in_quotes(result.venv)} is there and was not made by push: move it away")
    _require_room(found, house, lacking)
    request = _install_request(house, python, link=link)
    if dry:
        return replace(result, scripts=_shown(box, python, _look_request(hashes, make=True), request))
    await _send(line, f"{found.data}/wheels", lacking, tell)
    tell("installing", 0, 0)
    ended = as_kind(await ask_there(line, python.path, request, whole_s=INSTALL_S), _Installed)
    told = [shown(ended.told)[:_MOST_CHARS]]
    if ended.kept:
        told.append(
            f"sessions still run out of the ovtui that was there before; it stays until then ({len(ended.kept)})"
        )
    return replace(result, told="; ".join(filter(None, told)))


async def _house(houses: Wheelhouses, usable: Sequence[tuple[FoundPython, Target]]) -> tuple[FoundPython, Wheelhouse]:
    """Of the first Python that there are wheels for. Raises what the first was refused with."""
    first: NoWheelError | None = None
    for python, target in usable:
        try:
            return python, await houses.of(target)
        except NoWheelError as error:
            first = first or error
    assert first is not None
    raise first


def _require_room(found: _Looked, house: Wheelhouse, lacking: Sequence[Wheel]) -> None:
    """Raises BoxError 'full-disk'."""
    needed = sum(wheel.size_bytes for wheel in lacking) + round(_ROOM * house.unpacked_bytes)
    if found.free_bytes < needed:
        folder = in_quotes(found.data[:_MOST_CHARS])
        text = f"{found.free_bytes / _MB:.0f} MB are free below {folder}, and {needed / _MB:.0f} MB"
        raise BoxError("full-disk", f"{text} are needed: make room there, or set XDG_DATA_HOME to another disk")


async def _send(line: Line, folder: str, wheels: Sequence[Wheel], tell: Callable[[str, int, int], None]) -> None:
    whole, before = sum(wheel.size_bytes for wheel in wheels), 0

    def progress(sent: int, _: int) -> None:
        tell("sending", before + sent, whole)

    mark = hashlib.sha256(line.box.name.encode(errors="surrogateescape")).hexdigest()[:12]  # boxes may share a HOME
    for wheel in wheels:
        await line.send(wheel.path, f"{folder}/{wheel.name}", mark=mark, progress=progress)
        before += wheel.size_bytes


def _look_request(hashes: dict[str, str], *, make: bool) -> dict[str, Any]:
    return {"do": "look", "make": make, "wheels": hashes}


def _shown(box: Box, python: FoundPython, look: dict[str, Any], install: dict[str, Any]) -> tuple[ShownScript, ...]:
    parts = [
        ("which Pythons there are", probe_script(box)),
        ("what is there", shown_script(python.path, look)),
        *sending_scripts("$DATA/wheels/WHEEL", "of each wheel that is lacking"),
        ("install", shown_script(python.path, install)),
    ]
    return tuple(ShownScript(title, spelled(text)) for title, text in parts)


def _install_request(house: Wheelhouse, python: FoundPython, *, link: bool) -> dict[str, Any]:
    versions = (each.distribution for each in house.wheels)
    return {
        "do": "install", "digest": house.digest, "version": __version__, "openvino": house.version_of("openvino"),
        "python": python.path, "wheels": {wheel.name: wheel.sha256 for wheel in house.wheels}, "pip": house.pip.name,
        "requirement": house.requirement, "constraints": [f"{name}=={number}" for name, number in versions],
        "link": link,
    }  # fmt: skip
