"""`ovtui fleet`: its commands."""

from __future__ import annotations

import click

from ovtui.cli.groups import LazyGroup

COMMANDS = {
    name: f"ovtui.cli.fleet.{module}:{name.replace('-', '_')}_command"
    for module, names in {
        "run": ("run",),
        "resume": ("resume",),
        "show": ("show",),
        "hosts": ("hosts",),
        "attach": ("attach",),
        "doctor": ("doctor",),
        "devices": ("devices",),
        "push": ("push",),
        "remove": ("remove",),
        "sweep": ("sweep",),
        "prometheus_targets": ("prometheus-targets",),
    }.items()
    for name in names
}


@click.group(cls=LazyGroup, lazy_subcommands=COMMANDS)
def fleet() -> None:
    """Measure on many boxes, over SSH. It needs asyncssh: pip install 'ovtui[fleet]'."""
