"""`ovtui demo`: recordings that come with ovtui, for whoever has no GPU at hand."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli import replay
from ovtui.records.session_file import shipped
from ovtui.records.session_file.replay import Replay

FIRST = "auto-latency"
"""What `ovtui demo` shows when it is not told what: a handover."""


def play(name: str, *, speed: float, json_path: str) -> int:
    """The recording of that name; without one, FIRST."""
    known = recordings()
    if name and name not in known:
        raise click.UsageError(f"no demo {name!r}; there are {', '.join(known)}")
    path = known[name or FIRST]
    click.echo(f"ovtui: {provenance(path)}", err=True)
    return replay.replay(str(path), speed=speed, json_path=json_path)


def list_all() -> int:
    for name, path in recordings().items():
        recording = Replay(str(path))
        click.echo(f"{name}  {recording.meta.get('title', '')}\n    {recording.provenance}")
        recording.close()
    return 0


def recordings() -> dict[str, Path]:
    """Ours by name. Raises click.ClickException where they did not come along."""
    found = shipped.shipped_recordings()
    if FIRST not in found:
        raise click.ClickException(f"this installation of ovtui has no recordings in {shipped.FOLDER}")
    return found


def provenance(path: Path) -> str:
    recording = Replay(str(path))
    try:
        return recording.provenance
    finally:
        recording.close()
