"""The sockets by which sessions are found, without sessions."""

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


def draw(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """What the dice give next; each door draws a name to wear until it listens, and then its own."""
    left = list(names)
    monkeypatch.setattr(session_socket, "new_session_name", lambda: left.pop(0))


def test_a_name_that_is_taken_is_not_taken_away(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw(monkeypatch, "t1", "a1b2", "t2", "a1b2", "a1b2", "c3d4")
    first, second = SessionSocket(), SessionSocket()
    assert (first.name, second.name) == ("a1b2", "c3d4")
    for one in (first, second):
        client = session_socket.connect(one.name)
        accepted = one.accept()
        assert accepted is not None
        accepted.close()
        client.close()
        assert stat.S_IMODE(one.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["a1b2.sock", "c3d4.sock"]
    first.close()
    second.close()
    assert list(folder.iterdir()) == []


def test_the_beginning_of_a_name_is_enough_where_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    draw(monkeypatch, "t1", "a1b2", "t2", "a1c3", "t3", "ff00", "t4", "ff")
    doors = [SessionSocket() for _ in range(4)]
    assert session_socket.resolve_name("a1b2") == session_socket.resolve_name("a1b") == "a1b2"
    assert session_socket.resolve_name("ff") == "ff"
    assert session_socket.resolve_name("ff0") == "ff00"
    with pytest.raises(SessionSocketError, match="several sessions: a1b2, a1c3"):
        session_socket.resolve_name("a1")
    with pytest.raises(SessionSocketError, match="no session 123"):
        session_socket.resolve_name("123")
    for one in doors:
        one.close()


def test_what_a_killed_host_left_before_it_listened_is_swept_away(folder: Path) -> None:
    folder.mkdir()
    (folder / "dead.new").touch()
    os.utime(folder / "dead.new", (1, 1))
    (folder / "coming.new").touch()  # another host is about to listen
    one = SessionSocket()
    assert {path.name for path in folder.iterdir()} == {"coming.new", one.path.name}
    one.close()


def test_names_are_drawn_and_do_not_repeat() -> None:
    assert len({session_socket.new_session_name() for _ in range(1000)}) == 1000
