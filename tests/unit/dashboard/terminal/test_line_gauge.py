"""How fast a line is, and what may be sent on it, on a line that is made up."""

from __future__ import annotations

import pytest

from ovtui.dashboard.terminal.line_gauge import (
    GIVEN_UP_S,
    LONGEST_WAIT_S,
    MOST_GIVEN_UP,
    QUESTION,
    SOONEST_GIVEN_UP_S,
    LineGauge,
)


class Line:
    """Carries bytes one after the other, and the terminal's answers back."""

    def __init__(self, bytes_per_s: float, round_trip_s: float) -> None:
        self.now_s = 100.0
        self.gauge = LineGauge(lambda: self.now_s)
        self._bytes_per_s, self._round_trip_s = bytes_per_s, round_trip_s
        self._leaves_s = 0.0
        self._answers: list[float] = []
        self.longest_wait_s = 0.0
        """Of a frame for those before it."""
        self.sent: list[float] = []

    def send(self, count: int) -> None:
        self.longest_wait_s = max(self.longest_wait_s, self._leaves_s - self.now_s)
        self._leaves_s = max(self._leaves_s, self.now_s) + count / self._bytes_per_s
        self._answers.append(self._leaves_s + self._round_trip_s)
        self.sent.append(self.now_s)
        self.gauge.asked(count)

    def until(self, end_s: float) -> None:
        while self._answers and self._answers[0] <= end_s:
            self.now_s = self._answers.pop(0)
            self.gauge.answered()
        self.now_s = end_s

    def play(self, frames: int, count: int, hz: float = 4) -> None:
        """A start, then frames as often as they are chosen and the line is open."""
        self.send(len(QUESTION))
        self.until(self.now_s + self._round_trip_s + 0.01)
        self.send(9_000)
        for _ in range(frames):
            self.until(self.now_s + 1 / hz)
            if self.gauge.is_open():
                self.send(count)

    def draw(self, seconds: float, count: int, hz: float = 4) -> None:
        """Frames as often as they are chosen, each as soon as the line is open, as the app sends them."""
        end_s, due_s = self.now_s + seconds, self.now_s
        while self.now_s < end_s:
            self.until(max(self.now_s + 0.01, due_s))
            if self.gauge.is_open():
                self.send(count)
                due_s += 1 / hz


@pytest.mark.parametrize("count", [1_100, 3_000, 6_000])
def test_a_frame_is_as_large_as_the_line_carries_in_its_time(count: int) -> None:
    line = Line(30_000, 0.2)
    assert line.gauge.most_cells is None
    line.play(20, count)
    assert line.gauge.most_cells == pytest.approx(720, rel=0.2)


@pytest.mark.parametrize("count", [500, 3_000, 8_000, 20_000])
def test_no_frame_waits_long_behind_others(count: int) -> None:
    line = Line(30_000, 0.2)
    line.play(200, count)
    assert len(line.sent) > 20
    assert line.longest_wait_s <= 0.11


def test_a_line_that_carries_it_gets_all_frames() -> None:
    line = Line(30_000, 0.2)
    line.play(100, 3_000)
    assert len(line.sent) == 101  # one waits for the first paint
    assert not line.gauge.is_slow


def test_a_slow_line_is_found_and_a_fast_one_is_not() -> None:
    slow, fast = Line(30_000, 0.2), Line(1e7, 0.2)
    for line in (slow, fast):
        line.play(120, 3_000, hz=12)
        assert line.gauge.most_cells is not None
    assert slow.gauge.is_slow
    assert not fast.gauge.is_slow


def test_a_line_that_gets_fast_is_no_longer_slow() -> None:
    line = Line(10_000, 0.1)
    line.play(60, 8_000)
    assert line.gauge.is_slow
    line._bytes_per_s = 1e7
    line.play(60, 8_000)
    assert not line.gauge.is_slow


def test_a_terminal_that_draws_sixty_times_a_second_makes_no_slow_line() -> None:
    line = Line(1e9, 0.001)
    line.send(len(QUESTION))
    line.until(line.now_s + 0.1)
    for number in range(60):
        line.send(3_000)
        line._answers[-1] += number % 17 / 1000
        line.until(line.now_s + 0.25)
    assert not line.gauge.is_slow


def test_a_terminal_that_never_answers_is_always_open() -> None:
    gauge = LineGauge(lambda: 0.0)
    gauge.asked(4)
    assert gauge.is_open()
    assert not gauge.answers
    assert not gauge.is_slow


def test_a_terminal_that_answers_no_longer_gets_a_frame_now_and_then_and_at_last_all() -> None:
    line = Line(30_000, 0.2)
    line.play(4, 1_000)
    line.until(line.now_s + 5)
    line._round_trip_s = float("inf")
    sent = len(line.sent)
    waited_s = []
    for number in range(MOST_GIVEN_UP):
        assert line.gauge.answers
        line.send(1_000)
        waited_s.append(line.gauge.given_up_in_s)
        line.now_s += line.gauge.given_up_in_s - 0.01
        assert line.gauge.is_open() is False
        line.now_s += 0.02
        assert line.gauge.is_open(), number
    assert waited_s[0] == pytest.approx(SOONEST_GIVEN_UP_S)
    assert waited_s == sorted(waited_s)
    assert waited_s[-1] == pytest.approx(GIVEN_UP_S)
    assert len(line.sent) == sent + MOST_GIVEN_UP
    assert not line.gauge.answers


