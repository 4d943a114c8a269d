"""`ovtui config`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ovtui.cli.default_group import DefaultCommand
from ovtui.cli.exits import Exit
from ovtui.cli.options import SettingsCommand, read_config, resolved_from, settings_options, view_from, view_options
from ovtui.settings.files import locations
from ovtui.settings.files.config import Config, load
from ovtui.settings.keymap.resolve import KeyMap


def _show(given: dict[str, Any], *, origin: bool) -> int:
    from ovtui.settings.files.config_template import values_in_force

    config = read_config()
    settings, view = resolved_from(given, config), view_from(given, config)
    origins = {
        "settings": settings.origin,
        "settings.properties": {key.partition(".")[2]: name for key, name in settings.origin.items() if "." in key},
        "view": view.origin,
    }
    keys = _keys_of(config)
    text = values_in_force(
        settings.settings,
        view.view,
        {action: list(names) for action, names in keys.changed.items()},
        (lambda table, key: origins.get(table, {}).get(key, config.layer)) if origin else None,
    )
    click.echo(text, nl=False)
    for problem in keys.problems:
        print(f"ovtui: {config.key_problem(problem)}", file=sys.stderr)
    return Exit.FINE


def _template() -> int:
    from ovtui.dashboard.keys.rebinding import rebindable_actions
    from ovtui.settings.files.config_template import template as text_of

    click.echo(text_of(rebindable_actions()), nl=False)
    return Exit.FINE


def _path() -> int:
    click.echo(locations.config_file())
    return Exit.FINE


def _check(file: str | None) -> int:
    """Everything that is wrong, one line each, on stdout; what is only a remark goes to stderr."""
    where = Path(file) if file else locations.config_file()
    if not where.exists():
        if file:
            raise click.UsageError(f"{where}: no such file")
        print(f"ovtui: there is no {where}, and none is needed; `ovtui config template` prints one", file=sys.stderr)
        return Exit.FINE
    config = load(where)
    wrong = [str(problem) for problem in config.problems]
    for problem in _keys_of(config).problems:
        if problem.is_remark:
            print(f"ovtui: {config.key_problem(problem)}", file=sys.stderr)
        else:
            wrong.append(str(config.key_problem(problem)))
    for sentence in wrong:
        click.echo(sentence)
    if not wrong:
        print(f"ovtui: {where} is fine", file=sys.stderr)
    return Exit.FAILED if wrong else Exit.FINE


def _docs() -> int:
    from ovtui.settings.files.settings_docs import settings_page

    click.echo(settings_page(), nl=False)
    return Exit.FINE


def _keys_of(config: Config) -> KeyMap:
    """The keys in force; a config that has none costs no import of the dashboard."""
    if not config.keys:
        return KeyMap({}, {}, [])
    from ovtui.dashboard.keys.rebinding import resolve_bindings

    return resolve_bindings(config.keys)


@click.group(cls=DefaultCommand, alone="show")
def config() -> None:
    """The config file and the settings in force; alone it shows these."""


@config.command(cls=SettingsCommand)
@settings_options
@view_options
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
def show(origin: bool, **given: Any) -> int:
    """Print the settings that these options would run with, as TOML."""
    return _show(given, origin=origin)


@config.command()
def template() -> int:
    """Print a config file with every setting, its help and its default."""
    return _template()


@config.command()
def path() -> int:
    """Print where the config file lies, or would lie."""
    return _path()


@config.command()
@click.argument("file", required=False)
def check(file: str | None) -> int:
    """Print what is wrong in the config file, or in FILE; exit code 1 where anything is."""
    return _check(file)


@config.command()
def docs() -> int:
    """Print docs/settings.md."""
    return _docs()
