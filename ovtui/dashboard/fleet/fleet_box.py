"""A box as the screen shows it: its row of the table, its state, its figures, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics.fleet.box_figures import BoxFigures, box_figures
from ovtui.metrics.fleet.odd_one import OddOne
from ovtui.metrics.fleet.table import FleetRow, fleet_rows
from ovtui.metrics.fleet.text import difference_text, failed_text
from ovtui.records.fleet import LIMIT_MISSED_CODE, BoxState

_MARKS = {"failed": ("x", "bold $error"), "silent": ("?", "bold $warning"), "odd": ("!", "bold $warning")}
FIGURES = {"throughput": "rate", "p50": "p50", "p99": "p99"}
"""The column of a figure that differs."""


@dataclass(frozen=True, slots=True)
class FleetBox:
    row: FleetRow
    state: BoxState
    figures: BoxFigures

    @property
    def name(self) -> str:
        return self.row.cells["box"]

    @property
    def kind(self) -> str:
        return self.row.cells["kind"]

    @property
    def odd(self) -> OddOne | None:
        return self.row.odd

    @property
    def failed(self) -> bool:
        return self.row.severity == "failed"

    @property
    def silent(self) -> bool:
        return self.row.severity == "silent"

    @property
    def in_trouble(self) -> bool:
        return bool(self.row.severity) or self.odd is not None

    @property
    def missed(self) -> bool:
        """A limit of --slo."""
        return self.state.code == LIMIT_MISSED_CODE or bool(self.state.now is not None and self.state.now.missed)

    @property
    def mark(self) -> tuple[str, str]:
        """A character and its style."""
        return _MARKS.get(self.row.severity, (" ", ""))

    @property
    def phase_style(self) -> str:
        if self.row.severity in ("failed", "silent"):
            return self.mark[1]
        if self.missed:
            return "bold $error"
        return "$success" if self.state.phase == "done" else ""

    @property
    def remark(self) -> tuple[str, str]:
        """What there is to say of it, the most important first, and its style."""
        state, now, text = self.state, self.state.now, one_line(self.row.text)
        if self.failed:
            return one_line(failed_text(state)), "$error"
        if self.silent and text:
            return text, "$warning"
        if self.odd is not None:
            return "; ".join([difference_text(self.odd), *map(one_line, self.odd.reasons)]), "$warning"
        if now is not None and now.missed and state.result is None:
            return f"missed: {one_line(', '.join(now.missed))}", "$error"
        if now is not None and now.throttled and state.phase == "running":
            return f"throttled: {one_line(', '.join(now.throttled))}", "$warning"
        return text or (one_line(now.text) if now is not None else ""), "$dim"


def fleet_boxes(states: Sequence[BoxState], odd: Mapping[str, OddOne]) -> list[FleetBox]:
    """In the order of the table: by kind and name."""
    by_name = {state.name: state for state in states}
    return [FleetBox(row, by_name[row.name], box_figures(by_name[row.name])) for row in fleet_rows(states, odd)]
