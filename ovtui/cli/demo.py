"""`ovtui demo`: recordings that come with ovtui, for whoever has no GPU at hand."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli import replay
from ovtui.records.replay import Recording

FOLDER = Path(__file__).parents[1] / "recordings"


def play(name: str, *, speed: float, json_path: str) -> int:
    """The recording of that name; without one, the first."""
    known = recordings()
    if name and name not in known:
        raise click.UsageError(f"no demo {name!r}; there are {', '.join(known)}")
    path = known[name] if name else next(iter(known.values()))
    click.echo(f"ovtui: {provenance(path)}", err=True)
    return replay.replay(str(path), speed=speed, json_path=json_path)


def list_all() -> int:
    for name, path in recordings().items():
        recording = Recording(str(path))
        click.echo(f"{name}  {recording.meta.get('title', '')}\n    {recording.provenance}")
        recording.close()
    return 0


def recordings() -> dict[str, Path]:
    """Ours by name. Raises click.ClickException where none came along."""
    found = {path.stem: path for path in sorted(FOLDER.glob("*.ovtui"), reverse=True)}
    if not found:
        raise click.ClickException(f"this installation of ovtui has no recordings in {FOLDER}")
    return found


def provenance(path: Path) -> str:
    recording = Recording(str(path))
    try:
        return recording.provenance
    finally:
        recording.close()
