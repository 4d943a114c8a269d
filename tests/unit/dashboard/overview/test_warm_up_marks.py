"""What the percentiles leave out as warm-up is marked in the latency charts, also without colours, under the rule in
force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from chart_samples import columns, drawn, lines
from samples import records, started, update

from ovtui.dashboard.drawing.cells import ChartInk
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.overview.plot_layout import PlotLayout
from ovtui.dashboard.overview.sparkline import draw_sparkline
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.time_bins import LatencyColumns

SECOND = 1_000_000_000


def cold_start() -> tuple[Digest, float]:
    """An engine on 16 infer requests that warms up for some time; its fifth request was held for 3 s.
    Returns the moment from which on latencies count as well."""
    count = 900
    at_s = 0.36 + np.arange(count) * 0.01
    ms = np.where(at_s < 2.0, 80.0 - 30 * (at_s - 0.36), 5.0)
    ms[5] = 3_000.0
    rows = records(at_s * 1e3 + ms, service_ms=ms, segment=1)
    rows["flags"][0] = 1
    rows = rows[np.argsort(rows["done_ns"])]
    digest = Digest()
    digest.feed(update(rows, *started(device="CPU", execution=["CPU"]), now_s=9.5, submitted=count, finished=True))
    until_s = digest.snapshot().warm_up.until_s
    assert until_s is not None
    until_s += 0.35  # the engine began to serve then
    assert 0.8 < until_s < 2.2
    return digest, until_s


def shown(digest: Digest) -> LatencyColumns:
    return digest.columns("response", 10 * SECOND, 10 * SECOND, 100)


def test_columns_tell_what_the_figures_leave_out() -> None:
    digest, until_s = cold_start()
    marked = shown(digest)
    assert marked.left_out.tolist() == [
        2 if low >= 0.35 and high <= until_s else 1 if (high > 0.35 and low < until_s) or low <= 3.41 < high else 0
        for low, high in zip(marked.edges_s[:-1].round(9), marked.edges_s[1:].round(9), strict=True)
    ]
    kept = marked.left_out == 0
    longest_ms = digest.run.latency["response"].max or 0.0
    assert np.nanmax(marked.worst_ms[kept]) <= longest_ms < np.nanmax(marked.worst_ms[marked.left_out == 2])
    assert np.nanmax(marked.worst_ms) == 3_000.0, "the plot shows it all the same"
    for rule in ("first", "none"):
        digest.choose_rule(rule)
        assert not shown(digest).left_out.any(), "these rules leave out no more than what no column has"


@pytest.mark.parametrize("glyph_set", ["braille", "block", "ascii"])
def test_the_plot_marks_them_on_its_axis_with_a_word_in_the_legend(glyph_set: GlyphSet) -> None:
    whole = np.zeros(33, np.uint8)
    whole[10:16], whole[16] = 2, 1
    made = replace(columns([5.0] * 33), left_out=whole)
    glyphs = GLYPHS[glyph_set]
    cells = drawn(made, 40, 9, glyph_set=glyph_set)
    rows = lines(cells)
    left = PlotLayout(40, 9).left
    (axis,) = [y for y, row in enumerate(rows) if row.lstrip().startswith(f"0 {glyphs.corner}")]
    assert rows[axis][left + 8 : left + 14] == glyphs.rule * 2 + glyphs.warm * 4
    assert rows[1][left:].rstrip() == " " * 10 + glyphs.warm * 7, "also where a label covers the axis"
    assert f"{glyphs.warm} warm-up" in lines(drawn(made, 60, 9, glyph_set=glyph_set))[0]
    inks = cells.styles[1:axis, left:]
    assert set(np.unique(inks[:, 10:16])) <= {ChartInk.DIM}
    assert ChartInk.MEDIAN in inks[:, 16], "of a column that is left out in part the rest counts"
    assert "warm-up" not in lines(drawn(columns([5.0] * 33), 40, 9))[0]


@pytest.mark.parametrize("glyph_set", ["braille", "block", "ascii"])
def test_the_sparkline_has_marks_for_bars_and_the_word_before_them(glyph_set: GlyphSet) -> None:
    glyphs = GLYPHS[glyph_set]
    ms, whole = np.full(52, 5.0), np.zeros(52, np.uint8)
    ms[:20] = np.nan
    whole[20:30] = 2
    made = replace(columns(ms), left_out=whole)
    cells = draw_sparkline(made, [], LatencyAxis(6.0), "worst", 80, 1, glyphs)
    assert cells.text(0)[:31] == " " * 12 + "warm-up " + glyphs.warm * 10 + glyphs.levels[-2]
