"""`--dry-run` of the fleet's commands: how each box would be reached, and what would run there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ovtui.cli.terminal_text import print_line
from ovtui.fleet.box import BoxError
from ovtui.fleet.each_box import ask_each
from ovtui.fleet.reach.scripts import HOLD, shown_wrapping
from ovtui.fleet.running.measure_options import MeasureOptions
from ovtui.fleet.running.shown_scripts import ShownScript, as_text, run_scripts
from ovtui.metrics.number_format import size
from ovtui.settings.shown_text import shown

if TYPE_CHECKING:
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.running.run_folder import FleetBrief


def print_dry_run(brief: FleetBrief, reach: ReachOptions) -> None:
    """Connects to nothing. The boxes, and then each different set of scripts with the boxes that would get it."""
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
    options = MeasureOptions(
        run=brief.name, every_s=brief.every_s, keep_s=brief.keep_s, record_limit=brief.record_limit,
        recordings=brief.recordings,
    )  # fmt: skip
    same: dict[str, list[str]] = {}
    for box in brief.boxes:
        scripts = run_scripts(box, brief.settings, options, brief.model)
        same.setdefault(as_text(scripts), []).append(shown(box.name))
    print_scripts(same)


def print_scripts(same: Mapping[str, Sequence[str]]) -> None:
    """`same`: names of boxes by the text of their scripts."""
    for text, names in same.items():
        print_line(
            f"scripts, to sh on {', '.join(names)}; what the box tells first has a name, such as BOX or SESSION:"
        )
        _print_lines(text)
        print_line("")
    print_line(f"the system’s ssh, where it is taken, first holds its line open by: {HOLD}")
    print_line("each goes to `sh -s` by standard input, in the place of SCRIPT, and ends with its line:")
    _print_lines(shown_wrapping())


def print_there(found: Mapping[str, Sequence[ShownScript]]) -> None:
    """What push and remove run, by the name of the box: scripts, most of which give a program to its Python."""
    from ovtui.fleet.push.asking_there import program

    same: dict[str, list[str]] = {}
    for name, scripts in found.items():
        if scripts:
            same.setdefault(as_text(scripts), []).append(shown(name))
    if not same:
        return
    print_line("")
    print_scripts(same)
    print_line("")
    print_line("where PROGRAM stands, this goes to its Python:")
    _print_lines(program())


def _print_lines(text: str) -> None:
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
