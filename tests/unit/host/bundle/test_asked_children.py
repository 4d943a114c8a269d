"""Children that answer, fail, hang, crash, print without end."""

from __future__ import annotations

import os
import select
import sys

import pytest

from ovtui.host.bundle import asked_children
from ovtui.host.bundle.asked_children import ask_child


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`ask_child` runs the first word as a program instead of ovtui's command."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "$3"\n')
    script.chmod(0o755)
    monkeypatch.setattr(asked_children.sys, "executable", str(script))


@pytest.mark.usefixtures("python")
@pytest.mark.parametrize(
    ("program", "limit_s", "output", "problem"),
    [
        ("print('{}')", 60, b"{}\n", ""),
        ("import sys; print(1); sys.exit(1)", 60, b"1\n", ""),
        (
            "import sys; print('ovtui: it is so (ovtui --help)', file=sys.stderr); sys.exit(2)",
            60,
            b"",
            "exit code 2: it is so",
        ),
        ("import os; os.kill(os.getpid(), 11)", 60, b"", "it died with SIGSEGV"),
        ("import time; print(7, flush=True); time.sleep(600)", 1, b"7\n", "no answer within 1 s: "),
        ("import os\nwhile True: os.write(1, b'x' * 65536)", 60, b"", "more than 16 MB were printed"),
    ],
)
def test_ends(program: str, limit_s: float, output: bytes, problem: str) -> None:
    answer = ask_child([program], limit_s)
    assert answer.output == output
    assert answer.problem.startswith(problem)
    assert bool(answer.problem) == bool(problem)


@pytest.mark.usefixtures("python")
def test_grandchildren_that_keep_the_pipe_go_too() -> None:
    program = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"
    answer = ask_child([program], 1)
    assert answer.problem
    try:
        pidfd = os.pidfd_open(int(answer.output))
    except ProcessLookupError:
        return
    try:
        assert select.select([pidfd], [], [], 60)[0]
    finally:
        os.close(pidfd)
