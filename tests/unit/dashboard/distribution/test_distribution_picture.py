"""Pictures of distributions, row by row, and their axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.dashboard.distribution.distribution_picture import (
    LEFT_MARGIN,
    DistributionScene,
    axis_end_nines,
    bars,
    curve,
)
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.drawing.value_axis import ValueAxis, axis_for, nice_above, nice_below, tick_label
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.queries.distribution import Distribution
from ovtui.settings.schema.slo import parse_slo

ASCII, BRAILLE = GLYPHS["ascii"], GLYPHS["braille"]


def group(values_ms: np.ndarray, name: str = "all") -> Distribution:
    histogram = Histogram()
    histogram.add(np.asarray(values_ms, np.float64))
    return Distribution(name, histogram.counts, histogram.count, histogram.min_ms, histogram.max_ms)


def scene(*groups: Distribution, log: bool = True, slo: str = "", axis: ValueAxis | None = None) -> DistributionScene:
    over = axis or axis_for(min(g.min_ms for g in groups), max(g.max_ms for g in groups), log=log)
    return DistributionScene(groups, over, parse_slo(slo), "HISTOGRAM ms", "m latency")


def lines(cells: CellGrid) -> list[str]:
    return [cells.text(y).rstrip() for y in range(cells.height)]


LOGNORMAL = group(np.random.default_rng(1).lognormal(2, 0.4, 20_000))


def test_the_highest_bar_fills_its_strip_at_the_mode() -> None:
    values = np.r_[np.full(900, 5.1), np.full(100, 20.3)]
    cells = bars(scene(group(values), axis=ValueAxis(1, 100, log=True)), 100 + LEFT_MARGIN + 1, 12, ASCII)
    top = cells.codes[1:10, LEFT_MARGIN : LEFT_MARGIN + 100]
    tall = np.flatnonzero((top == ord("#")).all(axis=0))
    assert tall.tolist() == [int(100 * np.log10(5.1) / 2)]
    low = np.flatnonzero(top[-1] != 32)
    assert int(100 * np.log10(20.3) / 2) in low.tolist()
    assert lines(cells)[1].startswith("90.0% +")


def test_a_single_request_is_visible() -> None:
    values = np.r_[np.full(100_000, 5.0), 80.0]
    cells = bars(scene(group(values), axis=ValueAxis(1, 100, log=True)), 108, 12, BRAILLE)
    assert cells.text(9)[LEFT_MARGIN + int(100 * np.log10(80) / 2)] == BRAILLE.levels[0]


def test_groups_have_a_strip_each_with_name_and_figures() -> None:
    cells = bars(scene(group(np.full(900, 5.0), "GPU.0"), group(np.full(90, 9.0), "(CPU)")), 90, 14, BRAILLE)
    shown = lines(cells)
    first = next(y for y, line in enumerate(shown) if "GPU.0  900  p50 5.0" in line)
    second = next(y for y, line in enumerate(shown) if "(CPU)  90  p50 9.0" in line)
    assert first < second
    assert "p99" not in shown[second].split("p50")[1], "90 requests have no p99"
    assert "p99" in shown[first]


def test_percentiles_are_marked_on_the_axis_of_a_single_group() -> None:
    cells = bars(scene(LOGNORMAL), 110, 14, BRAILLE)
    rule = lines(cells)[12]
    assert "p50" in rule
    assert "p99" in rule
    assert rule.index("p50") < rule.index("p99")


def test_a_limit_is_drawn_across_bars_and_curve() -> None:
    limited = scene(LOGNORMAL, slo="p99<20ms")
    upright = lines(bars(limited, 110, 14, BRAILLE))
    place = LEFT_MARGIN + int(float(limited.axis.share(np.array([20.0]))[0]) * 102)
    assert sum(len(line) > place and line[place] == BRAILLE.mark for line in upright) >= 5
    assert any("p99<20ms" in line for line in upright)
    level = lines(curve(limited, 110, 14, BRAILLE))
    row = next(line for line in level if "p99<20ms" in line)
    assert row.count("╌") > 60
    assert "×" in row
    assert "-" * 40 in "\n".join(lines(curve(limited, 110, 14, ASCII)))


def test_a_limit_outside_the_axis_is_not_drawn() -> None:
    far = scene(LOGNORMAL, slo="p99<100s")
    for picture in (bars, curve):
        assert not any("p99" in line and "<" in line for line in lines(picture(far, 110, 14, BRAILLE)))


def test_the_curve_rises_and_ends_with_the_samples() -> None:
    cells = curve(scene(group(np.linspace(1, 10, 1000))), 110, 20, ASCII)
    drawn = cells.codes[1:18, LEFT_MARGIN:] == ord("*")
    columns = np.flatnonzero(drawn.any(axis=0))
    heights = [drawn[:, x].argmax() for x in columns]
    assert heights == sorted(heights, reverse=True)
    # 1,000 requests reach p99.3: 2.18 of 2.5 nines.
    assert columns[-1] == pytest.approx(2.18 / 2.5 * 102, abs=2)
    assert "max 10.0" in "\n".join(lines(cells))


def test_curves_have_names_and_in_ascii_marks() -> None:
    pair = scene(group(np.full(900, 5.0), "GPU.0"), group(np.full(900, 9.0), "(CPU)"))
    shown = "\n".join(lines(curve(pair, 110, 16, ASCII)))
    assert "* GPU.0, max 5.0" in shown
    assert "o (CPU), max 9.0" in shown
    assert "GPU.0, max 5.0" in "\n".join(lines(curve(pair, 110, 16, BRAILLE)))


def test_the_axis_of_percentiles_has_a_label_for_each_nine() -> None:
    labels = lines(curve(scene(LOGNORMAL), 110, 14, BRAILLE))[-1].split("%")
    assert [text.strip() for text in labels[:-1]] == ["0", "50", "90", "99", "99.9"]


def test_the_percentile_axis_is_stable_while_requests_arrive() -> None:
    assert axis_end_nines([group(np.linspace(1, 2, n)) for n in (700,)]) == 2.5
    assert len({axis_end_nines([group(np.linspace(1, 2, n))]) for n in range(700, 2000, 50)}) == 1


@pytest.mark.parametrize("glyphs", GLYPHS.values())
@pytest.mark.parametrize("size", [(0, 0), (1, 1), (10, 3), (15, 4), (20, 5), (80, 2), (300, 80)])
@pytest.mark.parametrize("picture", [bars, curve])
def test_any_size_can_be_drawn(picture, size: tuple[int, int], glyphs) -> None:
    many = scene(*(group(np.full(n, float(n)), "a name that is long" * 3) for n in (1, 20, 700, 5)), slo="p99<9ms")
    cells = picture(many, *size, glyphs)
    assert (cells.width, cells.height) == size


@pytest.mark.parametrize("picture", [bars, curve])
def test_no_groups_is_an_empty_picture_with_its_axes(picture) -> None:
    empty = DistributionScene([], axis_for(1, 10, log=True), (), "HISTOGRAM ms")
    assert "HISTOGRAM" in lines(picture(empty, 100, 12, BRAILLE))[0]


def test_no_glyph_of_another_set_in_ascii() -> None:
    for picture in (bars, curve):
        cells = picture(scene(LOGNORMAL, slo="p99<20ms"), 100, 14, ASCII)
        assert cells.codes.max() < 128


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
def test_an_axis_holds_its_ends_and_nice_values(a: float, b: float) -> None:
    low, high = sorted((a, b))
    for log in (True, False):
        axis = axis_for(low, high, log=log)
        assert axis.low_ms <= low * (1 + 1e-9)
        assert axis.high_ms >= high * (1 - 1e-9)
        edges = axis.edges(40)
        assert (np.diff(edges) > 0).all()
        shares = axis.share(edges)
        assert shares[[0, -1]] == pytest.approx([0, 1], abs=1e-9)
        ticks = axis.ticks(8)
        assert 2 <= len(ticks) <= 10
        assert all(-1e-9 <= share <= 1 + 1e-3 for share, _ in ticks)
        assert [share for share, _ in ticks] == sorted(share for share, _ in ticks)
    assert nice_below(low) <= low * (1 + 1e-9) < 2 * nice_below(low) * (1 + 1e-6)
    assert nice_above(high) >= high * (1 - 1e-9)


@pytest.mark.parametrize(
    ("value", "text"), [(0.05, "0.05"), (2.5, "2.5"), (20.0, "20"), (10_000.0, "10000"), (200_000.0, "2e5")]
)
def test_labels_are_short(value: float, text: str) -> None:
    assert tick_label(value) == text
