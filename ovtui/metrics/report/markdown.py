"""The report as Markdown, for GitHub and GitLab."""

from __future__ import annotations

from ovtui.metrics.report.report import Report, Section, Table
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.settings.shown_text import shown


def render_markdown(report: Report) -> str:
    lines = [f"# {markdown_text(report.title)}", "", *table_markdown(report.facts), ""]
    lines += ["```", *summary_lines(report.result), "```", ""]
    return "\n".join(lines + [line for section in report.sections for line in section_lines(section)])


def section_lines(section: Section) -> list[str]:
    note = [shown(section.note), ""] if section.note else []
    return [f"## {section.title}", "", *table_markdown(section.table), "", *note]


def table_markdown(table: Table) -> list[str]:
    """GitHub's form."""
    rows = [table.heads, ["---"] * len(table.heads), *table.rows]
    return [f"| {' | '.join(cell if cell == '---' else markdown_text(cell) for cell in row)} |" for row in rows]


def markdown_text(text: str) -> str:
    plain = shown(text)
    for mark in "\\`*_[]<>|#":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
