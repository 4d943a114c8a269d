"""`ovtui presets`: lists on stdout, what was done on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ovtui.cli.default_group import DefaultCommand
from ovtui.cli.exits import Exit
from ovtui.cli.options import SettingsCommand, resolved_from, settings_options
from ovtui.settings.changes import change_texts
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import preset_store
from ovtui.settings.files import presets as preset_files
from ovtui.settings.schema.settings import Settings


def _list_all() -> int:
    try:
        own = preset_files.shipped_presets()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    mine, wrong = preset_files.personal()
    width = max(len(preset.name) for preset in (*own, *mine))
    for preset in own:
        click.echo(f"{preset.name:{width}}  {preset.title}")
    for preset in mine:
        click.echo(f"{preset.name:{width}}  yours: {preset.title}")
    for sentence in wrong:
        _say(sentence)
    return Exit.FAILED if wrong else Exit.FINE


def _show(name: str) -> int:
    preset = _usable(lambda: preset_files.find(name))
    click.echo(preset.path.read_text(encoding="utf-8").rstrip())
    return Exit.FINE


def _diff(first: str, second: str | None) -> int:
    """One line for each setting that differs, from `first` to `second`, or from the defaults to `first`."""
    old = _usable(lambda: preset_files.find(first)).over(Settings()) if second else Settings()
    new = _usable(lambda: preset_files.find(second or first)).over(Settings())
    changes = change_texts(old, new)
    width = max((len(name) for name, _, _ in changes), default=0)
    for name, before, after in changes:
        click.echo(f"{name:{width}}  {before or '(none)'} → {after or '(none)'}")
    if not changes:
        _say(f"{first} and {second} set the same" if second else f"{first} sets nothing but defaults")
    return Exit.FINE


def _save(name: str, given: dict[str, Any], *, title: str, force: bool) -> int:
    found = resolved_from(given)
    if not force and _usable(lambda: preset_store.exists(name)):
        raise click.UsageError(f"preset {name!r} is there already; --force writes over it")
    path = _usable(lambda: preset_store.save(name, found.settings, keep=found.set_explicitly(), title=title))
    return _done("saved", path)


def _copy(source: str, name: str) -> int:
    return _done("saved", _usable(lambda: preset_store.copy(source, name)))


def _rename(old: str, new: str) -> int:
    return _done("renamed to", _usable(lambda: preset_store.rename(old, new)))


def _delete(name: str) -> int:
    return _done("deleted", _usable(lambda: preset_store.delete(name)))


def _usable(attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _done(what: str, path: Path) -> int:
    _say(f"{what} {path}")
    return Exit.FINE


def _say(sentence: str) -> None:
    print(f"ovtui: {sentence}", file=sys.stderr)


@click.group(cls=DefaultCommand, alone="list", default="show")
def presets() -> None:
    """List, show, compare and keep presets; `ovtui presets NAME` shows one."""


@presets.command("list")
def list_all() -> int:
    """List ovtui's own presets and yours."""
    return _list_all()


@presets.command()
@click.argument("name")
def show(name: str) -> int:
    """Print a preset's file."""
    return _show(name)


@presets.command()
@click.argument("first")
@click.argument("second", required=False)
def diff(first: str, second: str | None) -> int:
    """What a preset changes against the defaults, or against another preset."""
    return _diff(first, second)


@presets.command(cls=SettingsCommand)
@click.argument("name")
@settings_options
@click.option("--title", default="", help="A line for the list.")
@click.option("--force", is_flag=True, help="Write over a preset of yours; its comments are kept.")
def save(name: str, title: str, force: bool, **given: Any) -> int:
    """Keep the settings that these options make under a name."""
    return _save(name, given, title=title, force=force)


@presets.command()
@click.argument("source")
@click.argument("name")
def copy(source: str, name: str) -> int:
    """Copy a preset, ovtui's own or yours, to one of yours."""
    return _copy(source, name)


@presets.command()
@click.argument("old")
@click.argument("new")
def rename(old: str, new: str) -> int:
    """Give a preset of yours another name."""
    return _rename(old, new)


@presets.command()
@click.argument("name")
def delete(name: str) -> int:
    """Delete a preset of yours."""
    return _delete(name)
