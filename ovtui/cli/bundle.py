"""`ovtui bundle`: what belongs to a ticket about a session, in one file."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import why_not_writable
from ovtui.cli.path_type import PATH
from ovtui.cli.replay import find_recording, newest_recording
from ovtui.cli.session_options import size_option_value
from ovtui.cli.terminal_text import print_data, print_line

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ovtui.host.bundle.bundle import Bundle
    from ovtui.host.bundle.session_parts import Subject


def _sessions_and_recordings(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [*completers.sessions(ctx, parameter, incomplete), *completers.recordings(ctx, parameter, incomplete)]


@click.command()
@click.argument(
    "session", type=PATH, required=False, default="", metavar="[SESSION|FILE]", shell_complete=_sessions_and_recordings
)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="",
    metavar="FILE",
    shell_complete=completers.paths,
    help="The file to write; ovtui-bundle-DATE.tar.gz in the current folder unless given.",
)
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@click.option("--yes", is_flag=True, help="List what is inside, and write it without asking.")
@click.option("--with-names", is_flag=True, help="Keep the names of people and hosts, and paths under home.")
@click.option("--no-session", is_flag=True, help="Of the machine alone, without a session or a recording.")
@click.option(
    "--recording-limit", "limit_bytes", default="32M", metavar="SIZE", callback=size_option_value, show_default=True,
    help="Size of the recording; of a larger one its last part is taken.",
)  # fmt: skip
def bundle(
    session: str, output: str, force: bool, yes: bool, with_names: bool, no_session: bool, limit_bytes: int
) -> int:
    """Write one file for a ticket. It has doctor, devices, inspect, settings, result, recording and logs, without names
    of people and hosts. SESSION is a running one; without it the only one that runs, else the last recording."""
    if no_session and session:
        raise click.UsageError("--no-session and a session exclude each other")
    if output == "-":
        raise click.UsageError("--output -: a bundle is a file; name one")
    target = Path(output or f"ovtui-bundle-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz").absolute()
    _check_target(target, force=force)
    from ovtui.host.bundle.bundle import Bundle, NamesFound, gathering_folder, names_to_leave_out

    subject = None if no_session else _find(session)
    try:
        with gathering_folder() as folder:
            made = Bundle(folder, subject, None if with_names else names_to_leave_out(None, subject))
            try:
                made.gather(limit_bytes, _tell)
            except NamesFound as error:
                raise click.ClickException(str(error)) from None
            except OSError as error:
                raise click.ClickException(
                    f"no bundle is written: gathering it in {folder} failed: {error.strerror or error}"
                ) from None
            _list(made, target)
            if not yes and _can_ask() and not _is_wanted():
                notify("nothing was written")
                return Exit.FAILED
            _write(made, target, replace=force)
    except OSError as error:
        if error.filename == "stdout":
            raise
        raise click.ClickException(f"no bundle is written: {error.strerror or error}") from None
    if sys.stdout.isatty():
        print_line(output or target.name)
    else:
        print_data(f"{output or target.name}\n")
    return Exit.FINE


def _check_target(target: Path, *, force: bool) -> None:
    """Raises click.UsageError, before anything is gathered."""
    reason = ""
    if (target.exists() or target.is_symlink()) and not target.is_dir() and not force:
        reason = "that exists already; name a new file, or give --force"
    elif target.exists() and not target.is_file() and not target.is_dir():
        reason = "that is no file; name one"
    reason = reason or why_not_writable(target)
    if reason:
        raise click.UsageError(f"--output {target}: {reason}")


def _find(session: str) -> Subject | None:
    """The session or recording that is named; without a name the only one that runs, else the newest recording, else
    none. Raises click.ClickException, click.UsageError."""
    from ovtui.host import session_socket
    from ovtui.host.bundle.session_parts import Subject
    from ovtui.host.session_query import ask, ask_all
    from ovtui.records.session_file.shipped import SUFFIX

    if not session:
        found = ask_all()
        if len(found) > 1:
            names = ", ".join(answer.session for answer in found)
            raise click.UsageError(f"several sessions are running; name one of {names}, or a recording")
        if found:
            return _live(found[0])
        return _newest_recording()
    if "/" not in session and not session.endswith(SUFFIX):
        try:
            session_socket.remove_dead_sockets()
            name = session_socket.resolve_name(session)
            if answers := ask([name]):
                return _live(answers[0])
        except session_socket.NoSession:
            pass  # a recording, then
        except session_socket.SessionSocketError as error:
            raise click.ClickException(str(error)) from None
    path = find_recording(session)
    if not Path(path).exists() and "/" not in session:
        raise click.ClickException(f"no session {session} is running, and no recording has that name")
    _check_recording(path)
    return Subject(recording=path)


def _check_recording(path: str) -> None:
    from ovtui.records.session_file.opening import SessionFileError, check_kind

    try:
        check_kind(path)
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None


def _newest_recording() -> Subject | None:
    from ovtui.host import state_paths
    from ovtui.host.bundle.session_parts import Subject

    try:
        kept = state_paths.unnamed_recordings()
    except OSError as error:
        notify(f"of the machine alone, for recordings cannot be looked for: {error}")
        return None
    if not kept:
        notify("of the machine alone: no session is running, and none has been recorded")
        return None
    path = newest_recording(kept)
    notify(f"no session is running: of the last recording, {path}")
    return Subject(recording=path)


def _live(answer: object) -> Subject:
    from ovtui.host.bundle.session_parts import Subject, recording_of
    from ovtui.host.session_query import Answer

    assert isinstance(answer, Answer)
    if answer.status is not None:
        return Subject(answer.session, answer.pid, recording=answer.status.record)
    notify(answer.problem)
    return Subject(answer.session, answer.pid, answer.problem, recording_of(answer.pid) if answer.pid else "")


def _tell(text: str) -> None:
    """What it does at present, for a person who waits."""
    if sys.stderr.isatty():
        notify(text)


def _list(made: Bundle, target: Path) -> None:
    """On stderr: stdout has the name of the file alone."""
    parts = made.parts
    width = max(len(part.name) for part in parts)
    notify(f"what belongs into {target.name}:")
    for part in parts:
        told = "missing" if part.size_bytes is None else _size_text(part.size_bytes)
        more = part.missing or part.remark
        notify(f"  {part.name:{width}}  {told:>8}  {part.holds}{f' ({more})' if more else ''}")
    notify(made.left_out_text())


def _size_text(size_bytes: int) -> str:
    from ovtui.metrics.number_format import size

    return size(size_bytes) if size_bytes >= 1000 else f"{size_bytes} B"


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _is_wanted() -> bool:
    while True:
        print("ovtui: write it? [y/n] ", end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("y", "yes"):
            return True
        if not answer or answer.strip().lower() in ("n", "no"):
            return False


def _write(made: Bundle, target: Path, *, replace: bool) -> None:
    try:
        made.write(target, replace=replace)
    except FileExistsError:
        raise click.ClickException(f"--output {target}: that has come up meanwhile; nothing was written") from None
    except OSError as error:
        raise click.ClickException(f"--output {target}: not written: {error.strerror or error}") from None
