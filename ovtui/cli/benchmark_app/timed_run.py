"""A command line of benchmark_app measured: the session, then, where counters are asked for, a profiled engine beside
it, then the files, and as the last lines on stdout the result."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ovtui.cli.benchmark_app.facts import Outcome, outcome_of, setup_of
from ovtui.cli.benchmark_app.frame_rate import settings_with_rate
from ovtui.cli.benchmark_app.lines import info, result_lines, step
from ovtui.cli.benchmark_app.outputs import Written, wants_counters
from ovtui.cli.benchmark_app.report import Report, report_path
from ovtui.cli.benchmark_app.steps import Steps, reshape_ms_of
from ovtui.cli.benchmark_app.their_flags import in_their_flags
from ovtui.cli.benchmark_app.translation import Translation
from ovtui.cli.exits import Exit, notify
from ovtui.cli.headless import follow
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.run import start_session
from ovtui.cli.session_exit import code_at_leaving, death_text, deaths, session_exit, tell_recording
from ovtui.metrics.benchmark_app.figures import Figures
from ovtui.metrics.number_format import quantity

if TYPE_CHECKING:
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.metrics.digest import Digest
    from ovtui.records.source import Update


def timed_run(translation: Translation, options: SessionOptions) -> int:
    """Returns the exit code."""
    arguments, settings = translation.arguments, settings_with_rate(translation)
    steps = Steps(arguments, settings)
    figures = Figures(
        first_inference=settings.first_inference_apart, by_shape=arguments.pcseq, rate_per_s=settings.rate
    )

    print_lines(steps.begin())

    def on_update(digest: Digest, update: Update) -> list[str]:
        figures.add(update.records)
        return steps.news(digest.session_state)

    with INTERRUPTS.held():
        session = start_session(settings, options)
        try:
            keep = options.on_hangup == "keep"
            digest = follow(session, INTERRUPTS, keep=keep, on_update=on_update, in_words=in_their_flags)
        finally:
            session.close()
        if digest is None:
            return Exit.INTERRUPTED
        follows = "what was measured until then follows" if figures.iterations else "nothing was measured"
        code = session_exit(digest, interrupted=bool(INTERRUPTS.count), measured=follows, in_words=in_their_flags)
        code = Exit(code_at_leaving(session, code))
    print_lines(steps.news(digest.session_state, final=True))
    report = _report(translation, digest)
    if not figures.iterations:
        return _nothing_measured(translation, report, figures, digest, code)
    outcome = outcome_of(digest.session_state, figures, arguments)
    report.tell_outcome(outcome)
    print(step(11), flush=True)
    written = Written()
    interrupted = _write(translation, report, written, _nireq(digest), why_broken_off(digest, code))
    print_lines(result_lines(outcome))
    _remark(translation, digest, figures, outcome)
    for failure in written.failures:
        notify(failure)
    if code or interrupted:
        return code or Exit.INTERRUPTED
    return Exit.FAILED if figures.failed or written.failures else Exit.FINE


def _nireq(digest: Digest) -> int:
    segment = digest.session_state.segment
    return segment.nireq if segment is not None else 1


def print_lines(lines: list[str]) -> None:
    if lines:
        print("\n".join(lines), flush=True)


def _report(translation: Translation, digest: Digest) -> Report:
    state, settings = digest.session_state, translation.settings
    report = Report(list(translation.arguments.given))
    setup, engine = setup_of(state, settings), state.engine
    if engine is not None and engine.compiled is not None and setup is not None:
        report.tell_setup(setup, translation.arguments.target_device)
        if engine.model is not None:
            report.took("read model time", engine.model.file_ms)
            report.took("reshape model time", reshape_ms_of(engine, settings))
        report.took("import model time" if setup.imported else "compile model time", engine.compiled.compile_ms)
        if engine.first is not None and settings.first_inference_apart:
            report.took("first inference time", engine.first.infer_ms)
    return report


def _nothing_measured(translation: Translation, report: Report, figures: Figures, digest: Digest, code: Exit) -> int:
    """What went wrong has been said, but where all requests failed, or none came back."""
    reason = why_broken_off(digest, code)
    if not code:
        failed = quantity(figures.failed, "request")
        reason = f"all requests failed ({failed})" if figures.failed else "no inference has come back"
        notify(reason)
    written = Written()
    write_report(translation, report, written, error=reason)
    for failure in written.failures:
        notify(failure)
    return code or Exit.FAILED


def why_broken_off(digest: Digest, code: Exit) -> str:
    """For the report, why a run did not come to its end; empty of one that did."""
    state = digest.session_state
    if not code:
        return ""
    if code == Exit.INTERRUPTED:
        return "interrupted"
    died = deaths(state)
    return in_their_flags(state.failure) or (death_text(died[-1]) if died else "the host process died")


def _write(translation: Translation, report: Report, written: Written, nireq: int, broken_off: str) -> bool:
    """The files, and what goes to stdout of the counters. `broken_off`: why the run did not come to its end. Returns
    whether the person interrupted the profiling."""
    arguments, interrupted = translation.arguments, False
    if arguments.dump_config:
        write_config_file(translation, written)
    if broken_off and wants_counters(arguments):
        notify("the layers are not profiled, as the load did not come to its end")
    elif wants_counters(arguments):
        from ovtui.cli.benchmark_app.profiled_run import profiled_run

        try:
            profiled_run(translation, written, nireq)
        except KeyboardInterrupt:
            interrupted = True
            notify("interrupted while the layers were profiled: no counters")
    write_report(translation, report, written, error=broken_off)
    return interrupted


def write_config_file(translation: Translation, written: Written) -> None:
    """-dump_config."""
    from ovtui.cli.benchmark_app.config_file import write_config

    path = translation.arguments.dump_config
    try:
        write_config(path, translation.config)
    except click.ClickException as error:
        written.failures.append(error.message)
        return
    print(info(f"OpenVINO configuration settings were dumped to {path}"))


def write_report(translation: Translation, report: Report, written: Written, error: str = "") -> None:
    """-report_type. `error`: why there is no result."""
    arguments = translation.arguments
    if not arguments.report_type:
        return
    if error:
        report.results.append(("error", error))
    text = report.as_json() if arguments.json_stats else report.as_csv()
    written.text(report_path(arguments), text, "Statistics report is stored to")


def _remark(translation: Translation, digest: Digest, figures: Figures, outcome: Outcome) -> None:
    """On stderr, what a reader of the figures should know."""
    snapshot = digest.snapshot()
    if figures.failed:
        notify(f"{quantity(figures.failed, 'request')} failed and are none of the iterations")
    if snapshot.lost:
        notify(f"{quantity(snapshot.lost, 'request')} came back too fast to be read: they are missing in all figures")
    if translation.arguments.pcseq and not outcome.groups:
        notify("-pcseq: no latencies by data shape; for these -data_shape gives 2 to 256 shapes in turn")
    if sys.stderr.isatty():
        tell_recording(digest)
