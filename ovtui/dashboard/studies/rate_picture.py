"""The picture of a search for the highest rate: response time against the rate, the bracket and the limit."""

from __future__ import annotations

import numpy as np

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.value_axis import axis_for
from ovtui.dashboard.studies.graph import Graph, StudyInk
from ovtui.dashboard.studies.rate_rows import bracket_of, limited, limited_ms, rate_of
from ovtui.metrics.rate_search.answer_text import rate_text
from ovtui.metrics.session.study_state import StudyState
from ovtui.records.study_events import FindRateSpec, PointOutcome, StudyPoint

SIGNS: dict[PointOutcome, str] = {
    "held": "o",
    "likely held": "o",
    "likely missed": "x",
    "missed": "x",
    "overload": "x",
    "failed": "x",
}
"""Of a probe in the curve; '?' for the others. Letters, which every font has: they say it without colour."""
_MARKERS = ("*", ".")
"""Of the two curves, for glyph sets without dots."""


def rate_curve(study: StudyState, width: int, height: int, glyphs: Glyphs, chosen: int = 0) -> CellGrid:
    """`chosen`: the number of the probe under the cursor; 0 for none."""
    cells = CellGrid(width, height)
    spec = study.began.spec
    assert isinstance(spec, FindRateSpec)
    limit, bracket = limited(spec), bracket_of(study)
    upper = limit.subject if limit is not None else ""
    drawn = [point for point in study.points if rate_of(point) and p50_ms(point)]
    rates = [rate_of(point) or 0.0 for point in drawn]
    bounds = [limit.bound] if limit is not None else []
    values = [ms for point in drawn for value in (p50_ms, limited_ms) if (ms := value(point))]
    x = axis_for(min(rates, default=1.0), max(rates, default=10.0), log=True)
    y = axis_for(min([*values, *bounds], default=1.0), max([*values, *bounds], default=10.0), log=True)
    graph = Graph(cells, x, y, glyphs)
    if not graph.drawable:
        return cells
    one_dot = glyphs.dots == (1, 1)
    names = f"{_MARKERS[0]} p50, {_MARKERS[1]} {upper}" if one_dot else f"p50 below, {upper} above"
    graph.heading("RESPONSE AGAINST RATE", f"{names}  o held  x missed  ? not known")
    if not drawn:
        cells.put(1, 2, glyphs.text("no probe is over yet"), StudyInk.DIM)
        return cells
    graph.axes("/s", "ms")
    if limit is not None:
        graph.level(limit.bound, str(limit), StudyInk.DIM)
    for value, ink, marker in ((p50_ms, StudyInk.FIRST, _MARKERS[0]), (limited_ms, StudyInk.SECOND, _MARKERS[1])):
        # Of a rate that was probed again the newest probe, which has the figures of all.
        newest = {rate: ms for rate, point in zip(rates, drawn, strict=True) if (ms := value(point)) is not None}
        ascending = sorted(newest.items())
        graph.curve(np.array([rate for rate, _ in ascending]), np.array([ms for _, ms in ascending]), ink, marker)
    for rate, point in zip(rates, drawn, strict=True):
        graph.point(rate, limited_ms(point) or p50_ms(point) or 0.0, SIGNS.get(point.outcome, "?"), _ink(point, chosen))
    if bracket.holds is not None:
        newest_told = [point.outcome for rate, point in zip(rates, drawn, strict=True) if rate == bracket.holds]
        word = "likely holds" if newest_told and newest_told[-1] == "likely held" else "holds"
        graph.upright(bracket.holds, f"{word} {rate_text(bracket.holds)}", StudyInk.FINE, at_right=False)
    if bracket.fails is not None:
        # A rate whose probe did not tell is none that fails; the answer has it as the other end all the same.
        told = {point.outcome for rate, point in zip(rates, drawn, strict=True) if rate == bracket.fails}
        word, ink = ("not known", StudyInk.PLAIN) if told == {"unknown"} else ("fails", StudyInk.FAILED)
        if told == {"likely missed"}:
            word = "likely fails"
        graph.upright(bracket.fails, f"{word} {rate_text(bracket.fails)}", ink)
    return cells


def p50_ms(point: StudyPoint) -> float | None:
    return point.figures.p50_ms if point.figures is not None else None


def _ink(point: StudyPoint, chosen: int) -> StudyInk:
    if point.point == chosen:
        return StudyInk.CHOSEN
    match point.outcome:
        case "held" | "likely held":
            return StudyInk.FINE
        case "likely missed" | "missed" | "overload" | "failed":
            return StudyInk.FAILED
    return StudyInk.PLAIN
