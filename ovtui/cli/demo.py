"""`ovtui demo`: recordings that come with ovtui, for a machine without a GPU."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import json_option
from ovtui.cli.replay import open_recording, play, speed_option
from ovtui.cli.terminal_text import print_line, print_wrapped
from ovtui.settings.shown_text import in_quotes

FIRST = "auto-latency"
"""What `ovtui demo` shows without a name: a handover."""


@click.command()
@click.argument("name", required=False, default="", shell_complete=completers.demos)
@click.option("--list", "listing", is_flag=True, help="List them, with the hardware and the command of each.")
@speed_option
@json_option
def demo(name: str, listing: bool, speed: float, json_path: str) -> int:
    """Replay a recording that comes with ovtui. They show handovers and batches to whoever has no GPU."""
    if listing:
        return _list()
    known = recordings()
    if name and name not in known:
        raise click.UsageError(f"no demo {in_quotes(name)}; there are {', '.join(known)}")
    path = known[name or FIRST]
    recording = open_recording(str(path))
    notify(recording.provenance)
    recording.close()
    return play(str(path), speed, json_path)


def recordings() -> dict[str, Path]:
    """ovtui's own recordings by name. Raises click.ClickException where this installation has none."""
    from ovtui.records.session_file import shipped

    found = shipped.shipped_recordings()
    if FIRST not in found:
        raise click.ClickException(f"this installation of ovtui has no recordings in {shipped.FOLDER}")
    return found


def _list() -> int:
    for name, path in recordings().items():
        recording = open_recording(str(path))
        command = recording.meta.get("command", "")
        told = [part for part in recording.provenance.split(" · ") if part != command]
        print_wrapped(recording.meta.get("title", ""), f"{name}  ", "    ")
        print_wrapped(" · ".join(told), "    ", "    ")
        if command:
            print_line(f"    {command}")  # to be copied, so it is not divided
        recording.close()
    return Exit.FINE
