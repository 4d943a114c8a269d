"""`ovtui config`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from ovtui.cli.exits import Exit
from ovtui.cli.options import read_config, resolved_from, view_from
from ovtui.settings import locations
from ovtui.settings.config import Config, load
from ovtui.settings.keys import KeyMap


def show(given: dict[str, Any], *, origin: bool) -> int:
    from ovtui.settings.template import in_force

    config = read_config()
    settings, view = resolved_from(given, config), view_from(given, config)
    origins = {
        "settings": settings.origin,
        "settings.properties": {key.partition(".")[2]: name for key, name in settings.origin.items() if "." in key},
        "view": view.origin,
    }
    keys = _keys_of(config)
    text = in_force(
        settings.settings,
        view.view,
        {action: list(names) for action, names in keys.changed.items()},
        (lambda table, key: origins.get(table, {}).get(key, config.layer)) if origin else None,
    )
    click.echo(text, nl=False)
    for problem in keys.problems:
        print(f"ovtui: {config.key_problem(problem)}", file=sys.stderr)
    return Exit.FINE


def template() -> int:
    from ovtui.dashboard.key_actions import actions
    from ovtui.settings.template import template as text_of

    click.echo(text_of(actions()), nl=False)
    return Exit.FINE


def path() -> int:
    click.echo(locations.config_file())
    return Exit.FINE


def check(file: str | None) -> int:
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
        if problem.taken:
            print(f"ovtui: {config.key_problem(problem)}", file=sys.stderr)
        else:
            wrong.append(str(config.key_problem(problem)))
    for sentence in wrong:
        click.echo(sentence)
    if not wrong:
        print(f"ovtui: {where} is fine", file=sys.stderr)
    return Exit.FAILED if wrong else Exit.FINE


def docs() -> int:
    from ovtui.settings.reference import reference

    click.echo(reference(), nl=False)
    return Exit.FINE


def _keys_of(config: Config) -> KeyMap:
    """The keys in force; a config that has none costs no import of the dashboard."""
    if not config.keys:
        return KeyMap({}, {}, [])
    from ovtui.dashboard.key_actions import keys_in_force

    return keys_in_force(config.keys)
