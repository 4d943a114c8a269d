"""`ovtui recordings`, and which recording a command takes that is given none."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from harness.small_recordings import whole_recording

from ovtui.cli.main import run
from ovtui.cli.replay import find_recording
from ovtui.records.recording_state import RecordingState
from ovtui.records.session_file import contents
from ovtui.records.session_file.contents import holds_requests
from ovtui.records.session_file.writer import SessionWriter
from ovtui.settings.schema.settings import Settings

MEASURED, NEVER_RAN = "20260101-000001-aaaaaa", "20260101-000002-bbbbbb"


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of unnamed recordings: one of 600 requests, and a newer one without any."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "ovtui" / "sessions"
    folder.mkdir(parents=True)
    (tmp_path / "ovtui").chmod(0o700)
    whole_recording(folder / f"{MEASURED}.ovtui")
    with closing(SessionWriter(str(folder / f"{NEVER_RAN}.ovtui"), {}, 1 << 30)):
        pass
    return folder


def test_the_last_recording_is_one_that_holds_requests(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert Path(find_recording("")).stem == MEASURED
    assert f"left out: {NEVER_RAN}, which holds no request" in capsys.readouterr().err
    assert Path(find_recording(NEVER_RAN)).stem == NEVER_RAN


def test_where_none_holds_requests_it_is_the_newest(kept: Path) -> None:
    (kept / f"{MEASURED}.ovtui").unlink()
    assert Path(find_recording("")).stem == NEVER_RAN


def test_recordings_are_listed_with_what_they_hold(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recordings"]) == 0
    head, newest, older = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "BEGAN", "LENGTH", "REQUESTS", "SIZE", "DEVICE", "MODEL", "STATE"]
    assert newest.startswith(NEVER_RAN)
    assert "ran no request" in newest
    assert older.split()[0] == MEASURED
    assert older.split()[3:5] == ["00:07", "600"]
    assert "  CPU " in older
    assert older.endswith("whole")


def test_as_json_and_with_one_that_cannot_be_read(kept: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    (kept / f"{NEVER_RAN}.ovtui").write_bytes(b"no database, and long enough to be none")
    assert run(["recordings", "--json"]) == 1
    unreadable, measured = json.loads(capfdbinary.readouterr().out)
    assert (unreadable["name"], unreadable["requests"]) == (NEVER_RAN, None)
    assert unreadable["problem"]
    assert (measured["requests"], measured["state"], measured["problem"]) == (600, "whole", "")


def test_what_cannot_be_read_may_hold_requests(kept: Path) -> None:
    (kept / f"{NEVER_RAN}.ovtui").write_bytes(b"")
    assert holds_requests(str(kept / f"{NEVER_RAN}.ovtui")) is None
    assert holds_requests(str(kept / f"{MEASURED}.ovtui")) is True


def test_the_device_is_the_one_that_was_compiled_for(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The engine compiled for the CPU, which stood in as the fallback."""
    (kept / f"{MEASURED}.ovtui").unlink()
    whole_recording(kept / f"{MEASURED}.ovtui", Settings(device="BATCH:GPU(16)", fallback_device="CPU"))
    assert run(["recordings"]) == 0
    out = capsys.readouterr().out
    assert "  CPU " in out
    assert "BATCH:GPU" not in out


def test_one_that_is_still_being_recorded_is_named(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    find_recording("")
    assert "still being recorded" not in capsys.readouterr().err
    monkeypatch.setattr(contents, "end_of", lambda *_: RecordingState(None, live=True))
    find_recording("")
    assert f"{MEASURED} is still being recorded: this is what it holds so far" in capsys.readouterr().err
