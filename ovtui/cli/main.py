"""The entry point: runs one command and turns every failure into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from ovtui import __version__
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS, silence_interrupts_that_cannot_be_raised
from ovtui.cli.process_start import begin
from ovtui.cli.streams import STDOUT
from ovtui.cli.terminal_output import settle, wait_for_no_stalled_terminal
from ovtui.cli.terminal_text import clean_streams, is_whole_stdout
from ovtui.settings.shown_text import with_bytes

HELP_COLUMNS = 100
"""Longer lines are hard to read."""


def main() -> None:
    INTERRUPTS.install()  # where the program was not started by ovtui.__main__
    silence_interrupts_that_cannot_be_raised()
    begin()
    clean_streams()
    if sys.argv[1:] == ["--version"]:  # before click is imported: 24 ms of CPU instead of 70
        print(f"ovtui {__version__}")
        code = _flush(Exit.FINE)
    else:
        code = _run_whole(sys.argv[1:])
    if INTERRUPTS.count:
        wait_for_no_stalled_terminal()
    settle()
    # Not sys.exit: it joins threads, and the screen's input thread spins for ever on a terminal that hung up while
    # the program was ending (seen once with tmux kill-server two seconds after q).
    os._exit(code)


def _run_whole(arguments: Sequence[str]) -> int:
    """The command and all that it has to write, or the exit code of its interruption."""
    try:
        with INTERRUPTS.unwinding():
            return _flush(run(arguments))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED


def run(arguments: Sequence[str]) -> int:
    """Runs one command; returns the exit code. Every failure ends here, as one sentence on stderr."""
    import click

    from ovtui.cli.root import ovtui

    if "_OVTUI_COMPLETE" in os.environ:  # a shell asks what may follow (completion.py)
        from ovtui.cli.completion import answer

        return answer(ovtui)
    try:
        code = ovtui.main(args=list(arguments), prog_name="ovtui", standalone_mode=False, terminal_width=_help_width())
        return int(code or Exit.FINE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.UsageError as error:
        hint = f" ({error.ctx.command_path} --help)" if error.ctx and error.ctx.parent else " (ovtui --help)"
        text = with_bytes(error.format_message())
        if isinstance(error, click.MissingParameter):
            text = " ".join(text.split())  # click lists the choices on lines of their own
        return _fail(text + hint, Exit.USAGE)
    except click.ClickException as error:
        return _fail(error.format_message(), Exit(error.exit_code))
    except (click.Abort, KeyboardInterrupt) as error:
        if not isinstance(error.__cause__, EOFError):  # which click takes for ctrl+d
            return Exit.INTERRUPTED
        return _fail(
            f"a package that ovtui needs cannot be loaded, a .pyc file is cut off: {error.__cause__}", Exit.FAILED
        )
    except SystemExit:  # click's answer to a pipe whose reader has gone
        return Exit.FAILED
    except BrokenPipeError:
        return Exit.FAILED  # the reader of our output has closed its end
    except OSError as error:
        return _fail_by(error)
    except ImportError as error:  # a package that is damaged, or a library for which there is no room
        if INTERRUPTS.numbers:
            return Exit.INTERRUPTED
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        return _fail(f"a package that ovtui needs cannot be loaded: {last[0]}", Exit.FAILED)
    except MemoryError:
        return _fail("there is not enough memory for this (ulimit -v, or a cgroup's limit)", Exit.FAILED)
    except Exception as error:
        if INTERRUPTS.numbers:
            return Exit.INTERRUPTED  # a module whose import was interrupted may make another error of it
        from ovtui.cli.crash import report_crash

        return report_crash(error)


def _help_width() -> int:
    """As click has it, by our rule of what a terminal's width is."""
    from ovtui.terminal.terminal_size import terminal_size

    return max(min(terminal_size(1).columns, HELP_COLUMNS) - 2, 50)


def _flush(code: int) -> int:
    """Writes what is left for stdout; the exit code, which is not 0 where that fails."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return code or Exit.FAILED
    except (OSError, ValueError) as error:
        failed = _fail_by(error) if isinstance(error, OSError) and is_whole_stdout() else Exit.FAILED
        return failed if code in (Exit.FINE, Exit.LIMIT_MISSED) else code
    return code


def _fail_by(error: OSError) -> int:
    reason = error.strerror or str(error)
    if error.filename == STDOUT:
        from io import StringIO

        sys.stdout = StringIO()  # told once
        reason = f"the output cannot be written to stdout: {reason}"
        return _fail(reason, Exit.FAILED)
    if isinstance(error, FileNotFoundError) and not error.filename and _folder_is_gone():
        reason = "the current folder has been removed; go to another one, or name files by absolute paths"
    return _fail(f"{error.filename}: {reason}" if error.filename else reason, Exit.FAILED)


def _folder_is_gone() -> bool:
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        return True
    return False


def _fail(text: str, code: Exit) -> int:
    notify(text)
    return code
