"""The folder of unnamed recordings, and what `new_recording` removes from it: these are people's files."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ovtui.host import state_paths
from ovtui.host.session_socket import SessionSocketError
from ovtui.host.state_paths import KEPT_RECORDINGS, new_recording, unnamed_recordings
from ovtui.records.ring.ring_memory import RECORD_BYTES
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

DAY_S = 86_400.0


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of unnamed recordings, empty."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    folder = tmp_path / "ovtui" / "sessions"
    folder.mkdir(parents=True)
    return folder


def name_of(number: int) -> str:
    """Of a recording that began `number` seconds after the first."""
    return f"20260101-0000{number:02}-abc{number:03}.ovtui"


def add(folder: Path, *numbers: int) -> list[Path]:
    paths = [folder / name_of(number) for number in numbers]
    for path in paths:
        path.write_bytes(b"recorded")
    return paths


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def names(*numbers: int) -> list[str]:
    return [name_of(number) for number in numbers]


def test_state_is_kept_in_the_home(sessions: Path) -> None:
    assert state_paths.state_folder() == sessions.parent
    assert state_paths.why_not_in_home() == ""


def test_a_home_that_cannot_be_written_to_is_reported_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert state_paths.state_folder() == Path(f"/tmp/ovtui-{os.getuid()}")
    assert state_paths.why_not_in_home().endswith(f"{tmp_path}/file/ovtui: Not a directory")


def test_looking_finds_the_folder_that_writing_uses_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "theirs").mkdir(mode=0o755)
    for name in ("file", "dangling", "missing/deep", "theirs"):
        before = sorted(tmp_path.iterdir())
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / name))
        found = state_paths._state_folder_to_read()
        assert unnamed_recordings() is not None
        assert state_paths.remembered_devices() is not None
        assert sorted(tmp_path.iterdir()) == before
        assert found == state_paths.state_folder()


@pytest.mark.parametrize(
    ("there", "left"),
    [
        (0, 0),
        (KEPT_RECORDINGS - 1, KEPT_RECORDINGS - 1),  # with the new one exactly at the limit
        (KEPT_RECORDINGS, KEPT_RECORDINGS - 1),  # one too many
        (3 * KEPT_RECORDINGS, KEPT_RECORDINGS - 1),
    ],
)
def test_the_newest_recordings_stay_and_the_oldest_go(sessions: Path, there: int, left: int) -> None:
    add(sessions, *range(there))
    new = Path(new_recording())
    assert left_in(sessions) == names(*range(there - left, there))
    new.touch()
    assert len(unnamed_recordings()) == left + 1 <= KEPT_RECORDINGS


def test_the_new_recording_is_a_path_of_its_own_and_counts_as_the_newest(sessions: Path) -> None:
    first, second = Path(new_recording()), Path(new_recording())
    assert first != second
    assert first.parent == second.parent == sessions
    assert left_in(sessions) == []  # the session makes the file, nobody else
    add(sessions, 1, 2)
    first.touch()
    assert unnamed_recordings()[0] == first
    assert [path.name for path in unnamed_recordings()[1:]] == names(2, 1)


def test_starts_that_ran_no_request_push_out_no_measurement(sessions: Path) -> None:
    """A model that could not be read, five times: the sessions before it were gone."""
    measured = add(sessions, *range(KEPT_RECORDINGS - 1))
    for number in range(10, 16):
        with closing(SessionWriter(str(sessions / name_of(number)), {}, 1 << 30)):
            pass
    new_recording()
    assert left_in(sessions) == [*(path.name for path in measured), *names(14, 15)]
    new_recording()  # and they do not take the room of those that are measured next
    assert left_in(sessions) == [*(path.name for path in measured), *names(14, 15)]


def test_age_is_the_time_in_the_name_and_not_the_last_write(sessions: Path) -> None:
    paths = add(sessions, *range(KEPT_RECORDINGS))
    os.utime(paths[0])
    os.utime(paths[-1], (1, 1))
    new_recording()
    assert left_in(sessions) == names(*range(1, KEPT_RECORDINGS))


@pytest.mark.parametrize(
    "name",
    [
        "kept.ovtui",  # a person renamed a recording to keep it
        "20260101-000000-abcdef-good.ovtui",
        "20260101-000000-abcdef.ovtui.bak",
        "20260101-000000-ABCDEF.ovtui",
        "notes.txt",
        ".hidden.ovtui",
    ],
)
def test_a_file_of_any_other_name_is_left_alone_and_not_counted(sessions: Path, name: str) -> None:
    (sessions / name).write_bytes(b"mine")
    add(sessions, *range(KEPT_RECORDINGS - 1))
    new_recording()
    assert left_in(sessions) == sorted([name, *names(*range(KEPT_RECORDINGS - 1))])
    add(sessions, *range(10, 20))
    new_recording()
    assert (sessions / name).read_bytes() == b"mine"


def test_a_folder_with_a_recording_s_name_is_left_alone(sessions: Path) -> None:
    (sessions / name_of(0)).mkdir()
    (sessions / name_of(0) / "mine").touch()
    add(sessions, *range(1, KEPT_RECORDINGS + 1))
    new_recording()
    assert left_in(sessions) == [name_of(0), *names(*range(2, KEPT_RECORDINGS + 1))]


def test_a_link_is_removed_and_not_the_file_behind_it(sessions: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (sessions / name_of(0)).symlink_to(tmp_path / "mine")
    add(sessions, *range(1, KEPT_RECORDINGS + 1))
    new_recording()
    assert left_in(sessions) == names(*range(2, KEPT_RECORDINGS + 1))
    assert (tmp_path / "mine").read_bytes() == b"mine"


def make_old(path: Path, age_s: float = 3 * DAY_S) -> None:
    """The recording and its WAL were last written that long ago."""
    for file in path.parent.glob(f"{path.name}*"):
        os.utime(file, (time.time() - age_s, time.time() - age_s))


def begun(path: Path) -> SessionWriter:
    """A recording that goes on and holds one request."""
    writer = SessionWriter(str(path), {}, 1 << 30)
    writer.write([], [bytes(RECORD_BYTES)], RecordingProgress(1, 1, 1, 0))
    return writer


def test_the_recording_of_a_running_session_stays_however_long_it_is_idle(sessions: Path) -> None:
    """A finished session that is still looked at writes nothing for days."""
    path = sessions / name_of(0)
    writer = begun(path)
    make_old(path)
    add(sessions, *range(1, 10))
    new_recording()
    assert path.exists()
    assert path.with_name(f"{path.name}-wal").exists()
    writer.close()
    new_recording()
    assert left_in(sessions) == names(6, 7, 8, 9)


def test_a_recording_that_is_replayed_stays(sessions: Path) -> None:
    path = sessions / name_of(0)
    begun(path).close()
    reader = SessionReader(str(path))
    add(sessions, *range(1, 10))
    new_recording()
    assert left_in(sessions) == names(0, 6, 7, 8, 9)
    reader.close()
    new_recording()
    assert left_in(sessions) == names(6, 7, 8, 9)


def test_a_recording_that_another_program_has_open_stays(sessions: Path) -> None:
    path = add(sessions, 0)[0]
    add(sessions, *range(1, 10))
    with path.open("rb") as file, subprocess.Popen(["sleep", "infinity"], stdin=file) as other:
        file.close()
        new_recording()
        assert path.exists()
        other.kill()
    new_recording()
    assert not path.exists()


def test_what_a_killed_host_left_goes_with_its_wal_in_its_turn(sessions: Path) -> None:
    path = sessions / name_of(0)
    script = f"""
