"""Clients that attach later, leave and come back, with real hosts and engines."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import psutil
import pytest
from driven import LIMIT_S, Driven, assert_none_lost, driven

from ovtui.cli.replay import digest_of, open_recording
from ovtui.host import session_socket
from ovtui.host.client import AttachedSession, LiveSession
from ovtui.host.client_protocol import Attach, Command, HostMessage, SessionOptions
from ovtui.host.connection_limits import MAX_WAITING
from ovtui.host.session_query import status_of
from ovtui.metrics.result.build import build_result
from ovtui.records.events import EngineExited, EngineSpawned, LogLine, Refused, SegmentBegan
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.wire import MESSAGE_BYTES, Wire
from ovtui.settings.changes import convert

MATMUL = {"model": "demo-matmul", "device": "CPU", "nireq": 2}


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "ovtui"


@pytest.fixture
def recording(tmp_path: Path) -> SessionOptions:
    return SessionOptions(record=str(tmp_path / "s.ovtui"))


def name_of(run: Driven) -> str:
    run.wait_for(lambda: run.session.session, "the host's welcome")
    return run.session.session


def attached(run: Driven, *, read_only: bool = False) -> Driven:
    return Driven(AttachedSession(name_of(run), read_only=read_only))


def host_of(run: Driven) -> psutil.Process:
    status = status_of(name_of(run))
    return psutil.Process(status.pid)


@pytest.fixture
def none_left(runtime_folder: Path) -> Iterator[None]:
    """No test leaves a session behind, whether it passed or not."""
    yield
    for name in session_socket.session_names():
        AttachedSession(name).end()
    assert session_socket.session_names() == []


def test_a_later_client_gets_the_whole_history(recording: SessionOptions, none_left: None) -> None:
    with driven(recording, **MATMUL, requests=1000, rate=500.0) as run:
        run.wait_completed(300)
        late = attached(run)
        late.wait_finished()
        run.wait_finished()
        assert_none_lost(late.records(), 1000)
        assert build_result(late.digest) == build_result(run.digest)
        assert late.events == run.events
        assert late.readings == run.readings
        assert late.digest.snapshot().submitted == 1000
        late.session.close()


def test_history_spans_a_change_of_engines(recording: SessionOptions, none_left: None) -> None:
    with driven(recording, **MATMUL, rate=1000.0) as run:
        run.wait_completed(200)
        run.apply(nthreads=1)
        run.wait_for(lambda: len(run.of(EngineExited)) == 1, "the old engine's end")
        late = attached(run)
        late.wait_for(lambda: 2 in late.records()["segment"], "the history and more")
        run.session.stop()
        late.wait_finished()
        records = late.records()
        assert_none_lost(records, len(records))
        assert set(records["segment"]) == {1, 2}
        late.session.close()


def test_what_was_shed_before_a_change_is_the_same_for_all(recording: SessionOptions, none_left: None) -> None:
    # However fast the machine is, a burst finds room for a few.
    load = {"rate": 5_000.0, "arrival": "burst:2000", "backlog": 30, "slo": "p99<1ms"}
    with driven(recording, **MATMUL, **load) as run:
        run.wait_for(lambda: run.last is not None and run.last.shed, "requests to be shed")
        late = attached(run)
        run.apply(rate=6_000.0)
        run.wait_event(SegmentBegan, 2)
        shed = run.last.shed if run.last is not None else 0
        run.wait_for(lambda: run.last is not None and run.last.shed > shed, "more to be shed")
        run.session.stop()
        late.wait_finished()
        run.wait_finished()
        found = build_result(run.digest)
        late.session.close()
    assert recording.record
    replayed = open_recording(recording.record)
    assert found.requests.shed > 0
    assert run.of(SegmentBegan)[1].shed
    slos = [build_result(digest).slo for digest in (run.digest, late.digest, digest_of(replayed))]
    # Each looks once a second, at moments of its own: since when a verdict stands is known to that.
    first, *others = [[msgspec.structs.replace(limit, since_s=0.0) for limit in slo] for slo in slos]
    assert others == [first, first]
    replayed.close()


def test_without_a_recording_the_rings_are_the_history(none_left: None) -> None:
    with driven(**MATMUL, requests=1000, rate=500.0) as run:
        run.wait_completed(300)
        late = attached(run)
        late.wait_finished()
        assert_none_lost(late.records(), 1000)
        late.session.close()


def test_two_clients_at_once_one_of_them_read_only(recording: SessionOptions, none_left: None) -> None:
    with driven(recording, **MATMUL, rate=500.0) as run:
        run.wait_completed(50)
        other, guest = attached(run), attached(run, read_only=True)
        other.wait_event(SegmentBegan)
        guest.wait_event(SegmentBegan)
        guest.apply(rate=100.0)
        guest.session.stop()
        guest.session.end()
        other.apply(rate=800.0)
        second = run.wait_event(SegmentBegan, 2)
        assert second.settings.rate == 800.0
        assert run.of(Refused) == []
        run.wait_completed(50)
        other.session.close()
        run.wait_completed(50)


def test_the_first_client_may_leave_and_the_session_stays_with_the_second(
    recording: SessionOptions, none_left: None
) -> None:
    with driven(recording, **MATMUL, rate=500.0) as run:
        run.wait_completed(50)
        other = attached(run)
        other.wait_completed(50)
        run.session.close()
        other.wait_completed(100)
        host = host_of(other)
        other.session.close()
        host.wait(LIMIT_S)


def test_detached_and_attached_again(recording: SessionOptions, none_left: None) -> None:
    with driven(recording, **MATMUL, rate=500.0) as run:
        run.wait_completed(100)
        name, before = name_of(run), run.completed
        run.session.detach(hangup=False)
    status = status_of(name)
    assert (status.state, status.clients, status.ends_in_s) == ("running", 0, None)
    again = Driven(AttachedSession(name))
    first = set(range(before + 50))  # one of them may come back late
    again.wait_for(lambda: first <= set(again.records()["seq"].tolist()), "what was measured meanwhile")
    records = again.records()
    assert len(np.unique(records["seq"])) == len(records)
    again.session.end()


@pytest.mark.parametrize(
    ("policy", "how", "stays"),
    [
        ("auto", "hang-up", True), ("auto", "kill", False),
        ("keep", "hang-up", True), ("keep", "kill", True),
        ("stop", "hang-up", False), ("stop", "kill", False),
    ],
)  # fmt: skip
def test_what_a_hang_up_leaves(policy: str, how: str, stays: bool, none_left: None) -> None:
    options = SessionOptions(on_hangup=policy, keep_s=600)  # type: ignore[arg-type]
    run = Driven(LiveSession(convert({**MATMUL, "rate": 500.0}), options))
    run.wait_completed(50)
    host = host_of(run)
    engine = psutil.Process(run.of(EngineSpawned)[0].pid)
    if how == "hang-up":
        run.session.detach(hangup=True)
    else:
        run.session._wire.close()  # all that the host sees of a kill -9
    if stays:
        status = status_of(run.session.session)
        assert 0 < (status.ends_in_s or 0) <= 600
    else:
        host.wait(LIMIT_S)
        psutil.wait_procs([engine], LIMIT_S)
        assert not engine.is_running()


def test_a_client_that_dies_while_it_attaches_keeps_nothing_alive(none_left: None) -> None:
    options = SessionOptions(on_hangup="keep", keep_s=600)
    with driven(options, **MATMUL, rate=500.0) as run:
        run.wait_completed(50)
        name = name_of(run)
        run.session.detach(hangup=True)
    for _ in range(5):
        dying: Wire[HostMessage, Command] = Wire(session_socket.connect(name), HostMessage)
        dying.send(Attach())
        dying.close()
    guest = Driven(AttachedSession(name, read_only=True))  # let in after those
    guest.wait_event(SegmentBegan)
    status = status_of(name)
    assert status.clients == 1
    assert 0 < (status.ends_in_s or 0) <= 600
    guest.session.close()


@pytest.mark.parametrize("read_only", [True, False])
def test_the_end_is_put_off_by_a_client_that_may_command(read_only: bool, none_left: None) -> None:
    with driven(SessionOptions(keep_s=600), **MATMUL, rate=500.0) as run:
        run.wait_completed(50)
        name = name_of(run)
        run.session.detach(hangup=True)
    late = Driven(AttachedSession(name, read_only=read_only))
    late.wait_event(SegmentBegan)
    status = status_of(name)
    assert (status.ends_in_s is not None) == read_only
    late.session.detach(hangup=False)
    status = status_of(name)
    assert (status.ends_in_s is not None) == read_only


def test_nobody_comes_back_and_the_session_ends(none_left: None) -> None:
    options = SessionOptions(keep_s=0.3)
    with driven(options, **MATMUL, rate=500.0) as run:
        run.wait_completed(50)
        host = host_of(run)
        run.session.detach(hangup=True)
        host.wait(LIMIT_S)
    assert session_socket.session_names() == []


def test_a_finished_session_waits_for_a_client_and_then_ends(recording: SessionOptions, none_left: None) -> None:
    with driven(recording, **MATMUL, requests=300) as run:
        run.wait_completed(50)
        name = name_of(run)
        run.session.detach(hangup=False)
    late = Driven(AttachedSession(name))
    late.wait_finished()
    assert_none_lost(late.records(), 300)
    late.session.close()


def opened(fd: Path) -> str:
    """What a descriptor of another process stands for; empty where it has been closed meanwhile."""
    try:
        return str(fd.readlink())
    except FileNotFoundError:
        return ""


def test_the_session_socket_is_the_owners_alone(runtime_folder: Path, none_left: None) -> None:
    runtime_folder.mkdir(mode=0o755)
    with driven(**MATMUL, rate=100.0) as run:
        socket_path = runtime_folder / f"{name_of(run)}.sock"
        run.wait_completed(1)
        assert stat.S_IMODE(runtime_folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket_path.stat().st_mode) == 0o600
        engine = run.of(EngineSpawned)[0].pid
        memory = [fd for fd in Path(f"/proc/{engine}/fd").iterdir() if "ovtui-ring" in opened(fd)]
        assert {stat.S_IMODE(fd.stat().st_mode) for fd in memory} == {0o600}
    assert list(runtime_folder.iterdir()) == []


def test_a_client_cannot_write_what_it_reads(none_left: None) -> None:
    with driven(**MATMUL, rate=100.0) as run:
        run.wait_completed(1)
        late = attached(run)
        late.wait_completed(1)
        mapped = [line for line in Path("/proc/self/maps").read_text().splitlines() if "ovtui-ring" in line]
        assert mapped
        assert all(line.split()[1].startswith("r--") for line in mapped)
        late.session.close()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_is_not_let_in(tmp_path: Path, none_left: None) -> None:
    with driven(**MATMUL, rate=100.0) as run:
        run.wait_completed(1)
        path = session_socket.socket_folder() / f"{name_of(run)}.sock"
        path.chmod(0o666)  # even where the folder does not hold them off
        folder_fd = os.open(path.parent, os.O_PATH)
        child = os.fork()
        if child == 0:
            code = 9
            try:
                os.setuid(65534)
                intruder = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
                intruder.settimeout(10)
                intruder.connect(f"/proc/self/fd/{folder_fd}/{path.name}")
                code = 0 if intruder.recv(100) == b"" else 1
            except ConnectionResetError:
                code = 0
            except PermissionError:
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        run.wait_completed(5)


GARBAGE = {
    "no-message": b"\xc1",
    "text": b"quit",
    "long": b"x" * 1000,
    "two-in-one": b"\x81\xa7command\xa3end" * 2,
    "oversized": b"y" * MESSAGE_BYTES,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_a_garbage_sender_is_cut_off_and_nothing_else_happens(garbage: bytes, none_left: None) -> None:
    with driven(**MATMUL, rate=200.0) as run:
        run.wait_completed(1)
        sender = session_socket.connect(name_of(run))
        sender.settimeout(LIMIT_S)
        sender.send(garbage)
        with contextlib.suppress(ConnectionResetError):  # what it is where something of ours was left unread
            assert sender.recv(100) == b""
        sender.close()
        run.wait_completed(20)


def test_an_engine_that_prints_without_end_cuts_nobody_off(recording: SessionOptions, none_left: None) -> None:
    count = 100_000
    with driven(recording, **MATMUL, rate=500.0) as run:
        run.wait_completed(1)
        late = attached(run, read_only=True)  # who reads only when the flood is over
        late.wait_completed(1)
        with Path(f"/proc/{run.of(EngineSpawned)[0].pid}/fd/1").open("w") as out:
            out.write("nobody reads all of this\n" * count)

        def printed(view: Driven) -> int:
            lines = [line for line in view.of(LogLine) if "nobody" in line.text or line.left_out]
            return sum(line.left_out or 1 for line in lines)

        run.wait_for(lambda: printed(run) == count, "every line, or its count")
        assert len(run.of(LogLine)) < count / 10
        late.wait_for(lambda: printed(late) == count, "the same for the late reader")
        run.wait_completed(50)
        late.wait_completed(50)
        late.session.close()
        path = recording.record
    kept = [event for _, event in SessionReader(path).events() if isinstance(event, LogLine)]
    assert kept == run.of(LogLine)


def test_many_silent_connections_do_not_shut_a_person_out(none_left: None) -> None:
    with driven(**MATMUL, rate=200.0) as run:
        run.wait_completed(1)
        crowd = [session_socket.connect(name_of(run)) for _ in range(2 * MAX_WAITING)]
        late = attached(run)
        late.wait_completed(20)
        assert status_of(name_of(run)).clients == 2
        late.session.close()
        for connection in crowd:
            connection.close()


def test_sockets_of_killed_hosts_are_removed(none_left: None) -> None:
    with driven(**MATMUL, rate=100.0) as run:
        run.wait_completed(1)
        name, host = name_of(run), host_of(run)
        host.kill()
        run.wait_for(lambda: run.last is not None and run.last.host_gone, "the host's end")
        # Its wire is closed before its socket is: only when it is wholly gone does nobody listen.
        os.waitid(os.P_PID, host.pid, os.WEXITED | os.WNOWAIT)
        assert session_socket.session_names() == [name]
        with pytest.raises(session_socket.SessionSocketError):
            status_of(name)
        assert session_socket.session_names() == []
