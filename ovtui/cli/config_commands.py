"""`ovtui config ...`: what each is called with."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.default_command import DefaultCommand
from ovtui.cli.options import settings_options, view_options
from ovtui.cli.single_dash import SettingsCommand


@click.group(cls=DefaultCommand, alone="show")
def config() -> None:
    """The config file and the settings in force; alone it shows these."""


@config.command(cls=SettingsCommand)
@settings_options
@view_options
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
def show(origin: bool, **given: Any) -> int:
    """Print the settings that these options would run with, as TOML."""
    from ovtui.cli import config as worker

    return worker.show(given, origin=origin)


@config.command()
def template() -> int:
    """Print a config file with every setting, its help and its default."""
    from ovtui.cli import config as worker

    return worker.template()


@config.command()
def path() -> int:
    """Print where the config file lies, or would lie."""
    from ovtui.cli import config as worker

    return worker.path()


@config.command()
@click.argument("file", required=False)
def check(file: str | None) -> int:
    """Print what is wrong in the config file, or in FILE; exit code 1 where anything is."""
    from ovtui.cli import config as worker

    return worker.check(file)


@config.command()
def docs() -> int:
    """Print docs/settings.md."""
    from ovtui.cli import config as worker

    return worker.docs()
