"""Session sockets, without hosts behind them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ovtui.host import session_socket
from ovtui.host.session_socket import SessionSocket, SessionSocketError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "ovtui"


def random_names(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """The next random names. Every socket takes two: one until it listens, then the session's."""
    left = list(names)
    monkeypatch.setattr(session_socket, "new_session_name", lambda: left.pop(0))


def test_a_name_in_use_is_not_taken_from_its_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random_names(monkeypatch, "t1", "a1b2", "t2", "a1b2", "a1b2", "c3d4")
    first, second = SessionSocket(), SessionSocket()
    assert (first.name, second.name) == ("a1b2", "c3d4")
    for opened in (first, second):
        client = session_socket.connect(opened.name)
        accepted = opened.accept()
        assert accepted is not None
        accepted.close()
        client.close()
        assert stat.S_IMODE(opened.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["a1b2.sock", "c3d4.sock"]
    first.close()
    second.close()
    assert list(folder.iterdir()) == []


def test_a_unique_beginning_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    random_names(monkeypatch, "t1", "a1b2", "t2", "a1c3", "t3", "ff00", "t4", "ff")
    sockets = [SessionSocket() for _ in range(4)]
    assert session_socket.resolve_name("a1b2") == session_socket.resolve_name("a1b") == "a1b2"
    assert session_socket.resolve_name("ff") == "ff"
    assert session_socket.resolve_name("ff0") == "ff00"
    with pytest.raises(SessionSocketError, match="several sessions: a1b2, a1c3"):
        session_socket.resolve_name("a1")
    with pytest.raises(SessionSocketError, match="no session 123"):
        session_socket.resolve_name("123")
    for opened in sockets:
        opened.close()


def test_what_a_killed_host_left_before_it_listened_is_removed(folder: Path) -> None:
    folder.mkdir()
    (folder / "dead.new").touch()
    os.utime(folder / "dead.new", (1, 1))
    (folder / "coming.new").touch()  # another host is about to listen
    opened = SessionSocket()
    assert {path.name for path in folder.iterdir()} == {"coming.new", opened.path.name}
    opened.close()


def test_names_are_random() -> None:
    assert len({session_socket.new_session_name() for _ in range(1000)}) == 1000
