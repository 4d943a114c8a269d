"""The last line of defence on the screen."""

from __future__ import annotations

import pytest
from harness import hostile
from rich.cells import cell_len
from rich.segment import Segment
from stage import Stage, on_stage
from textual.color import Color

from ovtui.dashboard.drawing.cells import CellGrid, code_points
from ovtui.dashboard.drawing.clean_lines import CleanLines, cell_text


@pytest.mark.parametrize("text", [hostile.NAME, "plain", "日本", "a\ufe0fb", "\x1b[31m"])
def test_a_line_keeps_its_width(text: str) -> None:
    segments = [Segment("x"), Segment(text)]
    found = CleanLines().apply(segments, Color(0, 0, 0))
    assert [cell_len(each.text) for each in found] == [cell_len(each.text) for each in segments]
    assert not hostile.bad_signs("".join(each.text for each in found), "")


def test_a_clean_line_is_the_same() -> None:
    segments = [Segment("é → ⠤")]
    assert CleanLines().apply(segments, Color(0, 0, 0)) is segments


def test_a_cell_holds_no_control_character() -> None:
    grid = CellGrid(120, 1)
    grid.put(0, 0, hostile.NAME, 0)
    assert not hostile.bad_signs(grid.text(0), "")
    assert len(cell_text(hostile.NAME)) == len(hostile.NAME)
    assert len(code_points(hostile.NAME)) == len(hostile.NAME)


def test_the_app_cleans_the_lines_of_every_widget() -> None:
    async def act(stage: Stage) -> None:
        assert isinstance(stage.app.screen.get_line_filters()[0], CleanLines)

    on_stage(act)
