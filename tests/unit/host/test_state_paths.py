from __future__ import annotations

import os
from pathlib import Path

import pytest

from ovtui.host import state_paths


def test_what_outlives_a_session_is_kept_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_paths.state_folder() == tmp_path / "ovtui"
    assert state_paths.why_not_in_home() == ""


def test_where_the_home_takes_nothing_it_is_said_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert state_paths.state_folder() == Path(f"/tmp/ovtui-{os.getuid()}")
    assert state_paths.why_not_in_home().endswith(f"{tmp_path}/file/ovtui: Not a directory")
