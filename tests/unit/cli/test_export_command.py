"""`ovtui export`: what it writes, and what is left where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.cli.export import FORMS
from ovtui.cli.main import run
from ovtui.host import state_paths
from ovtui.records.session_file.shipped import shipped_recordings


@pytest.fixture
def recording() -> Path:
    return Path(next(iter(shipped_recordings().values())))


@pytest.fixture
def damaged(recording: Path, tmp_path: Path) -> Path:
    """A recording whose middle is overwritten."""
    data = bytearray(recording.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 20_000] = b"\xff" * 20_000
    path = tmp_path / "damaged.ovtui"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_every_form_writes_something_to_a_file(recording: Path, tmp_path: Path, form: str) -> None:
    target = tmp_path / "out"
    assert run(["export", str(recording), "--to", form, "-o", str(target)]) == 0
    assert target.stat().st_size > 1000
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_recording_is_named_and_leaves_no_file(
    damaged: Path, tmp_path: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(damaged), "--to", form, "-o", str(tmp_path / "out")]) == 1
    assert f"{damaged.name}: damaged" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [damaged]


def test_a_target_that_cannot_be_written_is_named(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["export", str(recording), "--to", "csv", "-o", "/proc/none.csv"]) == 1
    assert "ovtui: --output /proc/none.csv: cannot be written: " in capsys.readouterr().err


def test_without_a_file_the_newest_recording_that_can_be_read_is_taken(
    recording: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = state_paths.state_folder() / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    names = [Path(state_paths.new_recording()).name for _ in range(2)]
    newest, older = sorted(names, reverse=True)
    (folder / older).write_bytes(recording.read_bytes())
    (folder / newest).write_bytes(b"")
    assert run(["export", "--to", "csv", "-o", str(tmp_path / "out")]) == 0
    assert f"left out: {folder / newest}: the file is empty" in capsys.readouterr().err
    (folder / older).write_bytes(b"")
    assert run(["export", "--to", "csv", "-o", str(tmp_path / "out")]) == 1
    assert "none of the kept recordings can be read" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["replay"], ["report"], ["export", "--to", "csv"]])
def test_a_folder_is_called_one(tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, str(tmp_path)]) == 1
    assert f"{tmp_path}: that is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_a_person_is_told_which_file_was_written(
    recording: Path, tmp_path: Path, terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    assert run(["export", str(recording), "--to", "hgrm", "-o", str(tmp_path / "out")]) == 0
    assert (f"written: {tmp_path / 'out'}" in capsys.readouterr().err) is terminal
