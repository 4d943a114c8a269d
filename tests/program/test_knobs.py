"""Knobs turned while it runs, by keys, on the real program.

Texts are typed in one piece, as they come over SSH and from a paste: no key may be lost while an editor opens."""

from __future__ import annotations

import re

from harness.account_tries import counts_of_text
from harness.fixture_types import StartProgram
from harness.program import Program
from harness.reading import completed, segment


def opened(start: StartProgram, *arguments: str) -> Program:
    program = start("-d", "CPU", *arguments)
    program.wait_for(lambda text: completed(text) > 50)
    program.keys("s")
    program.wait_for("SETTINGS")
    return program


def test_requests_in_flight_change_at_once(start: StartProgram) -> None:
    program = opened(start, "--nireq", "2")
    assert segment(program.text) == 1
    program.keys("n", "5", "enter")
    program.wait_for(lambda text: segment(text) == 2 and "5 in flight" in text.splitlines()[0])
    now = completed(program.text)
    program.wait_for(lambda text: completed(text) > now + 50)


def test_the_load_changes_to_a_rate_and_back(start: StartProgram) -> None:
    program = opened(start)
    program.type("r20\r")
    program.wait_for(lambda text: segment(text) == 2 and "20/s" in text.splitlines()[0])
    program.wait_for(re.compile(r"\s(19|20|21)\.\d /s"))
    program.keys("r", "enter")
    program.wait_for("enter accept")
    program.type("closed\r")
    program.wait_for(lambda text: segment(text) == 3 and "closed loop" in text.splitlines()[0])
    program.keys("q")


def test_staged_changes_are_applied_together_while_it_serves(start: StartProgram) -> None:
    program = opened(start)
    program.type("t1\r")
    program.wait_for("1 staged")
    program.keys("c")
    text = program.wait_for("2 staged")
    assert segment(text) == 1
    program.keys("x")
    program.wait_for(lambda text: segment(text) == 2)
    program.wait_for(re.compile(r"CHANGED.*streams"))
    now = completed(program.text)
    program.wait_for(lambda text: completed(text) > now + 50)
    program.keys("escape", "q")
    assert program.wait() == 0
    shown = counts_of_text(program.text)
    assert (shown["errors"], shown["lost"]) == (0, 0)


def test_a_refused_change_leaves_the_old_engine_running(start: StartProgram) -> None:
    program = opened(start)
    program.type("G\rNO_SUCH_PROPERTY=1\r")
    program.wait_for("1 staged")
    program.keys("x")
    text = program.wait_for("REFUSED")
    assert segment(text) == 1
    now = completed(text)
    program.wait_for(lambda text: completed(text) > now + 50 and "▌CPU▐" in text)
