"""A report as lines for a person: one for each link with its mark, the file that was looked at, the command to type;
the first causes together. The command prints them, the dashboard's page colours them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from ovtui.records.doctor import Chain, DoctorReport, Finding, Mark
from ovtui.settings.shown_text import padded, shown, width_of

LineKind = Literal["head", "finding", "more", "file", "command", "blank"]
MARKS: dict[Mark, str] = {"fine": "✓", "warning": "!", "broken": "✗", "unknown": "–"}
PLAIN_MARKS: dict[Mark, str] = {"fine": "ok", "warning": "!", "broken": "x", "unknown": "-"}
"""Where the terminal has ASCII alone."""
_NAME = 11
"""The width of the column with the names of links."""


@dataclass(frozen=True, slots=True)
class Line:
    kind: LineKind
    text: str
    mark: Mark | None = None
    """Of the finding that the line belongs to; its colour."""
    lead: int = 0
    """How many characters at the beginning have the mark's colour."""


def report_lines(
    report: DoctorReport, width: int = 80, *, plain: bool = False, verdict_first: bool = False
) -> list[Line]:
    """`verdict_first`: for a page that is read from its top; of a command's output the end is in sight.

    Commands are never folded, because they are pasted from here: a long one is folded by the terminal."""
    writer = _Writer(width, PLAIN_MARKS if plain else MARKS)
    openvino = f"OpenVINO {report.openvino.partition('-')[0]}" if report.openvino else "no OpenVINO"
    lines = [Line("head", f"{openvino}, ovtui {report.ovtui}; looked for {report.took_s:.1f} s")]
    verdict = [Line("blank", ""), *writer.verdict(report)]
    if verdict_first:
        lines += verdict
    for chain in report.chains:
        lines += [Line("blank", ""), *writer.chain(chain)]
    lines += [Line("blank", ""), Line("head", "MACHINE")]
    for finding in report.machine:
        lines += writer.finding(finding)
    return lines if verdict_first else [*lines, *verdict]


class _Writer:
    def __init__(self, width: int, marks: dict[Mark, str]) -> None:
        self._width, self._marks = max(width, 40), marks
        self._mark_width = max(map(len, marks.values())) + 1

    def chain(self, chain: Chain) -> Iterator[Line]:
        yield Line("head", shown(f"{chain.device}  {chain.name}" if chain.name and chain.present else chain.device))
        if not chain.present and chain.first_cause is None:
            yield from self.finding(chain.links[0])
            return
        links = [link for link in chain.links if chain.kind != "CPU" or link.name in ("plugin", "inference")]
        for _, group in groupby(links, lambda link: (link.mark == "unknown" and link.file is None, link.found)):
            same = list(group)
            yield from self.finding(same[0], ", ".join(link.name for link in same))

    def finding(self, finding: Finding, name: str = "") -> Iterator[Line]:
        found = finding.found
        if finding.follows_from is not None:
            found += f" (follows from {finding.follows_from})"
        yield from self._entry(finding.mark, name or finding.name, found, finding.file)
        # Nothing to type where a link follows from another: mending that one comes first.
        if finding.quoted and finding.follows_from is None:
            yield from self._folded("more", f'it says "{finding.quoted}"', finding.mark)
        if finding.command and finding.follows_from is None:
            yield self._command(finding.command, finding.mark)

    def verdict(self, report: DoctorReport) -> Iterator[Line]:
        """The devices that work, the first cause of each that does not, and what else is broken."""
        for chain in report.chains:
            if chain.first_cause is not None:
                cause = chain.first_cause
                yield from self._entry("broken", chain.device, f"{cause.text} [{cause.link}]", None)
                if cause.command:
                    yield self._command(cause.command, "broken")
            elif chain.works:
                yield from self._entry("fine", chain.device, "works", None)
            elif chain.present and not chain.supported:
                text = "OpenVINO's plugin is made for Intel's devices and does not list it"
                yield from self._entry("unknown", chain.device, text, None)
            elif chain.present:
                yield from self._entry("warning", chain.device, "no inference was seen to run on it", None)
            else:
                text = "OpenVINO sees none" if chain.links[0].command else "none on this machine"
                yield from self._entry("unknown", chain.device, text, None)
        for finding in report.machine:
            if finding.mark == "broken":
                yield from self._entry("broken", finding.name, finding.found, None)
                if finding.command:
                    yield self._command(finding.command, "broken")

    def _entry(self, mark: Mark, name: str, text: str, file: str | None) -> Iterator[Line]:
        lead = f"{self._marks[mark]:<{self._mark_width}}{padded(name, _NAME)} "
        indent = self._mark_width + _NAME + 1
        if width_of(name) > _NAME:
            yield Line("finding", lead.rstrip(), mark, self._mark_width)
            lead = " " * indent
        rows = textwrap.wrap(
            shown(text), self._width, initial_indent=lead, subsequent_indent=" " * indent,
            break_long_words=False, break_on_hyphens=False,
        ) or [lead]  # fmt: skip
        kind: LineKind = "finding" if lead.strip() else "more"
        fits = file is not None and width_of(rows[-1]) + 2 + width_of(file) <= self._width
        if fits:
            rows[-1] = f"{rows[-1]}  {file}"
        yield Line(kind, rows[0], mark, self._mark_width if lead.strip() else 0)
        for row in rows[1:]:
            yield Line("more", row, mark)
        if file is not None and not fits:
            yield Line("file", f"{' ' * indent}{file}", mark)

    def _folded(self, kind: LineKind, text: str, mark: Mark) -> Iterator[Line]:
        indent = " " * (self._mark_width + _NAME + 1)
        for row in textwrap.wrap(
            shown(text), self._width, initial_indent=indent, subsequent_indent=indent, break_long_words=False
        ):
            yield Line(kind, row, mark)

    def _command(self, command: str, mark: Mark) -> Line:
        return Line("command", f"{' ' * self._mark_width}{padded('type', _NAME)} {shown(command)}", mark)
