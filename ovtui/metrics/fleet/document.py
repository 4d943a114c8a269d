"""A run on many boxes as Markdown and as one HTML file: `ovtui fleet run --report`."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import replace

from ovtui.metrics import number_format
from ovtui.metrics.fleet.box_figures import BoxFigures
from ovtui.metrics.fleet.facts_beside import facts_side_by_side
from ovtui.metrics.fleet.kinds import UNKNOWN_KIND
from ovtui.metrics.fleet.schema import BoxResult, FleetReport, Outcome
from ovtui.metrics.fleet.table import figure_cells
from ovtui.metrics.fleet.text import COMPARE_HINT
from ovtui.metrics.report.bars import Bar, bars
from ovtui.metrics.report.html import html_page, section_html, table_html
from ovtui.metrics.report.markdown import markdown_text, section_lines, table_markdown
from ovtui.metrics.report.report import Section, Table
from ovtui.metrics.report.svg import escape
from ovtui.settings.schema.settings import fields
from ovtui.settings.shown_text import shown

OUTCOMES: dict[Outcome, str] = {
    "done": "done", "missed": "limit missed", "interrupted": "interrupted", "failed": "failed",
    "unfinished": "not finished",
}  # fmt: skip
MOST_BARS = 60
"""Boxes in a plot; of more the odd ones and the first."""
_PLOTS: tuple[tuple[str, str, Callable[[BoxFigures], float | None]], ...] = (
    ("p50 of the responses", "p50, ms", lambda figures: figures.p50_ms),
    ("p99 of the responses", "p99, ms", lambda figures: figures.p99_ms),
)


def fleet_markdown(report: FleetReport) -> str:
    lines = [f"# {markdown_text(_title(report))}", "", *table_markdown(_facts(report)), ""]
    sections = [
        replace(section, title=markdown_text(section.title), note=markdown_text(section.note))
        for section in _sections(report)
    ]
    return "\n".join(lines + [line for section in sections for line in section_lines(section)])


def fleet_html(report: FleetReport) -> str:
    body = "\n".join([table_html(_facts(report)), *map(section_html, _sections(report))])
    return html_page(_title(report), f"<h1>{escape(_title(report))}</h1>\n{body}", "ovtui fleet run")


def _title(report: FleetReport) -> str:
    boxes = number_format.quantity(len(report.boxes), "box", "boxes")
    return f"{shown(report.settings.model) or 'one load'} on {boxes}" if report.settings else f"One load on {boxes}"


def _facts(report: FleetReport) -> Table:
    rows = [("found", report.text)]
    if report.began_s is not None:
        began = datetime.datetime.fromtimestamp(report.began_s, datetime.UTC)
        rows.append(("began", f"{began:%Y-%m-%d %H:%M:%S} UTC"))
        if report.ended_s is not None:
            rows.append(("took", number_format.run_length(report.ended_s - report.began_s)))
    if report.run:
        rows.append(("run", report.run))
    rows.append(("made by", f"ovtui {report.ovtui}"))
    return Table(("", ""), rows, words=True)


def _sections(report: FleetReport) -> list[Section]:
    found = []
    odd = [(box.name, box.odd.text) for box in report.boxes if box.odd is not None]
    if odd:
        found.append(Section("Boxes that differ from their kind", Table(("", ""), odd, words=True), COMPARE_HINT))
    failed = [(box.name, box.text) for box in report.boxes if box.outcome == "failed"]
    if failed:
        found.append(Section("Failed", Table(("", "why"), failed, words=True)))
    found += [_of_kind(report, kind.kind, kind.boxes, kind.text) for kind in report.kinds]
    found += [_facts_of(box, report) for box in report.boxes if box.odd is not None and box.facts]
    if report.settings is not None:
        changed = [
            (field.label, field.show(value))
            for field in fields().values()
            if (value := getattr(report.settings, field.name)) != field.default
        ]
        changed = changed or [("nothing", "")]
        found.append(Section("Settings", Table(("changed from its default", "value"), changed, words=True)))
    return found


def _of_kind(report: FleetReport, kind: str | None, names: Sequence[str], text: str) -> Section:
    mine = set(names)
    boxes = [box for box in report.boxes if box.name in mine]
    heads = ("box", "", "differs", "device", "req/s", "p50 ms", "p99 ms", "handover", "batched", "errors", "°C")
    rows = [[box.name, OUTCOMES[box.outcome], _mark(box), *figure_cells(box.figures).values()] for box in boxes]
    known = [box for box in boxes if box.figures.p50_ms is not None]
    pictures = "\n".join(filter(None, (_plot(known, *plot) for plot in _PLOTS))) if len(known) > 1 else ""
    return Section(shown(kind or UNKNOWN_KIND), Table(heads, rows), text, pictures)


def _plot(boxes: Sequence[BoxResult], title: str, unit: str, value: Callable[[BoxFigures], float | None]) -> str:
    odd_first = sorted(boxes, key=lambda box: box.odd is None)[:MOST_BARS]
    drawn = {box.name for box in odd_first}
    values = [
        Bar(box.name, found, number_format.milliseconds(found), box.odd is not None)
        for box in boxes
        if box.name in drawn and (found := value(box.figures)) is not None
    ]
    more = len(boxes) - len(drawn)
    return bars(title, f"{unit}{f' ({more} more boxes are not drawn)' if more else ''}", values)


def _mark(box: BoxResult) -> str:
    return "" if box.odd is None else f"{number_format.plain_change(box.odd.ratio)} {box.odd.figure}"


def _facts_of(box: BoxResult, report: FleetReport) -> Section:
    others = [
        other.facts for other in report.boxes if other.kind == box.kind and other is not box and other.facts is not None
    ]
    rows = [
        (fact.name, fact.mine or number_format.UNKNOWN, fact.others or number_format.UNKNOWN, "differs" * fact.differs)
        for fact in facts_side_by_side(box.facts or {}, others)
    ]
    note = "Others: what more than half of its kind have. A difference is no cause."
    return Section(f"{shown(box.name)} beside its kind", Table(("", "it", "others", ""), rows, words=True), note)
