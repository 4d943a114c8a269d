"""What push and runs have left on a box, taken away; a recording that is nowhere else stays unless it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.on_box.starting import folder_name, run_of_folder
from ovtui.fleet.push.asking_there import Size, as_kind, ask_there, shown_script
from ovtui.fleet.push.probe import probe_script, probed_box, usable_pythons
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.run_folder import RunFolder
from ovtui.fleet.running.shown_scripts import ShownScript
from ovtui.settings.shown_text import shown

REMOVE_S = 300.0
IsFetched = Callable[[str, int], bool]
"""Whether a run's recording lies here whole: by its folder's name there and its size there in bytes. The folder may be
that of another box, with the same HOME."""


_RUNS = {"do": "runs"}
_MOST_PATHS, _LONGEST_PATH = 10_000, 1000


class _Runs(msgspec.Struct):
    runs: dict[str, Size]


class _Kept(msgspec.Struct):
    path: str
    bytes: Size


class _Gone(msgspec.Struct):
    removed: list[str]
    bytes: Size
    kept: list[_Kept]
    stopped: Size


@dataclass(frozen=True)
class Removed:
    paths: tuple[str, ...]
    freed_bytes: int
    kept: tuple[str, ...]
    """Recordings that were never fetched, with their sizes: 'PATH (3 MB)'."""
    stopped: int
    """How many processes ran out of it."""
    scripts: tuple[ShownScript, ...] = ()
    """Of a dry run: what would run on the box, in the order in which it would."""


async def remove_from(
    line: Line, box: Box, *, dry: bool, force: bool, recordings: bool, is_fetched: IsFetched,
    tell: Callable[[str, int, int], None],
) -> Removed:  # fmt: skip
    """`recordings`: those that were never fetched go too. `force`: what runs is ended first. Raises BoxError."""
    tell("looking", 0, 0)
    answer = await line.run(probe_script(box), silence_s=60)
    python = usable_pythons(box, probed_box(answer.stdout))[0][0].path
    there = await ask_there(line, python, _RUNS, whole_s=REMOVE_S)
    runs = as_kind(there, _Runs).runs
    keep = [name for name, size in runs.items() if not recordings and not is_fetched(name, size)]
    tell("removing", 0, 0)
    request = {"do": "remove", "dry": dry, "force": force, "keep_runs": keep}
    found = as_kind(await ask_there(line, python, request, whole_s=REMOVE_S), _Gone)
    return Removed(
        paths=tuple(_short(path) for path in found.removed[:_MOST_PATHS]),
        freed_bytes=found.bytes,
        kept=tuple(f"{_short(each.path)} ({each.bytes / 1e6:.1f} MB)" for each in found.kept[:_MOST_PATHS]),
        stopped=found.stopped,
        scripts=_shown(box, python, {**request, "dry": False}) if dry else (),
    )


def _shown(box: Box, python: str, request: dict[str, Any]) -> tuple[ShownScript, ...]:
    return (
        ShownScript("which Pythons there are", probe_script(box)),
        ShownScript("which runs are there", shown_script(python, _RUNS)),
        ShownScript("remove", shown_script(python, request)),
    )


def _short(path: str) -> str:
    return shown(path)[:_LONGEST_PATH]


def fetched_here(state: Path) -> IsFetched:
    """By the folders of the runs that are kept here. `state`: that of the fleet."""

    def is_fetched(folder: str, size_bytes: int) -> bool:
        run = run_of_folder(folder)
        try:
            kept = RunFolder.look(state / run)
            boxes = [each.name for each in kept.brief.boxes if folder == folder_name(run, each.name)]
            return bool(boxes) and kept.recording(boxes[0]).stat().st_size == size_bytes
        except (FleetError, OSError, KeyError, ValueError):
            return False

    return is_fetched
