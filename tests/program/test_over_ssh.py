"""Over a real SSH connection: in a terminal that the far end does not know, in tmux there, and in one that cannot show
a dashboard."""

from __future__ import annotations

import pytest
from harness.fixture_types import StartOverSsh
from harness.program import ovtui
from harness.reading import completed

ANSWER_IN_THE_SHELL = "[0n"


def test_in_a_terminal_that_the_far_end_does_not_know(over_ssh: StartOverSsh) -> None:
    screen = over_ssh(ovtui("-d", "CPU", "--rate", "100"), term="brand-new-terminal")
    screen.wait_for(lambda text: completed(text) > 50)
    assert screen.terminal.on_alternate_screen
    screen.keys("ctrl+c")
    assert screen.wait() == 130
    screen.assert_terminal_restored()
    assert ANSWER_IN_THE_SHELL not in screen.terminal.text
    assert "submitted" in screen.terminal.text


@pytest.mark.tmux
def test_in_tmux_at_the_far_end(over_ssh: StartOverSsh) -> None:
    inner = ["sh", "-c", '"$@"; echo "ended with $?"; read -r _', "sh", *ovtui("-d", "CPU", "--rate", "100")]
    screen = over_ssh(["tmux", "-S", "tmux-socket", "-f", "/dev/null", "new", *inner])
    screen.wait_for(lambda text: completed(text) > 50)
    screen.keys("q")
    text = screen.wait_for("ended with 0")
    assert ANSWER_IN_THE_SHELL not in text
    screen.keys("enter")
    assert screen.wait() == 0
    screen.assert_terminal_restored()


def test_in_a_dumb_terminal_it_says_so_and_measures(over_ssh: StartOverSsh) -> None:
    screen = over_ssh(ovtui("-d", "CPU", "-n", "20"), term="dumb")
    assert screen.wait() == 0
    assert "TERM is dumb" in screen.terminal.text
    assert "20 submitted" in screen.terminal.text
