"""Keys that come faster than they are answered, in one piece as over SSH: none is lost or goes astray."""

from __future__ import annotations

import re

import pytest
from harness.fixture_types import StartProgram
from harness.program import Program
from harness.reading import completed, segment


def running(start: StartProgram, *arguments: str) -> Program:
    # At a rate: a closed loop would take both cores of a machine from the other tests, all the time.
    program = start("-d", "CPU", "--rate", "300", *arguments)
    program.wait_for(lambda text: completed(text) > 50)
    return program


def row(text: str, label: str) -> str:
    return next((line for line in text.splitlines() if re.search(rf"[\s*]{label}\s", line)), "")


def test_the_pane_opens_and_has_the_keys_after_it(start: StartProgram) -> None:
    """The space chooses at the hint's row, to which h goes; neither the device's row nor the table gets it."""
    program = running(start)
    program.type("sh ")
    text = program.wait_for(lambda text: "hint throughput → none" in text and "1 staged" in text)
    assert "following" in text
    program.type("U\x1bjj")
    program.wait_for(lambda text: "SETTINGS" not in text and "held" in text)


def test_a_search_takes_what_is_typed_after_it(start: StartProgram) -> None:
    """The x applies nothing: it is a letter of what is looked for."""
    program = running(start)
    program.type("sc/maxexec\x1b")
    program.wait_for(lambda text: "1 staged" in text and "/ search" in text)
    program.type("/threads\rjj")
    text = program.wait_for("with 'threads'")
    assert segment(text) == 1


def test_escape_is_not_taken_for_alt(start: StartProgram) -> None:
    program = running(start)
    program.type("sf7\x1b\r8\r")
    program.wait_for("1 staged: threads auto → 8")
    program.type("\x1bjj")
    program.wait_for(lambda text: "SETTINGS" not in text and "held" in text)
    program.type("s/\x1b\x1b ")
    program.wait_for(lambda text: "SETTINGS" not in text and "frozen" in text)


@pytest.mark.parametrize("close", ["q", "\x1b", "p"])
def test_the_presets_page_opens_and_closes(start: StartProgram, close: str) -> None:
    """The keys after it are the view's again: the q closes the page, and does not end the program."""
    program = running(start)
    program.type(f"pjj{close}s")
    program.wait_for(lambda text: "SETTINGS" in text and "Presets" not in text)


def test_a_preset_is_saved_under_the_whole_name(start: StartProgram) -> None:
    program = running(start)
    program.type("pssixty-five\r")
    program.wait_for("saved to")
    program.type("rsixty\x1bd\r\x1b?")
    program.wait_for("Terms on this screen")


def test_advice_help_and_views_one_after_another(start: StartProgram) -> None:
    program = running(start)
    program.type("vjkq?jj\x1b2jj1s")
    text = program.wait_for("SETTINGS")
    assert "[1 overview]" in text
    program.type("s:screen")
    program.wait_for("screenshot")


def test_changes_and_their_applying_in_one_piece(start: StartProgram) -> None:
    program = running(start)
    program.type("st2\rf2\rx")
    program.wait_for(lambda text: segment(text) == 2 and "staged" not in text)
    assert "enter edit" in program.text
    program.type(" h ")
    text = program.wait_for(lambda text: "1 staged" in text and row(text, "hint").endswith(" staged"))
    assert "following" in text


def test_a_move_in_the_table_of_a_page_that_just_opens_starts_at_the_newest(start: StartProgram) -> None:
    program = running(start)
    program.type("2jj")
    place = re.compile(r"held · row (\d+) of ([\d,]+)")
    text = program.wait_for(place)
    newer, kept = place.search(text).groups()
    assert int(newer) < int(kept.replace(",", "")) - 20


def test_a_filter_typed_in_another_view_and_the_slowest(start: StartProgram) -> None:
    """The view and its filter line open for the first time while the text arrives."""
    program = running(start)
    program.type("/CPU >0.001ms\rj")
    program.wait_for(lambda text: "filter: CPU >0.001ms" in text and "held at row 2" in text)
    program.type("1!")
    program.wait_for(lambda text: "sorted by response, the longest first" in text and "times the median" in text)
