"""The report as Markdown, for GitHub and GitLab."""

from __future__ import annotations

from ovtui.metrics.report.report import Report, Table
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.settings.shown_text import shown


def render_markdown(report: Report) -> str:
    lines = [f"# {_escape(report.title)}", "", *_table(report.facts), ""]
    lines += ["```", *summary_lines(report.result), "```", ""]
    for section in report.sections:
        lines += [f"## {section.title}", "", *_table(section.table), ""]
        if section.note:
            lines += [shown(section.note), ""]
    return "\n".join(lines)


def _table(table: Table) -> list[str]:
    """GitHub's form."""
    rows = [table.heads, ["---"] * len(table.heads), *table.rows]
    return [f"| {' | '.join(cell if cell == '---' else _escape(cell) for cell in row)} |" for row in rows]


def _escape(text: str) -> str:
    plain = shown(text)
    for mark in "\\`*_[]<>|#":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
