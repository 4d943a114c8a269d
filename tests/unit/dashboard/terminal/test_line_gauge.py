"""How fast a line is, and what may be sent on it, on a line that is made up."""

from __future__ import annotations

import pytest

from ovtui.dashboard.terminal.line_gauge import GIVEN_UP_S, MOST_GIVEN_UP, QUESTION, LineGauge


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
    assert not line.gauge.is_slow(4)


def test_a_slow_line_is_found_and_a_fast_one_is_not() -> None:
    slow, fast = Line(30_000, 0.2), Line(1e7, 0.2)
    for line in (slow, fast):
        line.play(60, 8_000)
    assert slow.gauge.is_slow(4)
    assert not fast.gauge.is_slow(4)


def test_a_line_that_gets_fast_is_no_longer_slow() -> None:
    line = Line(10_000, 0.1)
    line.play(60, 8_000)
    assert line.gauge.is_slow(4)
    line._bytes_per_s = 1e7
    line.play(60, 8_000)
    assert not line.gauge.is_slow(4)


def test_a_terminal_that_draws_sixty_times_a_second_makes_no_slow_line() -> None:
    line = Line(1e9, 0.001)
    line.send(len(QUESTION))
    line.until(line.now_s + 0.1)
    for number in range(60):
        line.send(3_000)
        line._answers[-1] += number % 17 / 1000
        line.until(line.now_s + 0.25)
    assert not line.gauge.is_slow(4)


def test_a_terminal_that_never_answers_is_always_open() -> None:
    gauge = LineGauge(lambda: 0.0)
    gauge.asked(4)
    assert gauge.is_open()
    assert not gauge.answers
    assert not gauge.is_slow(4)


def test_a_terminal_that_answers_no_longer_gets_a_frame_now_and_then_and_at_last_all() -> None:
    line = Line(30_000, 0.2)
    line.play(4, 1_000)
    line.until(line.now_s + 5)
    line._round_trip_s = float("inf")
    sent = len(line.sent)
    for number in range(MOST_GIVEN_UP):
        assert line.gauge.answers
        line.send(1_000)
        line.now_s += GIVEN_UP_S - 0.1
        assert line.gauge.is_open() is False
        line.now_s += 0.1
        assert line.gauge.is_open(), number
    assert len(line.sent) == sent + MOST_GIVEN_UP
    assert not line.gauge.answers


def test_an_answer_that_nobody_asked_for_changes_nothing() -> None:
    gauge = LineGauge(lambda: 0.0)
    gauge.answered()
    assert not gauge.answers
