"""The numbers of marks, and the legend that says what each is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.dashboard.drawing.cells import CellGrid
from ovtui.dashboard.drawing.glyphs import GLYPHS
from ovtui.dashboard.overview.plot_marks import (
    MarkNumbers,
    draw_legend,
    entry_cells,
    legend_rows,
    mark_text,
    moment_text,
    within,
)
from ovtui.metrics.session.session_state import EventMark

SECOND = 1_000_000_000
BRAILLE = GLYPHS["braille"]


def change(at_s: float, text: str = "rate 1→2") -> EventMark:
    return EventMark(round(at_s * SECOND), "settings", text)


def legend(marks: list[EventMark], width: int, rows: int = 1) -> list[str]:
    cells = CellGrid(width, rows)
    draw_legend(cells, MarkNumbers().of(marks), 0, rows, BRAILLE)
    return [cells.text(y).rstrip() for y in range(rows)]


def test_a_mark_keeps_its_number() -> None:
    numbers = MarkNumbers()
    first, second, third = change(1), change(5), change(9)
    assert [(m.number, m.mark) for m in numbers.of([first], [third])] == [(1, first), (2, third)]
    # A disturbance is told later than it began, and a replay goes back.
    assert [(m.number, m.mark) for m in numbers.of([first, second], [third])] == [(1, first), (3, second), (2, third)]
    assert [m.number for m in numbers.of([first], [])] == [1]
    assert [m.number for m in numbers.of([first, second], [third, change(12)])] == [1, 3, 2, 4]


def test_a_disturbance_keeps_its_number_when_its_text_changes() -> None:
    numbers = MarkNumbers()
    at = [EventMark(SECOND, "throttle", "CPU throttled PL1"), EventMark(SECOND, "throttle", "GPU throttled PL1")]
    assert [m.number for m in numbers.of([*at, EventMark(3 * SECOND, "other-load", "chrome 38 %")])] == [1, 2, 3]
    grown = numbers.of([*at, EventMark(3 * SECOND, "other-load", "chrome 95 %")])
    assert [(m.number, m.mark.text) for m in grown][2] == (3, "chrome 95 %")


def test_nothing_is_made_anew_while_no_mark_is() -> None:
    numbers, marks = MarkNumbers(), [change(1), change(5)]
    assert numbers.of(marks) is numbers.of(marks)


def test_only_marks_within_the_time_are_seen() -> None:
    marks = MarkNumbers().of([change(second) for second in range(10)])
    assert [m.number for m in within(marks, 2.0, 5.0)] == [3, 4, 5]
    assert not within(marks, 20.0, 30.0)


@pytest.mark.parametrize(
    ("mark", "text"),
    [
        (EventMark(0, "handover", "GPU.0"), "GPU.0 takes over"),
        (EventMark(0, "handover", "(CPU)"), "CPU stands in"),
        (EventMark(0, "handover", "GPU.0,CPU"), "one of GPU.0, CPU serves"),
        (EventMark(0, "died", "SIGKILL"), "engine died: SIGKILL"),
        (EventMark(0, "restarted", "restarted"), "engine restarted"),
        (EventMark(0, "settings", "timeout 1000→100"), "timeout 1000→100"),
        (EventMark(0, "throttle", "CPU throttled PL1"), "CPU throttled PL1"),
        (EventMark(0, "other-load", "chrome 38 %"), "chrome 38 % of the cores"),
    ],
)
def test_the_text_of_a_mark(mark: EventMark, text: str) -> None:
    assert mark_text(mark) == text


def test_the_moment_of_a_mark() -> None:
    assert [moment_text(s) for s in (3.917, 59.99, 60.0, 3_725.2)] == ["3.92 s", "59.99 s", "01:00", "1:02:05"]


def test_the_legend_says_what_each_number_is() -> None:
    marks = [EventMark(round(3.917 * SECOND), "handover", "GPU.0"), change(12.4, "timeout 100 ms")]
    assert legend(marks, 80) == ["① 3.92 s GPU.0 takes over  ② 12.40 s timeout 100 ms"]
    assert legend(marks, 30, 2) == ["① 3.92 s GPU.0 takes over", "② 12.40 s timeout 100 ms"]


def test_where_the_legend_does_not_fit_the_newest_stay_and_the_rest_is_counted() -> None:
    marks = [change(10 + n, f"rate {n}→{n + 1}") for n in range(5)]
    assert legend(marks, 70) == ["+3 earlier (e)  ④ 13.00 s rate 3→4  ⑤ 14.00 s rate 4→5"]
    assert legend(marks, 40) == ["+4 earlier (e)  ⑤ 14.00 s rate 4→5"]
    assert legend(marks, 25) == ["⑤ 14.00 s rate 4→5"], "without room for the note"
    assert legend([change(1, "a long change of many settings")], 24) == ["① 1.00 s a long change…"]
    assert legend(marks, 4) == [""]


def test_after_20_plain_numbers_go_on() -> None:
    assert [BRAILLE.number(n) for n in (1, 20, 21, 137)] == ["①", "⑳", "21", "137"]
    assert [GLYPHS["console"].number(n) for n in (1, 21)] == ["1", "21"]
    assert legend([change(n) for n in range(21)], 64) == ["+19 earlier (e)  ⑳ 19.00 s rate 1→2  [21] 20.00 s rate 1→2"]


@given(
    st.lists(st.tuples(st.integers(0, 10**13), st.text(max_size=40)), max_size=40),
    st.integers(0, 200),
    st.integers(0, 3),
    st.sampled_from(sorted(GLYPHS)),
)
def test_a_legend_fits_and_is_complete(drawn: list[tuple[int, str]], width: int, rows: int, name: str) -> None:
    glyphs = GLYPHS[name]  # type: ignore[index]
    marks = MarkNumbers().of([EventMark(t_ns, "settings", text) for t_ns, text in drawn])
    laid = legend_rows(marks, width, rows, glyphs)
    assert len(laid) <= rows
    for row in laid:
        assert sum(entry_cells(entry) for entry in row) + 2 * (len(row) - 1) <= width
    entries = [entry for row in laid for entry in row]
    shown = [number for number, _ in entries if number]
    assert not marks or not shown or shown[-1].strip("[]") == glyphs.number(marks[-1].number), "the newest"
    if entries and not entries[0][0]:
        assert entries[0][1] == f"+{len(marks) - len(shown)} earlier (e)"
