"""`ovtui presets`: results on stdout, what was done on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.groups import DefaultGroup
from ovtui.cli.options import SettingsCommand, resolved_from, settings_options
from ovtui.cli.terminal_text import print_data, print_line
from ovtui.settings.files.text_file import read_text
from ovtui.settings.shown_text import in_quotes, padded, shown, width_of


def _is_preset(word: str) -> bool:
    from ovtui.settings.files import presets as preset_files

    return "/" in word or word.endswith(".toml") or Path(word).is_file() or word in preset_files.names()


def _names() -> Iterable[str]:
    from ovtui.settings.files import presets as preset_files

    return preset_files.names()


@click.group(
    cls=DefaultGroup, alone="list", default="show", first_word="command or preset", accepts=_is_preset, names=_names
)
def presets() -> None:
    """List, show, compare and keep presets. Alone it lists them; `ovtui presets NAME` shows one."""


@presets.command("list")
def list_all() -> int:
    """List ovtui's own presets and yours."""
    from ovtui.settings.errors import SettingsError
    from ovtui.settings.files import presets as preset_files

    try:
        own = preset_files.shipped_presets()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    personal, wrong = preset_files.personal()
    named = [(shown(preset.name), preset) for preset in (*own, *personal)]
    width = max(width_of(name) for name, _ in named)
    for name, preset in named:
        print_line(f"{padded(name, width)}  {'' if preset.is_shipped else 'yours: '}{preset.title}")
    for text in wrong:
        notify(text)
    return Exit.FAILED if wrong else Exit.FINE


@presets.command()
@click.argument("name", shell_complete=completers.presets)
def show(name: str) -> int:
    """Print a preset's file."""
    from ovtui.settings.files import presets as preset_files

    preset = _try(lambda: preset_files.find(name))
    print_data(read_text(preset.path).rstrip() + "\n")
    return Exit.FINE


@presets.command()
@click.argument("first", shell_complete=completers.presets)
@click.argument("second", required=False, shell_complete=completers.presets)
def diff(first: str, second: str | None) -> int:
    """Print what a preset changes. Compares with the defaults, or SECOND with FIRST."""
    from ovtui.settings.changes import change_texts
    from ovtui.settings.files import presets as preset_files
    from ovtui.settings.schema.settings import Settings

    old = _try(lambda: preset_files.find(first)).applied_to(Settings()) if second else Settings()
    new = _try(lambda: preset_files.find(second or first)).applied_to(Settings())
    changes = change_texts(old, new)
    width = max((len(name) for name, _, _ in changes), default=0)
    for name, before, after in changes:
        print_line(f"{name:{width}}  {before or '(none)'} → {after or '(none)'}")
    if not changes:
        notify(f"{first} and {second} set the same" if second else f"{first} sets nothing but defaults")
    return Exit.FINE


@presets.command(cls=SettingsCommand)
@click.argument("name", shell_complete=completers.personal_presets)
@settings_options
@click.option("--title", default="", help="A line for the list.")
@click.option("--force", is_flag=True, help="Write over a preset of yours; its comments are kept.")
def save(name: str, title: str, force: bool, **given: Any) -> int:
    """Save settings under a name. They are the settings in force with these options."""
    from ovtui.settings.files import preset_store

    found = resolved_from(given)
    if not force and _try(lambda: preset_store.exists(name)):
        raise click.UsageError(f"preset {in_quotes(name)} is there already; --force writes over it")
    path = _try(lambda: preset_store.save(name, found.settings, keep=found.set_explicitly(), title=title))
    notify(f"saved {path}")
    return Exit.FINE


@presets.command()
@click.argument("source", shell_complete=completers.presets)
@click.argument("name")
def copy(source: str, name: str) -> int:
    """Copy a preset to one of yours. The source may be ovtui's own."""
    from ovtui.settings.files import preset_store

    notify(f"saved {_try(lambda: preset_store.copy(source, name))}")
    return Exit.FINE


@presets.command()
@click.argument("old", shell_complete=completers.personal_presets)
@click.argument("new")
def rename(old: str, new: str) -> int:
    """Give a preset of yours another name."""
    from ovtui.settings.files import preset_store

    notify(f"renamed to {_try(lambda: preset_store.rename(old, new))}")
    return Exit.FINE


@presets.command()
@click.argument("name", shell_complete=completers.personal_presets)
def delete(name: str) -> int:
    """Delete a preset of yours."""
    from ovtui.settings.files import preset_store

    notify(f"deleted {_try(lambda: preset_store.delete(name))}")
    return Exit.FINE


def _try(attempt: Callable[[], Any]) -> Any:
    """The attempt's result. Raises click.UsageError with the sentence of a SettingsError."""
    from ovtui.settings.errors import SettingsError

    try:
        return attempt()
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
