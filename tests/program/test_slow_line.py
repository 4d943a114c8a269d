"""What the dashboard sends to a terminal that answers late or never. How long it takes is the benchmark's
(tests/benchmarks/slow_line.py)."""

from __future__ import annotations

from harness.fixture_types import StartProgram
from harness.reading import completed

FIRST_FIGURES_BYTES = 20_000


def test_the_first_figures_take_few_bytes_and_no_answer(start: StartProgram) -> None:
    screen = start("-d", "CPU", "--rate", "20", columns=120, rows=40, answers=False)
    screen.wait_for(lambda text: completed(text) > 0)
    assert screen.received <= FIRST_FIGURES_BYTES
    screen.keys("2")
    screen.wait_for(lambda text: "newest first" in text and "throughput" not in text)
    screen.keys("q")
    assert screen.wait() == 0
    assert screen.unanswered == 1  # asked at the start, and no more
    screen.assert_terminal_restored()


def test_an_answer_that_comes_after_the_end_was_asked_for_is_waited_for(start: StartProgram) -> None:
    screen = start("-d", "CPU", "--rate", "20", answers=False)
    screen.wait_for(lambda text: "throughput" in text and screen.unanswered == 1)
    screen.keys("q")
    screen.answer()
    assert screen.wait() == 0
    assert "[0n" not in screen.terminal.text
    screen.assert_terminal_restored()


def test_one_frame_at_most_is_on_its_way_and_the_newest_one_follows(start: StartProgram) -> None:
    screen = start("-d", "CPU", "--rate", "100", columns=120, rows=40)
    screen.wait_for(lambda text: completed(text) > 50)
    screen.answers = False
    screen.wait_for(lambda _: screen.unanswered >= 1)
    screen.keys("6")
    # Its turn comes when the answer to the frame before it is given up.
    screen.wait_for(lambda text: screen.unanswered >= 2 and "HISTORY" in text.upper())
    before = completed(screen.terminal.text)
    screen.keys("1")
    screen.answer()
    screen.wait_for(lambda text: completed(text) > before + 100)
    screen.keys("q")
    assert screen.wait() == 0
    screen.assert_terminal_restored()
