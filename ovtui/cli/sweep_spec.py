"""What a sweep is asked for on the command line, on this machine or on many boxes: its options, and what they mean."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.cli.path_type import PATH
from ovtui.cli.study_time import study_time_option
from ovtui.settings.errors import SettingsError

if TYPE_CHECKING:
    from ovtui.records.study_events import SweepSpec
    from ovtui.settings.schema.settings import Settings

POINT_S = 5.0
SHORTEST_POINT_S = 0.5
MOST_POINTS = 10_000
NEWEST = "\0newest"
"""What --resume without a folder stands for."""
OWN = ("vary", "goal", "point_s", "limit_s", "most_points")
F = TypeVar("F", bound=Callable[..., Any])
_OPTIONS: list[Callable[[Any], Any]] = [
    click.option(
        "--vary", "vary", multiple=True, metavar="SETTING=VALUES",
        help="A setting and its values: nireq=1,2,4 or nireq=1..16 (doubling), nireq=1..16:4; "
        "device='CPU;AUTO:GPU,CPU'.",
    ),
    click.option(
        "--goal", default="throughput", metavar="FIGURE", show_default=True,
        help="What the best point has most of (throughput) or least (p50, p90, p99, mean, joules).",
    ),
    study_time_option("--point", "point_s", f"How long each point is measured, at most ({POINT_S:g}s without it)."),
    study_time_option("--limit", "limit_s", "How long all of it lasts, at most."),
    click.option(
        "--points", "most_points", default=64, type=click.IntRange(1, MOST_POINTS), metavar="N", show_default=True,
        help="Most points; of a larger grid Optuna's sampler chooses them.",
    ),
    click.option(
        "--out", "out", type=PATH, default="", metavar="FOLDER",
        help="Where the sweep is kept, to go on with it: storage and recordings; a new folder of its own without it.",
    ),
    click.option(
        "--resume", "resume", is_flag=False, flag_value=NEWEST, default=None, metavar="[FOLDER]",
        help="Go on with a sweep that was broken off: of this folder, or the newest one.",
    ),
    click.option(
        "--save", "preset_name", default="", metavar="PRESET",
        help="Name of the preset that the best point is saved as; best-MODEL-DATE without it, 'none' for none.",
    ),
]  # fmt: skip


def sweep_options(command: F) -> F:
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def new_spec(
    settings: Settings, own: dict[str, Any], out: str, preset_name: str, brief: str
) -> tuple[Settings, SweepSpec]:
    """Everything of it is checked before anything runs. `own`: the options of OWN; `brief`: the file that a folder with
    such a sweep has. Raises click.UsageError."""
    import msgspec

    from ovtui.host.state_paths import new_sweep_folder
    from ovtui.metrics.sweep.goals import find_goal
    from ovtui.metrics.sweep.grid import grid_point
    from ovtui.records.study_events import SweepSpec
    from ovtui.settings.vary_text import parse_varies

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
    if (folder / brief).exists():
        raise click.UsageError(f"--out {out}: a sweep is in it already: --resume {out} goes on with it")
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"--out {out}: that is no folder")
    spec = SweepSpec(
        vary=vary, goal=goal.name, slo=settings.slo, point_s=own["point_s"], limit_s=own["limit_s"],
        most_points=own["most_points"], folder=str(folder), preset=name,
    )  # fmt: skip
    return settings, spec


def require_same_sweep(
    folder: Path, spec: SweepSpec, settings: Settings, own: dict[str, Any], out: str, model: str | None
) -> None:
    """A sweep goes on with the grid that it began with. Raises click.UsageError."""
    from ovtui.settings.vary_text import parse_varies

    try:
        vary = parse_varies(own["vary"]) if own["vary"] else spec.vary
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    if vary != spec.vary or out:
        raise click.UsageError(
            f"--resume {folder}: it goes on with the values that it began with; leave --vary and --out away, or begin "
            "another sweep"
        )
    if model and model != settings.model:
        raise click.UsageError(f"--resume {folder}: that sweep is of {settings.model}; leave MODEL away")


def resumed_folder(resume: str, newest: Callable[[], Path | None]) -> Path:
    """The folder that --resume names. Raises click.UsageError."""
    if not resume:
        raise click.UsageError("--resume: the name is empty; give a FOLDER, or --resume alone for the newest sweep")
    try:
        folder = newest() if resume == NEWEST else Path(resume).absolute()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    if folder is None:
        raise click.UsageError("--resume: no sweep is kept here; name its FOLDER, or begin one")
    return folder


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
