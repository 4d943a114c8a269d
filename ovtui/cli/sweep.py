"""`ovtui sweep`: many settings, one after another; the table of all and the best one on stdout."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import SettingsCommand, refuse_ends, settings_from, study_settings_options
from ovtui.cli.output import check_json_path, json_option, write_both
from ovtui.cli.path_type import PATH
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.study_time import study_time_option
from ovtui.cli.whole_reason import verbose_option
from ovtui.settings.errors import SettingsError

if TYPE_CHECKING:
    from ovtui.metrics.session.study_state import StudyState
    from ovtui.records.study_events import SweepSpec
    from ovtui.settings.schema.settings import Settings

POINT_S = 5.0
SHORTEST_POINT_S = 0.5
MOST_POINTS = 10_000
NEWEST = "\0newest"
"""What --resume without a folder stands for."""


@click.command(cls=SettingsCommand)
@click.option(
    "--vary", "vary", multiple=True, metavar="SETTING=VALUES",
    help="A setting and its values: nireq=1,2,4 or nireq=1..16 (doubling), nireq=1..16:4; device='CPU;AUTO:GPU,CPU'.",
)  # fmt: skip
@click.option(
    "--goal", default="throughput", metavar="FIGURE", show_default=True,
    help="What the best point has most of (throughput) or least (p50, p90, p99, mean, joules).",
)  # fmt: skip
@study_time_option("--point", "point_s", f"How long each point is measured, at most ({POINT_S:g}s without it).")
@study_time_option("--limit", "limit_s", "How long all of it lasts, at most.")
@click.option(
    "--points", "most_points", default=64, type=click.IntRange(1, MOST_POINTS), metavar="N", show_default=True,
    help="Most points; of a larger grid Optuna's sampler chooses them.",
)  # fmt: skip
@click.option(
    "--out", "out", type=PATH, default="", metavar="FOLDER",
    help="Where the sweep is kept, to go on with it: storage and recordings; a new folder of its own without it.",
)  # fmt: skip
@click.option(
    "--resume", "resume", is_flag=False, flag_value=NEWEST, default=None, metavar="[FOLDER]",
    help="Go on with a sweep that was broken off: of this folder, or the newest one.",
)  # fmt: skip
@click.option(
    "--save", "preset_name", default="", metavar="PRESET",
    help="Name of the preset that the best point is saved as; best-MODEL-DATE without it, 'none' for none.",
)  # fmt: skip
@study_settings_options
@session_options
@verbose_option
@json_option
def sweep(json_path: str, verbose: bool, resume: str | None, out: str, preset_name: str, **given: Any) -> int:
    """Find the best of many settings. It needs Optuna: pip install 'ovtui[sweep]'.

    Each point of the grid of --vary is measured, one after another in one session; those on the front once more in
    alternation. The table and the best point go to stdout, the progress to stderr."""
    from ovtui.studies.sweep_folder import why_not_able

    refuse_ends(given, "how long it lasts is said by --point, of each point, and --limit, of all of it")
    check_json_path(json_path)
    own = {name: given.pop(name) for name in ("vary", "goal", "point_s", "limit_s", "most_points")}
    if reason := why_not_able():
        raise click.ClickException(reason)
    settings, spec = _resumed(resume, own, out, given) if resume is not None else _new(own, out, preset_name, given)
    return _run(settings, spec, given, json_path, verbose=verbose)


def _new(own: dict[str, Any], out: str, preset_name: str, given: dict[str, Any]) -> tuple[Settings, SweepSpec]:
    """Everything of it is checked before anything runs. Raises click.UsageError."""
    import msgspec

    from ovtui.host.state_paths import new_sweep_folder
    from ovtui.metrics.sweep.goals import find_goal
    from ovtui.metrics.sweep.grid import grid_point
    from ovtui.records.study_events import SweepSpec
    from ovtui.settings.vary_text import parse_varies
    from ovtui.studies.sweep_folder import BRIEF

    settings = settings_from(given)
    settings = msgspec.structs.replace(settings, duration_s=0.0, requests=0)
    own["point_s"] = own["point_s"] or POINT_S
    if own["point_s"] < SHORTEST_POINT_S:
        raise click.UsageError(f"--point: a point needs at least {SHORTEST_POINT_S:g} s")
    try:
        vary, goal = parse_varies(own["vary"]), find_goal(own["goal"])
        first = grid_point(settings, {name: values[0] for name, values in vary.items()})
        name = _preset_name(preset_name, settings)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    if first.settings is None and all(len(values) == 1 for values in vary.values()):
        raise click.UsageError(first.reason)
    try:
        folder = Path(out or new_sweep_folder()).absolute()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    if (folder / BRIEF).exists():
        raise click.UsageError(f"--out {out}: a sweep is in it already: --resume {out} goes on with it")
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"--out {out}: that is no folder")
    spec = SweepSpec(
        vary=vary, goal=goal.name, slo=settings.slo, point_s=own["point_s"], limit_s=own["limit_s"],
        most_points=own["most_points"], folder=str(folder), preset=name,
    )  # fmt: skip
    return settings, spec


def _resumed(resume: str, own: dict[str, Any], out: str, given: dict[str, Any]) -> tuple[Settings, SweepSpec]:
    """Settings and grid are those with which it began. Raises click.UsageError."""
    import msgspec

    from ovtui.settings.vary_text import parse_varies
    from ovtui.studies.sweep_folder import SweepFolderError, newest_folder, read_brief

    if not resume:
        raise click.UsageError("--resume: the name is empty; give a FOLDER, or --resume alone for the newest sweep")
    try:
        folder = newest_folder() if resume == NEWEST else Path(resume).absolute()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    if folder is None:
        raise click.UsageError("--resume: no sweep is kept here; name its FOLDER, or begin one")
    try:
        brief = read_brief(folder)
        vary = parse_varies(own["vary"]) if own["vary"] else brief.spec.vary
    except (SweepFolderError, SettingsError) as error:
        raise click.UsageError(str(error)) from None
    if vary != brief.spec.vary or out:
        raise click.UsageError(
            f"--resume {folder}: it goes on with the values that it began with; leave --vary and --out away, or begin "
            "another sweep"
        )
    model = given.get("model")
    if model and model != brief.settings.model:
        raise click.UsageError(f"--resume {folder}: that sweep is of {brief.settings.model}; leave MODEL away")
    spec = msgspec.structs.replace(
        brief.spec, folder=str(folder), resumes=str(folder), limit_s=own["limit_s"] or brief.spec.limit_s
    )
    return brief.settings, spec


def _preset_name(given: str, settings: Settings) -> str:
    """Raises SettingsError for a bad name, and for one that is taken: a preset is never written over."""
    from ovtui.settings.files import preset_store

    if given == "none":
        return ""
    if not given:
        model = re.sub(r"[^a-z0-9_-]+", "-", Path(settings.model).stem.lower()).strip("-") or "model"
        return f"best-{model[:40]}-{time.strftime('%Y%m%d')}"
    if preset_store.exists(given):
        raise SettingsError(f"--save {given}: a preset of yours has that name; choose another, or delete it first")
    return given


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
    return outcome.code or _exit_code(study, folder)


def _exit_code(study: StudyState, folder: Path) -> Exit:
    """3 where a limit was stated and no point is known to hold it."""
    from ovtui.metrics.sweep.answer_text import no_winner_text
    from ovtui.metrics.sweep.rows import spec_of, sweep_rows
    from ovtui.records.study_events import SweepAnswer

    ended = study.ended
    if ended is None:
        notify(f"the session ended before the sweep did; ovtui sweep --resume {folder} goes on with it")
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
