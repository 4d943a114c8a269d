"""In tmux, a terminal that others wrote."""

from __future__ import annotations

import re

import pytest
from harness.fixture_types import StartTmux
from harness.reading import completed

pytestmark = pytest.mark.tmux


def test_open_resize_and_quit(in_tmux: StartTmux) -> None:
    screen = in_tmux(columns=120, rows=40)
    screen.wait_for(lambda text: completed(text) > 50)
    screen.resize(80, 24)
    screen.wait_for(lambda text: completed(text) > 50 and len(text.rstrip("\n").splitlines()) <= 24)
    screen.resize(60, 10)
    screen.wait_for("80x24")
    screen.resize(120, 40)
    screen.wait_for(lambda text: completed(text) > 50 and "REQUESTS" in text)
    screen.keys("q")
    code, text = screen.wait_for_exit()
    assert code == 0
    assert re.search(r"requests\s+[\d,]+ submitted", text)
