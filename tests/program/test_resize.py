"""Resizing at any time."""

from __future__ import annotations

from harness.fixture_types import StartProgram
from harness.reading import completed


def test_a_storm_of_sizes(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 20)
    for columns, rows in [(200, 60), (40, 10), (81, 25), (1, 1), (300, 90), (80, 24), (20, 50), (200, 60)]:
        program.resize(columns, rows)
    program.wait_for(lambda text: "DEVICE" in text and len(text.splitlines()) > 50)
    program.resize(40, 10)
    program.wait_for("80x24")
    program.resize(80, 24)
    seen = completed(program.wait_for(lambda text: "DEVICE" in text and completed(text) > 0))
    text = program.wait_for(lambda text: completed(text) > seen + 100)
    assert len(text.splitlines()) <= 24
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def test_a_terminal_too_small_from_the_start(start: StartProgram) -> None:
    program = start(columns=60, rows=20)
    program.wait_for("80x24")
    program.resize(120, 40)
    program.wait_for(lambda text: completed(text) > 20)
    program.resize(60, 20)
    program.wait_for("80x24")
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()


def test_the_settings_pane_open_while_it_shrinks(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 20)
    program.keys("s")
    program.wait_for("SETTINGS")
    program.resize(80, 24)
    program.wait_for(lambda text: "SETTINGS" in text and "DEVICE" in text and len(text.splitlines()) <= 24)
    program.resize(120, 40)
    program.wait_for(lambda text: "LATENCY" in text and "SETTINGS" in text)
