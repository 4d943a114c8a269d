"""`ovtui rank`: each device with each hint, in one table on stdout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import (
    SettingsCommand,
    refuse_ends,
    repeated_options,
    repeated_values,
    settings_from,
    study_settings_options,
)
from ovtui.cli.output import check_json_path, json_option, why_not_writable, write_both
from ovtui.cli.path_type import PATH
from ovtui.cli.session_options import session_options, session_options_from
from ovtui.cli.study_time import study_time_option
from ovtui.cli.whole_reason import verbose_option

if TYPE_CHECKING:
    from ovtui.cli.study_watch import StudyOutcome
    from ovtui.metrics.rank.schema import RankReport
    from ovtui.records.study_events import RankSpec
    from ovtui.settings.schema.settings import Settings

POINT_S, SHORTEST_POINT_S = 5.0, 0.5
HINTS = ("latency", "throughput")
START_HINTS = ("none", "latency", "throughput", "cumulative_throughput")
"""Of the session's first engine: the first of these that is not ranked, so that each row is compiled anew."""


@click.command(cls=SettingsCommand)
@study_time_option(
    "--point", "point_s", f"How long each row is measured, at most ({POINT_S:g}s without it).", least_s=SHORTEST_POINT_S
)
@study_time_option("--limit", "limit_s", "How long all of it lasts, at most.")
@click.option(
    "--no-agreement", "no_agreement", is_flag=True,
    help="Do not look at whether each device computes the same as the CPU.",
)  # fmt: skip
@click.option(
    "--report", "report_name", type=PATH, default="", metavar="NAME", shell_complete=completers.paths,
    help="Write the table as NAME.md and NAME.html, with plots.",
)  # fmt: skip
@repeated_options("device", "hint")
@study_settings_options
@session_options
@verbose_option
@json_option
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def rank(
    json_path: str,
    json_schema: bool,
    verbose: bool,
    report_name: str,
    no_agreement: bool,
    point_s: float,
    limit_s: float,
    **given: Any,
) -> int:
    """Rank the devices of this machine for a model.

    Each device is measured with each hint, one after another: all devices that OpenVINO lists, with latency and
    throughput, unless -d and --hint say others. The table goes to stdout, the progress to stderr."""
    if json_schema:
        from ovtui.metrics.rank.schema import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    refuse_ends(given, "how long it lasts is said by --point, of each row, and --limit, of all of it")
    if given["fallback_device"]:
        raise click.UsageError("--fallback-device: a row is of the device that it names; leave the fallback out")
    check_json_path(json_path)
    _check_report(report_name)
    devices, hints = repeated_values(given, "device"), repeated_values(given, "hint") or list(HINTS)
    settings = _without_ends(settings_from(given))
    devices = devices or _devices_here()
    from ovtui.records.study_events import RankSpec

    spec = RankSpec(
        devices=devices, hints=hints, point_s=point_s or POINT_S, agreement=not no_agreement, limit_s=limit_s
    )  # fmt: skip
    return _run(settings, spec, given, json_path, report_name, verbose=verbose)


def _check_report(name: str) -> None:
    """Before anything is measured. Raises click.UsageError."""
    for path in _report_paths(name) if name else ():
        if reason := why_not_writable(path):
            raise click.UsageError(f"--report {name}: {path.name}: {reason}")


def _report_paths(name: str) -> list[Path]:
    base = Path(name).absolute()
    return [base.with_name(base.name + suffix) for suffix in (".md", ".html")]


def _without_ends(settings: Settings) -> Settings:
    import msgspec

    return msgspec.structs.replace(settings, duration_s=0.0, requests=0, fallback_device="")


def _devices_here() -> list[str]:
    """What OpenVINO lists here, and AUTO beside an accelerator: with the CPU alone it has nothing to choose. Raises
    click.ClickException where it lists none."""
    from ovtui.host.device_lister import list_devices
    from ovtui.metrics.rank.devices import devices_to_rank

    listed = list_devices(brief=True).devices
    for device in listed:
        if device.present is None:
            notify(f"{device.device} is left out: {device.why}; -d {device.device} ranks it all the same")
    found = devices_to_rank([each.device for each in listed if each.present])
    if not found:
        raise click.ClickException("OpenVINO lists no device here; ovtui doctor says why")
    return found


