"""`ovtui demo`: recordings that come with ovtui, for whoever has no GPU at hand."""

from __future__ import annotations

from pathlib import Path

import click

from ovtui.cli import replay
from ovtui.records.events import Compiled, DeviceChanged, ModelRead, SessionBegan
from ovtui.records.session_reader import SessionReader

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "recordings", _PACKAGE.parent / "recordings")
"""In the wheel, and in a checkout."""


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
        with_title = SessionReader(str(path))
        click.echo(f"{name}  {with_title.meta.get('title', '')}")
        with_title.close()
        click.echo(f"    {provenance(path)}")
    return 0


def recordings() -> dict[str, Path]:
    """Ours by name. Raises click.ClickException where none came along."""
    for folder in FOLDERS:
        found = {path.stem: path for path in sorted(folder.glob("*.ovtui"), reverse=True)}
        if found:
            return found
    raise click.ClickException(f"this installation of ovtui has no recordings ({FOLDERS[0]})")


def provenance(path: Path) -> str:
    """On which hardware and with which command it was made, in a line."""
    file = SessionReader(str(path))
    cpu, devices, served = "", {}, ""
    for _, event in file.events():
        match event:
            case SessionBegan():
                cpu = event.machine.cpu
            case ModelRead():
                devices = event.available
            case Compiled():
                served = ",".join(event.execution_devices)
            case DeviceChanged():
                served = ",".join(event.after)
            case _:
                pass
    parts = [f"made on {cpu}"]
    if served in devices and devices[served] != cpu:
        parts.append(f"{served} {devices[served]}")
    parts.append(f"with: {file.meta.get('command', 'ovtui')}")
    if file.meta.get("note"):
        parts.append(file.meta["note"])
    file.close()
    return " · ".join(parts)
