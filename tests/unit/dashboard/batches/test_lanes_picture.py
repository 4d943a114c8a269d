"""The lanes' picture of runs with known times."""

from __future__ import annotations

import numpy as np
import pytest
from samples import MS, records

from ovtui.dashboard.batches import lanes_picture
from ovtui.dashboard.batches.lanes_picture import LanesInk, LanesScene, tick_step_ns
from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.metrics.batching.batch_runs import batches_of
from ovtui.records.record import Flag, Records, join_records

WIDTH = 50
"""Cells without the gutter; 2 ms each."""


def full(batch: int, submits_ms: list[float], done_ms: float, flags: int = 0) -> Records:
    rows = records([done_ms] * len(submits_ms), batch_id=batch, batch_size=len(submits_ms), flags=flags)
    rows["submit_ns"] = np.array(submits_ms) * MS
    return rows


def alone(submit_ms: float, done_ms: float, flags: int = 0, size: int = 1) -> Records:
    return records([done_ms], done_ms - submit_ms, flags=flags, batch_size=size)


def drawn(*runs: Records, height: int = 8, glyphs: GlyphSet = "braille", picked: int | None = None) -> CellGrid:
    rows = join_records(list(runs))
    rows["seq"] = np.arange(len(rows))
    cells = CellGrid(WIDTH, height)
    scene = LanesScene(rows, batches_of(rows), 0, 100 * MS, picked)
    lanes_picture.draw(cells, lanes_picture.LanesLayout(0, height), scene, GLYPHS[glyphs])
    return cells


def places(cells: CellGrid, y: int, glyph: str) -> list[int]:
    return [x for x, c in enumerate(cells.text(y)) if c == glyph]


def test_the_lines_of_a_batch_start_at_its_submissions_and_meet_at_its_completion() -> None:
    cells = drawn(full(1, [10, 20, 30, 40], 60))
    assert places(cells, 0, "▲") == [5, 10, 15, 20]
    assert places(cells, 5, "▼") == [30]
    assert cells.text(6).split() == ["4"]
    first = [x for x, c in enumerate(cells.text(1)) if c != " "]
    assert {5, 10, 15, 20} <= set(first)
    last = [x for x, c in enumerate(cells.text(4)) if c != " "]
    assert last[-1] in (29, 30)
    assert last[0] >= 23


def test_a_timer_run_has_marks_a_label_and_a_line_of_its_own() -> None:
    batch, timer = drawn(full(1, [10, 10], 60)), drawn(alone(10, 60, Flag.TIMED_OUT))
    assert places(timer, 0, "△") == [5]
    assert places(timer, 5, "▽") == [30]
    assert timer.text(6).split() == ["timer"]
    assert LanesInk.TIMER in timer.styles[2]
    dots = [sum(bin(int(code) - 0x2800).count("1") for code in c.codes[1:5].flat if code != 32) for c in (batch, timer)]
    assert 0 < dots[1] < 0.7 * dots[0]


def test_runs_alone_failed_and_unknown_look_different() -> None:
    cells = drawn(alone(10, 20), alone(30, 44, Flag.ERROR, size=0), alone(60, 80, size=0))
    assert places(cells, 5, "•") == [10, 40]
    assert places(cells, 5, "×") == [22]
    assert cells.text(6).split() == ["failed", "?"]


def test_neighbouring_batches_differ_in_colour() -> None:
    cells = drawn(full(1, [10, 12], 20), full(2, [30, 32], 40), full(3, [50, 52], 60))
    inks = [int(cells.styles[5, x]) for x in places(cells, 5, "▼")]
    assert inks == [LanesInk.ODD, LanesInk.EVEN, LanesInk.ODD]


def test_the_picked_run_is_drawn_over_the_others_and_its_label_has_brackets() -> None:
    runs = full(1, [10, 12], 60), full(2, [10, 14], 60)
    cells = drawn(*runs, picked=0)
    assert cells.styles[5, 30] == LanesInk.PICKED
    assert "[2]" in cells.text(6)
    assert LanesInk.PICKED in cells.styles[3]


def test_a_deduced_batch_is_marked() -> None:
    assert "~2" in drawn(full(1, [10, 12], 60, Flag.INFERRED_BATCH)).text(6)


def test_labels_never_touch() -> None:
    cells = drawn(*(full(n, [n * 4 - 3, n * 4 - 2], n * 4) for n in range(1, 24)))
    assert set(cells.text(6).split()) == {"2"}


def test_ascii_draws_steep_slanting_flat_and_timer_lines_differently() -> None:
    cells = drawn(
        alone(10, 12), alone(20, 30), alone(40, 90), alone(2, 8, Flag.TIMED_OUT), height=8, glyphs="ascii"
    )  # fmt: skip
    text = "".join(cells.text(y) for y in range(8))
    assert text.isascii()
    assert all(c in text for c in "|\\-:")
    assert places(cells, 0, "o") == [1]


@pytest.mark.parametrize("height", range(9))
def test_low_pictures_keep_both_rows_of_marks(height: int) -> None:
    cells = drawn(full(1, [10, 20], 60), height=height)
    text = "\n".join(cells.text(y) for y in range(height))
    assert ("▲" in text and "▼" in text) == (height >= 2)


def test_runs_cut_by_the_edges_are_drawn() -> None:
    cells = drawn(full(1, [-50, 90], 150), full(2, [-20, -10], 50))
    assert places(cells, 0, "▲") == [45]
    assert places(cells, 5, "▼") == [25]
    assert cells.text(2)[0] != " "
    assert cells.text(1)[-1] != " "


def test_ticks_fall_on_round_times() -> None:
    axis = drawn(full(1, [10], 60), height=8).text(7)
    assert "┴00:00.00─" in axis
    assert "+50 ms" in axis


def test_tick_steps_are_ones_twos_and_fives() -> None:
    assert [tick_step_ns(value) for value in (0.5, 1, 1.5, 3, 6, 11, 21, 51, 999, 1001)] == [
        1, 1, 2, 5, 10, 20, 50, 100, 1000, 2000,
    ]  # fmt: skip