def _run(
    settings: Settings, spec: RankSpec, given: dict[str, Any], json_path: str, report_name: str, *, verbose: bool
) -> int:
    """The session begins on the first device that serves: the CPU where it can."""
    import msgspec

    from ovtui.cli.rank_text import point_line
    from ovtui.cli.study_watch import watch_study
    from ovtui.metrics.rank.devices import starts_on

    hint = next((each for each in START_HINTS if each not in spec.hints), spec.hints[-1])
    refused: dict[str, str] = {}
    outcome: StudyOutcome | None = None
    for device in starts_on(spec.devices):
        if outcome is not None and outcome.recording:
            Path(outcome.recording).unlink(missing_ok=True)  # of the session that did not come to serve
        base = msgspec.structs.replace(settings, device=device, hint=hint)
        options = session_options_from(dict(given), base)
        outcome = watch_study(base, spec, options, on_point=point_line, verbose=verbose, tell_failure=False)
        if outcome.study is not None or outcome.code != Exit.UNUSABLE:
            break
        refused[device] = outcome.failure
    assert outcome is not None
    if outcome.study is None and outcome.code != Exit.UNUSABLE:
        if outcome.failure:
            notify(outcome.failure)
        return outcome.code
    report = _report(outcome, spec, settings, refused)
    _write(report, json_path, report_name)
    return outcome.code or _exit_code(report)


def _report(outcome: StudyOutcome, spec: RankSpec, settings: Settings, refused: dict[str, str]) -> RankReport:
    """Of a session that began; where none could, each device is refused with its reason."""
    from ovtui.metrics.rank.report import rank_report, refused_study

    study = outcome.study or refused_study(spec, settings, refused)
    return rank_report(study, outcome.state, outcome.recording)


def _exit_code(report: RankReport) -> Exit:
    """4 where nothing could be served, 3 where limits were stated and no row is known to hold them."""
    if report.ended is None:
        notify("the session ended before the rank did")
        return Exit.FAILED
    served = [row for row in report.rows if row.place is not None]
    if report.ended == "failed":
        return Exit.FAILED
    if not served:
        over = "its time was over (--limit) before a row was measured"
        notify(over if report.ended == "time" and not report.rows else report.text)
        return Exit.UNUSABLE if any(row.outcome == "refused" for row in report.rows) else Exit.FAILED
    if report.slo and not any(row.outcome == "held" for row in served):
        unknown = any(row.outcome == "unknown" for row in served)
        notify(f"no row is known to hold {report.slo}{'; measure longer (--point)' if unknown else ''}")
        return Exit.LIMIT_MISSED
    return Exit.FINE


def _write(report: RankReport, json_path: str, report_name: str) -> None:
    from ovtui.metrics.rank.schema import to_json

    if report_name and report.rows:
        _write_report(report, report_name)
    write_both(json_path, lambda: to_json(report), lambda: _print(report))


def _write_report(report: RankReport, name: str) -> None:
    """The figures are on stdout too, so a disk that is full now is no reason to lose them."""
    from ovtui.metrics.rank.document import rank_html, rank_markdown
    from ovtui.settings.shown_text import encodable

    for path, text in zip(_report_paths(name), (rank_markdown(report), rank_html(report)), strict=True):
        try:
            path.write_text(encodable(text), encoding="utf-8")
        except OSError as error:
            notify(f"--report {name}: {path.name}: {error.strerror}")


def _print(report: RankReport) -> None:
    from ovtui.cli.rank_text import result_lines, took_text
    from ovtui.cli.terminal_text import print_line
    from ovtui.terminal.terminal_size import terminal_size

    if not report.rows:
        return
    on_screen = sys.stdout.isatty()
    width = terminal_size(sys.stdout.fileno()).columns if on_screen else 160
    for line in [*result_lines(report, width, wrapped=on_screen), *filter(None, [took_text(report)])]:
        print_line(line)
