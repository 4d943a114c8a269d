"""The picture of the latency plot, for data whose picture is known."""

from __future__ import annotations

import numpy as np
import pytest
from chart_samples import NAN, columns, drawn, lines
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk, changed_regions
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.overview.plot_layout import PlotLayout, centred_time_labels, column_end_ns, time_labels
from ovtui.dashboard.overview.plot_marks import MarkNumbers, mark_cells
from ovtui.dashboard.overview.plot_picture import PlotFrame, draw_plot
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.session.session_state import EventMark
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN

GPU = 0x20
SECOND = 1_000_000_000


def test_a_constant_median_is_a_horizontal_line_at_its_height() -> None:
    """5 ms of 10 in four rows of four dots each: the lowest dot of the second row, in every column."""
    assert lines(drawn(columns([5.0] * 33), 40, 6)) == [
        "LATENCY ms   ⠤⠤ p50   ⡇ worst",
        "   10 ┤",
        "    5 ┤" + "⣀" * 33,
        "      │",
        "      │",
        "    0 └ -60 s ─────── -30 ────────── now",
    ]


def test_the_worst_is_a_stem_on_the_right_dots_above_the_median() -> None:
    worst = np.full(33, 5.0)
    worst[10] = 9.9
    rows = lines(drawn(columns([5.0] * 33, worst), 40, 6))
    assert rows[1] == "   10 ┤" + " " * 10 + "⢸"
    assert rows[2] == "    5 ┤" + "⣀" * 10 + "⣸" + "⣀" * 22


def test_a_falling_median_is_vertical_on_the_left_dots() -> None:
    rows = lines(drawn(columns([9.9] * 10 + [0.1] * 23), 40, 6))
    assert rows[1:5] == [
        "   10 ┤" + "⠉" * 10 + "⡇",
        "    5 ┤" + " " * 10 + "⡇",
        "      │" + " " * 10 + "⡇",
        "      │" + " " * 10 + "⣇" + "⣀" * 22,
    ]


def test_the_line_is_broken_where_nothing_completed() -> None:
    p50 = np.full(33, 5.0)
    p50[10:12] = NAN
    assert lines(drawn(columns(p50), 40, 6))[2] == "    5 ┤" + "⣀" * 10 + "  " + "⣀" * 21


def test_a_column_alone_is_as_wide_as_any() -> None:
    p50 = np.full(33, NAN)
    p50[10] = 5.0
    assert lines(drawn(columns(p50), 40, 6))[2] == "    5 ┤" + " " * 10 + "⣀"


