"""`ovtui replay`: the dashboard, or the result, of a recording; and how every command finds and opens a recording."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ovtui.cli import completers
from ovtui.cli.crash import report_crash
from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.output import check_json_path, json_option, write_result
from ovtui.cli.path_type import PATH
from ovtui.cli.quick_start import imported_dashboard
from ovtui.settings.listing import first_few

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest
    from ovtui.records.session_file.replay import Replay
    from ovtui.records.source import Update

LATEST_S = 1e9
"""Of --at: beyond the end of any recording."""
recording_argument = click.argument("file", type=PATH, required=False, default="", shell_complete=completers.recordings)
speed_option = click.option(
    "--speed", default=1.0, type=click.FloatRange(0.01, 100), show_default=True, metavar="FACTOR",
    help="Speed to begin with.",
)  # fmt: skip


@click.command()
@recording_argument
@speed_option
@click.option(
    "--at", "at_s", default=0.0, type=click.FloatRange(min=0), metavar="SECONDS",
    help="Moment of the session to begin at, such as a point of a sweep.",
)  # fmt: skip
@json_option
def replay(file: str, speed: float, at_s: float, json_path: str) -> int:
    """Replay a recording on the dashboard. Without FILE it is the last one; without a terminal, print its result."""
    return play(find_recording(file), speed, json_path, at_s)


def play(path: str, speed: float, json_path: str, at_s: float = 0.0) -> int:
    """Shows a recording on the dashboard, from `at_s` on, or writes its result where there is no terminal or JSON is
    asked for."""
    from ovtui.cli.dashboard import after_the_screen, has_screen, preferences_from, terminal_gone

    recording = open_recording(path, speed)
    try:
        if json_path or not has_screen("this is the recording's result"):
            return _write_result(recording, json_path)
        recording.seek(int(min(at_s, LATEST_S) * 1e9) if at_s > 0 else 0)  # FloatRange takes nan
        run_dashboard = imported_dashboard()
        from ovtui.host.crash_files import fatal_errors_are_written

        with INTERRUPTS.held(), fatal_errors_are_written():
            outcome = run_dashboard(recording, preferences_from(), signal_before=lambda: INTERRUPTS.first)
        after_the_screen(outcome, gone=terminal_gone())
        if outcome.crash is not None:
            return report_crash(outcome.crash, "the dashboard", f"; the recording {path} is unharmed")
        if not terminal_gone():
            write_result(outcome.digest, "")  # of what was replayed, under the warm-up rule that was chosen
            damaged = tell_of_file(recording)
            if not outcome.signal and (damaged or _tells_of_nothing(outcome.digest)):
                return Exit.FAILED
        return Exit.INTERRUPTED if outcome.signal else Exit.FINE
    finally:
        recording.close()


def find_recording(name: str) -> str:
    """The path of a recording: a file, or the name of one that was kept without --record; with '' the newest of these.

    Raises click.UsageError where '' finds none, click.ClickException where the state folder cannot be used."""
    if name and ("/" in name or Path(name).exists()):
        return name
    from ovtui.host import state_paths

    try:
        kept = state_paths.unnamed_recordings()
    except OSError as error:
        if name:
            return name
        raise click.ClickException(str(error)) from None
    if name:
        return next((str(path) for path in kept if name in (path.name, path.stem)), name)
    if not kept:
        raise click.UsageError("no session has been recorded yet; name a FILE")
    return newest_recording(kept)


def newest_recording(kept: list[Path]) -> str:
    """The newest of these, which are in that order, that holds requests; where none does, the newest that can be read.
    Names on stderr each recording that it leaves out, and the one that it takes where that is still being recorded.
    Raises click.ClickException where none can be read."""
    from ovtui.records.session_file.contents import contents_of, holds_requests
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    without: list[Path] = []
    chosen = ""
    for path in kept:
        try:
            SessionReader(str(path)).close()
        except SessionFileError as error:
            notify(f"left out: {error}")
            continue
        if holds_requests(str(path)) is not False:
            chosen = str(path)
            break
        without.append(path)
    if chosen and without:
        names = first_few([path.stem for path in without], 2)
        hold, start = ("holds", "its start") if len(without) == 1 else ("hold", "their starts")
        notify(f"left out: {names}, which {hold} no request; shown by name, why {start} failed")
    with contextlib.suppress(SessionFileError):
        if chosen and contents_of(chosen).ending.live:
            notify(f"{Path(chosen).stem} is still being recorded: this is what it holds so far")
    if not chosen and not without:
        raise click.ClickException("none of the kept recordings can be read; name a FILE")
    return chosen or str(without[0])


def open_recording(path: str, speed: float = 1.0) -> Replay:
    """Raises click.ClickException where the file cannot be read as a recording."""
    from ovtui.records.session_file.reader import SessionFileError
    from ovtui.records.session_file.replay import Replay

    try:
        return Replay(path, speed=speed)
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None


def digest_of(recording: Replay, also: Callable[[Update], None] | None = None) -> Digest:
    """The digest of a whole recording; `also` is called with each update on the way."""
    from ovtui.metrics.digest import Digest

    digest = Digest()
    recording.stop()
    while True:
        update = recording.poll()
        digest.feed(update)
        if also is not None:
            also(update)
        if update.finished:
            return digest


def _write_result(recording: Replay, json_path: str) -> int:
    check_json_path(json_path)
    digest = digest_of(recording)
    write_result(digest, json_path)
    nothing = _tells_of_nothing(digest)
    damaged = tell_of_file(recording, breaks_off=nothing)  # else the summary or the JSON has it
    return Exit.FAILED if nothing or damaged else Exit.FINE


def tell_of_file(recording: Replay, done: str = "could be read", *, breaks_off: bool = False) -> bool:
    """Says on stderr what of the recording cannot be read, or not with certainty; with `breaks_off` also where it
    breaks off, which the summary has. Returns True where it is damaged, or may be misread."""
    if recording.newer:
        notify(f"{recording.path}: {recording.newer}")
    if breaks_off and recording.state.text:
        notify(f"{recording.path}: {recording.state.text}")
    damage = recording.damage_sentence(done)
    if damage:
        notify(damage)
    return bool(damage) or recording.of_newer_format


def _tells_of_nothing(digest: Digest) -> bool:
    """Whether the whole recording holds no request; says so, and why where that is known."""
    snapshot = digest.snapshot()
    if snapshot.completed or not snapshot.finished:
        return False
    why = snapshot.session_state.failure
    notify("the recording holds no request: nothing was measured" + (f"; {why}" if why else ""))
    return True
