"""The process of a study: its end in words, and what it has printed."""

from __future__ import annotations

import sys

import pytest

from ovtui.host import study_process
from ovtui.host.study_process import StudyProcess


def started(monkeypatch: pytest.MonkeyPatch, script: str) -> StudyProcess:
    monkeypatch.setattr(study_process, "COMMAND", [sys.executable, "-c", script])
    ours, process = study_process.spawn(1)
    ours.recv(1)  # until its end of the wire is closed
    ours.close()
    return process


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ("raise ValueError('no such rate')", "exit code 1; its last error: ValueError: no such rate"),
        ("print('all done')", "exit code 0; its last words, which name no error: all done"),
        ("import os; os.kill(os.getpid(), 9)", "SIGKILL (9: killed from outside, or by the kernel for want of memory)"),
    ],
)
def test_its_end_is_told_with_its_last_words_which_are_in_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], script: str, text: str
) -> None:
    process = started(monkeypatch, script)
    assert process.end_text() == text
    process.close()
    said = text.rpartition(": ")[2]
    assert (said in capsys.readouterr().err) is ("SIGKILL" not in text)


def test_one_that_lives_on_without_its_wire_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_process, "ENDS_S", 0.0)
    process = started(monkeypatch, "import os, sys, time; os.close(int(sys.argv[1])); time.sleep(600)")
    assert process.end_text().startswith("SIGKILL (9: ")
    process.close()
