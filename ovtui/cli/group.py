"""The command group: a first word that names no command is the dashboard's model."""

from __future__ import annotations

from typing import Any

import click

from ovtui import __version__
from ovtui.cli import commands

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class WithDefault(click.Group):
    """`ovtui model.xml -d CPU` is `ovtui dashboard model.xml -d CPU`."""

    default = "dashboard"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        alone = args and args[0] in ("--version", *CONTEXT["help_option_names"])  # type: ignore[misc]
        if not alone and (not args or args[0] not in self.commands):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        return super().resolve_command(ctx, args)


@click.group(cls=WithDefault, context_settings=CONTEXT)
@click.version_option(__version__, message="%(prog)s %(version)s")
def ovtui() -> None:
    """The terminal instrument for OpenVINO: every request's latency, batch and device, live.

    `ovtui [MODEL] [OPTIONS]` opens the dashboard (all options: ovtui dashboard --help); without MODEL the built-in
    one runs. Without a terminal it does what `ovtui run` does."""


for command in commands.ALL:
    ovtui.add_command(command)
