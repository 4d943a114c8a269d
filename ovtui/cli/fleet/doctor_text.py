"""The doctors' reports of many boxes as text: by kind, what is wrong with each, and in what they differ."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from ovtui.cli.terminal_text import print_line
from ovtui.cli.text_table import table_lines
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.compared_facts import ComparedFact, by_kind, compared_facts
from ovtui.fleet.on_box.facts import facts_of
from ovtui.metrics.number_format import UNKNOWN, quantity
from ovtui.records.doctor import DoctorReport
from ovtui.records.json_text import json_text
from ovtui.settings.shown_text import padded, shown, width_of

VERSION = 1
_LEAST_WIDTH = 60
_NAMED = 6
"""So many boxes are named that have a value; of more their number is said."""


def json_of(boxes: Mapping[str, Box], found: Mapping[str, DoctorReport | BoxError]) -> bytes:
    return json_text({"schema": VERSION, "boxes": [_as_json(boxes[name], each) for name, each in found.items()]})


def _as_json(box: Box, found: DoctorReport | BoxError) -> dict[str, Any]:
    if isinstance(found, BoxError):
        error = {"kind": found.kind, "text": found.text}
        return {"name": box.name, "healthy": None, "kind": None, "facts": None, "error": error, "report": None}
    facts = facts_of(found, box)
    return {
        "name": box.name, "healthy": found.healthy, "kind": facts.kind, "facts": facts.facts, "error": None,
        "report": msgspec.to_builtins(found),
    }  # fmt: skip


def print_reports(
    boxes: Mapping[str, Box], reports: Mapping[str, DoctorReport], width: int, *, all_facts: bool
) -> None:
    facts = {name: facts_of(report, boxes[name]) for name, report in reports.items()}
    for number, (kind, names) in enumerate(by_kind(facts).items()):
        if number:
            print_line("")
        print_line(f"{kind} ({quantity(len(names), 'box', 'boxes')})")
        widest = max(map(width_of, map(shown, names)))
        for name in names:
            lead = f"  {padded(shown(name), widest)}  "
            _print_folded(_health(reports[name]), lead, max(width, _LEAST_WIDTH))
        for name in names:
            for command in _commands(name, reports[name]):
                print_line(f"  {command}")
        compared = compared_facts(facts, names, every=all_facts)
        if compared:
            print_line("")
            for line in _fact_lines(compared, names, width, every=all_facts):
                print_line(line)


def _print_folded(text: str, lead: str, width: int) -> None:
    """Lines below one another, beside `lead`."""
    indent = " " * width_of(lead)
    for line in textwrap.wrap(
        shown(text),
        width,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        print_line(line)


def _health(report: DoctorReport) -> str:
    """'healthy', or what is wrong first. The terminal is the one that ssh gives, and says nothing of the box."""
    wrong = [f"{cause.device}: {cause.text} [{cause.link}]" for cause in report.causes]
    wrong += [f"{each.name}: {each.found}" for each in report.machine if each.mark == "broken"]
    remarks = [each for each in report.machine if each.mark == "warning" and each.name != "terminal"]
    if wrong:
        return "; ".join(wrong[:1]) + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else "")
    works = [chain.device for chain in report.chains if chain.works]
    return ", ".join(["healthy", *works]) + (f"; {remarks[0].name}: {remarks[0].found}" if remarks else "")


def _commands(name: str, report: DoctorReport) -> Iterator[str]:
    """What to type on the box for the first cause of each device."""
    commands = [cause.command for cause in report.causes]
    commands += [each.command for each in report.machine if each.mark == "broken"]
    commands += [each.command for each in report.machine if each.mark == "warning" and each.name == "clock"]
    for command in dict.fromkeys(filter(None, commands)):
        yield f"type on {name}:  {command}"


def _fact_lines(compared: list[ComparedFact], names: list[str], width: int, *, every: bool) -> list[str]:
    """A column for each box where there is room, else a row for each value."""
    what = "facts" if every or len(names) == 1 else "they differ in"
    rows = [(what, *names), *((each.name, *(value or UNKNOWN for value in each.values.values())) for each in compared)]
    lines = table_lines(rows, "  ")
    if all(width_of(line) <= width for line in lines):
        return lines
    told = []
    for each in compared:
        for number, (value, boxes) in enumerate(each.by_value):
            named = ", ".join(boxes) if len(boxes) <= _NAMED else f"{len(boxes)} boxes"
            told.append(("" if number else each.name, value or UNKNOWN, named))
    return table_lines([(what, "", ""), *told], "  ")