import os, signal
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
writer = SessionWriter({str(path)!r}, {{}}, 1 << 30)
writer.write([], [bytes({RECORD_BYTES})], RecordingProgress(1, 1, 1, 0))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -signal.SIGKILL
    assert left_in(sessions) == [name_of(0), f"{name_of(0)}-shm", f"{name_of(0)}-wal"]
    add(sessions, *range(1, KEPT_RECORDINGS - 1))
    new_recording()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:  # one of the newest: still whole
        assert db.execute("PRAGMA user_version").fetchone()[0] > 0
    add(sessions, KEPT_RECORDINGS - 1)
    new_recording()
    assert left_in(sessions) == names(*range(1, KEPT_RECORDINGS))


@pytest.fixture
def no_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system."""
    real = fcntl.fcntl

    def refuse(fd: int, command: int, argument: int = 0) -> Any:
        if command == fcntl.F_SETLEASE:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return real(fd, command, argument)

    monkeypatch.setattr(fcntl, "fcntl", refuse)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def refuse(path: str | Path, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            return real(path, flags, mode)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize("obstacle", ["no_leases", "unreadable"])
@pytest.mark.parametrize(("age_s", "stays"), [(0.0, True), (0.99 * DAY_S, True), (1.01 * DAY_S, False)])
def test_without_a_lease_the_wal_tells_for_a_day(
    sessions: Path, request: pytest.FixtureRequest, obstacle: str, age_s: float, stays: bool
) -> None:
    request.getfixturevalue(obstacle)
    path = add(sessions, 0)[0]
    path.with_name(f"{path.name}-wal").touch()
    make_old(path, age_s)
    add(sessions, *range(1, 10))
    new_recording()
    assert left_in(sessions) == [*([path.name, f"{path.name}-wal"] if stays else []), *names(6, 7, 8, 9)]


def failing_unlink(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path.name == name:
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        real(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)


def test_a_recording_that_cannot_be_removed_hinders_neither_the_others_nor_the_session(
    sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_unlink(monkeypatch, name_of(3))
    path = add(sessions, *range(10))[3]
    path.with_name(f"{path.name}-wal").touch()
    make_old(path)
    assert new_recording().startswith(str(sessions))
    assert left_in(sessions) == [name_of(3), f"{name_of(3)}-wal", *names(6, 7, 8, 9)]  # it keeps its newest requests


def test_a_folder_that_is_missing_is_made_for_the_owner_alone(sessions: Path) -> None:
    sessions.rmdir()
    sessions.parent.rmdir()
    assert unnamed_recordings() == []
    assert Path(new_recording()).parent == sessions
    assert stat.S_IMODE(sessions.stat().st_mode) == stat.S_IMODE(sessions.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_an_error_with_its_reason(sessions: Path) -> None:
    sessions.rmdir()
    sessions.touch()
    with pytest.raises(SessionSocketError, match=f"{sessions} is not a folder|{sessions}: File exists"):
        new_recording()


def test_a_recording_that_goes_while_it_is_looked_at_hinders_nobody(
    sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session removes it between the listing and the look."""
    add(sessions, *range(10))
    real = state_paths._in_use

    def in_use(path: Path) -> bool:
        path.unlink()
        return real(path)

    monkeypatch.setattr(state_paths, "_in_use", in_use)
    new_recording()
    assert left_in(sessions) == names(6, 7, 8, 9)


