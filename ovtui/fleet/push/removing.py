"""What push and runs have left on a box, taken away; a recording that is nowhere else stays unless it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ovtui.fleet.box import Box, FleetError
from ovtui.fleet.on_box.starting import folder_name, run_of_folder
from ovtui.fleet.push.asking_there import ask_there
from ovtui.fleet.push.probe import probe_script, probed_box, usable_pythons
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.run_folder import RunFolder
from ovtui.settings.shown_text import shown

REMOVE_S = 300.0
IsFetched = Callable[[str, int], bool]
"""Whether a run's recording lies here whole: by its folder's name there and its size there in bytes. The folder may be
that of another box, with the same HOME."""


@dataclass(frozen=True)
class Removed:
    paths: tuple[str, ...]
    freed_bytes: int
    kept: tuple[str, ...]
    """Recordings that were never fetched, with their sizes: 'PATH (3 MB)'."""
    stopped: int
    """How many processes ran out of it."""


async def remove_from(
    line: Line, box: Box, *, dry: bool, force: bool, recordings: bool, is_fetched: IsFetched,
    tell: Callable[[str, int, int], None],
) -> Removed:  # fmt: skip
    """`recordings`: those that were never fetched go too. `force`: what runs is ended first. Raises BoxError."""
    tell("looking", 0, 0)
    answer = await line.run(probe_script(box), silence_s=60)
    python = usable_pythons(box, probed_box(answer.stdout))[0][0].path
    there = await ask_there(line, python, {"do": "runs"}, whole_s=REMOVE_S)
    runs: dict[str, Any] = there["runs"] if isinstance(there.get("runs"), dict) else {}
    keep = [
        name for name, size in runs.items() if not recordings and not is_fetched(name, int(size))
    ]  # fmt: skip
    tell("removing", 0, 0)
    request = {"do": "remove", "dry": dry, "force": force, "keep_runs": keep}
    found = await ask_there(line, python, request, whole_s=REMOVE_S)
    kept = [each for each in found.get("kept") or [] if isinstance(each, dict)]
    return Removed(
        paths=tuple(shown(str(path)) for path in found.get("removed") or []),
        freed_bytes=int(found.get("bytes") or 0),
        kept=tuple(f"{shown(str(each.get('path')))} ({int(each.get('bytes') or 0) / 1e6:.1f} MB)" for each in kept),
        stopped=int(found.get("stopped") or 0),
    )


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
