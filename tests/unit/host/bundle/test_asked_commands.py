"""Children that answer, fail, hang, crash, print without end."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from ovtui.host.bundle import asked_commands
from ovtui.host.bundle.asked_commands import ask_command


@pytest.fixture
def python(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`ask_command` runs the first word as a program instead of ovtui's command."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "$3"\n')
    script.chmod(0o755)
    monkeypatch.setattr(asked_commands, "sys", SimpleNamespace(executable=str(script)))


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
            "ended with exit code 2: it is so",
        ),
        ("import os; os.kill(os.getpid(), 11)", 60, b"", "crashed with SIGSEGV"),
        ("import time; print(7, flush=True); time.sleep(600)", 1, b"7\n", "no answer in 1 s"),
        ("import os\nfor _ in range(400): os.write(1, b'x' * 65536)", 60, b"", "it printed more than 16 MB"),
    ],
)
def test_ends(program: str, limit_s: float, output: bytes, problem: str) -> None:
    answer = ask_command([program], limit_s)
    assert answer.output == output
    assert answer.problem.startswith(problem)
    assert bool(answer.problem) == bool(problem)
