"""`ovtui find-rate`: the highest rate of an open loop at which the limits of --slo hold."""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import (
    SettingsCommand,
    refuse_ends,
    require_as_begun,
    resolved_from,
    study_settings_options,
)
from ovtui.cli.output import check_json_path, json_option
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.study_time import study_time_option
from ovtui.cli.whole_reason import verbose_option
from ovtui.settings.errors import SettingsError

if TYPE_CHECKING:
    from ovtui.records.events import Event
    from ovtui.records.study_events import FindRateSpec
    from ovtui.settings.schema.settings import Settings

NEWEST = "\0newest"
"""What --resume without a file stands for."""
LONG_SHARE = 1 / 8
"""Of --limit: the longest that a rate is measured at a time, where that is longer than the default."""
POISSON = "poisson"
"""The arrivals where none are asked for: independent requests, as of many callers."""
LEAST_WITHIN, MOST_WITHIN = 0.005, 1.0


@click.command("find-rate", cls=SettingsCommand)
@click.option(
    "--within", "within", default="2%", metavar="PERCENT", show_default=True,
    help="The search ends where the lowest rate that fails is at most so much higher than the highest that holds.",
)  # fmt: skip
@study_time_option("--limit", "limit_s", "How long all of it may last; the longer, the longer each rate is measured.")
@click.option(
    "--resume", "resume", is_flag=False, flag_value=NEWEST, default="", metavar="[FILE]",
    help="Go on with a search that was broken off: from its recording, or the newest one that is kept.",
)  # fmt: skip
@study_settings_options
@session_options
@verbose_option
@json_option
def find_rate(json_path: str, verbose: bool, within: str, limit_s: float, resume: str, **given: Any) -> int:
    """Find the highest rate that holds --slo.

    The requests come by themselves (an open loop), and all other settings stay as they are; --rate is the first guess.
    The answer is the best estimate, with the rate that is known with 99 % confidence beside it. It is recorded, and
    --resume goes on after a crash."""
    refuse_ends(given, "how long the search lasts is said by --limit")
    check_json_path(json_path)
    share = _share(within)
    settings, spec = _resumed(resume, given, share, limit_s) if resume else _new(given, share, limit_s)
    options = session_options_from(given, settings)

    from ovtui.cli.find_rate_result import point_line, write_answer
    from ovtui.cli.study_watch import watch_study

    notify(f"{'burst' if spec.arrival.startswith('burst') else spec.arrival} arrivals, limits {spec.slo}")
    outcome = watch_study(settings, spec, options, on_point=point_line, verbose=verbose)
    study = outcome.study
    if study is None:
        return outcome.code
    answer = write_answer(study, outcome.recording, json_path)
    ended = study.ended
    if outcome.recording and (ended is None or ended.reason != "done"):
        notify(f"not to its end: ovtui find-rate --resume {shlex.quote(outcome.recording)} goes on with it")
    if outcome.code:
        return outcome.code
    return Exit.FINE if answer is not None and answer.holds_per_s is not None else Exit.LIMIT_MISSED


def _share(text: str) -> float:
    """0.02 of '2%' or '0.02'. Raises click.UsageError."""
    with contextlib.suppress(ValueError):
        bare = text.strip()
        share = float(bare.removesuffix("%")) / (100 if bare.endswith("%") else 1)
        if LEAST_WITHIN <= share <= MOST_WITHIN:
            return share
    raise click.UsageError(f"--within {text}: write a share from 0.5% to 100%, such as 5%")


