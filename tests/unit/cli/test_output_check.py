from __future__ import annotations

import os
from pathlib import Path

from ovtui.cli.output_check import why_not


def test_asking_leaves_nothing_and_changes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    assert why_not(kept) == ""
    assert kept.read_text() == "before"
    assert why_not(tmp_path / "new.json") == ""
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]


def test_the_reason_is_told(tmp_path: Path) -> None:
    assert why_not(tmp_path) == "that is a folder; name a file"
    assert "there is no folder" in why_not(tmp_path / "no" / "new.json")
    assert "cannot be written" in why_not(Path("/proc/new.json"))


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Without a reader that would wait for ever, with one it would be the end of the pipe."""
    os.mkfifo(tmp_path / "pipe")
    assert why_not(tmp_path / "pipe") == ""