def test_a_fast_line_is_asked_now_and_then_and_a_slow_one_after_each_frame() -> None:
    fast, slow = Line(1e7, 0.001), Line(30_000, 0.2)
    for line in (fast, slow):
        assert not line.gauge.wants_question(500)  # nothing is known of it
        line.play(20, 3_000)
        line.until(line.now_s + 5)
    assert [fast.gauge.wants_question(1_500) for _ in range(4)] == [False, False, True, True]
    fast.send(1_500)
    assert not fast.gauge.wants_question(1_500)
    assert slow.gauge.wants_question(10)


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    gauge = LineGauge(lambda: 0.0)
    gauge.answered()
    assert not gauge.answers


def test_answers_to_what_was_given_up_are_not_taken_for_those_to_later_questions() -> None:
    line = Line(30_000, 0.2)
    line.play(4, 1_000)
    line.until(line.now_s + 5)
    line.send(1_000)
    line.now_s += line.gauge.given_up_in_s + 0.01
    assert line.gauge.is_open()
    line._answers.clear()
    line.send(1_000)
    line.gauge.answered()  # the late one, at once
    assert line.gauge._round_trip_s == pytest.approx(0.2, abs=0.01)
    assert line.gauge._unanswered
    line.until(line.now_s + 1)
    assert not line.gauge._unanswered


def test_a_line_that_rests_between_frames_of_which_more_wait_is_slow() -> None:
    line = Line(30_000, 0.045)  # of 11 kB for each 0.25 s it carries pieces of 1.8 kB, one at a time
    line.play(0, 0)
    for _ in range(600):
        line.until(line.now_s + 0.02)
        if line.gauge.is_open():
            line.send(1_500)
    assert line.gauge.is_slow
    for _ in range(12):
        line.until(line.now_s + 1)
        assert line.gauge.is_open()
        line.send(3_500)
    assert line.gauge.is_slow  # four times of that are too much


@pytest.mark.parametrize("round_trip_s", [0.001, 0.045, 0.2, 1])
def test_a_line_on_which_frames_wait_for_each_other_is_slow_however_long_its_round_trip(round_trip_s: float) -> None:
    line = Line(30_000, round_trip_s)
    line.play(4, 3_000)
    line.draw(20, 8_000)
    assert line.gauge.is_slow


def test_a_line_that_was_slow_for_a_burst_is_so_no_longer() -> None:
    line = Line(30_000, 0.2)
    line.play(4, 3_000)
    line.draw(20, 8_000)
    assert line.gauge.is_slow
    for _ in range(8):
        line.until(line.now_s + 1)
        assert line.gauge.is_open()
        line.send(1_000)
    assert not line.gauge.is_slow


@pytest.mark.parametrize("hz", [4, 12])
def test_an_answer_that_got_lost_makes_no_slow_line(hz: int) -> None:
    line = Line(1e7, 0.001)
    line.play(100, 3_000, hz)
    line.send(3_000)
    line._answers.clear()
    while not line.gauge.is_open():
        line.until(line.now_s + 0.25)
        assert not line.gauge.is_slow
    line.send(3_000)
    line.until(line.now_s + 0.25)
    assert line.gauge.answers
    assert line.gauge.is_open()


@pytest.mark.parametrize("again", [2, 3_000])
def test_a_terminal_that_answers_again_and_again_is_drawn_on(again: int) -> None:
    line = Line(30_000, 0.2)
    line.play(4, 1_000)
    for _ in range(again):
        line.gauge.answered()
    line.send(1_000)
    line.until(line.now_s + 1)
    assert line.gauge.is_open()
    assert line.gauge.answers


def test_at_the_end_the_first_answer_is_waited_for_only_where_it_may_still_come() -> None:
    now_s, waited = 100.0, []
    gauge = LineGauge(lambda: now_s)

    def wait(left_s: float) -> bool:
        nonlocal now_s
        waited.append(left_s)
        now_s += left_s
        return True

    gauge._lock.wait = wait  # type: ignore[method-assign, assignment]
    gauge.asked(len(QUESTION))
    now_s += 2
    gauge.wait_for_answers()
    assert sum(waited) == pytest.approx(1)
    waited.clear()
    gauge.asked(len(QUESTION))
    now_s += 60
    gauge.wait_for_answers()
    assert sum(waited) == pytest.approx(0.3)
    gauge.asked(len(QUESTION))
    now_s += 3
    gauge.answered()
    waited.clear()
    gauge.asked(3_000)
    gauge.wait_for_answers()
    assert sum(waited) == pytest.approx(LONGEST_WAIT_S)