def test_two_sessions_at_once_remove_only_what_is_old(sessions: Path) -> None:
    """Each may find a recording open because the other looks at it; the next session removes that one."""
    add(sessions, *range(40))
    made: list[str] = []
    together = threading.Barrier(4)

    def start() -> None:
        together.wait(60)
        made.append(new_recording())

    run_all(start, 4)
    assert len(set(made)) == 4
    assert set(names(36, 37, 38, 39)) <= set(left_in(sessions))
    new_recording()
    assert left_in(sessions) == names(36, 37, 38, 39)


def run_all(target: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=target) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def test_looking_whether_a_recording_is_open_does_not_wait_for_another_look(sessions: Path) -> None:
    path = add(sessions, 0)[0]
    fd = os.open(path, os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
    began_s = time.monotonic()
    assert state_paths._in_use(path)
    assert time.monotonic() - began_s < 30  # a broken lease is taken away after 45 s
    os.close(fd)
    assert not state_paths._in_use(path)


def test_a_host_log_begins_anew_beyond_a_megabyte(sessions: Path) -> None:
    log = sessions.parent / "host.log"
    with state_paths.open_host_log() as file:
        file.write(b"x" * (1 << 20))
    with state_paths.open_host_log() as file:  # exactly at the limit
        file.write(b"x")
    assert log.stat().st_size == (1 << 20) + 1
    with state_paths.open_host_log():
        pass
    assert log.stat().st_size == 0