def _new(given: dict[str, Any], within: float, limit_s: float) -> tuple[Settings, FindRateSpec]:
    """Everything is checked before anything runs. Raises click.UsageError."""
    import msgspec

    from ovtui.metrics.rate_search.rate_limits import rate_arrival, rate_limits
    from ovtui.records.study_events import FindRateSpec
    from ovtui.settings.changes import with_changes
    from ovtui.settings.layers import DEFAULT_ORIGIN
    from ovtui.settings.schema.arrival import canonical_arrival

    # Taken out: most arrivals need a rate, and that is what is sought.
    arrival = given.pop("arrival", None)
    resolved = resolved_from(given)
    settings = msgspec.structs.replace(resolved.settings, arrival="constant", slo="", duration_s=0.0, requests=0)
    try:
        if arrival is None:
            chosen = resolved.origin["arrival"] != DEFAULT_ORIGIN
            arrival = resolved.settings.arrival if chosen else POISSON
        arrival = rate_arrival(canonical_arrival(arrival))
        rate_limits(resolved.settings.slo)
        with_changes(settings, {"rate": settings.rate or 1.0, "arrival": arrival})
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    spec = FindRateSpec(
        slo=resolved.settings.slo, within=within, arrival=arrival, limit_s=limit_s, probe_s=_probe_s(limit_s)
    )
    return settings, spec


def _probe_s(limit_s: float) -> float:
    from ovtui.metrics.rate_search.probe_judge import MOST_LONGEST_S

    return max(MOST_LONGEST_S, limit_s * LONG_SHARE)


def _resumed(resume: str, given: dict[str, Any], within: float, limit_s: float) -> tuple[Settings, FindRateSpec]:
    """Settings and limits are those with which it began. Raises click.UsageError and click.ClickException."""
    import msgspec

    from ovtui.cli.broken_off import newest_broken_off
    from ovtui.cli.replay import find_recording
    from ovtui.metrics.rate_search.rate_limits import rate_arrival
    from ovtui.records.session_file.reader import SessionFileError
    from ovtui.records.study_events import FindRateSpec
    from ovtui.settings.schema.arrival import canonical_arrival
    from ovtui.studies.earlier_points import read_earlier

    if resume == NEWEST:
        path = newest_broken_off(_is_broken_off, "search")
    else:
        path = str(Path(find_recording(resume)).absolute())
    try:
        earlier = read_earlier(path, FindRateSpec)
    except SessionFileError as error:
        raise click.ClickException(str(error)) from None
    if earlier is None:
        raise click.UsageError(f"--resume {path}: no search for a rate is in it")
    began = earlier.study.began
    assert isinstance(began.spec, FindRateSpec)
    model, slo = given.get("model"), given.get("slo")
    if model and model != began.settings.model:
        raise click.UsageError(f"--resume {path}: that search is of {began.settings.model}; leave MODEL away")
    if slo and slo != began.spec.slo:
        raise click.UsageError(f"--resume {path}: that search is for {began.spec.slo}; leave --slo away")
    if _is_given("within") and within != began.spec.within:
        raise click.UsageError(
            f"--resume {path}: that search ends within {100 * began.spec.within:.3g}%; leave --within away"
        )
    try:
        if given.get("arrival") and rate_arrival(canonical_arrival(given["arrival"])) != began.spec.arrival:
            raise SettingsError(
                f"--resume {path}: that search is of {began.spec.arrival} arrivals; leave --arrival away"
            )
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
    require_as_begun(given, began.settings, f"--resume {path}", ("model", "slo", "arrival", "duration_s", "requests"))
    notify(f"{len(earlier.points)} probes of {path} count on")
    limit_s = limit_s or began.spec.limit_s
    return began.settings, msgspec.structs.replace(began.spec, resumes=path, limit_s=limit_s)


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _is_broken_off(events: Sequence[Event]) -> bool:
    from ovtui.records.events import StudyBegan, StudyEnded
    from ovtui.records.study_events import FindRateSpec

    told = [event for event in events if isinstance(event, StudyBegan | StudyEnded)]
    searched = any(isinstance(event, StudyBegan) and isinstance(event.spec, FindRateSpec) for event in told)
    return searched and not (isinstance(told[-1], StudyEnded) and told[-1].reason == "done")
