"""`ovtui ab`: two settings compared in alternating blocks of load."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.options import SettingsCommand, refuse_ends, settings_from, study_settings_options
from ovtui.cli.output import check_json_path, json_option, write_both
from ovtui.cli.path_type import PATH
from ovtui.cli.session_exit import code_at_leaving, session_exit, tell_recording
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.study_time import study_time_option
from ovtui.cli.whole_reason import verbose_option
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.cli.ab_resume import Earlier
    from ovtui.cli.ab_watch import AbRun
    from ovtui.metrics.comparison.trial_figures import TrialFigures
    from ovtui.records.trial_events import TrialTerms
    from ovtui.settings.schema.fail_if import FailIf
    from ovtui.settings.schema.settings import Settings

LIMIT_TEXT, WIDTH_TEXT = "180s", "3%"
TOGETHER = 4
"""Throughput, p50, p90 and p99: their intervals hold together in 95 % where each holds in 98.75 %."""
LEAST_BLOCK_S = 0.25
LEAST_S, LEAST_LEFT_S = 8.0, 5.0
"""What a comparison has to have of its limit, for as many pairs of short blocks as an interval needs; and to have left
of it where it goes on."""
_LENGTHS = {"duration_s": "--duration", "requests": "--requests"}
_HOW_LONG = "how long A and B are compared is said by --limit or --blocks"


def _file(context: click.Context, parameter: click.Parameter, text: str | None) -> str | None:
    """A path; empty where the option stands alone."""
    return text and PATH.convert(text, parameter, context)


def _width(context: click.Context, parameter: click.Parameter, text: str) -> float:  # noqa: ARG001
    number = text.strip().removesuffix("%").strip()
    try:
        share = float(number) / 100
    except ValueError:
        share = 0.0
    if not 0.001 <= share <= 0.5:
        raise click.BadParameter(f"{in_quotes(text)} is not a width from 0.1% to 50%, such as 3%")
    return share


@click.command(cls=SettingsCommand)
@click.option(
    "--a", "text_a", default="", metavar="CHANGES", help="What A changes: 'hint=latency'; nothing by default."
)
@click.option(
    "--b", "text_b", default=None, metavar="CHANGES",
    help="What B changes: 'hint=throughput,nireq=8', 'model=other.xml', 'device=GPU', 'preset=NAME'.",
)  # fmt: skip
@click.option(
    "--width", "within", default=WIDTH_TEXT, show_default=True, metavar="PERCENT", callback=_width,
    help="Stop once the intervals of throughput, p50 and p99 reach at most so far to either side; within it A and B "
    "are the same.",
)  # fmt: skip
@study_time_option(
    "--limit", "limit_s", "Stop after this time of load in turns.", default=LIMIT_TEXT, least_s=LEAST_BLOCK_S
)
@click.option(
    "--blocks", type=click.IntRange(2, 400), default=None, metavar="N",
    help="Measure so many blocks, of A and B together, and never stop early: for numbers that are to be compared. "
    "An interval needs 16.",
)  # fmt: skip
@study_time_option(
    "--block", "block_s", "Length of a block, such as 2s; by default 1 s or more, as the loads need it.",
    least_s=LEAST_BLOCK_S,
)  # fmt: skip
@click.option(
    "--fail-if", "fail_if", multiple=True, metavar="CONDITION",
    help="Exit with 3 where B certainly changes a figure by more: 'p99>+5%,throughput<-3%'; where that is not known, "
    "too. Repeatable.",
)  # fmt: skip
@click.option(
    "--resume", is_flag=False, flag_value="", default=None, metavar="[FILE]", callback=_file,
    help="Go on with a comparison that broke off, with the same MODEL, --a, --b and settings: its recording, or the "
    "newest one that is kept.",
)  # fmt: skip
@study_settings_options
@session_options
@verbose_option
@json_option
def ab(
    text_a: str,
    text_b: str | None,
    within: float,
    limit_s: float,
    blocks: int | None,
    block_s: float,
    fail_if: tuple[str, ...],
    resume: str | None,
    verbose: bool,
    json_path: str,
    **given: Any,
) -> int:
    """Compare two settings, models or devices.

    Both are compiled once and stay, and the load goes to one at a time, in blocks A B B A. The result has the change of
    each figure with its interval."""
    from ovtui.cli.ab_resume import Earlier, earlier_blocks

    if resume is not None and text_b is None:
        raise click.UsageError("--resume: give MODEL, --a, --b and the settings once more, as it began with them")
    a, b = _sides(text_a, text_b, given)
    conditions = _conditions(fail_if)
    if blocks is not None and blocks % 2:
        raise click.UsageError(f"--blocks {blocks}: write an even number, as many blocks of A as of B")
    check_json_path(json_path)
    earlier = earlier_blocks(resume, a, b) if resume is not None else Earlier()
    terms, limit_s = _terms(within, limit_s, blocks, block_s, earlier)
    options = session_options_from(given, a)
    return _compare(a, b, options, terms, limit_s, earlier, conditions, json_path, verbose=verbose)


def _sides(text_a: str, text_b: str | None, given: dict[str, Any]) -> tuple[Settings, Settings]:
    """The settings of A and B, without a limit of their own. Raises click.UsageError."""
    from ovtui.settings.changes import with_changes
    from ovtui.settings.changes_text import apply_changes, parse_changes
    from ovtui.settings.errors import SettingsError
    from ovtui.settings.model_names import check_model

    if text_b is None:
        raise click.UsageError("--b is missing: what B changes, such as --b 'hint=throughput,nireq=8'")
    refuse_ends(given, _HOW_LONG)
    base = with_changes(settings_from(given), {"duration_s": 0.0, "requests": 0})
    found = []
    for side, text in (("--a", text_a), ("--b", text_b)):
        try:
            # Of a preset it is left away; what a person writes is not.
            if lengths := [name for name in parse_changes(text) if name in _LENGTHS]:
                raise SettingsError(f"{_LENGTHS[lengths[0]].removeprefix('--')}: {_HOW_LONG}")
            settings = apply_changes(base, text)
            check_model(settings.model)
        except SettingsError as error:
            raise click.UsageError(f"{side}: {error}") from None
        if settings.duration_s or settings.requests:
            settings = with_changes(settings, {"duration_s": 0.0, "requests": 0})
        found.append(settings)
    from ovtui.host.trials import why_not

    if reason := why_not(*found):
        raise click.UsageError(reason)
    return found[0], found[1]


def _conditions(texts: Sequence[str]) -> tuple[FailIf, ...]:
    from ovtui.metrics.result.ab import COMPARED
    from ovtui.settings.errors import SettingsError
    from ovtui.settings.schema.fail_if import parse_fail_ifs

    try:
        conditions = parse_fail_ifs(texts)
    except SettingsError as error:
        raise click.UsageError(f"--{error}") from None
    for condition in conditions:
        if condition.figure not in COMPARED:
            raise click.UsageError(f"--fail-if: {condition.figure} is none of what ab compares: {', '.join(COMPARED)}")
    return conditions


def _terms(
    within: float, limit_s: float, blocks: int | None, block_s: float, earlier: Earlier
) -> tuple[TrialTerms, float]:
    """What is asked of the trial, and its limit, less what was measured before. Raises click.UsageError where nothing
    is left, or too little for an interval."""
    from ovtui.records.trial_events import CONFIDENCE, ENGINE_LUCK, TrialTerms, least_pairs

    confidence = 1 - (1 - CONFIDENCE) / TOGETHER
    needed_s = 2 * least_pairs(confidence) * (block_s or 0.0)
    if blocks is None and limit_s < needed_s:
        raise click.UsageError(
            f"--block: an interval needs {least_pairs(confidence)} pairs of blocks, and those take {needed_s:.4g} s; "
            "give shorter blocks or --limit more"
        )
    if blocks is not None:
        left, limit_s = blocks - len(earlier.blocks), 0.0
        if left < 2:
            raise click.UsageError(f"--resume: it has {len(earlier.blocks)} blocks already; give --blocks more")
    elif limit_s < LEAST_S:
        raise click.UsageError(f"--limit: {limit_s:g} s are too short to compare anything; give {LEAST_S:g}s or more")
    elif limit_s - earlier.measured_s < LEAST_LEFT_S:
        raise click.UsageError(f"--resume: it has measured {earlier.measured_s:.0f} s already; give --limit more")
    else:
        left, limit_s = 0, limit_s - earlier.measured_s
    terms = TrialTerms(
        blocks=left,
        block_s=block_s or earlier.block_s,
        for_p99=True,
        within=within,
        confidence=confidence,
        luck=ENGINE_LUCK,
        limit_without_compile=True,
        resumes=earlier.path,
    )
    return terms, limit_s


def _compare(
    a: Settings,
    b: Settings,
    options: Any,
    terms: TrialTerms,
    limit_s: float,
    earlier: Earlier,
    conditions: Sequence[FailIf],
    json_path: str,
    *,
    verbose: bool,
) -> int:
    from ovtui.cli.run import start_session
    from ovtui.host.huge_pages import asking_for_huge_pages
    from ovtui.settings.changes import describe_changes

    with INTERRUPTS.held():
        with asking_for_huge_pages() as no_huge_pages:
            session = start_session(a, options)
        try:
            from ovtui.cli.ab_watch import AbProgress, AbRun
            from ovtui.metrics.digest import Digest

            notify(f"B against A: {', '.join(describe_changes(a, b)) or 'the same settings'}")
            keep = options.on_hangup == "keep"
            run = AbRun(session, b, limit_s, terms, earlier.blocks, Digest(), no_huge_pages, keep=keep)
            run.watch(AbProgress(sys.stderr, len(earlier.blocks), verbose=verbose), INTERRUPTS)
            if run.detached:
                return Exit.INTERRUPTED
            run.leave()
        finally:
            session.close()
        code = _tell(run, conditions, json_path, options.record, verbose=verbose)
        if sys.stderr.isatty():
            tell_recording(run.digest)
        return code_at_leaving(session, code)


def _tell(run: AbRun, conditions: Sequence[FailIf], json_path: str, recording: str, *, verbose: bool) -> int:
    """Prints the result, and on stderr what went wrong. Returns the exit code."""
    from ovtui.metrics.comparison.ab_text import summary_sentence
    from ovtui.metrics.number_format import quantity
    from ovtui.metrics.result.ab import condition_result, fails

    figures = run.figures
    failure = _why_not_compared(run)
    _write(run, figures, conditions, json_path, recording, failure)
    if lost := run.digest.snapshot().lost:
        notify(f"{quantity(lost, 'request')} came back and were overwritten before they were read: figures lack them")
    told = [condition_result(condition, figures) for condition in conditions]
    for condition in told:
        if condition.state != "false":
            notify(condition.text)
    if INTERRUPTS.count:
        if recording and figures is not None and figures.pairs:
            notify(f"stopped with what it has; the same command with --resume {shlex.quote(recording)} goes on with it")
        return Exit.INTERRUPTED
    if run.refused is not None:
        notify(f"B is refused: {run.refused.reason}", run.refused.detail if verbose else "")
        return Exit.UNUSABLE
    compared = figures is not None and figures.pairs
    until_then = "what was compared until then is above" if compared else "nothing was compared"
    code = _code_of_b(run, verbose=verbose) or session_exit(
        run.digest, stops=False, verbose=verbose, measured=until_then
    )
    if code:
        return code
    if figures is None or not figures.comparable:
        if figures is None or not figures.pairs or json_path == "-":  # else stdout says so
            notify(_why_not_compared(run) if figures is None else summary_sentence(figures))
        return Exit.FAILED
    return Exit.LIMIT_MISSED if any(map(fails, told)) else Exit.FINE


def _why_not_compared(run: AbRun) -> str:
    state = run.digest.session_state
    return run.refused.reason if run.refused is not None else state.failure or "nothing was compared"


def _code_of_b(run: AbRun, *, verbose: bool) -> int:
    """Where the engine of B could not start or died, which also says so."""
    from ovtui.records.events import EngineFailed

    trials = run.digest.session_state.trials
    ended = trials[-1].ended if trials else None
    if ended is None or ended.reason != "failed":
        return Exit.FINE
    failed = [event for event in run.digest.session_state.log if isinstance(event, EngineFailed)]
    of_b = next((event for event in failed if event.engine == trials[-1].began.engine), None)
    if of_b is None:
        notify(f"the comparison ended: {ended.text}")
        return Exit.FAILED
    notify(f"B cannot run: {of_b.reason}", of_b.detail if verbose else "")
    return Exit.USAGE if of_b.misused else Exit.UNUSABLE if of_b.unusable else Exit.FAILED


def _write(
    run: AbRun,
    figures: TrialFigures | None,
    conditions: Sequence[FailIf],
    json_path: str,
    recording: str,
    failure: str,
) -> None:
    from ovtui.cli.terminal_text import print_data
    from ovtui.metrics.comparison.ab_text import head_lines, note_lines, summary_sentence, table_lines
    from ovtui.metrics.result.ab import ab_result
    from ovtui.records.json_text import json_text

    def print_table() -> None:
        if figures is not None and figures.pairs:
            lines = [*head_lines(figures.state.began), "", *table_lines(figures), ""]
            print_data(
                "".join(f"{line}\n" for line in [*lines, *note_lines(figures, _no_energy(run), run.no_huge_pages)])
            )
            print_data(f"{summary_sentence(figures)}\n")

    def as_json() -> bytes:
        return json_text(ab_result(figures, conditions, recording, failure, run.no_huge_pages))

    write_both(json_path, as_json, print_table, text_name="table")


def _no_energy(run: AbRun) -> str:
    from ovtui.metrics.energy.unreadable import why_no_watts

    if run.digest.telemetry.watts.by_name:
        return "blocks shorter than 3 s hold too few readings of watts (--block 4s)"
    return why_no_watts(run.digest.session_state.disturbances.power) or "no watts were read"
