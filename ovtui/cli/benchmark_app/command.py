"""`ovtui benchmark_app`: runs a command line of benchmark_app."""

from __future__ import annotations

from typing import Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.session_options import session_options, session_options_from


@click.command(
    "benchmark_app",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@session_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def benchmark_app(arguments: tuple[str, ...], **given: Any) -> int:
    """Run a command line of benchmark_app.

    It is taken as it stands, with all flags of OpenVINO's benchmark_app in the spelling of Python and of C++, and its
    output ends with the lines that benchmark_app prints. -h lists them; --explain prints ovtui's own command for it."""
    from ovtui.cli.benchmark_app.flags import parse

    read = parse(arguments)
    if read.help:
        from ovtui.cli.benchmark_app.help_text import help_lines

        print("\n".join(help_lines()))
        return Exit.FINE
    from ovtui.cli.benchmark_app.translation import translate

    translation = translate(read)
    for note in translation.notes:
        notify(note)
    if translation.arguments.explain:
        from ovtui.cli.benchmark_app.explain import explanation

        print(explanation(translation))
        return Exit.FINE
    from ovtui.cli.benchmark_app.outputs import check_outputs

    check_outputs(translation.arguments)
    if translation.arguments.compiles_only:
        from ovtui.cli.benchmark_app.compile_only import compile_only

        return compile_only(translation)
    options = session_options_from(given, translation.settings)
    from ovtui.cli.benchmark_app.timed_run import timed_run

    return timed_run(translation, options)
