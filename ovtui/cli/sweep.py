"""`ovtui sweep`: many settings, one after another; the table of all and the best one on stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import SettingsCommand, refuse_ends, settings_from, study_settings_options
from ovtui.cli.output import check_json_path, json_option, write_both
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.sweep_spec import OWN, new_spec, require_same_sweep, resumed_folder, sweep_options
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.metrics.session.study_state import StudyState
    from ovtui.records.study_events import SweepSpec
    from ovtui.settings.schema.settings import Settings


@click.command(cls=SettingsCommand)
@sweep_options
@study_settings_options
@session_options
@verbose_option
@json_option
def sweep(json_path: str, verbose: bool, resume: str | None, out: str, preset_name: str, **given: Any) -> int:
    """Find the best of many settings. It needs Optuna: pip install 'ovtui[sweep]'.

    Each point of the grid of --vary is measured, one after another in one session; those on the front once more in
    alternation. The table and the best point go to stdout, the progress to stderr."""
    from ovtui.studies.sweep_folder import BRIEF, why_not_able

    refuse_ends(given, "how long it lasts is said by --point, of each point, and --limit, of all of it")
    check_json_path(json_path)
    own = {name: given.pop(name) for name in OWN}
    if reason := why_not_able():
        raise click.ClickException(reason)
    if resume is not None:
        settings, spec = _resumed(resume, own, out, given)
    else:
        settings, spec = new_spec(settings_from(given), own, out, preset_name, BRIEF)
    return _run(settings, spec, given, json_path, verbose=verbose)


def _resumed(resume: str, own: dict[str, Any], out: str, given: dict[str, Any]) -> tuple[Settings, SweepSpec]:
    """Settings and grid are those with which it began. Raises click.UsageError."""
    import msgspec

    from ovtui.studies.sweep_folder import SweepFolderError, newest_folder, read_brief

    folder = resumed_folder(resume, newest_folder)
    try:
        brief = read_brief(folder)
    except SweepFolderError as error:
        raise click.UsageError(str(error)) from None
    require_same_sweep(folder, brief.spec, brief.settings, own, out, given.get("model"))
    spec = msgspec.structs.replace(
        brief.spec, folder=str(folder), resumes=str(folder), limit_s=own["limit_s"] or brief.spec.limit_s
    )
    return brief.settings, spec


def _run(settings: Settings, spec: SweepSpec, given: dict[str, Any], json_path: str, *, verbose: bool) -> int:
    from ovtui.cli.study_watch import watch_study
    from ovtui.cli.sweep_text import point_line
    from ovtui.metrics.session.study_state import StudyState
    from ovtui.records.events import StudyBegan, StudyPoint
    from ovtui.studies.sweep_folder import SweepFolderError, new_recording, write_brief

    try:
        folder = Path(spec.folder)
        write_brief(folder, spec, settings)
        if not given["record"] and not given["no_record"]:
            given["record"] = str(new_recording(folder))
    except SweepFolderError as error:
        raise click.ClickException(str(error)) from None
    options = session_options_from(given, settings)
    told = StudyState(StudyBegan(t_ns=0, study=1, spec=spec, settings=settings))

    def on_point(point: StudyPoint) -> str:
        return point_line(told, point)

    outcome = watch_study(settings, spec, options, on_point=on_point, verbose=verbose)
    study = outcome.study
    if study is None:
        return outcome.code
    _write(study, outcome.recording, json_path)
    if outcome.code == Exit.INTERRUPTED:
        notify(f"stopped with what it has; ovtui sweep --resume {folder} goes on with it")
    elif outcome.code and study.points:
        notify(f"what was measured is kept; ovtui sweep --resume {folder} goes on with it")
    return outcome.code or exit_code(study, f"ovtui sweep --resume {folder}")


def exit_code(study: StudyState, again: str) -> Exit:
    """3 where a limit was stated and no point is known to hold it. `again`: the command that goes on with the sweep."""
    from ovtui.metrics.sweep.answer_text import no_winner_text
    from ovtui.metrics.sweep.rows import spec_of, sweep_rows
    from ovtui.records.study_events import SweepAnswer

    ended = study.ended
    if ended is None:
        notify(f"the session ended before the sweep did; {again} goes on with it")
        return Exit.FAILED
    if ended.reason == "failed":
        notify(ended.text)
        return Exit.FAILED
    if isinstance(ended.answer, SweepAnswer) and ended.answer.best is not None:
        return Exit.FINE
    rows, slo = sweep_rows(study), spec_of(study).slo
    notify(no_winner_text(rows, slo))
    if rows and all(row.point.outcome == "refused" for row in rows):
        return Exit.UNUSABLE
    return Exit.LIMIT_MISSED if slo and rows else Exit.FAILED


def _write(study: StudyState, recording: str, json_path: str) -> None:
    from ovtui.cli.sweep_json import sweep_json

    write_both(json_path, lambda: sweep_json(study, recording), lambda: _print(study, recording))


def _print(study: StudyState, recording: str) -> None:
    from ovtui.cli.sweep_text import answer_lines, front_plot, result_lines
    from ovtui.cli.terminal_text import print_line
    from ovtui.terminal.terminal_size import terminal_size

    if not study.points:
        return
    width = terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else 160
    plot = front_plot(study, min(width, 100))
    for line in [*result_lines(study, width), *(["", *plot] if plot else []), "", *answer_lines(study, recording)]:
        print_line(line)
