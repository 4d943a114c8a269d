"""How much of an engine's output is kept, at the limits themselves."""

from __future__ import annotations

from samples import SECOND

from ovtui.host.engines.log_budget import BURST_CHARS, CHARS_PER_S, LINE_OVERHEAD_CHARS, LogBudget

LINE = "x" * (1000 - LINE_OVERHEAD_CHARS)
"""Costs 1,000."""
BURST = BURST_CHARS // 1000
"""Such lines at once."""


def flooded() -> LogBudget:
    """Nothing is left, and one line was left out."""
    budget = LogBudget()
    assert all(budget.admits(LINE, 0) for _ in range(BURST))
    assert not budget.admits("", 0)
    return budget


def test_a_burst_is_kept_up_to_its_last_character() -> None:
    budget = LogBudget()
    assert all(budget.admits(LINE, 0) for _ in range(BURST - 1))
    assert not LogBudget().admits("x" * (BURST_CHARS - LINE_OVERHEAD_CHARS + 1), 0)
    assert budget.admits(LINE, 0)
    assert budget.left_out == 0
    assert not budget.admits("", 0)  # even an empty line costs its overhead
    assert budget.left_out == 1


def test_a_line_that_does_not_fit_begins_a_gap_that_short_lines_do_not_end() -> None:
    budget = LogBudget()
    assert all(budget.admits(LINE, 0) for _ in range(BURST - 1))
    assert not budget.admits(LINE + "x", 0)
    assert not budget.admits("", 0)  # there would be room: but gaps are few, with a count each
    assert budget.left_out == 2


def test_after_a_flood_nothing_is_kept_before_a_second_s_worth_is_free() -> None:
    budget = flooded()
    assert not budget.admits(LINE, SECOND - SECOND // 1000)
    assert budget.admits(LINE, SECOND)


def test_a_gap_is_counted_once() -> None:
    budget = flooded()
    for _ in range(4):
        assert not budget.admits(LINE, 0)
    assert budget.take_left_out() == 5
    assert budget.take_left_out() == 0


def test_with_its_count_taken_the_gap_is_over() -> None:
    """Once it is quiet, a line needs its own room alone."""
    budget = flooded()
    assert budget.take_left_out() == 1
    assert not budget.admits(LINE, SECOND // 10 - 1)
    budget = flooded()
    budget.take_left_out()
    assert budget.admits(LINE, SECOND // 10)


def test_room_that_grows_back_stops_at_a_burst() -> None:
    budget = flooded()
    budget.take_left_out()
    after_ns = 10 * SECOND * BURST_CHARS // CHARS_PER_S
    assert sum(budget.admits(LINE, after_ns) for _ in range(2 * BURST)) == BURST


def test_a_steady_writer_below_the_rate_is_kept_for_ever() -> None:
    budget = LogBudget()
    step_ns = SECOND * 1000 // CHARS_PER_S
    assert all(budget.admits(LINE, number * step_ns) for number in range(5 * BURST))


def test_a_clock_that_stands_or_goes_back_gives_nothing() -> None:
    budget = LogBudget()
    for number in range(BURST):
        assert budget.admits(LINE, (BURST - number) * SECOND)
    assert not budget.admits(LINE, 0)
