"""From the command line of `ovtui fleet run` to what is asked of the boxes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import settings_from
from ovtui.settings.errors import SettingsError

if TYPE_CHECKING:
    from ovtui.fleet.box import Box
    from ovtui.fleet.on_box.sent_model import SentModel
    from ovtui.fleet.reach.opening import ReachOptions
    from ovtui.fleet.running.run_folder import FleetBrief
    from ovtui.settings.schema.settings import Settings

DEFAULT_S = 30.0
"""Boxes are compared by blocks of 2 s, of which it takes 8 after the warm-up."""


class Unusable(click.ClickException):
    """The model cannot be used, here already."""

    exit_code = Exit.UNUSABLE


def settings_of(given: dict[str, Any]) -> Settings:
    """The settings, by the rules of every command; a first word that is the name of a preset is one. Raises
    click.UsageError."""
    from ovtui.settings.changes import with_changes
    from ovtui.settings.files import presets

    try:
        if given.get("model") and not given.get("preset") and given["model"] in presets.names():
            given["preset"], given["model"] = given["model"], None
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    settings = settings_from(given)
    if not settings.duration_s and not settings.requests:
        settings = with_changes(settings, {"duration_s": DEFAULT_S})
        notify(f"no --duration and no --requests: each box stops after {DEFAULT_S:g} s")
    return settings


def brief_of(
    given: dict[str, Any],
    boxes: list[Box],
    reach: ReachOptions,
    jobs: int,
    *,
    name: str,
    model_there: bool,
    recordings: bool,
    every_s: float,
    patience_s: float,
    keep_s: float,
    most_fetch_bytes: int,
    record_limit: int,
) -> FleetBrief:
    """What the run asks of whom, its model read. Raises click.UsageError and Unusable."""
    from ovtui.fleet.box import FleetError
    from ovtui.fleet.on_box.paths_there import paths_there, why_not_there
    from ovtui.fleet.on_box.preset import preset_text
    from ovtui.fleet.running.run_folder import FleetBrief, check_name, new_name

    settings = settings_of(given)
    paths = paths_there(settings, model_there=model_there)
    if reason := why_not_there(paths):
        raise click.UsageError(reason)
    for flag, each in paths.items():
        if flag != "MODEL":
            notify(f"{flag} {', '.join(each)}: taken as a path of each box; only the model is sent")
    model = None if model_there else _model(settings)
    name = name or new_name()
    try:
        check_name(name)
        preset_text(settings)
    except FleetError as error:
        raise click.UsageError(str(error)) from None
    return FleetBrief(
        name=name, began_s=time.time(), boxes=tuple(boxes), settings=settings, preset=given.get("preset") or "",
        model=model, model_there=model_there, jobs=jobs, every_s=every_s, patience_s=patience_s, keep_s=keep_s,
        recordings="fetch" if recordings else "leave", most_fetch_bytes=most_fetch_bytes,
        record_limit=str(record_limit), ssh_config=reach.ssh_config, transport=reach.transport,
    )  # fmt: skip


def _model(settings: Settings) -> SentModel | None:
    from ovtui.fleet.on_box.sent_model import ModelUnusable, read_model

    try:
        return read_model(settings.model)
    except ModelUnusable as error:
        text = f"{error} (--model-there: it is a path of the boxes)"
        raise (click.UsageError(text) if error.misused else Unusable(text)) from None
