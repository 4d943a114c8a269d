"""The entry point: runs one command and turns every failure into one sentence and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from ovtui import __version__
from ovtui.cli.exits import Exit, notify


def main() -> None:
    if sys.argv[1:] == ["--version"]:  # before click is imported: 24 ms of CPU instead of 70
        print(f"ovtui {__version__}")
        return
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # Not sys.exit: it joins threads, and the screen's input thread spins for ever on a terminal that hung up while
    # the program was ending (seen once with tmux kill-server two seconds after q).
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code. Every failure ends here, as one sentence on stderr."""
    import click

    from ovtui.cli.root import ovtui

    if "_OVTUI_COMPLETE" in os.environ:  # a shell asks what may follow (completion.py)
        from ovtui.cli.completion import answer

        return answer(ovtui)
    try:
        code = ovtui.main(args=list(arguments), prog_name="ovtui", standalone_mode=False)
        sys.stdout.flush()
        return int(code or Exit.FINE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        hint = f" ({error.ctx.command_path} --help)" if error.ctx and error.ctx.parent else " (ovtui --help)"
        return _fail(error.format_message() + hint, Exit.USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), Exit(error.exit_code))
    except (click.Abort, KeyboardInterrupt):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return Exit.FAILED  # the reader of our output has closed its end
    except OSError as error:
        reason = error.strerror or str(error)
        return _fail(f"{error.filename}: {reason}" if error.filename else reason, Exit.FAILED)


def _fail(text: str, code: Exit) -> int:
    notify(text)
    return code
