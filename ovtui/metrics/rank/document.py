"""A rank as Markdown and as one HTML file, of its own: `ovtui rank --report`."""

from __future__ import annotations

from pathlib import Path

from ovtui.metrics.rank.schema import RankReport
from ovtui.metrics.rank.sections import sections_of
from ovtui.metrics.report.html import html_page, section_html, table_html
from ovtui.metrics.report.markdown import markdown_text, section_lines, table_markdown
from ovtui.metrics.report.report import Table
from ovtui.metrics.report.svg import escape


def rank_markdown(report: RankReport) -> str:
    lines = [f"# {markdown_text(_title(report))}", "", *table_markdown(_facts(report)), ""]
    return "\n".join(lines + [line for section in sections_of(report, told=False) for line in section_lines(section)])


def rank_html(report: RankReport) -> str:
    body = "\n".join([table_html(_facts(report)), *map(section_html, sections_of(report, told=False))])
    return html_page(_title(report), f"<h1>{escape(_title(report))}</h1>\n{body}", "ovtui rank")


def _title(report: RankReport) -> str:
    return f"{Path(report.model).name} on each device"


def _facts(report: RankReport) -> Table:
    rows = [("found", report.text)]
    rows += [("machine", report.machine)] if report.machine else []
    rows += [("device", f"{name} {full}".strip()) for name, full in report.devices.items()]
    rows += [("OpenVINO", report.openvino)] if report.openvino else []
    rows += [("limits", report.slo)] if report.slo else []
    rows.append(("made by", f"ovtui {report.ovtui}"))
    return Table(("", ""), rows, words=True)
