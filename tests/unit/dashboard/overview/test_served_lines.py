"""The lines of data shapes on the overview: in little room, and with names that come from a model's file."""

from __future__ import annotations

import pytest

from ovtui.dashboard.drawing.text_fit import first_that_fits, line_of, width_of
from ovtui.dashboard.overview.served_lines import _shape_forms
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.queries.shapes import ShapeRow


def line(shape: str, width: int, more: int = 0, name_width: int = 12) -> str:
    row = ShapeRow(shape, 1, GroupFigures(Tally(), "rule"))
    form = first_that_fits(_shape_forms(row, name_width, more), width)
    assert width_of(form) <= width
    return line_of(form).plain


@pytest.mark.parametrize(("width", "said"), [(120, "and 67 more shapes"), (80, "+67")])
def test_that_there_are_more_shapes_is_said_in_any_width(width: int, said: str) -> None:
    assert line("[1,3,32,32]", width, more=67, name_width=11).endswith(said)


def test_a_name_cannot_move_the_screen() -> None:
    assert line('"a\x1b[31m\nin"[1,2,8]', 120, name_width=24).startswith(r' "a\x1b[31m in"[1,2,8] ')
    assert width_of([(line("入力[1,2,8]", 120, name_width=16), "")]) == width_of(
        [(line("[1,2,8]", 120, name_width=16), "")]
    )
