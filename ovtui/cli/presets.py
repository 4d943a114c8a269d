"""`ovtui presets`: lists on stdout, what was done on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.options import resolved_from
from ovtui.settings import preset_store, presets
from ovtui.settings.errors import SettingsError
from ovtui.settings.fields import told_differences
from ovtui.settings.schema import Settings


def list_all() -> int:
    try:
        own = presets.presets()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    mine, wrong = presets.personal()
    width = max(len(preset.name) for preset in (*own, *mine))
    for preset in own:
        click.echo(f"{preset.name:{width}}  {preset.title}")
    for preset in mine:
        click.echo(f"{preset.name:{width}}  yours: {preset.title}")
    for sentence in wrong:
        _say(sentence)
    return Exit.FAILED if wrong else Exit.FINE


def show(name: str) -> int:
    preset = _usable(lambda: presets.find(name))
    click.echo(preset.path.read_text(encoding="utf-8").rstrip())
    return Exit.FINE


def diff(first: str, second: str | None) -> int:
    """One line for each setting that differs, from `first` to `second`, or from the defaults to `first`."""
    old = _usable(lambda: presets.find(first)).over(Settings()) if second else Settings()
    new = _usable(lambda: presets.find(second or first)).over(Settings())
    changes = told_differences(old, new)
    width = max((len(name) for name, _, _ in changes), default=0)
    for name, before, after in changes:
        click.echo(f"{name:{width}}  {before or '(none)'} → {after or '(none)'}")
    if not changes:
        _say(f"{first} and {second} set the same" if second else f"{first} sets nothing but defaults")
    return Exit.FINE


def save(name: str, given: dict[str, Any], *, title: str, force: bool) -> int:
    found = resolved_from(given)
    if not force and _usable(lambda: preset_store.exists(name)):
        raise click.UsageError(f"preset {name!r} is there already; --force writes over it")
    path = _usable(lambda: preset_store.save(name, found.settings, keep=found.named(), title=title))
    return _done("saved", path)


def copy(source: str, name: str) -> int:
    return _done("saved", _usable(lambda: preset_store.copy(source, name)))


def rename(old: str, new: str) -> int:
    return _done("renamed to", _usable(lambda: preset_store.rename(old, new)))


def delete(name: str) -> int:
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