def test_a_clipped_value_has_a_mark_and_is_in_the_heading() -> None:
    worst = np.full(33, 5.0)
    worst[[7, 20]] = 212.4, 1_004.2
    cells = drawn(columns([5.0] * 33, worst), 60, 6)
    assert "▲ up to 1,004 ms" in cells.text(0)
    assert [i for i, c in enumerate(cells.text(1)) if c == "▲"] == [7 + 7 * 53 // 33, 7 + 20 * 53 // 33]
    assert cells.styles[1, 7 + 7 * 53 // 33] == ChartInk.CLIPPED


def test_the_line_and_the_stems_differ_in_colour() -> None:
    cells = drawn(columns([5.0] * 33, 9.9), 40, 6)
    assert set(cells.styles[1, 7:].tolist()) == {ChartInk.WORST}
    assert set(cells.styles[2, 7:].tolist()) == {ChartInk.MEDIAN}


@pytest.mark.parametrize(("limit_ms", "unit", "top"), [(0.5, "µs", "500"), (10.0, "ms", "10"), (2_500.0, "s", "2.5")])
def test_the_unit_is_in_the_heading(limit_ms: float, unit: str, top: str) -> None:
    rows = lines(drawn(columns([limit_ms / 2] * 33), 40, 6, limit_ms=limit_ms))
    assert rows[0].startswith(f"LATENCY {unit}   ")
    assert rows[1].startswith(f"{top:>5} ┤")


@pytest.mark.parametrize("glyph_set", ["braille", "block", "ascii", "console"])
def test_a_logarithmic_axis_has_decades_and_both_ends(glyph_set: GlyphSet) -> None:
    """Four rows for four decades from 0.1 ms on: 1 ms is a quarter up."""
    worst = np.full(33, 1.0)
    worst[10] = 900.0
    cells = drawn(columns([1.0] * 33, worst), 40, 6, low_ms=0.1, limit_ms=1000.0, glyph_set=glyph_set)
    rows, glyphs = lines(cells), GLYPHS[glyph_set]
    assert rows[0].startswith("LATENCY ms log   ")
    assert rows[1][:7] == f" 1000 {glyphs.tick}"
    assert rows[2][:7] == f"   10 {glyphs.tick}"
    assert rows[5].startswith(f"  0.1 {glyphs.corner}")
    assert set(np.flatnonzero((cells.styles[1:5] == ChartInk.MEDIAN).any(axis=1)).tolist()) == {2}
    assert cells.styles[1:3, 17].tolist() == [ChartInk.WORST] * 2, "the stem is whole"
    assert glyphs.clipped not in "".join(rows)


def test_a_mark_is_a_numbered_line_behind_the_data_with_its_text_in_the_legend() -> None:
    marks = (EventMark(30 * SECOND, "handover", "GPU.0"),)
    cells = drawn(columns([5.0] * 33), 40, 9, marks=marks)
    rows = lines(cells)
    at = 7 + 33 // 2
    assert rows[1] == "   10 ┤" + " " * 16 + "①"
    assert [row[at] for row in rows[2:6]] == ["┊", "⠒", "┊", "┊"]
    assert rows[8] == "① 30.00 s GPU.0 takes over"
    assert cells.styles[5, at] == ChartInk.MARK
    assert "①" not in lines(drawn(columns([5.0] * 33), 40, 7, marks=marks))[6], "no room for a legend"


def test_marks_side_by_side_keep_their_numbers_apart() -> None:
    """ "in flight 0→4" and "rate 60/s→66/s" once read as "in flight 0→46/s"."""
    marks = [EventMark((30 + n) * SECOND, "settings", f"change {n}") for n in range(6)]
    cells = drawn(columns([1.0] * 53), 60, 12, marks=marks)
    numbers = [(x, y) for y in range(1, 9) for x, c in enumerate(cells.text(y)) if "①" <= c <= "⑳"]
    assert len(numbers) == 6
    assert not [1 for x, y in numbers if (x + 1, y) in numbers]


@pytest.mark.parametrize("glyph_set", ["ascii", "console"])
def test_plain_numbers_where_the_font_has_no_circled_ones(glyph_set: GlyphSet) -> None:
    marks = [EventMark((20 + 2 * n) * SECOND, "settings", f"rate {n}→{n + 1}") for n in range(12)]
    cells = drawn(columns([1.0] * 53), 60, 10, marks=marks, glyph_set=glyph_set)
    text = "\n".join(lines(cells))
    arrow = "->" if glyph_set == "ascii" else "→"
    assert f"[12] 42.00 s rate 11{arrow}12" in text
    inked = cells.styles[1:5] == ChartInk.MARK
    digits = "".join(map(chr, cells.codes[1:5][inked].tolist()))
    for number in map(str, range(1, 13)):
        assert number in digits


def test_marks_outside_the_span_are_not_drawn() -> None:
    marks = (EventMark(-1, "handover", "before"), EventMark(60 * SECOND, "handover", "after"))
    assert lines(drawn(columns([5.0] * 33), 40, 6, marks=marks)) == lines(drawn(columns([5.0] * 33), 40, 6))


def test_devices_are_a_band_with_names_under_the_columns_they_served() -> None:
    device = np.array([STAND_IN] * 20 + [GPU] * 33)
    p50 = np.full(53, 5.0)
    p50[30:35] = NAN
    cells = drawn(columns(p50, device=device), 60, 10)
    assert cells.text(9).rstrip() == " " * 7 + "CPU stands in ╌╌╌╌╌╌▏GPU.0 " + "━" * 26
    assert cells.styles[9, 7 + 19] == ChartInk.STAND_IN
    assert cells.styles[9, 7 + 20] == ChartInk.ACCELERATOR
    assert cells.styles[8, [7 + 10, 7 + 45]].tolist() == [ChartInk.STAND_IN, ChartInk.ACCELERATOR]


@pytest.mark.parametrize(
    ("first", "row"),
    [(13, "CPU stands in▏GPU.0 "), (12, "(CPU) ╌╌╌╌╌╌▏GPU.0 "), (5, "(CPU)▏GPU.0 "), (4, "(CP…▏GPU.0 "),
     (3, "╌╌╌▏GPU.0 "), (1, "╌▏GPU.0 ")],
)  # fmt: skip
def test_the_name_of_a_short_phase_is_shorter_then_cut_then_left_out(first: int, row: str) -> None:
    device = np.array([STAND_IN] * first + [GPU] * (53 - first))
    assert lines(drawn(columns([5.0] * 53, device=device), 60, 10))[9].startswith(" " * 7 + row + "━")


def test_a_device_that_took_over_and_has_answered_nothing_yet_has_its_phase() -> None:
    p50 = np.full(53, 5.0)
    p50[30:] = NAN
    mark = EventMark(40 * SECOND, "handover", "GPU.0")
    row = lines(drawn(columns(p50, device=STAND_IN), 60, 12, marks=[mark]))[10]
    assert row == " " * 7 + "CPU stands in " + "╌" * 21 + "▏GPU.0 " + "━" * 11


def test_phases_of_a_cell_each_are_all_rule() -> None:
    device = np.array([CPU, GPU] * 26 + [CPU])
    assert lines(drawn(columns([5.0] * 53, device=device), 60, 10))[9] == " " * 7 + "─━" * 26 + "─"


def test_the_rules_of_devices_differ_without_colour_in_every_set_of_glyphs() -> None:
    device = np.array([STAND_IN] * 15 + [CPU] * 12 + [GPU] * 12 + [AMBIGUOUS] * 14)
    for glyph_set, glyphs in GLYPHS.items():
        row = lines(drawn(columns([5.0] * 53, device=device), 60, 10, glyph_set=glyph_set))[9][7:]
        phases = row.split(glyphs.edge)
        assert [phase[:-1].rstrip(phase[-1]) for phase in phases] == ["CPU stands in ", "CPU ", "GPU.0 ", "one of "]
        assert len({phase[-1] for phase in phases}) == 4


def test_a_fixed_window_has_time_labels_on_both_sides_of_its_moment() -> None:
    assert centred_time_labels(6.0, 40) == [(0.0, "-3 s"), (0.5, "0"), (1.0, "+3 s")]
    data = columns([5.0] * 53)
    frame = PlotFrame(data, [], 6.0, LatencyAxis(10.0), "LATENCY", "", centred_time_labels(6.0, 53))
    row = lines(draw_plot(frame, PlotLayout(60, 6), GLYPHS["braille"], StrokeCache()))[5]
    assert row.replace("─", "").split() == ["0", "└", "-3", "s", "0", "+3", "s"]
    assert row.index(" 0 ", 8) + 1 == 7 + 53 // 2


def test_small_sizes_keep_the_drawing_longest() -> None:
    data = columns([5.0] * 10)
    assert lines(drawn(data, 10, 1)) == ["⠒" * 10]
    assert lines(drawn(data, 10, 3)) == ["⣀" * 10, "", "────── now"]
    assert lines(drawn(data, 10, 4)) == ["LATENCY ms", "⣀" * 10, "", "────── now"]
    assert lines(drawn(columns([5.0] * 15), 22, 4)) == [
        "LATENCY ms   ⠤⠤ p50", "   10 ┤" + "⣀" * 15, "      │", "    0 └ -60 s ──── now",
    ]  # fmt: skip


def test_the_note_on_clipped_values_replaces_the_hint() -> None:
    data = columns([5.0] * 33, 9_000.0)
    assert "z zoom" not in drawn(data, 40, 6, hint="z zoom").text(0)
    assert "▲ up to 9,000 ms" in drawn(data, 40, 6, hint="z zoom").text(0)
    assert drawn(data, 80, 6, hint="z zoom").text(0).endswith("z zoom")


@pytest.mark.parametrize("glyph_set", ["braille", "block", "ascii"])
def test_each_set_draws_the_line_the_stems_and_the_marks(glyph_set: GlyphSet) -> None:
    worst = np.full(33, 5.0)
    worst[10] = 9.9
    worst[20] = 99.0
    glyphs = GLYPHS[glyph_set]
    marks = (EventMark(50 * SECOND, "settings", "timeout 1000→100"),)
    cells = drawn(columns([5.0] * 33, worst), 40, 9, glyph_set=glyph_set, marks=marks)
    text = "\n".join(lines(cells))
    for glyph in (glyphs.clipped, glyphs.mark, glyphs.tick, glyphs.axis):
        assert glyph in text
    if glyph_set == "ascii":
        assert text.isascii()
        assert "[1] 50.00 s timeout 1000->100" in text
    assert {ChartInk.MEDIAN, ChartInk.WORST} <= set(cells.styles[1:7].ravel().tolist())


def test_a_block_cell_shows_the_dots_of_line_and_stem() -> None:
    """A row of two dots: the median on the lower ones, the stem on the upper right one."""
    rows = lines(drawn(columns([1.0] * 33, 9.9), 40, 6, glyph_set="block"))
    assert rows[4] == "      │" + "▟" * 33
    assert rows[1] == "   10 ┤" + "▐" * 33


def test_text_with_wide_or_broken_characters_keeps_the_columns() -> None:
    marks = (EventMark(30 * SECOND, "settings", "model 模\u0301\n[red]\ud800→x"),)
    rows = lines(drawn(columns([1.0] * 53), 60, 9, marks=marks))
    assert rows[8] == "① 30.00 s model ?? [red]\\ud800→x"


def test_time_labels() -> None:
    assert [text for _, text in time_labels(60, 113)] == ["-60 s", "-45", "-30", "-15", "now"]
    assert [text for _, text in time_labels(900, 40)] == ["-15 min", "-7.5", "now"]
    assert [text for _, text in time_labels(10, 10)] == ["-10 s", "now"]
    assert [text for _, text in time_labels(15, 113)] == ["-15 s", "-10", "-5", "now"]
    assert [text for _, text in time_labels(5, 113)] == ["-5 s", "-4", "-3", "-2", "-1", "now"]


def test_columns_end_on_borders_that_do_not_move() -> None:
    width_ns = round(60e9 / 113)
    ends = {column_end_ns(now, 60.0, 113) for now in range(100 * SECOND, 101 * SECOND, 10_000_000)}
    assert len(ends) == 3
    assert all(end % width_ns == 0 and end >= 100 * SECOND for end in ends)
    assert column_end_ns(5 * width_ns, 60.0, 113) == 5 * width_ns


def test_a_mark_is_in_the_column_of_its_time() -> None:
    edges_s = np.linspace(0, 60, 61)
    marks = MarkNumbers().of([EventMark(t, "handover", "") for t in (0, 59_999_999_999, 30 * SECOND)])
    assert [place for place, _ in mark_cells(edges_s, marks, 60)] == [0, 30, 59]


def test_a_small_layout_drops_the_edges_first() -> None:
    assert [(PlotLayout(80, h).heading, PlotLayout(80, h).axis, PlotLayout(80, h).devices) for h in (2, 3, 4, 9)] == [
        (0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 1, 1),
    ]  # fmt: skip
    assert PlotLayout(20, 10).columns == 20
    assert PlotLayout(21, 10).columns == 14
    assert PlotLayout(400, 10).data_columns == 200


HEIGHTS = st.one_of(st.just(NAN), st.floats(0, 12))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_picture_with_reused_columns_equals_one_drawn_from_scratch(data: st.DataObject) -> None:
    glyph_set = data.draw(st.sampled_from(["braille", "block", "ascii"]))
    wide, rows = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 4))
    series = data.draw(st.lists(st.tuples(HEIGHTS, HEIGHTS), min_size=40, max_size=40))
    p50, worst = np.array(series).T
    strokes, start = StrokeCache(), 0
    for step in data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=6)):
        start += step
        last = data.draw(st.tuples(HEIGHTS, HEIGHTS))
        here = [np.append(part[start : start + wide - 1], end) / 10 for part, end in ((p50, last[0]), (worst, last[1]))]
        glyphs = GLYPHS[glyph_set]
        on, afresh = strokes.draw(*here, wide, rows, glyphs), StrokeCache().draw(*here, wide, rows, glyphs)
        assert on.line.tolist() == afresh.line.tolist()
        assert on.stems.tolist() == afresh.stems.tolist()


@given(st.data())
def test_the_changed_regions_cover_all_changes_and_no_unchanged_line(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 6))
    old, new = CellGrid(width, height), CellGrid(width, height)
    for _ in range(data.draw(st.integers(0, 5))):
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        new.put(x, y, data.draw(st.sampled_from(" ab")), data.draw(st.integers(0, 1)))
    covered = np.zeros((height, width), bool)
    for region in changed_regions(old, new):
        covered[region.y : region.bottom, region.x : region.right] = True
    changed = (old.codes != new.codes) | (old.styles != new.styles)
    assert not (changed & ~covered).any()
    for y in range(height):
        spots = np.flatnonzero(changed[y])
        assert np.flatnonzero(covered[y]).tolist() == (list(range(spots[0], spots[-1] + 1)) if len(spots) else [])


def test_another_size_changes_everything() -> None:
    assert [tuple(region) for region in changed_regions(CellGrid(3, 2), CellGrid(4, 2))] == [(0, 0, 4, 2)]
    assert changed_regions(CellGrid(3, 2), CellGrid(0, 2)) == []
