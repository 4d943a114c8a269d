"""The pictures of a sweep: the goal over two of the settings, and each point by its two figures with the front."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from rich.cells import cell_len

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.drawing.value_axis import axis_for
from ovtui.dashboard.studies.graph import Graph, StudyInk
from ovtui.dashboard.studies.sweep_table import setting_label
from ovtui.metrics.session.study_event_text import OUTCOMES
from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.goals import Goal
from ovtui.metrics.sweep.rows import HeatCell, HeatMap, SweepRow, goals_of, heat_map, spec_of
from ovtui.records.study_events import PointOutcome

OUT = {"refused": "refused", "failed": "failed", "overload": "overload", "dropped": "dropped", "missed": "missed"}
"""Words in the heat map for points that cannot win; cut to their cells."""
CANNOT_WIN: tuple[PointOutcome, ...] = ("refused", "failed", "overload", "dropped", "missed")


def pairs_of(study: StudyState) -> list[tuple[str, str]]:
    """The pairs of settings that have more than one value each, across and down."""
    vary = spec_of(study).vary
    varied = [name for name, values in vary.items() if len(values) > 1]
    # The setting with more values lies across, where there is more room.
    return [
        (one, other) if len(vary[one]) >= len(vary[other]) else (other, one) for one, other in combinations(varied, 2)
    ]


def heat_picture(
    study: StudyState, pair: tuple[str, str], size: tuple[int, int], glyphs: Glyphs, hint: str
) -> CellGrid:
    """`size`: width and height in cells; `hint`: at the right end of the heading."""
    width, height = size
    cells = CellGrid(width, height)
    found = heat_map(study, *pair)
    x_label, y_label = (one_line(setting_label(name)) for name in pair)
    title = f"{_name(found.goal)}{found.goal.unit and f', {found.goal.unit.strip()}'}: {x_label} by {y_label}"
    graph_title, hint = glyphs.text(title), glyphs.text(hint)
    cells.put(0, 0, graph_title, StudyInk.TITLE)
    if len(graph_title) + len(hint) + 3 <= width:
        cells.put(width - len(hint), 0, hint, StudyInk.DIM)
    left = min(max(map(cell_len, [*found.y_values, y_label])) + 2, max(width // 3, 8))
    columns = max(len(found.x_values), 1)
    room = min((width - left) // columns, 14)
    if room < 2 or height < 4:
        cells.put(0, 2, glyphs.text("too small for the map"), StudyInk.DIM)
        return cells
    cells.put(0, 1, glyphs.text(cut(y_label, left - 1)), StudyInk.DIM)
    for at, value in enumerate(found.x_values):
        text = glyphs.text(cut(one_line(value), room - 1))
        cells.put(left + at * room + room - 1 - len(text), 1, text, StudyInk.DIM)
    # Each row has the lines that the room allows; the value stands on the first.
    lines = min(max((height - 2) // max(len(found.y_values), 1), 1), 3)
    for row, value in enumerate(found.y_values):
        y = 2 + row * lines
        if y + lines > height:
            cells.put(0, height - 1, glyphs.text(f"{len(found.y_values) - row} rows more"), StudyInk.DIM)
            break
        text = glyphs.text(cut(one_line(value), left - 1))
        cells.put(0, y, text, StudyInk.DIM)
        for at, cell in enumerate(found.cells[row]):
            _draw_cell(cells, cell, found, (left + at * room, y, room - 1, lines), glyphs)
    return cells


def _draw_cell(
    cells: CellGrid, cell: HeatCell, found: HeatMap, where: tuple[int, int, int, int], glyphs: Glyphs
) -> None:
    x, y, room, lines = where
    if cell.point is None:
        cells.put(x + room - 1, y, glyphs.alone[0], StudyInk.DIM)
        return
    out = cell.point.outcome in CANNOT_WIN
    if cell.value is None:
        cells.put(x, y, glyphs.text(cut(OUTCOMES[cell.point.outcome], room).rjust(room)), StudyInk.DIM)
        return
    number = found.goal.number(cell.value)
    text = number if len(number) <= room else cut(number, room)
    ink = StudyInk.DIM if out else StudyInk.CHOSEN if cell.on_front else StudyInk.PLAIN
    if lines == 1:
        # The height of the block tells how good it is, as in a sparkline.
        level = _level(cell.value, found, glyphs) if len(text) + 2 <= room else ""
        cells.put(x, y, f"{level} {text}".rjust(room) if level else text.rjust(room), ink)
        return
    cells.put(x, y, text.rjust(room), ink)
    level = _level(cell.value, found, glyphs)
    cells.put(x + 1, y + 1, level * (room - 1), StudyInk.DIM if out else StudyInk.FIRST)
    if out and lines > 2:
        cells.put(x, y + 2, glyphs.text(cut(OUT[cell.point.outcome], room).rjust(room)), StudyInk.DIM)


def _level(value: float, found: HeatMap, glyphs: Glyphs) -> str:
    """The better, the higher: also where less is better."""
    assert found.low is not None
    assert found.high is not None
    share = 1.0 if found.high <= found.low else (value - found.low) / (found.high - found.low)
    if not found.goal.higher and found.high > found.low:
        share = 1 - share
    return glyphs.levels[min(int(share * len(glyphs.levels)), len(glyphs.levels) - 1)]


def front_picture(
    study: StudyState, rows: Sequence[SweepRow], size: tuple[int, int], glyphs: Glyphs, chosen: int = 0
) -> CellGrid:
    """Throughput, or another goal, upwards against response time; a line joins the front. `chosen`: the number of the
    point under the cursor; 0 for none."""
    cells = CellGrid(*size)
    goal, second = goals_of(study)
    up, across = (goal, second) if goal.name not in ("p50", "p90", "p99", "mean") else (second, goal)
    known = [
        (row, a, u)
        for row in rows
        if (a := across.value(row.point.figures)) and (u := up.value(row.point.figures))
    ]  # fmt: skip
    x = axis_for(min((a for _, a, _ in known), default=1.0), max((a for _, a, _ in known), default=10.0), log=True)
    y = axis_for(0.0, max((u for _, _, u in known), default=10.0), log=False)
    graph = Graph(cells, x, y, glyphs)
    if not graph.drawable:
        return cells
    front = sorted((a, u) for row, a, u in known if row.on_front)
    graph.heading(f"{_name(up)} AGAINST {_name(across)}", "line: the front, by number  x cannot win")
    if not known:
        cells.put(1, 2, glyphs.text("no point is measured yet"), StudyInk.DIM)
        return cells
    graph.axes(across.unit.strip() or "J", up.unit.strip() or "")
    graph.curve(np.array([a for a, _ in front]), np.array([u for _, u in front]), StudyInk.FIRST, "*")
    for row, a, u in sorted(known, key=lambda each: (each[0].on_front, each[0].number == chosen)):
        sign = "x" if row.point.outcome in CANNOT_WIN else glyphs.alone[1]
        if row.on_front or row.best or row.number == chosen:
            sign = str(row.number)
        ink = StudyInk.FAILED if row.point.outcome in ("missed", "overload", "failed") else StudyInk.PLAIN
        if row.best:
            ink = StudyInk.FINE
        if row.number == chosen:
            ink = StudyInk.CHOSEN
        graph.point(a, u, sign, ink)
    return cells


def _name(goal: Goal) -> str:
    return {"throughput": "THROUGHPUT", "joules": "ENERGY"}.get(goal.name, goal.name)
