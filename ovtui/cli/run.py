"""`ovtui run`: a session without a screen, its progress on stderr and its result on stdout."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.beside_option import BesideRun, beside_option, ending, recorded_beside, take_beside
from ovtui.cli.exits import Exit, code_of_failure, notify
from ovtui.cli.headless import POLL_S, follow
from ovtui.cli.interrupts import INTERRUPTS, Interrupts
from ovtui.cli.options import SettingsCommand, settings_from, settings_options
from ovtui.cli.output import check_json_path, json_option, write_result
from ovtui.cli.path_type import PATH
from ovtui.cli.run_ending import run_ending
from ovtui.cli.session_exit import code_at_leaving, tell_recording
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.time_limit import time_limit_option
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.host.client import LiveSession
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.metrics.digest import Digest
    from ovtui.records.study_events import BesideSpec
    from ovtui.settings.schema.settings import Settings

DEFAULT_S = 10.0
"""A run without any limit ends after this time."""


@click.command(cls=SettingsCommand)
@settings_options
@session_options
@beside_option
@verbose_option
@click.option("--detach", is_flag=True, help="Start the session, print its name and leave it running.")
@click.option(
    "--measure-idle", "measure_idle", is_flag=True,
    help="Keep the engine for 5 s after the load, and measure the power of the idle machine: joules above idle.",
)  # fmt: skip
@click.option(
    "--compile-only",
    is_flag=True,
    help="Read and compile the model and stop: what both take, cold and, with --cache-dir, out of the cache.",
)
@click.option(
    "--export-blob",
    type=PATH,
    default="",
    metavar="FILE",
    help="With --compile-only: write the compiled model to FILE.blob, which runs as a model.",
)
@time_limit_option(None, "With --compile-only: how long each compile may take, 900 s without it.")
@json_option
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def run(
    json_path: str,
    json_schema: bool,
    detach: bool,
    verbose: bool,
    measure_idle: bool,
    compile_only: bool,
    export_blob: str,
    limit_s: float | None,
    **given: Any,
) -> int:
    """Run a model without a screen. Progress goes to stderr, the result to stdout or into a JSON file."""
    if json_schema:
        click.echo(_schema(compile_only=compile_only))
        return Exit.FINE
    if compile_only:
        from ovtui.cli import compile_only as compiling

        asked = given | {"detach": detach, "measure_idle": measure_idle}
        given.pop("beside")
        return compiling.compile_only(
            settings_from(given), export_blob, json_path, asked, verbose=verbose, limit_s=limit_s
        )
    if export_blob or limit_s is not None:
        flag = "--export-blob" if export_blob else "--time-limit"
        raise click.UsageError(f"{flag} belongs to --compile-only; add that, or leave {flag} out")
    settings, beside = take_beside(given, settings_from(given))
    check_json_path(json_path)
    if detach and beside is not None:
        raise click.UsageError("--detach with --beside: the second model ends with this command; leave one of them out")
    options = session_options_from(given, settings, measure_idle=measure_idle)
    if detach:
        return start_detached(settings, options, verbose=verbose)
    return run_headless(settings, options, json_path, verbose=verbose, beside=beside)


def _schema(*, compile_only: bool) -> bytes:
    if compile_only:
        from ovtui.records.compile_times import json_schema
    else:
        from ovtui.metrics.result.build import json_schema
    return json_schema()


def run_headless(
    settings: Settings,
    options: SessionOptions,
    json_path: str = "",
    *,
    verbose: bool = False,
    beside: BesideSpec | None = None,
) -> int:
    """Runs a session to its end and writes its result; returns the exit code. `verbose`: OpenVINO's whole texts too."""
    from ovtui.settings.changes import with_changes

    limit_text = ""
    if not settings.duration_s and not settings.requests and beside is None:
        settings = with_changes(settings, {"duration_s": DEFAULT_S})
        limit_text = f"no --duration and no --requests: stopping after {DEFAULT_S:g} s"
    beside_run = None
    if beside is not None:
        beside, beside_run = ending(beside)
    with INTERRUPTS.held():  # _measure looks for them
        session = start_session(settings, options, beside)
        try:
            # The result of a run, unlike a dashboard's, is for its caller: a hang-up ends the run unless
            # --on-hangup keep.
            keep = options.on_hangup == "keep"
            code = _measure(
                session, INTERRUPTS, json_path, limit_text, keep=keep, verbose=verbose, beside=beside_run
            )  # fmt: skip
        finally:
            session.close()
        return code_at_leaving(session, code)


