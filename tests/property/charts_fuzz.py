"""Feeds the charts what no run should produce. Run as a program by test_charts_fuzz_property: plotext's kernel ends the
process with SIGABRT on values that it does not expect, and no test of the same process would see that as a failure."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ovtui.dashboard.drawing import canvas
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.latency_axis import AXIS_MODES, AutoAxis, AxisMode
from ovtui.dashboard.overview.plot_layout import PlotLayout
from ovtui.dashboard.overview.plot_marks import MarkNumbers, within
from ovtui.dashboard.overview.plot_picture import PlotFrame, draw_plot
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.dashboard.overview.sparkline import draw_sparkline
from ovtui.metrics.latency.time_bins import LatencyColumns
from ovtui.metrics.session.session_state import EventMark

ODD = [float("nan"), float("inf"), float("-inf"), 0.0, -0.0, 1e-9, 5e-324, 1e12, 1.7e308, -1.0, -1e12]
VALUES = st.one_of(st.sampled_from(ODD), st.floats(), st.floats(0, 1e4))
SIZES = st.one_of(st.tuples(st.integers(0, 20), st.integers(0, 3)), st.tuples(st.integers(0, 130), st.integers(0, 20)))
SERIES = st.one_of(
    st.lists(VALUES, max_size=30),
    st.builds(lambda value, count: [value] * count, VALUES, st.integers(0, 250)),
    st.builds(lambda pair, count: list(pair) * count, st.tuples(VALUES, VALUES), st.integers(0, 60)),
)
MARKS = st.lists(
    st.builds(EventMark, st.integers(-(2**63), 2**63), st.sampled_from(["handover", "settings", "died", "restarted"]),
              st.text(max_size=40)),
    max_size=4,
)  # fmt: skip
PLAN = settings(
    max_examples=400, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@PLAN
@given(
    st.lists(st.tuples(SERIES, SERIES), min_size=1, max_size=3), SIZES, MARKS, st.sampled_from(sorted(GLYPHS)), VALUES,
    st.sampled_from(AXIS_MODES), st.integers(0, 3),
)  # fmt: skip
def charts(
    frames: list, size: tuple[int, int], events: list[EventMark], glyph_set: str, end_s: float, mode: AxisMode,
    legend: int,
) -> None:  # fmt: skip
    auto, strokes, glyphs, numbers = AutoAxis(mode), StrokeCache(), GLYPHS[glyph_set], MarkNumbers()
    for p50, worst in frames:
        n = min(len(p50), len(worst))
        edges_s = np.linspace(end_s - 60, end_s, n + 1) if np.isfinite(end_s) else np.full(n + 1, end_s)
        columns = LatencyColumns(
            edges_s, np.array(p50[:n], float), np.array(worst[:n], float), np.ones(n, np.int64),
            np.arange(n).astype(np.uint8),
        )  # fmt: skip
        axis = auto.update(columns.p50_ms, columns.worst_ms, end_s)
        marks = within(numbers.of(events), float(edges_s[0]), float(edges_s[-1]))
        frame = PlotFrame(columns, marks, 60.0, axis, "LATENCY", "hint")
        cells = draw_plot(frame, PlotLayout(*size, marks=legend), glyphs, strokes)
        assert (cells.width, cells.height) == size
        for shown in ("worst", "p50"):
            row = draw_sparkline(columns, marks, axis, shown, *size, glyphs)
            assert (row.width, row.height) == size


@PLAN
@given(st.lists(st.tuples(VALUES, VALUES, st.booleans()), max_size=40), SIZES, st.sampled_from(["braille", "hd", "-"]))
def drawing(points: list[tuple[float, float, bool]], size: tuple[int, int], marker: str) -> None:
    x, y, joined = (np.array([point[i] for point in points], kind) for i, kind in enumerate((float, float, bool)))
    width, height = size
    assert canvas.draw(x, y, joined, marker, width, height).shape == (height, width)


if __name__ == "__main__":
    charts()
    drawing()
    print("drawn")
