"""The charts in an app: what they ask for, and what they paint again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from chart_samples import NAN, columns
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip

from ovtui.dashboard.drawing.cells import ChartInk
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.drawing.themes import DARK
from ovtui.dashboard.overview.latency_plot import LatencyPlot
from ovtui.dashboard.overview.plot_layout import bars_width, column_end_ns
from ovtui.dashboard.overview.plot_marks import MarkNumbers, NumberedMark
from ovtui.dashboard.overview.sparkline import Sparkline, draw_sparkline
from ovtui.metrics.session.session_state import EventMark

SECOND = 1_000_000_000
GLYPHS_BRAILLE = GLYPHS["braille"]


class SeenPlot(LatencyPlot):
    """Keeps the lines that Textual asked for."""

    painted: list[int]

    def on_mount(self) -> None:
        self.painted = []

    def render_line(self, y: int) -> Strip:
        self.painted.append(y)
        return super().render_line(y)


class ChartApp(App[None]):
    CSS = "LatencyPlot { height: 1fr; }"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DARK.variables)

    def compose(self) -> ComposeResult:
        yield SeenPlot(title="LATENCY response")
        yield Sparkline()


def in_app(body: Callable[[Pilot[None], SeenPlot, Sparkline], Awaitable[None]], size: tuple[int, int]) -> None:
    async def run() -> None:
        app = ChartApp()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await body(pilot, app.query_one(SeenPlot), app.query_one(Sparkline))

    asyncio.run(run())


def numbered(*marks: EventMark) -> list[NumberedMark]:
    return MarkNumbers().of(marks)


def screen_line(pilot: Pilot[None], y: int) -> str:
    return "".join(segment.text for segment in pilot.app.screen._compositor.render_strips()[y]).rstrip()


def test_the_plot_asks_for_one_column_per_cell() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        assert plot.column_count == 93
        assert sparkline.column_count == bars_width(100) == 72
        assert column_end_ns(50 * SECOND, 93.0, plot.column_count) == 50 * SECOND
        assert column_end_ns(50 * SECOND + 1, 93.0, plot.column_count) == 51 * SECOND

    in_app(body, (100, 12))


def test_the_plot_is_on_the_screen() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        plot.update_columns(
            columns([8.0] * plot.column_count), numbered(EventMark(30 * SECOND, "handover", "GPU.0")), 60.0
        )
        await pilot.pause()
        assert screen_line(pilot, 0) == "LATENCY response ms   ⠤⠤ p50   ⡇ worst"
        assert "①" in screen_line(pilot, 1)
        assert screen_line(pilot, 10) == "① 30.00 s GPU.0 takes over"
        await pilot.resize_terminal(60, 8)
        await pilot.pause()
        assert screen_line(pilot, 0) == "LATENCY response ms   ⠤⠤ p50   ⡇ worst"
        assert plot.column_count == 53

    in_app(body, (100, 12))


def test_only_lines_that_changed_are_painted_again() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        p50 = np.full(plot.column_count, 3.0)
        worst = p50.copy()
        worst[0] = 9.0
        plot.update_columns(columns(p50, worst), [], 60.0)
        await pilot.pause()
        plot.painted.clear()
        plot.update_columns(columns(p50, worst), [], 60.0)
        await pilot.pause()
        assert plot.painted == []
        worst[-1] = 4.0
        plot.update_columns(columns(p50, worst), [], 60.0)
        await pilot.pause()
        rows = plot.size.height - 3
        # 4 ms of an axis that ends at 10.
        reached = range(rows - int(0.4 * rows), 1 + rows)
        assert plot.painted
        assert set(plot.painted) <= set(reached)

    in_app(body, (100, 24))


def test_another_glyph_set_is_drawn_at_once() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        data = columns([8.0] * 93, 40.0)
        for chart in (plot, sparkline):
            chart.update_columns(data, numbered(EventMark(30 * SECOND, "settings", "a→b")), 60.0)
            chart.set_glyphs("ascii")
        await pilot.pause()
        text = "\n".join(screen_line(pilot, y) for y in range(12))
        assert text.isascii()
        assert "a->b" in text

    in_app(body, (100, 12))


def test_worsts_that_are_always_far_above_the_median_are_no_wall() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        for chart in (plot, sparkline):
            chart.update_columns(columns([2.0] * 60, 90.0), [], 60.0)
        await pilot.pause()
        assert screen_line(pilot, 0).startswith("LATENCY response ms log")
        assert plot.is_log
        assert not sparkline.is_log, "it has no median to show beside them"
        assert screen_line(pilot, 11).startswith("█" * 10)
        assert "▲" not in screen_line(pilot, 1)
        for chart in (plot, sparkline):
            chart.reset_axis("linear")
            chart.update_columns(columns([2.0] * 60, 90.0), [], 60.0)
        await pilot.pause()
        assert not plot.is_log
        assert "▲" not in screen_line(pilot, 1)

    in_app(body, (100, 12))


def test_charts_survive_a_size_of_zero() -> None:
    async def body(pilot: Pilot[None], plot: SeenPlot, sparkline: Sparkline) -> None:
        for width, height in ((1, 1), (2, 2), (20, 3)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            for chart in (plot, sparkline):
                chart.update_columns(
                    columns([8.0] * 30, 900.0), numbered(EventMark(30 * SECOND, "handover", "GPU.0")), 60.0
                )
            await pilot.pause()
        assert plot.size.width == 20

    in_app(body, (80, 24))


def sparkline_of(worst_ms: list[float], width: int, *marks: EventMark, limit_ms: float = 8.0, height: int = 1) -> str:
    cells = draw_sparkline(
        columns(worst_ms), numbered(*marks), LatencyAxis(limit_ms), "worst", width, height, GLYPHS_BRAILLE
    )
    return "\n".join(cells.text(y) for y in range(height))


def test_a_sparkline_has_a_bar_for_each_column_the_newest_at_the_right() -> None:
    assert sparkline_of([0.1, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, NAN, 9.0], 10) == "▁▂▃▄▅▆▇█ ▲"


def test_a_wide_sparkline_says_what_it_shows_from_where_to_where_and_the_unit() -> None:
    text = sparkline_of([8.14] * 51 + [1_004.2], 80, limit_ms=10.0)
    assert text[:52] == "▇" * 51 + "▲"
    assert text[52:] == " resp worst    8.14–1,004 ms"
    assert "ms" not in sparkline_of([8.14] * 50, 50)
    assert sparkline_of([NAN] * 52, 80).endswith(" resp worst               ms")
    logarithmic = draw_sparkline(
        columns([8.14] * 51 + [12_004.2]), [], LatencyAxis(2e4, 5.0), "worst", 80, 1, GLYPHS_BRAILLE, "inference"
    ).text(0)
    assert logarithmic[:52] == "▁" * 51 + "█"
    assert logarithmic[52:] == " worst    8.14–12,004 ms log", "the longest form that fits"


def test_a_sparkline_shows_the_marks_in_their_columns() -> None:
    mark = EventMark(30 * SECOND, "handover", "GPU.0")
    assert sparkline_of([4.0] * 10, 10, mark) == "▅▅▅▅▅①▅▅▅▅"
    assert sparkline_of([4.0] * 30, 30, mark, height=2).splitlines() == [
        "▅" * 15 + "①" + "▅" * 14,
        "① 30.00 s GPU.0 takes over    ",
    ]
    assert sparkline_of([4.0] * 30, 30, height=2).splitlines() == [" " * 30, "▅" * 30], "without a mark at the bottom"


def test_a_cell_for_several_columns_shows_the_highest() -> None:
    assert sparkline_of([1.0, 7.9, 1.0, 1.0], 2) == "█▂"


def test_a_sparkline_of_medians() -> None:
    cells = draw_sparkline(columns([1.0] * 4, 7.9), [], LatencyAxis(8.0), "p50", 4, 1, GLYPHS_BRAILLE)
    assert cells.text(0) == "▂▂▂▂"
    assert set(cells.styles[0].tolist()) == {ChartInk.MEDIAN}


@pytest.mark.parametrize("name", ["braille", "block", "ascii"])
def test_every_glyph_is_one_cell(name: str) -> None:
    glyphs = GLYPHS[name]  # type: ignore[index]
    for text in (glyphs.levels, glyphs.clipped, glyphs.mark, glyphs.axis, glyphs.tick, glyphs.corner, glyphs.rule):
        assert glyphs.text(text) == (text if name != "ascii" else text.encode("ascii").decode())
    assert len(glyphs.levels) == 8
