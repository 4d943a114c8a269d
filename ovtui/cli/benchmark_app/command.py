"""`ovtui benchmark_app`: runs a command line of benchmark_app."""

from __future__ import annotations

import click


@click.command(
    "benchmark_app",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def benchmark_app(arguments: tuple[str, ...]) -> int:
    """Run a command line of benchmark_app."""
    raise NotImplementedError
