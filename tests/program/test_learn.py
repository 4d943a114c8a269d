"""`ovtui learn` of the real program: sections on this machine, and a recording where they need a GPU."""

from __future__ import annotations

from harness.fixture_types import Headless, StartProgram


def test_it_leads_from_one_section_to_the_next_and_prints_what_was_seen(start: StartProgram) -> None:
    program = start("learn", "alone")
    text = program.wait_for("20 of 20: as expected", 90)
    assert "LEARN 3/6  One request at a time. 3 has a line for each" in text
    program.wait_for("submitted")  # view 1 has the lanes, where every request is served alone
    program.keys("\r")
    program.wait_for("LEARN 4/6", 60)
    program.wait_for("Batching gathers 16 requests")
    program.keys("\x7f")
    program.wait_for("LEARN 3/6", 60)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert "3 Without batching every request is served alone" in program.text
    assert "expected  every request is served alone: one submission, one completion" in program.text


def test_without_a_gpu_the_handover_is_a_recording_which_it_says(start: StartProgram) -> None:
    program = start("learn")
    program.wait_for("LEARN 1/6  No GPU here (see ovtui doctor): recorded on NVIDIA H200", 60)
    program.wait_for("REPLAY 1x")
    program.keys("q")
    assert program.wait() == 0
    assert "1 AUTO starts on the CPU and hands over  (a recording)" in program.text


def test_without_a_terminal_it_says_what_to_type(headless: Headless) -> None:
    done = headless("learn")
    assert (done.returncode, done.stdout) == (2, "")
    assert "ovtui learn --list" in done.stderr
    listed = headless("learn", "--list")
    assert listed.returncode == 0
    assert "ovtui --preset batch-timeout-1000" in listed.stdout
    wrong = headless("learn", "nothing")
    assert wrong.returncode == 2
    assert "remedy, or 1 to 6" in wrong.stderr
