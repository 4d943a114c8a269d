"""The report as one HTML file without scripts or external resources, to attach to a ticket and open anywhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.metrics.latency.histogram import Histogram, bucket_edges_ms
from ovtui.metrics.number_format import UNKNOWN
from ovtui.metrics.report.report import Report, Section, Table
from ovtui.metrics.report.series import ReportSeries
from ovtui.metrics.report.svg import PlotLine, PlotMark, escape, plot
from ovtui.metrics.result.energy_schema import DisturbanceResult

_SHORT = 24
"""Letters of a cell of words that stays on one line."""
_STYLE = """
:root { color-scheme: light dark; --fg: #1c2430; --dim: #5b6675; --bg: #fff; --edge: #dde2e8; --a: #0b62c4;
  --b: #c2410c; --mark: #6d28d9; }
@media (prefers-color-scheme: dark) { :root { --fg: #e4e8ee; --dim: #98a3b3; --bg: #14181e; --edge: #2c343f;
  --a: #6cb2ff; --b: #ff9d5c; --mark: #c4a7ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); margin: 2rem auto;
  max-width: 56rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { text-align: right; padding: .2rem .7rem; border-bottom: 1px solid var(--edge); }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: nowrap; }
th { color: var(--dim); font-weight: 500; } th, td:not(.text) { white-space: nowrap; }
td.text, th.text { text-align: left; }
td.short { white-space: nowrap; }
td.text:last-child { overflow-wrap: anywhere; min-width: 10rem; }
p.note { color: var(--dim); margin: .3rem 0; } .plot { overflow-x: auto; }
svg { display: block; width: 100%; min-width: 40rem; height: auto; margin: .3rem 0 .8rem; }
@media print { body { max-width: none; } .plot { overflow: visible; } svg { min-width: 0; break-inside: avoid; } }
svg text { font: 12px system-ui, sans-serif; fill: var(--fg); } svg .tick, svg .unit { fill: var(--dim); }
svg .marked { fill: var(--mark); } .grid { stroke: var(--edge); } .axis { stroke: var(--dim); }
.mark { stroke: var(--mark); stroke-dasharray: 3 3; } .line { fill: none; stroke-width: 1.6; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); stroke-dasharray: 5 2; } circle.a { fill: var(--a); }
circle.b { fill: var(--b); } .bar.a { fill: var(--a); } .bar.b { fill: var(--dim); }
"""


def render_html(report: Report, series: ReportSeries, response: Histogram, *, kind: str = "response") -> str:
    """The report's tables and three plots. `series`: every measured request over time. `response`: the distribution of
    the run's response latency under the warm-up rule in force (digest.run.histogram)."""
    sections = [section_html(section) for section in report.sections]
    plots = [
        f'<h2>{title}</h2><div class="plot">{drawn}</div>'
        for title, drawn in (
            ("Latency over time", _over_time(report, series, kind)),
            ("Throughput over time", _throughput(report, series)),
            ("Distribution", _distribution(response)),
        )
    ]
    return html_page(
        report.title,
        f"<h1>{escape(report.title)}</h1>\n{table_html(report.facts)}\n{''.join(sections[:1])}\n{''.join(plots)}\n"
        f"{''.join(sections[1:])}",
        "ovtui report",
    )


def html_page(title: str, body: str, made_by: str) -> str:
    """`made_by`: the command."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body>\n{body}\n"
        f'<p class="note">Made by {made_by}.</p>\n</body></html>\n'
    )


def section_html(section: Section) -> str:
    return (
        f"<h2>{escape(section.title)}</h2>{table_html(section.table)}"
        + (f'<p class="note">{escape(section.note)}</p>' if section.note else "")
        + (f'<div class="plot">{section.picture}</div>' if section.picture else "")
    )


def table_html(table: Table) -> str:
    text_columns = [table.words or not all(_is_number(row[i]) for row in table.rows) for i in range(len(table.heads))]
    classes = [
        ""
        if not is_text
        else "text"
        if table.words or any(len(row[i]) > _SHORT for row in table.rows)
        else "text short"
        for i, is_text in enumerate(text_columns)
    ]
    heads = _cells("th", table.heads, classes) if any(table.heads) else ""
    rows = "".join(f"<tr>{_cells('td', row, classes)}</tr>" for row in table.rows)
    return f"<table>{f'<tr>{heads}</tr>' if heads else ''}{rows}</table>"


def _cells(tag: str, cells: Sequence[str], classes: Sequence[str]) -> str:
    attributes = [f' class="{each}"' if each else "" for each in classes]
    return "".join(
        f"<{tag}{attribute}>{escape(cell)}</{tag}>" for cell, attribute in zip(cells, attributes, strict=True)
    )


def _is_number(cell: str) -> bool:
    return cell == UNKNOWN or (cell[:1].isdigit() and cell.replace(",", "").replace(".", "").split(" ")[0].isdigit())


def _marks(report: Report) -> list[PlotMark]:
    result = report.result
    changes = [PlotMark(began.t_s, ", ".join(began.changes) or "restarted") for began in result.segments[1:]]
    deaths = [PlotMark(event.t_s, event.text) for event in result.events if event.kind == "died"]
    disturbed = [PlotMark(each.since_s, _disturbance_mark(each)) for each in result.disturbances]
    return [*(PlotMark(handover.t_s, handover.after) for handover in result.handovers), *changes, *deaths, *disturbed]


def _disturbance_mark(disturbance: DisturbanceResult) -> str:
    if disturbance.kind == "other-load":
        return disturbance.name or "other processes"
    return " ".join([f"{disturbance.source} throttled", *disturbance.reasons[:1]])


def _over_time(report: Report, series: ReportSeries, kind: str) -> str:
    x = series.middles_s
    lines = [PlotLine("worst", "b", x, series.worst()), PlotLine("p50", "a", x, series.percentile(50))]
    finite = lines[0].y[np.isfinite(lines[0].y)]
    wide = bool(len(finite)) and finite.max() > 20 * max(float(np.median(finite)), 1e-6)
    scale = "log" if wide else "linear"
    return plot(
        "Latency over time", "s", f"{kind} ms", lines, _marks(report), y_scale="log" if scale == "log" else "linear"
    )


def _throughput(report: Report, series: ReportSeries) -> str:
    line = PlotLine("requests/s", "a", series.middles_s, series.rate())
    return plot("Throughput over time", "s", "/s", [line], _marks(report))


def _distribution(histogram: Histogram) -> str:
    """Latency over the share of requests at or below it, on an axis that spreads the tail: 90, 99, 99.9 %."""
    below = np.cumsum(histogram.counts)
    some = np.flatnonzero(histogram.counts)
    above = 1 - below[some] / max(histogram.count, 1)
    # 0 at no request, 1 at 90 %, 2 at 99 %.
    nines = -np.log10(np.maximum(above, 0.5 / max(histogram.count, 1)))
    labels = {0.0: "0", 0.30103: "50 %", 1.0: "90 %", 2.0: "99 %", 3.0: "99.9 %", 4.0: "99.99 %", 5.0: "99.999 %"}
    top = float(nines.max()) if len(nines) else 1.0
    values_ms = np.minimum(bucket_edges_ms()[1:][some], histogram.max_ms)
    line = PlotLine("response", "a", nines, values_ms)
    return plot(
        "Distribution of response latency", "share of requests at or under", "ms", [line], y_scale="log",
        x_labels={at: text for at, text in labels.items() if at <= top},
    )  # fmt: skip
