"""What the differences make a terminal show is what was put."""

from __future__ import annotations

import numpy as np
import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ovtui.dashboard.drawing.screen_cells import ScreenCells

WIDTH, HEIGHT = 12, 3
STYLES = [
    Style(),
    Style(color="red"),
    Style(color="#102030", bgcolor="#203040"),
    Style(bold=True, color="#102030", bgcolor="#203040"),
    Style(bold=True, dim=True, bgcolor="blue"),
    Style(underline=True, bgcolor="color(200)"),
    Style(reverse=True, color="bright_red"),
    Style(italic=True, strike=True, color="default", bgcolor="bright_blue"),
]


def parameters(style: Style) -> str:
    return style.render("x").partition("x")[0].removeprefix("\x1b[").removesuffix("m")


class Screens:
    """A terminal that gets the differences, and one that gets all that is put as it is."""

    def __init__(self) -> None:
        self.cells = ScreenCells()
        self.cells.resize(WIDTH, HEIGHT)
        self._sparing, self._plain = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
        for y in range(HEIGHT):
            self.put(0, y, [Segment(" " * WIDTH)])
        self.show()

    def put(self, x: int, y: int, segments: list[Segment]) -> None:
        self.cells.put_segments(x, y, segments, parameters)
        cut = Strip(segments).crop(0, WIDTH - x)
        for segment in cut:
            style = segment.style or Style()
            pyte.Stream(self._plain).feed(f"\x1b[{y + 1};{x + 1}H{style.render(segment.text)}")
            x += segment.cell_length

    def show(self) -> str:
        difference = self.cells.difference()
        pyte.Stream(self._sparing).feed(difference)
        return difference

    def garble(self) -> None:
        pyte.Stream(self._sparing).feed("\x1b[H\x1b[41m" + "#" * WIDTH * HEIGHT + "\x1b[m")
        self.cells.forget()

    def assert_same(self) -> None:
        for y in range(HEIGHT):
            for x in range(WIDTH):
                shown, wanted = self._sparing.buffer[y][x], self._plain.buffer[y][x]
                assert (shown.data, shown.bg) == (wanted.data, wanted.bg), (x, y)
                marks = (
                    "underscore",
                    "reverse",
                    "strikethrough",
                    *(() if shown.data == " " else ("fg", "bold", "italics")),
                )
                assert [getattr(shown, each) for each in marks] == [getattr(wanted, each) for each in marks], (x, y)


segments_of = st.lists(
    st.tuples(st.text("ab ⣿─é", min_size=1, max_size=5), st.sampled_from(STYLES)).map(lambda pair: Segment(*pair)),
    min_size=1,
    max_size=4,
)
puts = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), segments_of)


@given(st.lists(st.one_of(puts, st.just("show"), st.just("garble")), max_size=20))
def test_any_order_of_puts_frames_and_other_programs(steps: list[object]) -> None:
    screens = Screens()
    for step in steps:
        if isinstance(step, tuple):
            screens.put(*step)
        elif step == "show":
            screens.show()
            screens.assert_same()
        else:
            screens.garble()
    screens.show()
    screens.assert_same()
    assert screens.show() == ""


def test_what_did_not_change_is_not_sent() -> None:
    screens = Screens()
    ground = Style(color="#808080", bgcolor="#101010")
    screens.put(0, 1, [Segment("latency  5.1", ground)])
    screens.show()
    screens.put(0, 1, [Segment("latency  ", ground), Segment("5.2", ground)])
    assert screens.show() == "\x1b[2;12H\x1b[38;2;128;128;128;48;2;16;16;16m2\x1b[m"


def test_only_what_differs_of_two_pens_is_sent() -> None:
    screens = Screens()
    screens.put(
        0, 0, [Segment("ab", Style(color="red", bgcolor="blue")), Segment("cd", Style(color="green", bgcolor="blue"))]
    )
    assert screens.show() == "\x1b[1H\x1b[31;44mab\x1b[32mcd\x1b[m"


def test_wide_and_joined_characters() -> None:
    screens = Screens()
    screens.put(0, 0, [Segment("a模型 e\u0301 b", STYLES[1])])
    first = screens.show()
    assert "模" in first
    assert "e\u0301" in first
    screens.put(0, 0, [Segment("a模型 e\u0301 c", STYLES[1])])
    second = screens.show()
    assert "c" in second
    assert "b" not in second
    screens.put(0, 0, [Segment("abcdefghijkl", STYLES[1])])
    screens.show()
    screens.put(2, 0, [Segment("x", STYLES[1])])
    assert screens.show() == "\x1b[1;3H\x1b[31mx\x1b[m"


def test_a_wide_character_that_does_not_fit_and_rows_outside_are_left_out() -> None:
    screens = Screens()
    screens.put(WIDTH - 1, 0, [Segment("a")])
    screens.cells.put_segments(WIDTH - 1, 0, [Segment("模")], parameters)
    screens.cells.put_segments(0, HEIGHT, [Segment("a")], parameters)
    screens.cells.put_grid(0, HEIGHT - 1, np.full((2, 1), ord("x"), np.uint32), np.zeros((2, 1), np.uint8), [""])
    assert screens.show() == f"\x1b[1;{WIDTH}Ha\x1b[{HEIGHT}Hx"
