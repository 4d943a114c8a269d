"""`ovtui compare`: what two recordings say of each other, and a gate for CI."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.output import check_json_path, json_option, write_both
from ovtui.cli.path_type import PATH
from ovtui.cli.replay import digest_of, find_recording, open_recording, tell_of_file
from ovtui.cli.terminal_text import print_line, print_wrapped
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.fail_if import FAILS, parse_fail_ifs

if TYPE_CHECKING:
    from ovtui.metrics.latency.latency import LatencyKind
    from ovtui.metrics.recorded.load import RecordedLoad
    from ovtui.metrics.recorded.schema import CompareResult, CompareSide

_PLOT_ROWS = 18
_LEAST_WIDTH, _MOST_WIDTH = 60, 120


@click.command()
@click.argument("a", metavar="A", type=PATH, required=False, default="", shell_complete=completers.recordings)
@click.argument("b", metavar="B", type=PATH, required=False, default="", shell_complete=completers.recordings)
@click.option(
    "--fail-if",
    "conditions",
    multiple=True,
    metavar="CONDITIONS",
    help="Exit with 3 where B certainly changes a figure by more: 'p99>+5%,throughput<-3%'; where that is not known, "
    "too. Repeatable.",
)
@click.option(
    "--latency",
    "kind",
    type=click.Choice(("response", "service", "inference")),
    default="response",
    show_default=True,
    help="From when a request was due, from its submission, or OpenVINO's own.",
)
@click.option("--segment-a", type=click.IntRange(min=0), metavar="N", help="Of A; the one last in force unless given.")
@click.option("--segment-b", type=click.IntRange(min=0), metavar="N", help="Of B; the same.")
@json_option
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def compare(
    a: str,
    b: str,
    conditions: tuple[str, ...],
    kind: str,
    segment_a: int | None,
    segment_b: int | None,
    json_path: str,
    json_schema: bool,
) -> int:
    """Compare two recordings: B against A.

    Prints figures, their changes with intervals, and both percentile curves. The runs were not interleaved, so there is
    no p-value: `ovtui ab` measures two settings in alternation."""
    if json_schema:
        from ovtui.metrics.recorded.schema import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    if not a or not b:
        raise click.UsageError("name two recordings, A and B; `ovtui recordings` lists those that were kept")
    try:
        wanted = parse_fail_ifs(conditions)
    except SettingsError as error:
        raise click.UsageError(f"--{error}") from None
    check_json_path(json_path)
    paths = find_recording(a), find_recording(b)
    _check_distinct(paths, (segment_a, segment_b))
    from ovtui.metrics.recorded.result import compare_result

    side_a, load_a, bad_a = _read("A", paths[0], segment_a, cast("LatencyKind", kind))
    side_b, load_b, bad_b = _read("B", paths[1], segment_b, cast("LatencyKind", kind))
    result = compare_result(side_a, load_a, side_b, load_b, wanted)
    _write(result, load_a, load_b, json_path)
    failing = [each for each in result.fail_if if each.verdict in FAILS]
    for each in failing:
        notify(each.text)
    if bad_a or bad_b:
        return Exit.FAILED
    return Exit.LIMIT_MISSED if failing else Exit.FINE


def _check_distinct(paths: tuple[str, str], segments: tuple[int | None, int | None]) -> None:
    """Raises click.UsageError where both are the same load."""
    try:
        same = Path(paths[0]).samefile(paths[1])
    except (OSError, ValueError):
        return  # reading it will say why
    if not same or segments[0] != segments[1]:
        return
    trial = "; the trial in it is compared by `ovtui report`" if _holds_trial(paths[0]) else ""
    raise click.UsageError(
        f"A and B are the same recording{trial or '; name another, or two of its segments (--segment-a, --segment-b)'}"
    )


def _holds_trial(path: str) -> bool:
    from ovtui.records.events import TrialTurn
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        file = SessionReader(path)
    except SessionFileError:
        return False
    try:
        return any(isinstance(event, TrialTurn) for _, event in file.events())
    finally:
        file.close()


def _read(name: str, path: str, segment: int | None, kind: LatencyKind) -> tuple[CompareSide, RecordedLoad, bool]:
    """The load of one recording; True where its file is damaged, which is told. Raises click.ClickException."""
    from ovtui.metrics.recorded.about import side_of
    from ovtui.metrics.recorded.load import NoSuchLoad, load_of
    from ovtui.records.session_file.reader import SessionReader

    recording = open_recording(path)
    try:
        digest = digest_of(recording)
        damaged = tell_of_file(recording, "are compared", breaks_off=True)
        file = SessionReader(path)
        try:
            load = load_of(digest, file.readable_records(), segment, kind)
        finally:
            file.close()
    except NoSuchLoad as error:
        failure: type[click.ClickException] = click.UsageError if segment is not None else click.ClickException
        raise failure(f"{name}, {path}: {error}") from None
    finally:
        recording.close()
    return side_of(path, digest, load), load, damaged


def _write(result: CompareResult, load_a: RecordedLoad, load_b: RecordedLoad, json_path: str) -> None:
    from ovtui.records.json_text import json_text

    write_both(json_path, lambda: json_text(result), lambda: _print(result, load_a, load_b))


def _print(result: CompareResult, load_a: RecordedLoad, load_b: RecordedLoad) -> None:
    from ovtui.metrics.recorded.text import NOT_INTERLEAVED, side_line, table_lines, why_lines

    for name, side in (("A", result.a), ("B", result.b)):
        print_wrapped(side_line(name, side, side.path), "", "   ")
    differs = ", ".join(result.differs) or "nothing that is recorded of machine, versions and settings"
    print_wrapped(f"differs: {differs}", "", "   ")
    for warning in result.warnings:
        print_wrapped(f"careful: {warning}", "", "   ")
    print_line("")
    for line in table_lines(result):
        print_line(line)
    for line in why_lines(result):
        print_wrapped(line, "   ", "   ")
    curves = _curves(load_a, load_b)
    if curves:
        print_line("")
    for line in curves:
        print_line(line)
    print_line("")
    print_wrapped(NOT_INTERLEAVED, "", "")
    if result.fail_if:
        print_line("")
    for each in result.fail_if:
        print_wrapped(each.text, "", "   ")


def _curves(load_a: RecordedLoad, load_b: RecordedLoad) -> list[str]:
    from ovtui.cli.plots import curve_plot, is_ascii_only
    from ovtui.metrics.recorded.percentile_curve import curve_of, spans_decades, ticks

    curves = {"A": curve_of(load_a), "B": curve_of(load_b)}
    width = min(max(shutil.get_terminal_size((80, 24)).columns, _LEAST_WIDTH), _MOST_WIDTH)
    return curve_plot(
        curves,
        x="percentile",
        y=f"{load_a.kind} latency, ms",
        width=width,
        height=_PLOT_ROWS,
        log_x=True,
        log_y=spans_decades([ms for _, ms in curves.values()]),
        ascii_only=is_ascii_only(),
        x_ticks=ticks(),
    )
