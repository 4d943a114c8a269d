"""What `ovtui find-rate` has found, on stdout: the answer, how sure it is, the rates as table and plot; or as JSON."""

from __future__ import annotations

import shutil

import msgspec

from ovtui import __version__
from ovtui.cli.output import write_both
from ovtui.cli.terminal_text import print_line
from ovtui.metrics import number_format
from ovtui.metrics.rate_search.answer_text import answer_line, confidence_lines, rate_of
from ovtui.metrics.session.study_event_text import OUTCOMES, reason_beside_outcome
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.json_text import json_text
from ovtui.records.study_events import FindRateAnswer, FindRateSpec, StudyPoint
from ovtui.settings.schema.settings import Settings
from ovtui.settings.schema.slo import parse_slo

PLOT_ROWS, MOST_WIDTH = 16, 100


class FoundRate(msgspec.Struct, kw_only=True):
    """The result as JSON."""

    ovtui: str
    text: str
    ended: str | None
    """done, time, stopped or failed; None where it broke off."""
    spec: FindRateSpec
    settings: Settings
    answer: FindRateAnswer | None
    points: list[StudyPoint]
    recording: str


def point_line(point: StudyPoint) -> str:
    """For stderr, once it has been measured: 'probe 3, 412/s: held: 14.1 ms (3 of 3,000 over)'."""
    again = " (again)" if point.round > 1 else ""
    why = reason_beside_outcome(point)
    return f"probe {point.point}{again}, {point.text}: {OUTCOMES[point.outcome]}{why and f': {why}'}"


def write_answer(study: StudyState, recording: str, json_path: str) -> FindRateAnswer | None:
    """Returns the answer; None where it broke off without one. Raises click.ClickException where the JSON cannot be
    written, after all else."""
    spec, ended = study.began.spec, study.ended
    assert isinstance(spec, FindRateSpec)
    answer = ended.answer if ended is not None and isinstance(ended.answer, FindRateAnswer) else None
    found = FoundRate(
        ovtui=__version__, text=_text(study, answer), ended=ended.reason if ended is not None else None, spec=spec,
        settings=study.began.settings, answer=answer, points=study.points, recording=recording,
    )  # fmt: skip
    write_both(json_path, lambda: json_text(found), lambda: _print(found, study.points))
    return answer


def _print(found: FoundRate, points: list[StudyPoint]) -> None:
    lines = []
    if found.answer is not None:
        lines += [found.text, *confidence_lines(found.answer, points)]
    if points:
        lines += ["", *table_lines(points, found.spec), "", *_plot(points, found.spec)]
    for line in lines:
        print_line(line)


def _text(study: StudyState, answer: FindRateAnswer | None) -> str:
    ended = study.ended
    if answer is not None:
        return answer_line(answer, done=ended is not None and ended.reason == "done")
    return ended.text if ended is not None else "the search broke off before it had an answer"


def table_lines(points: list[StudyPoint], spec: FindRateSpec) -> list[str]:
    """A row for each probe, in the order of the rates; figures of all times that a rate was measured are in its last
    row."""
    limited = _limited_name(spec)
    head = ["rate", "verdict", "requests", "p50 ms", "p90 ms", "p99 ms"]
    if limited:
        head.append(f"{limited} ms")
    rows = [head]
    for point in sorted(points, key=lambda point: (rate_of(point), point.point)):
        figures = point.figures
        cells = [point.text, OUTCOMES[point.outcome]]
        if figures is None:
            rows.append([*cells, *[number_format.UNKNOWN] * (len(head) - 2)])
            continue
        values = [figures.p50_ms, figures.p90_ms, figures.p99_ms, *([figures.limited_ms] if limited else [])]
        rows.append([*cells, number_format.count(figures.requests), *map(number_format.milliseconds, values)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
        cells[1] = row[1].ljust(widths[1])
        lines.append("  ".join(cells).rstrip())
    return lines


def _limited_name(spec: FindRateSpec) -> str:
    """What the first limit on a latency is on, where the table has no column of it: 'p95', 'inference.p99'."""
    names = [limit.subject for limit in parse_slo(spec.slo) if limit.unit == "ms"]
    return names[0] if names and names[0] not in ("p50", "p90", "p99") else ""


def _plot(points: list[StudyPoint], spec: FindRateSpec) -> list[str]:
    from ovtui.cli.plots import curve_plot, is_ascii_only

    newest = {rate_of(point): point for point in points if point.figures is not None}
    rates = sorted(newest)
    names = [limit.subject for limit in parse_slo(spec.slo) if limit.unit == "ms"]
    series = {"p50": (rates, [_value(newest[rate], "p50") for rate in rates])}
    if names and names[0] != "p50":
        series[names[0]] = (rates, [_value(newest[rate], names[0]) for rate in rates])
    bounds = [limit.bound for limit in parse_slo(spec.slo) if limit.unit == "ms" and not limit.is_floor]
    if bounds and len(rates) > 1:
        series[f"limit {number_format.significant(bounds[0], 4)} ms"] = ([rates[0], rates[-1]], [bounds[0], bounds[0]])
    width = min(shutil.get_terminal_size((80, 24)).columns, MOST_WIDTH)
    return curve_plot(
        series, x="rate, 1/s", y="response, ms", width=width, height=PLOT_ROWS, log_x=False, log_y=True,
        ascii_only=is_ascii_only(),
    )  # fmt: skip


def _value(point: StudyPoint, name: str) -> float:
    """As in the table: a percentile that too few requests give has no place in the plot either."""
    figures = point.figures
    if figures is None:
        return float("nan")
    known = {"p50": figures.p50_ms, "p90": figures.p90_ms, "p99": figures.p99_ms}
    value = known.get(name, figures.limited_ms)
    return float("nan") if value is None else value
