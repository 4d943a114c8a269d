"""`ovtui fleet run --dry-run`: how each box would be reached and what would run there. Nothing is connected."""

from __future__ import annotations

import asyncio
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ovtui.cli.terminal_text import print_line
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.each_box import ask_each
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.looking import OnBox, looking_script
from ovtui.fleet.on_box.preset import preset_text
from ovtui.fleet.on_box.script import run_ovtui
from ovtui.fleet.on_box.sent_model import there_script
from ovtui.fleet.running.following import follow_words
from ovtui.metrics.number_format import size
from ovtui.settings.shown_text import shown

if TYPE_CHECKING:
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.running.run_folder import FleetBrief

_AS_IF = OnBox("$STATE", "$MODELS", "$OVTUI", "", None)
"""The folders of a box are its own; in the scripts that are shown they have their names."""


def print_dry_run(brief: FleetBrief, reach: ReachOptions) -> None:
    """The boxes, and then each different set of scripts with the boxes that would get it."""
    ways = asyncio.run(_ways(brief, reach))
    for box, way in zip(brief.boxes, ways, strict=True):
        print_line(f"{shown(box.name)}: {way}")
    print_line("")
    if brief.model is not None:
        folder = f"~/.cache/ovtui/fleet/models/{brief.model.key}"
        print_line(f"files, to {folder} of each box unless they are there ({size(brief.model.bytes)}):")
        for file in brief.model.files:
            print_line(f"  {shown(str(PurePosixPath(brief.model.folder) / file.name))}  sha256 {file.sha256}")
        print_line("")
    same: dict[str, list[str]] = {}
    for box in brief.boxes:
        same.setdefault(scripts(brief, box), []).append(shown(box.name))
    for text, names in same.items():
        print_line(f"scripts, to sh on {', '.join(names)} (BOX is the box's name there):")
        for line in text.splitlines():
            print_line(line)


async def _ways(brief: FleetBrief, reach: ReachOptions) -> list[str]:
    from ovtui.fleet.reach.opening import chosen

    found = await ask_each(brief.boxes, lambda box: chosen(box, reach), brief.jobs)
    return [_way(each) for each in found]


def _way(found: tuple[str, str] | BoxError) -> str:
    if isinstance(found, BoxError):
        return f"not reached: {found.text}"
    transport, why = found
    return f"by {'the system’s ssh' if transport == 'ssh' else transport}: {why}"


def scripts(brief: FleetBrief, box: Box) -> str:
    """All that would run on the box, in its order."""
    run, model = starting.folder_name(brief.name, "BOX"), brief.model
    recording = f"$STATE/{run}/{starting.RECORDING}"
    preset = preset_text(brief.settings, model.path_on(_AS_IF) if model is not None else "")
    words = starting.begin_words(brief.keep_s, brief.record_limit)
    parts = [("look", looking_script(box)), ("the facts of the machine", run_ovtui(box, ["doctor", "--json"]))]
    if model is not None:
        there = there_script(model.paths_on(_AS_IF), f"$MODELS/{model.key}", hashed=False)
        parts.append(("is the model there? what is missing is sent, and asked for again", there))
    parts += [
        ("begin, at the same time as the next", starting.begin_script(box, run, preset, words)),
        ("follow", run_ovtui(box, follow_words(recording, brief.every_s))),
        ("end", ending.stop_script(box, "SESSION", at_once=False)),
    ]
    if brief.recordings == "fetch":
        parts += [("fetch", f"# over SFTP: {recording}"), ("take away", ending.removal_script(run))]
    return "\n".join(f"# {title}\n{_spelled(script)}" for title, script in parts)


def _spelled(script: str) -> str:
    """Where a name of a folder stands within single quotes as if it were the folder."""
    return re.sub(r"'(\$(?:STATE|MODELS)[^']*)'", r'"\1"', script)
