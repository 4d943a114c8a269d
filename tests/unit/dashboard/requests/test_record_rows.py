"""The cursor and the page of a table over the records."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ovtui.dashboard.requests.record_rows import TableCursor


def at(first: int, total: int, rows: int) -> TableCursor:
    position = TableCursor()
    position.set_bounds(first, total, rows)
    return position


def test_the_cursor_follows_the_newest() -> None:
    position = at(0, 100, 10)
    assert (position.following, position.page, position.index) == (True, range(90, 100), 99)
    position.set_bounds(0, 150, 10)
    assert (position.following, position.page, position.index) == (True, range(140, 150), 149)


def test_a_move_holds_the_page_on_its_records() -> None:
    position = at(0, 100, 10)
    position.move(1)
    position.set_bounds(0, 150, 10)
    assert (position.following, position.page, position.index) == (False, range(90, 100), 98)


def test_moving_back_to_the_newest_follows_again() -> None:
    position = at(0, 100, 10)
    position.move(3)
    position.move(-3)
    assert position.following


def test_the_page_goes_along_with_the_cursor() -> None:
    position = at(0, 100, 10)
    position.move(12)
    assert (position.index, position.page) == (87, range(87, 97))
    position.move(-9)
    assert (position.index, position.page) == (96, range(87, 97))
    position.move(-1)
    assert (position.index, position.page) == (97, range(88, 98))


def test_pages_overlap_by_one_row() -> None:
    position = at(0, 100, 10)
    position.move_pages(1)
    assert (position.index, position.page) == (90, range(90, 100))
    position.move_pages(1)
    assert (position.index, position.page) == (81, range(81, 91))


def test_the_oldest_is_in_the_last_row() -> None:
    position = at(40, 100, 10)
    position.to_oldest()
    assert (position.index, position.page) == (40, range(40, 50))
    position.move(5)
    assert position.index == 40
    position.to_newest()
    assert (position.following, position.page) == (True, range(90, 100))


def test_a_record_that_is_dropped_is_replaced_by_the_oldest_that_is_kept() -> None:
    position = at(0, 100, 10)
    position.move(50)
    position.set_bounds(70, 170, 10)
    assert (position.index, position.page) == (70, range(70, 80))


def test_a_wheel_moves_the_page_and_leaves_the_cursor_where_it_can() -> None:
    position = at(0, 100, 10)
    position.scroll(3)
    assert (position.index, position.page) == (96, range(87, 97))
    position.move(4)
    position.scroll(2)
    assert (position.index, position.page) == (92, range(85, 95))
    position.scroll(-99)
    assert position.following


def test_a_row_can_be_chosen() -> None:
    position = at(0, 5, 10)
    position.choose_row(3)
    assert position.index == 1
    position.choose_row(7)
    assert position.index == 1


def test_fewer_records_than_rows() -> None:
    position = at(0, 3, 10)
    position.to_oldest()
    assert (position.index, position.page) == (0, range(3))
    assert at(0, 0, 10).page == range(0)
    assert at(0, 0, 10).index == -1


class AnyMoves(RuleBasedStateMachine):
    """Whatever a person does and the run goes on to do, the cursor is on a record, in a page of records."""

    def __init__(self) -> None:
        super().__init__()
        self.position, self.first, self.total, self.rows = TableCursor(), 0, 0, 1

    @rule(more=st.integers(0, 300), kept=st.integers(1, 200), rows=st.integers(-2, 30))
    def arrive(self, more: int, kept: int, rows: int) -> None:
        held = None if self.position.following else self.position.index
        self.total += more
        self.first = max(self.first, self.total - kept)
        self.rows = rows
        self.position.set_bounds(self.first, self.total, rows)
        if held is not None and held >= self.first:
            assert self.position.index == held

    @precondition(lambda self: self.total > 0)
    @rule(by=st.integers(-250, 250), how=st.sampled_from(["move", "move_pages", "scroll", "choose_row"]))
    def go(self, by: int, how: str) -> None:
        getattr(self.position, how)(by)

    @precondition(lambda self: self.total > 0)
    @rule(how=st.sampled_from(["to_newest", "to_oldest"]))
    def end(self, how: str) -> None:
        getattr(self.position, how)()

    @invariant()
    def on_a_record(self) -> None:
        page, kept = self.position.page, self.total - self.first
        assert len(page) == min(max(self.rows, 1), kept)
        if kept:
            assert self.first <= page.start
            assert page.stop <= self.total
            assert self.position.index in page
        if self.position.following and kept:
            assert page.stop == self.total


TestAnyMoves = AnyMoves.TestCase


def test_without_records_a_move_goes_on_following() -> None:
    for move in (lambda at: at.move(1), lambda at: at.move_pages(1), TableCursor.to_oldest):
        position = TableCursor()
        move(position)
        position.set_bounds(0, 500, 10)
        assert position.following
