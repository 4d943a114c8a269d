"""The dashboard of the real program on a terminal."""

from __future__ import annotations

import re

from harness.fixture_types import StartProgram
from harness.program import line_of
from harness.reading import completed

SERVING = re.compile(r"DEVICE\s+▌CPU▐")


def test_it_opens_on_the_built_in_model_and_measures(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: SERVING.search(text) and completed(text) > 100)
    text = program.wait_for(lambda text: "no requests yet" not in text)
    assert "demo-cnn" in text
    assert re.search(r"[\d,.]+ /s", line_of(text, "/s")), "no throughput"
    assert "the only device on this machine" in line_of(text, "DEVICE")
    for kind in ("inference", "service", "response"):
        assert re.search(rf"{kind}\s+[\d.]+\s", text), f"no percentiles of {kind}"
    assert "LATENCY response ms" in text
    assert _table(text)
    assert "? help" in text
    assert "q quit" in text


def test_on_a_small_terminal_everything_that_counts_is_there(start: StartProgram) -> None:
    program = start(columns=80, rows=24)
    text = program.wait_for(lambda text: SERVING.search(text) and completed(text) > 100)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "inference" in text
    assert "response" in text
    assert "? help" in text


def test_help_opens_and_closes(start: StartProgram) -> None:
    program = start()
    program.wait_for(SERVING)
    program.keys("?")
    program.wait_for("Terms on this screen")
    program.keys("tab")
    program.wait_for("Which latency the plot shows")
    program.keys("escape")
    program.wait_for(SERVING)


def test_frozen_table_stands_still_while_the_run_goes_on(start: StartProgram) -> None:
    program = start()
    program.wait_for(lambda text: completed(text) > 200)
    program.keys("space")
    text = program.wait_for("REQUESTS  frozen")
    rows = _table(text)
    now = completed(text)
    text = program.wait_for(lambda text: completed(text) > now + 200)
    still = _table(text)
    both = min(len(still), len(rows))  # advice and marks of the plot take lines, which come and go
    assert both > 5
    assert still[:both] == rows[:both]
    program.keys("space")
    program.wait_for(lambda text: _table(text)[:both] not in ([], rows[:both]))


def _table(text: str) -> list[str]:
    """The rows of the request table: those that begin with a submission number."""
    return [line for line in text.splitlines() if re.match(r"[\s▸]+[\d,]+\s+[\d,]+\s+\d\d:\d\d\.\d{4}\s", line)]
