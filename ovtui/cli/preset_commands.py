"""`ovtui presets ...`: what each is called with."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.default_command import DefaultCommand
from ovtui.cli.options import settings_options
from ovtui.cli.single_dash import SettingsCommand


@click.group(cls=DefaultCommand, alone="list", default="show")
def presets() -> None:
    """List, show, compare and keep presets; `ovtui presets NAME` shows one."""


@presets.command("list")
def list_all() -> int:
    """List ovtui's own presets and yours."""
    from ovtui.cli import presets as worker

    return worker.list_all()


@presets.command()
@click.argument("name")
def show(name: str) -> int:
    """Print a preset's file."""
    from ovtui.cli import presets as worker

    return worker.show(name)


@presets.command()
@click.argument("first")
@click.argument("second", required=False)
def diff(first: str, second: str | None) -> int:
    """What a preset changes against the defaults, or against another preset."""
    from ovtui.cli import presets as worker

    return worker.diff(first, second)


@presets.command(cls=SettingsCommand)
@click.argument("name")
@settings_options
@click.option("--title", default="", help="A line for the list.")
@click.option("--force", is_flag=True, help="Write over a preset of yours; its comments are kept.")
def save(name: str, title: str, force: bool, **given: Any) -> int:
    """Keep the settings that these options make under a name."""
    from ovtui.cli import presets as worker

    return worker.save(name, given, title=title, force=force)


@presets.command()
@click.argument("source")
@click.argument("name")
def copy(source: str, name: str) -> int:
    """Copy a preset, ovtui's own or yours, to one of yours."""
    from ovtui.cli import presets as worker

    return worker.copy(source, name)


@presets.command()
@click.argument("old")
@click.argument("new")
def rename(old: str, new: str) -> int:
    """Give a preset of yours another name."""
    from ovtui.cli import presets as worker

    return worker.rename(old, new)


@presets.command()
@click.argument("name")
def delete(name: str) -> int:
    """Delete a preset of yours."""
    from ovtui.cli import presets as worker

    return worker.delete(name)
