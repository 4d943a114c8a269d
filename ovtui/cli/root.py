"""The root of the command tree. A first word that names no command is the dashboard's model."""

from __future__ import annotations

import click

from ovtui import __version__
from ovtui.cli.groups import DefaultGroup
from ovtui.settings.model_names import BUILT_IN_MODELS, is_model

COMMANDS = {
    name: f"ovtui.cli.{module}:{name.replace('-', '_')}"
    for module, names in {
        "ab": ("ab",),
        "benchmark_app.command": ("benchmark_app",),
        "bundle": ("bundle",),
        "compare": ("compare",),
        "completion": ("completion",),
        "config": ("config",),
        "dashboard": ("dashboard",),
        "demo": ("demo",),
        "doctor": ("doctor",),
        "devices": ("devices",),
        "export": ("export",),
        "fleet.command": ("fleet",),
        "follow": ("follow",),
        "find_rate": ("find-rate",),
        "inspect": ("inspect",),
        "layers": ("layers",),
        "learn": ("learn",),
        "presets": ("presets",),
        "rank": ("rank",),
        "recordings": ("recordings",),
        "replay": ("replay",),
        "report": ("report",),
        "run": ("run",),
        "sessions": ("sessions", "attach", "stop"),
        "stuck": ("stuck",),
        "sweep": ("sweep",),
        "verify": ("verify",),
    }.items()
    for name in names
}


@click.group(
    cls=DefaultGroup,
    lazy_subcommands=COMMANDS,
    alone="dashboard",
    default="dashboard",
    first_word="command, model file or built-in model",
    accepts=is_model,
    names=lambda: BUILT_IN_MODELS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def ovtui() -> None:
    """The terminal instrument for OpenVINO: every request's latency, batch and device, live.

    `ovtui [MODEL] [OPTIONS]` opens the dashboard (all options: ovtui dashboard --help); without MODEL the built-in
    one runs. Without a terminal it does what `ovtui run` does."""
