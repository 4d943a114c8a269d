"""`ovtui fleet run` on a terminal, over three real sshds; one box at a time, because a session takes seconds of CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.program import Program, ovtui
from harness.ssh_boxes import Boxes
from harness.sshd import SSHD

SLOW_S = 60.0
TERM = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
RUN = (
    "fleet", "run", "demo-mlp", "-d", "CPU", "--nireq", "1", "--rate", "20", "-t", "300", "--name", "seen",
    "--host", "b1", "--host", "b2", "--host", "b3", "--jobs", "1",
)  # fmt: skip


@pytest.mark.skipif(not SSHD, reason="there is no sshd")
def test_boxes_are_seen_one_is_opened_and_the_runs_are_ended(tmp_path: Path) -> None:
    with Boxes(tmp_path, ["b1", "b2", "b3"]) as boxes, Program(ovtui(*RUN), {**boxes.env, **TERM}, 100, 30) as program:
        program.wait_for("1 running  2 waiting", SLOW_S)
        program.keys("home", "enter")
        program.wait_for("REQUESTS", SLOW_S)
        program.resize(90, 26)
        program.keys("q")
        program.wait_for("BOXES  3", SLOW_S)
        program.keys("q")
        program.wait_for("not done yet", SLOW_S)
        program.type("e")
        assert program.wait(SLOW_S) == 1
        program.assert_terminal_restored()
        assert "interrupted before its turn" in program.text
        assert "fleet resume seen" not in program.text
