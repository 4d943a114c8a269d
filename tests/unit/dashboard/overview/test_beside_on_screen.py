"""The second model on the overview: its line in the plot, and the line that says what it does."""

from __future__ import annotations

import numpy as np
import pytest
from chart_samples import NAN, columns
from samples import SECOND, began, compiled, segment, spawned, update

from ovtui.dashboard.drawing.cells import CellGrid, ChartInk
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.latency_axis import LatencyAxis
from ovtui.dashboard.overview.beside_line import BesideLine
from ovtui.dashboard.overview.plot_beside import BesideColumns
from ovtui.dashboard.overview.plot_layout import PlotLayout
from ovtui.dashboard.overview.plot_picture import PlotFrame, draw_plot
from ovtui.dashboard.overview.plot_strokes import StrokeCache
from ovtui.metrics.digest import Digest
from ovtui.records.events import BesideSecond, StudyBegan, StudyEnded
from ovtui.records.study_events import BesideSpec, FindRateSpec
from ovtui.settings.schema.settings import Settings


def picture(p50_ms: list[float], second_ms: list[float], glyphs: GlyphSet = "braille") -> CellGrid:
    frame = PlotFrame(
        columns(p50_ms),
        [],
        60.0,
        LatencyAxis(10.0),
        "LATENCY",
        "",
        beside=BesideColumns("detector", np.array(second_ms)),
    )
    return draw_plot(frame, PlotLayout(60, 6), GLYPHS[glyphs], StrokeCache())


def rows_of(cells: CellGrid) -> list[str]:
    return ["".join(map(chr, row)).rstrip() for row in cells.codes]


@pytest.mark.parametrize(("glyphs", "dot"), [("braille", "⠁"), ("block", "▘"), ("ascii", "o"), ("console", "o")])
def test_its_median_is_a_dotted_line_in_a_colour_of_its_own(glyphs: GlyphSet, dot: str) -> None:
    """9.9 ms of 10: in the first row."""
    cells = picture([2.0] * 53, [9.9] * 20 + [NAN] * 33, glyphs)
    row = rows_of(cells)[1]
    assert row == "   10 " + row[6] + dot * 20
    inks = cells.styles[1, 7:]
    assert (inks[:20] == ChartInk.BESIDE).all()
    assert not (inks[20:] == ChartInk.BESIDE).any()
    assert "detector p50" in rows_of(cells)[0]


def test_the_first_models_line_stays_where_both_are_the_same() -> None:
    both, alone = picture([5.0] * 53, [5.0] * 53), picture([5.0] * 53, [NAN] * 53)
    assert rows_of(both)[1:] == rows_of(alone)[1:]


def line(seconds: list[BesideSecond], width: int = 120, now_s: float = 10.0) -> str:
    settings = Settings(device="CPU", nireq=1)
    spec = BesideSpec(settings=Settings(model="/models/detector.xml", device="GPU", rate=50.0))
    digest = Digest()
    digest.feed(
        update(
            None, began(settings), spawned(), compiled(device="CPU", execution=["CPU"]), segment(1, settings=settings),
            StudyBegan(t_ns=SECOND, study=1, spec=spec, settings=settings), *seconds, now_s=now_s,
        )
    )  # fmt: skip
    shown = BesideLine()
    shown._snapshot = digest.snapshot()
    return shown.draw(width).plain


def second(end_s: float, *, serving: bool = True, errors: int = 0) -> BesideSecond:
    return BesideSecond(
        t_ns=int(end_s * SECOND), study=1, serving=serving, completed=50, throughput=50.0, errors=errors, p50_ms=12.1,
        p99_ms=31.0,
    )  # fmt: skip


def test_what_the_second_model_does_now() -> None:
    assert line([]) == " BESIDE detector.xml GPU · 50/s   starts"
    assert line([second(9.8)]) == " BESIDE detector.xml GPU · 50/s   50.0 /s  p50 12.1  p99 31.0 ms"
    assert line([second(9.8, errors=3)]).endswith("ms  3 failed")
    assert line([second(9.8, serving=False)]).endswith("   rests: this one is alone")
    assert line([second(2.0)]).endswith("not heard of for some seconds")


def test_it_is_hidden_once_its_study_is_over_also_while_another_one_runs() -> None:
    """Seen: 'nosuch.xml starts' over a search that ran after it."""
    settings = Settings(device="CPU", nireq=1)
    beside = BesideSpec(settings=Settings(model="nosuch.xml"))
    digest, shown = Digest(), BesideLine()
    told: list[bool] = []
    for events in (
        [began(settings), StudyBegan(t_ns=SECOND, study=1, spec=beside, settings=settings)],
        [StudyEnded(t_ns=2 * SECOND, study=1, reason="failed", text="no such model file")],
        [StudyBegan(t_ns=3 * SECOND, study=2, spec=FindRateSpec(slo="p99<20ms"), settings=settings)],
    ):
        digest.feed(update(None, *events, now_s=4.0))
        shown.show(digest.snapshot())
        told.append(shown.display)
    assert told == [True, False, False]


@pytest.mark.parametrize("width", [80, 60, 40])
def test_it_fits(width: int) -> None:
    shown = line([second(9.8)], width)
    assert len(shown) <= width
    assert "50.0 /s" in shown
