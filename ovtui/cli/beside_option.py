"""`--beside MODEL[,SETTING=VALUE..]`: a second model with a load of its own on the same machine, and its price."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.host.client import LiveSession
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.metrics.digest import Digest
    from ovtui.records.study_events import BesideSpec
    from ovtui.settings.schema.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])
ALTERNATE_S = 60.0
"""Alone and beside take turns for so long at most where --duration says nothing."""
_CHANGES_WITH_TIME = "its schedule changes with time, and alone and beside are compared in equal blocks"


def beside_option(command: F) -> F:
    return click.option(
        "--beside", "beside", default=None, metavar="MODEL[,SETTING=VALUE..]",
        help="Run a second model beside this one, its load switched on and off in turns, and print what it costs this "
        "one: --beside 'detector.xml,rate=50,device=GPU'.",
    )(command)  # fmt: skip


def beside_settings(text: str, first: Settings) -> Settings:
    """The second model's settings: the defaults, on the device of the first. Raises click.UsageError."""
    from ovtui.settings.changes import with_changes
    from ovtui.settings.changes_text import apply_changes, parse_changes
    from ovtui.settings.errors import SettingsError
    from ovtui.settings.model_names import check_model
    from ovtui.settings.paths import expand_home
    from ovtui.settings.schema.arrival import changes_with_time
    from ovtui.settings.schema.settings import Settings

    model, changes = _model_and_changes(text)
    try:
        if not model:
            raise SettingsError("it names no model; write --beside MODEL, or MODEL,rate=50")
        check_model(model)
        if "model" in parse_changes(changes):
            raise SettingsError("it names two models")
        found = apply_changes(Settings(model=expand_home(model), device=first.device), changes)
        found = with_changes(found, {"model": expand_home(model)})
    except SettingsError as error:
        raise click.UsageError(f"--beside {in_quotes(text)}: {error}") from None
    if found.duration_s or found.requests:
        raise click.UsageError(f"--beside {in_quotes(text)}: it runs as long as the first; leave its limit out")
    if changes_with_time(found):
        raise click.UsageError(f"--beside {in_quotes(text)}: {_CHANGES_WITH_TIME}")
    return found


def take_beside(given: dict[str, Any], settings: Settings) -> tuple[Settings, BesideSpec | None]:
    """The settings of the first model without a limit, and the study that --beside asks for; it is removed from
    `given`. --duration is how long alone and beside take turns at most, from when both models serve; without it the
    second model runs on after the verdict, where a person looks on. Raises click.UsageError."""
    from ovtui.records.study_events import BesideSpec
    from ovtui.settings.changes import with_changes
    from ovtui.settings.schema.arrival import changes_with_time

    text = given.pop("beside")
    if text is None:
        return settings, None
    second = beside_settings(text, settings)
    if settings.requests:
        raise click.UsageError("--beside with --requests: a run beside another one ends by --duration, or by itself")
    if changes_with_time(settings):
        raise click.UsageError(f"--beside: {_CHANGES_WITH_TIME}")
    spec = BesideSpec(settings=second, alternate_s=settings.duration_s or ALTERNATE_S, goes_on=not settings.duration_s)
    return with_changes(settings, {"duration_s": 0.0}), spec


def recorded_beside(spec: BesideSpec, options: SessionOptions) -> BesideSpec:
    """The study with a recording of the second model where the first one has one: beside it, as NAME.beside.ovtui.
    Raises click.UsageError."""
    import msgspec

    if not options.record:
        return spec
    first = Path(options.record)
    path = first.with_name(f"{first.stem}.beside{first.suffix}")
    if path.exists():
        raise click.UsageError(f"--beside: its recording {path} exists already; name another --record")
    return msgspec.structs.replace(spec, record=str(path))


def ending(spec: BesideSpec) -> tuple[BesideSpec, BesideRun]:
    """The study as a run without a screen begins it, which ends with it, and when that is."""
    import msgspec

    return msgspec.structs.replace(spec, goes_on=False), BesideRun(0.0 if spec.goes_on else spec.alternate_s)


class BesideRun:
    """When a run with --beside is over. Owner: the run's one thread."""

    def __init__(self, duration_s: float) -> None:
        """`duration_s`: as --duration gives it; 0 without."""
        self._duration_s = duration_s
        self._stopped = self._told = False

    def tells_first(self, session: LiveSession, digest: Digest) -> bool:
        """At ctrl+c: has the study end with what it has. True while it still runs."""
        runs = digest.session_state.study is not None
        if runs and not self._stopped:
            self._stopped = True
            session.end_study()
        return runs

    def new_failure(self, digest: Digest) -> str:
        """Why the study has failed, the first time that it is asked for after that; else empty."""
        study = digest.session_state.studies[-1] if digest.session_state.studies else None
        if self._told or study is None or study.ended is None or study.ended.reason != "failed":
            return ""
        self._told = True
        return study.ended.text

    def is_over(self, digest: Digest, now_ns: int) -> bool:
        """The study has told what it found. One that failed ends a run only where no --duration says how long this load
        is to last."""
        state = digest.session_state
        if not state.studies:
            return state.refused is not None
        ended = state.studies[-1].ended
        if ended is None or ended.reason != "failed" or not self._duration_s or not state.segments:
            return ended is not None
        return now_ns >= state.segments[0].t_ns + int(self._duration_s * 1e9)


def study_failure(digest: Digest) -> str:
    """Why the study found nothing, as a sentence; empty where it did."""
    state = digest.session_state
    study = state.studies[-1] if state.studies else None
    if study is None:
        return ""
    if study.ended is None:
        return f"what {state.beside.name if state.beside else 'the second model'} costs was not told to the end"
    return study.ended.text if study.ended.reason == "failed" else ""


def _model_and_changes(text: str) -> tuple[str, str]:
    """'m.xml,rate=50' in two; a comma may be part of a file's name."""
    from ovtui.settings.changes_text import parse_changes
    from ovtui.settings.errors import SettingsError

    model, *rest = text.split(",")
    for at, part in enumerate(rest):
        if "=" in part:
            return ",".join([model, *rest[:at]]).strip(), ",".join(rest[at:])
    try:
        parse_changes(model)
    except SettingsError:
        return text.strip(), ""
    return ("", text) if "=" in model else (text.strip(), "")
