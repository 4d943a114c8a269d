"""`ovtui fleet push`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.path_type import PATH
from ovtui.cli.streams import require_stdout
from ovtui.cli.terminal_text import print_line
from ovtui.cli.text_table import print_table
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.fleet.box import Box, BoxError
    from ovtui.fleet.push.pushing import Pushed
    from ovtui.fleet.reach.line import Line

VERSION = 1
EXTRAS = ("prometheus", "images", "sweep")
"""Those of ovtui that make sense on a box."""
_HEADS = ("BOX", "OVTUI", "OPENVINO", "PYTHON", "SENT", "")
_MB = 1e6


@click.command("push")
@host_options
@click.option("--with", "extras", default="", metavar="LIST", help=f"Extras of ovtui, such as {','.join(EXTRAS)}.")
@click.option(
    "--wheelhouse", type=PATH, default="", metavar="FOLDER", shell_complete=completers.paths,
    help="Wheels that are there, for a machine that reaches no index.",
)  # fmt: skip
@click.option("--link", is_flag=True, help="Put ~/.local/bin/ovtui there, a link to what is pushed.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent to each box and run there, and do neither.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def push_command(extras: str, wheelhouse: str, link: bool, dry_run: bool, as_json: bool, **given: Any) -> int:
    """Bring this ovtui to every box.

    It goes into a virtual environment there, without root and without the internet there. Wheels for each box's Python
    and architecture are fetched here once, those that a box lacks are sent, and what was there before works until the
    new one does. A second push of the same does nothing."""
    if as_json:
        require_stdout("--json")
    chosen = _extras(extras)
    if wheelhouse and not Path(wheelhouse).is_dir():
        raise click.UsageError(f"--wheelhouse: {in_quotes(wheelhouse)} is no folder")
    boxes, options, jobs = boxes_from(given)
    from ovtui.cli.fleet.asked_boxes import ask_boxes, exit_of
    from ovtui.fleet.push.pushing import Wheelhouses, push_to

    houses = Wheelhouses(_cache(), chosen, _openvino(), Path(wheelhouse).absolute() if wheelhouse else None)

    async def work(line: Line, box: Box, tell: Callable[[str, int, int], None]) -> Pushed:
        return await push_to(line, box, houses, link=link, dry=dry_run, tell=tell)

    found = ask_boxes(boxes, options, jobs, work, lambda pushed: pushed.told)
    if as_json:
        from ovtui.records.json_text import json_text

        sys.stdout.buffer.write(json_text({"schema": VERSION, "boxes": [_as_json(*each) for each in found.items()]}))
    else:
        _print(found)
    return exit_of(found)


def _extras(text: str) -> list[str]:
    chosen = [word.strip() for word in text.split(",") if word.strip()]
    for word in chosen:
        if word not in EXTRAS:
            meant = did_you_mean(word, EXTRAS, start="; ")
            raise click.UsageError(f"--with: {in_quotes(word)} is none of {', '.join(EXTRAS)}{meant}")
    return chosen


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("ovtui", appauthor=False) / "fleet" / "wheelhouses"


def _openvino() -> str:
    """The version of OpenVINO here, which the boxes get too; '' where there is none."""
    import importlib.metadata

    try:
        return importlib.metadata.version("openvino")
    except importlib.metadata.PackageNotFoundError:
        return ""


def _print(found: dict[str, Pushed | BoxError]) -> None:
    from ovtui import __version__
    from ovtui.cli.fleet.dry_run import print_there
    from ovtui.fleet.box import BoxError

    rows = []
    for name, each in found.items():
        if not isinstance(each, BoxError):
            size = f"{each.sent_bytes / _MB:.1f} MB"
            rows.append((name, __version__, each.openvino, each.python, size, _what(each)))
    print_table(_HEADS, rows)
    plans: dict[tuple[str, ...], list[str]] = {}
    for name, each in found.items():
        if not isinstance(each, BoxError) and not each.done and each.installed:
            plans.setdefault(tuple(_planned(each)), []).append(name)
    for plan, names in plans.items():
        print_line("")
        print_line(f"{', '.join(names)}:")
        for line in plan:
            print_line(f"  {line}")
    print_there({name: each.scripts for name, each in found.items() if not isinstance(each, BoxError)})


def _what(pushed: Pushed) -> str:
    if not pushed.installed:
        return "is there already"
    return f"in {pushed.venv}" if pushed.done else f"would be in {pushed.venv}"


def _planned(pushed: Pushed) -> list[str]:
    """Below FLEET, the folder of the table without its last part, in which it is made on every box."""
    sends = [f"sends {name}" for name in pushed.sent] or ["sends nothing: the wheels are there"]
    pip = "FLEET/venvs/NEW/bin/python FLEET/wheels/pip-VERSION.whl/pip"
    return [
        *sends,
        f"runs  {pushed.python_path} -m venv --without-pip FLEET/venvs/NEW",
        f"runs  {pip} install --no-index --find-links FLEET/wheels ovtui",
        "puts  FLEET/venv there, a link to venvs/NEW, once that ovtui runs",
    ]


def _as_json(name: str, each: Pushed | BoxError) -> dict[str, Any]:
    from dataclasses import asdict

    from ovtui import __version__
    from ovtui.fleet.box import BoxError

    if isinstance(each, BoxError):
        return {"name": name, "error": {"kind": each.kind, "text": each.text}, "pushed": None}
    pushed = {"ovtui": __version__, **asdict(each)}
    del pushed["scripts"]
    return {"name": name, "error": None, "pushed": pushed}
