"""`ovtui config`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.groups import DefaultGroup
from ovtui.cli.options import (
    SettingsCommand,
    display_from,
    display_options,
    read_config,
    resolved_from,
    settings_options,
)
from ovtui.cli.path_type import PATH
from ovtui.cli.terminal_text import print_data, print_line

if TYPE_CHECKING:
    from ovtui.settings.files.config import Config
    from ovtui.settings.keymap.resolve import KeyMap


@click.group(cls=DefaultGroup, alone="show")
def config() -> None:
    """Show the settings in force, check the file. Alone it is `ovtui config show`."""


@config.command(cls=SettingsCommand)
@settings_options
@display_options
@click.option("--origin", is_flag=True, help="Show where each value comes from.")
def show(origin: bool, **given: Any) -> int:
    """Print the settings in force, as TOML. These are the settings that a run with the same options would have."""
    from ovtui.settings.files.config_template import values_in_force

    config = read_config()
    settings, view = resolved_from(given, config), display_from(given, config)
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
    print_data(text)
    for problem in keys.problems:
        notify(str(config.key_problem(problem)))
    return Exit.FINE


@config.command()
def template() -> int:
    """Print a config file with every setting. Each has its help and its default, as a comment."""
    from ovtui.dashboard.keys.keymap import rebindable_actions
    from ovtui.settings.files.config_template import template as template_text

    click.echo(template_text(rebindable_actions()), nl=False)
    return Exit.FINE


@config.command()
def path() -> int:
    """Print where the config file is, or would be."""
    from ovtui.settings.files import locations

    print_data(f"{locations.config_file()}\n")
    return Exit.FINE


@config.command()
@click.argument("file", type=PATH, required=False, shell_complete=completers.toml_files)
def check(file: str | None) -> int:
    """Print every mistake in the config file. Checks FILE where one is named; exit code 1 where there is a mistake."""
    from ovtui.settings.files import locations
    from ovtui.settings.files.config import load

    config_file = Path(file) if file else locations.config_file()
    if not config_file.exists():
        if file:
            raise click.UsageError(f"{config_file}: no such file")
        notify(f"there is no {config_file}, and none is needed; `ovtui config template` prints one")
        return Exit.FINE
    config = load(config_file)
    wrong = [str(problem) for problem in config.problems]
    for problem in _keys_of(config).problems:
        if problem.is_remark:
            notify(str(config.key_problem(problem)))  # a remark: the key works
        else:
            wrong.append(str(config.key_problem(problem)))
    for text in wrong:
        print_line(text)
    if not wrong:
        notify(f"{config_file} is fine")
    return Exit.FAILED if wrong else Exit.FINE


@config.command()
def docs() -> int:
    """Print docs/settings.md."""
    from ovtui.settings.files.settings_docs import settings_page

    click.echo(settings_page(), nl=False)
    return Exit.FINE


def _keys_of(config: Config) -> KeyMap:
    """The keys in force. Imports the dashboard only for a config file that changes keys."""
    from ovtui.settings.keymap.resolve import KeyMap

    if not config.keys:
        return KeyMap({}, {}, [])
    from ovtui.dashboard.keys.keymap import resolve_bindings

    return resolve_bindings(config.keys)
