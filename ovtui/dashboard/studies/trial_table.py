"""A trial as a table: its figures, side by side."""

from __future__ import annotations

from ovtui.dashboard.advice.trial_rows import names_of, trial_rows
from ovtui.dashboard.studies.table_text import Column, RowText, TableText
from ovtui.metrics.comparison.trial_figures import TrialFigures


def trial_table(figures: TrialFigures | None) -> TableText:
    """A row for each figure; none before the trial has begun, and where its figures are no longer kept."""
    a, b = ("A", "B") if figures is None else names_of(figures.state.began)
    columns = (Column("", left=True), Column(a), Column(b))
    rows = [
        RowText(
            (row.name, row.a, row.b), row.found, "", row.found, "bold" if row.known else "$dim",
            (row.name, row.a, row.b, row.found), f"{row.name}: {a} {row.a}, {b} {row.b}, {row.found}",
        )
        for row in (trial_rows(figures) if figures is not None else ())
    ]  # fmt: skip
    tail = f"{_short(b)} against {_short(a)}"
    return TableText(columns, rows, tail, ("figure", a, b, tail), "figures of the trial", "it has no figures")


def _short(name: str) -> str:
    return name.partition(",")[0]
