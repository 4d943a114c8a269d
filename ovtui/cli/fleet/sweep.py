"""`ovtui fleet sweep`: the points of a sweep over many boxes; a table and a best point for each kind on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.fleet.host_options import boxes_from, host_options
from ovtui.cli.options import SettingsCommand, refuse_ends, settings_from, study_settings_options
from ovtui.cli.output import check_json_path, json_option, write_both
from ovtui.cli.sweep_spec import OWN, new_spec, require_same_sweep, resumed_folder, sweep_options

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.sweep.fleet_sweep import FleetSweep, KindOutcome
    from ovtui.fleet.sweep.sweep_brief import FleetSweepBrief
    from ovtui.records.events import StudyPoint
    from ovtui.settings.schema.settings import Settings

_WORST = (Exit.FAILED, Exit.LIMIT_MISSED, Exit.UNUSABLE, Exit.FINE)


@click.command("sweep", cls=SettingsCommand)
@host_options
@sweep_options
@click.option("--kind", "kind", default="", metavar="TEXT", help="Only boxes of the kind whose name has this in it.")
@click.option("--recordings", is_flag=True, help="Fetch the recording of each point; else they are taken away unseen.")
@click.option("--dry-run", is_flag=True, help="Tell what would run on which boxes; connect to none.")
@study_settings_options
@json_option
def sweep_command(
    json_path: str, resume: str | None, out: str, preset_name: str, kind: str, recordings: bool, dry_run: bool,
    **given: Any,
) -> int:  # fmt: skip
    """Spread the points of a sweep over many boxes. It needs Optuna: pip install 'ovtui[sweep,fleet]'.

    Points are compared within one kind of box; the best one is measured again on two boxes."""
    from ovtui.studies.sweep_folder import why_not_able

    refuse_ends(given, "how long it lasts is said by --point, of each point, and --limit, of all of it")
    check_json_path(json_path)
    if reason := why_not_able():
        raise click.ClickException(reason)
    own = {name: given.pop(name) for name in OWN}
    if resume is not None:
        folder, brief = _resumed(resume, own, out, given)
    else:
        folder, brief = _new(own, out, preset_name, given)
        brief = _with(brief, kind=kind, recordings=recordings)
    if dry_run:
        _tell_plan(brief)
        if not out and resume is None:
            folder.rmdir()
        return Exit.FINE
    return _run(folder, brief, json_path)


def _with(brief: FleetSweepBrief, **changes: Any) -> FleetSweepBrief:
    import msgspec

    return msgspec.structs.replace(brief, **changes)


def _new(own: dict[str, Any], out: str, preset_name: str, given: dict[str, Any]) -> tuple[Path, FleetSweepBrief]:
    """Raises click.UsageError."""
    import secrets
    import time

    from ovtui.fleet.sweep.sweep_brief import BRIEF, FleetSweepBrief

    boxes, reach, jobs = boxes_from(given)
    if not boxes:
        raise click.UsageError("no box is named; give --hosts FILE or --host NAME")
    settings, spec = new_spec(settings_from(given), own, out, preset_name, BRIEF)
    if not settings.model:
        raise click.UsageError("no model is named; give MODEL, a model file or a built-in model, or --preset")
    _check_paths(settings, spec.vary)
    name = f"sweep-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
    brief = FleetSweepBrief(
        name=name, spec=spec, settings=settings, boxes=tuple(boxes), ssh_config=_absolute(reach.ssh_config),
        transport=reach.transport, jobs=jobs,
    )  # fmt: skip
    return Path(spec.folder), brief


def _resumed(resume: str, own: dict[str, Any], out: str, given: dict[str, Any]) -> tuple[Path, FleetSweepBrief]:
    """With the boxes that it began with, unless others are named. Raises click.UsageError."""
    import msgspec

    from ovtui.fleet.box import FleetError
    from ovtui.fleet.sweep.sweep_brief import newest_fleet_sweep, read_fleet_brief

    boxes, reach = _boxes_named(given)
    try:
        folder = resumed_folder(resume, newest_fleet_sweep)
        brief = read_fleet_brief(folder)
    except FleetError as error:
        raise click.UsageError(str(error)) from None
    require_same_sweep(folder, brief.spec, brief.settings, own, out, given.get("model"))
    spec = msgspec.structs.replace(brief.spec, limit_s=own["limit_s"] or brief.spec.limit_s, folder=str(folder))
    brief = _with(brief, spec=spec)
    if boxes:
        brief = _with(brief, boxes=tuple(boxes), ssh_config=_absolute(reach.ssh_config), transport=reach.transport)
    return folder, brief


def _boxes_named(given: dict[str, Any]) -> tuple[list[Box], ReachOptions]:
    from ovtui.fleet.reach.opening import ReachOptions

    if not given["hosts"] and not given["host"]:
        return [], ReachOptions()
    boxes, reach, _ = boxes_from(given)
    return boxes, reach


def _check_paths(settings: Settings, vary: dict[str, list[str]]) -> None:
    """Only models are sent: every other path is one of the boxes. Raises click.UsageError."""
    from ovtui.fleet.on_box.paths_there import paths_there, why_not_there
    from ovtui.metrics.sweep.grid import grid_point

    varied = [grid_point(settings, {name: value}).settings for name in vary for value in vary[name]]
    for each in (settings, *varied):
        paths = paths_there(each, model_there=False) if each is not None else {}
        if reason := why_not_there(paths):
            raise click.UsageError(reason)
    for flag, those in paths_there(settings, model_there=False).items():
        notify(f"{flag} {', '.join(those)}: taken as a path of each box; only the model is sent")


def _absolute(path: str) -> str:
    return str(Path(path).absolute()) if path else ""


def _tell_plan(brief: FleetSweepBrief) -> None:
    from ovtui.cli.fleet.dry_run import print_scripts
    from ovtui.cli.terminal_text import print_line
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.on_box.left_runs import left_script
    from ovtui.fleet.on_box.preset import preset_text
    from ovtui.fleet.on_box.sent_model import read_model
    from ovtui.fleet.on_box.starting import begin_words
    from ovtui.fleet.running.measure_options import MeasureOptions
    from ovtui.fleet.running.shown_scripts import ShownScript, as_text, run_scripts
    from ovtui.fleet.sweep.box_measurer import EVERY_S, KEEP_S
    from ovtui.fleet.sweep.point_result import box_settings
    from ovtui.metrics.number_format import quantity
    from ovtui.metrics.sweep.grid import grid_point, whole_grid
    from ovtui.settings.paths import shell_line
    from ovtui.settings.shown_text import shown
    from ovtui.settings.vary_text import points_in

    spec, names = brief.spec, [shown(box.name) for box in brief.boxes]
    print_line(f"{quantity(len(names), 'box', 'boxes')}: {', '.join(names)}")
    size = points_in(spec.vary)
    if size <= spec.most_points:
        points = whole_grid(brief.settings, spec.vary)
        print_line(f"{quantity(size, 'point')} on each kind of box, {spec.point_s:g} s each:")
        for number, point in enumerate(points, 1):
            print_line(f"  {number:>3}  {point.text}{f': refused: {point.reason}' if point.reason else ''}")
    else:
        points = [grid_point(brief.settings, {name: values[0] for name, values in spec.vary.items()})]
        print_line(f"{spec.most_points:,} of {size:,} points on each kind of box, {spec.point_s:g} s each")
    first = next((point for point in points if point.settings is not None), None)
    if first is None or first.settings is None:
        return
    options = MeasureOptions(
        run=f"{brief.name}-POINT", every_s=EVERY_S, keep_s=KEEP_S, recordings="fetch" if brief.recordings else "drop"
    )
    print_line("each is a run of its own on its box, in a folder of its own, which is taken away after it:")
    print_line("  " + shell_line(["ovtui", *begin_words(KEEP_S, options.record_limit), "--record", "recording.ovtui"]))
    settings = box_settings(first.settings, spec.point_s)
    print_line(f"with preset.toml, as of {first.text}:")
    for line in preset_text(settings).splitlines():
        print_line(f"  {line}")
    try:
        model = read_model(settings.model)
    except FleetError as error:
        raise click.ClickException(str(error)) from None
    same: dict[str, list[str]] = {}
    for box in brief.boxes:
        scripts = [
            ShownScript("what an earlier sweep of this folder has left", left_script(f"{brief.name}-", "BOX")),
            *run_scripts(box, settings, options, model, boot=True),
        ]
        same.setdefault(as_text(scripts), []).append(shown(box.name))
    print_line("")
    print_scripts(same)


def _run(folder: Path, brief: FleetSweepBrief, json_path: str) -> int:
    from ovtui.cli.fleet.sweep_output import fleet_point_line, fleet_sweep_json, print_fleet_sweep
    from ovtui.cli.interrupts import INTERRUPTS
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.sweep.fleet_sweep import FleetSweep

    def on_point(kind: KindOutcome, point: StudyPoint) -> None:
        notify(fleet_point_line(kind, point))

    try:
        with INTERRUPTS.held():
            sweep = FleetSweep(folder, brief, notify, on_point)
            interrupted = _watch(sweep)
    except FleetError as error:
        notify(str(error))
        return Exit.FAILED
    if sweep.kinds:
        write_both(json_path, lambda: fleet_sweep_json(sweep), lambda: print_fleet_sweep(sweep))
    return _code(sweep, f"ovtui fleet sweep --resume {folder}", interrupted=interrupted)


def _watch(sweep: FleetSweep) -> bool:
    """True where a signal has ended it. Raises FleetError."""
    import asyncio
    import contextlib

    from ovtui.cli.fleet.caught_signals import caught_signals
    from ovtui.cli.interrupts import INTERRUPTS

    count = 0

    def stop() -> None:
        nonlocal count
        count += 1
        if count == 1:
            notify("stopping what runs on the boxes")
        if count == 2:  # two are as easily typed as one, and the boxes are to be left idle
            notify("it takes 20 s at most; once more leaves running on the boxes what is not stopped yet")
            return
        sweep.stop()

    async def run() -> None:
        with caught_signals(stop), contextlib.suppress(asyncio.CancelledError):
            await sweep.run()

    try:
        asyncio.run(run())
    finally:
        INTERRUPTS.install()
    return count > 0


def _code(sweep: FleetSweep, again: str, *, interrupted: bool) -> int:
    from ovtui.cli.sweep import exit_code

    if interrupted:
        notify(f"stopped with what it has; {again} goes on with it")
        return Exit.INTERRUPTED
    if sweep.problem:
        notify(f"{sweep.problem}; what was measured is kept, and {again} goes on with it")
        return Exit.FAILED
    codes = []
    for kind in sweep.kinds:
        if kind.ending == "no boxes":
            notify(f"{kind.kind}: no box is left; {again} goes on with it")
            codes.append(Exit.FAILED)
        else:
            codes.append(exit_code(kind.study, again))
    return next((code for code in _WORST if code in codes), Exit.FAILED)
