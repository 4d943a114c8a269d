"""A figure of the rows of a rank as bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from rich.cells import cell_len

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import Glyphs
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.studies.graph import StudyInk
from ovtui.metrics import number_format
from ovtui.metrics.rank.schema import RankReport, RankRow

RankFigure = Literal["throughput", "latency"]
_LEAST_BAR = 6


def rank_picture(
    report: RankReport, figure: RankFigure, size: tuple[int, int], glyphs: Glyphs, chosen: int
) -> CellGrid:
    """`size`: width and height in cells; `chosen`: the point under the cursor; 0 for none. Rows for which there is no
    room are counted on the last line."""
    width, height = size
    cells = CellGrid(width, height)
    value, text, heading = _figure(report, figure)
    cells.put(0, 0, glyphs.text(cut(heading, width)), StudyInk.TITLE)
    known = [(row, found) for row in report.rows if row.place is not None and (found := value(row)) is not None]
    if figure == "latency":
        known.sort(key=lambda each: report.by_latency.index(each[0].point))
    if not known or height < 3:
        cells.put(1, 1, glyphs.text("no row is over yet"), StudyInk.DIM)
        return cells
    names = [one_line(f"{row.device} {row.hint}") for row, _ in known]
    left = min(max(map(cell_len, names)) + 1, max(width // 2, 8))
    texts = [text(found) for _, found in known]
    room = width - left - max(map(len, texts)) - 2
    most, shown = max(found for _, found in known), known[: height - 1 if len(known) < height else height - 2]
    for at, (row, found) in enumerate(shown):
        ink = StudyInk.CHOSEN if row.point == chosen else StudyInk.DIM
        cells.put(0, 1 + at, glyphs.text(cut(names[at], left - 1)), ink)
        length = max(round(found / most * room), 1) if room >= _LEAST_BAR and most > 0 else 0
        cells.put(left, 1 + at, glyphs.levels[-1] * length, StudyInk.FINE if at == 0 else StudyInk.FIRST)
        cells.put(left + length + 1, 1 + at, glyphs.text(texts[at]), ink)
    if len(shown) < len(known):
        cells.put(0, height - 1, glyphs.text(f"{len(known) - len(shown)} rows more"), StudyInk.DIM)
    return cells


def _figure(
    report: RankReport, figure: RankFigure
) -> tuple[Callable[[RankRow], float | None], Callable[[float | None], str], str]:
    if figure == "throughput":
        return lambda row: row.throughput, number_format.rate, "THROUGHPUT, req/s"
    p99 = report.latency == "p99"
    return (
        lambda row: row.p99_ms if p99 else row.p50_ms,
        number_format.milliseconds,
        f"LATENCY, {report.latency} of the responses in ms",
    )
