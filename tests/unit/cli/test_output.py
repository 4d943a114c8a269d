from __future__ import annotations

import os
from pathlib import Path

from ovtui.cli.output import why_not_writable


def test_asking_leaves_nothing_and_changes_nothing(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("before")
    assert why_not_writable(kept) == ""
    assert kept.read_text() == "before"
    assert why_not_writable(tmp_path / "new.json") == ""
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]


def test_the_reason_is_given(tmp_path: Path) -> None:
    assert why_not_writable(tmp_path) == "that is a folder; name a file"
    assert "there is no folder" in why_not_writable(tmp_path / "no" / "new.json")
    assert "cannot be written" in why_not_writable(Path("/proc/new.json"))


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Without a reader the open would wait for ever; with a reader it would end the pipe."""
    os.mkfifo(tmp_path / "pipe")
    assert why_not_writable(tmp_path / "pipe") == ""