def start_detached(settings: Settings, options: SessionOptions, *, verbose: bool = False) -> int:
    """Waits until the session serves or has failed, then leaves it running."""
    with INTERRUPTS.held():
        return _start_and_leave(settings, options, verbose=verbose)


def _start_and_leave(settings: Settings, options: SessionOptions, *, verbose: bool) -> int:
    from ovtui.host.client import wait_for_message
    from ovtui.metrics.session.session_state import SessionState
    from ovtui.records.events import Note

    session, state = start_session(settings, options), SessionState()
    while state.phase == "starting":
        update = session.poll()
        for event in update.events:
            state.fold(event)
            if isinstance(event, Note):
                notify(event.text, event.detail if verbose else "")
        if update.host_gone or update.host.ended:
            session.close()
            notify(update.host.ended or "the host process died")
            return Exit.INTERRUPTED if update.host.signalled else Exit.FAILED
        if INTERRUPTS.count:
            session.close()
            return Exit.INTERRUPTED
        if state.phase == "starting":
            wait_for_message(session, POLL_S)
    if state.phase in ("failed", "died"):
        session.close()
        notify(state.failure or "the engine died", state.failure_detail if verbose else "")
        return code_of_failure(state)
    if session.unreachable:
        session.close()
        notify(f"not left running, because nothing could stop it: {session.unreachable}")
        return Exit.FAILED
    session.detach(hangup=False)
    name = session.session
    print(name)
    notify(f"session {name} runs; ovtui attach {name} shows it, ovtui stop {name} ends it")
    return Exit.FINE


def start_session(settings: Settings, options: SessionOptions, beside: BesideSpec | None = None) -> LiveSession:
    """`beside`: of a second model, which starts once this one serves. Raises click.ClickException where no host process
    can be started, and click.UsageError."""
    from ovtui.host.client import LiveSession

    if beside is not None:
        beside = recorded_beside(beside, options)
    try:
        session = LiveSession(settings, options)
    except OSError as error:
        raise click.ClickException(f"no host process can be started: {error.strerror}") from None
    if beside is not None:
        session.begin_study_once_serving(beside)
    return session


def _measure(
    session: LiveSession,
    interrupt: Interrupts,
    json_path: str,
    limit_text: str,
    *,
    keep: bool,
    verbose: bool,
    beside: BesideRun | None = None,
) -> int:
    """`limit_text` is printed once the load has begun. With `keep` the session outlives a hang-up. `beside`: when a run
    with a second model is over."""
    digest = follow(session, interrupt, limit_text=limit_text, keep=keep, verbose=verbose, beside=beside)
    if digest is None:
        return Exit.INTERRUPTED
    # However the session ended, what was measured is written.
    write_result(digest, json_path)
    code = _exit_code(digest, interrupt, verbose=verbose, stops=beside is None)
    if sys.stderr.isatty():  # a person looks on; a script's stderr is for what goes wrong
        tell_recording(digest)
    return code


def _exit_code(digest: Digest, interrupt: Interrupts, *, verbose: bool = False, stops: bool = True) -> int:
    """Prints what went wrong, if anything did. `stops`: this run does not end its load itself."""
    return run_ending(digest, interrupted=bool(interrupt.count), stops=stops).tell(verbose=verbose)
