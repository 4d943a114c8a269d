"""Who connects to a session's socket: idle, half-open, many, loud, hostile; and folders of sockets that are not as they
should be."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from harness.fault_table import Fault
from harness.fixture_types import Headless
from harness.raw_peers import LIMIT_S, RawClient

from ovtui.host import connection_limits, session_socket
from ovtui.host.client import AttachedSession
from ovtui.host.client_protocol import AskStatus, Attach, Command, HostMessage, Start, Stop
from ovtui.host.connection_limits import MAX_ATTACHED, MAX_OF_ONE_PROCESS, MAX_READ_ONLY, MAX_WAITING, Use, place_for
from ovtui.host.connections import Connection, Connections, Departure
from ovtui.host.session_query import status_of
from ovtui.host.session_socket import SessionSocket, SessionSocketError
from ovtui.records.wire import Wire, WireClosed, wire_pair

SECTION = "processes and accounts"
FAULTS = [
    Fault("a connection to a session that sends nothing, or never attaches", "closed after 5 s", None, SECTION),
    Fault("more connections that send nothing than there are places", "each takes the place of the oldest; a person "
          "gets in", None, SECTION),
    Fault("one process attaches more often than 8 times", "denied with a sentence", None, SECTION),
    Fault("32 processes are attached, 24 of them read-only", "further ones are denied with a sentence; a person who "
          "may command gets in up to 32", 1, SECTION),
    Fault("an attached client never reads", "it stays, as one that ctrl+z stopped; where places run out, after 10 s "
          "another one gets its place", None, SECTION),
    Fault("a second start of one session", "denied with a sentence; the session goes on", None, SECTION),
    Fault("a client attaches twice", "denied with a sentence", None, SECTION),
    Fault("a client sends 100,000 messages a second", "500 a second are read; load and others go on", None, SECTION),
    Fault("a client sends descriptors along", "none of them is kept", None, SECTION),
    Fault("a client sends garbage: nested 100,000 deep, 128 KiB, half a message", "cut off; the session goes on", None,
          SECTION),
    Fault("a client dies while another process holds its connection open", "it counts as gone at once", None, SECTION),
    Fault("200 sockets of killed hosts", "gone with the next command", 0, SECTION),
    Fault("files that are no sockets, and another's sockets, in the folder", "left alone, and not listed", 0, SECTION),
    Fault("the folder of the sockets is removed while a session runs", "no command finds the session; the view goes on "
          "and ends as ever", 0, SECTION),
    Fault("a folder of sockets with a path of over 108 bytes", "works", 0, SECTION),
]  # fmt: skip


@pytest.fixture(autouse=True)
def folder(program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process finds the sockets of the test's programs."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])
    return session_socket.socket_folder()


class Handler:
    """Answers as the server does, as far as connections see it."""

    def __init__(self) -> None:
        self.executed: list[Command] = []
        self.asked: list[Connection] = []
        self.departures: list[Departure] = []

    def begin(self, connection: Connection, command: object) -> None: ...

    def attach(self, connection: Connection) -> None:
        connection.subscribed = True

    def send_status(self, connection: Connection) -> None:
        self.asked.append(connection)

    def execute(self, command: Command) -> None:
        self.executed.append(command)

    def commander_left(self, how: Departure) -> None:
        self.departures.append(how)


class Host:
    """The connections of a host, without the rest of it."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.handler = Handler()
        self.connections = Connections(self.selector, self.handler)

    def add(self, *, begins: bool = False) -> Wire[HostMessage, Command]:
        ours, theirs = wire_pair()
        self.connections.add(theirs, begins=begins)
        wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
        wire.set_timeout(5)
        return wire

    def run_loop(self) -> None:
        """Handles everything that is ready, until nothing is."""
        while ready := self.selector.select(0):
            for key, events in ready:
                key.data(events)


def is_closed(wire: Wire[HostMessage, Command]) -> bool:
    try:
        while wire.has_message():
            wire.receive()
    except WireClosed:
        return True
    return False


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 1000.0
        monkeypatch.setattr("ovtui.host.connections.time.monotonic", lambda: self.now_s)


def test_who_does_not_attach_in_time_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, host = Clock(monkeypatch), Host()
    first, silent, asking, attached = (host.add(begins=number == 0) for number in range(4))
    first.send(Start(settings=_settings(), origin_ns=0))
    asking.send(AskStatus())
    attached.send(Attach())
    host.run_loop()
    clock.now_s += connection_limits.ATTACH_S - 0.1
    host.connections.enforce_deadlines()
    assert not is_closed(silent)
    deadline_s = host.connections.deadline_s()
    assert deadline_s is not None
    clock.now_s = deadline_s
    host.connections.enforce_deadlines()
    assert [is_closed(wire) for wire in (first, silent, asking, attached)] == [False, True, True, False]
    assert host.handler.departures == []
    assert host.connections.deadline_s() is None


def test_a_host_without_a_start_in_time_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its view is stopped, or hangs; it starts another host when it goes on."""
    clock, host = Clock(monkeypatch), Host()
    host.add(begins=True)
    clock.now_s += connection_limits.ATTACH_S
    host.connections.enforce_deadlines()
    assert host.handler.departures == ["gone"]


def test_idle_connections_give_way_to_newer_ones() -> None:
    host = Host()
    crowd = [host.add() for _ in range(3 * MAX_WAITING)]
    person = host.add()
    person.send(Attach())
    host.run_loop()
    assert host.connections.watching_count == 1
    assert sum(not is_closed(wire) for wire in crowd) == MAX_OF_ONE_PROCESS - 1
    crowd += [host.add() for _ in range(3 * MAX_WAITING)]
    assert not is_closed(person)


def uses(count: int, *, read_only: bool = False, pid: int | None = None) -> Iterator[Use]:
    """Of connections whose other ends stay open as long as this is iterated."""
    for number in range(count):
        ours, theirs = wire_pair()
        use = Use(ours, 10_000 + number + 500 * read_only if pid is None else pid, 0.0)
        use.read_only, use.peer = read_only, theirs  # type: ignore[attr-defined]
        yield use


def test_places_of_attached_clients() -> None:
    (newcomer,) = uses(1, pid=7)

    def denied(attached: list[Use], *, read_only: bool) -> str:
        return place_for(newcomer, attached, read_only=read_only, now_s=100.0)[1]

    own = [*uses(MAX_OF_ONE_PROCESS, pid=7)]
    assert denied(own, read_only=False) == "process 7 is attached 8 times already"
    assert denied(own[1:], read_only=False) == ""
    guests = [*uses(MAX_READ_ONLY, read_only=True)]
    assert "24 read-only clients are attached already" in denied(guests, read_only=True)
    assert denied(guests, read_only=False) == ""
    everybody = [*guests, *uses(MAX_ATTACHED - MAX_READ_ONLY)]
    assert "32 clients are attached already" in denied(everybody, read_only=False)
    unknown = [*uses(MAX_ATTACHED - 1, pid=0)]
    assert denied(unknown, read_only=False) == "", "of another container: nobody knows how many processes they are"


def test_who_never_reads_gives_its_place_to_another() -> None:
    (newcomer,) = uses(1, pid=7)
    attached = [*uses(MAX_ATTACHED)]
    for use in attached[:2]:
        use._sock.send(b"x")
    attached[1].note_reading(95.0, unsent=False)
    attached[2].note_reading(95.0, unsent=False)
    assert place_for(newcomer, attached, read_only=False, now_s=5.0)[0] is None
    assert place_for(newcomer, attached, read_only=False, now_s=100.0) == (attached[0], "")
    assert place_for(newcomer, attached, read_only=True, now_s=100.0)[0] is None, "a guest takes no commander's place"


def test_a_flood_is_held_and_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, host = Clock(monkeypatch), Host()
    flood, other = host.add(), host.add()
    flood.send(Attach())
    other.send(Attach())
    host.run_loop()
    flood.set_timeout(0)
    sent = 0
    for _ in range(100):
        with contextlib.suppress(BlockingIOError):
            while True:
                flood.send(Stop())
                sent += 1
        host.run_loop()
    assert len(host.handler.executed) < connection_limits.MESSAGE_BURST
    assert sent < 2 * connection_limits.MESSAGE_BURST
    other.send(AskStatus())
    host.run_loop()
    assert len(host.handler.asked) == 1
    while len(host.handler.executed) < sent:
        deadline_s = host.connections.deadline_s()
        assert deadline_s is not None
        clock.now_s = deadline_s
        host.connections.enforce_deadlines()
        host.run_loop()
    flood.close()
    host.run_loop()
    assert host.connections.watching_count == 1


def test_a_client_that_died_is_gone_where_its_connection_lives_on() -> None:
    host = Host()
    listener, name = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET), f"\0{os.urandom(8).hex()}"
    listener.bind(name)
    listener.listen()
    program = (
        "import os, socket, sys\n"
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "s.connect(sys.argv[1].replace('@', chr(0)))\n"
        "s.send(bytes.fromhex(sys.argv[2]))\n"
        "if os.fork() == 0:\n"
        "    sys.stdin.read()\n"  # the child lives until the test lets go
    )
    attach = b"\x81\xa7command\xa6attach".hex()
    with subprocess.Popen(
        [sys.executable, "-S", "-c", program, name.replace("\0", "@"), attach], stdin=subprocess.PIPE
    ) as client:
        accepted, _ = listener.accept()
        host.connections.add(accepted)
        while not host.handler.departures:
            for key, events in host.selector.select(10):
                key.data(events)
        assert host.handler.departures == ["gone"]
        assert client.stdin is not None
        client.stdin.close()
    listener.close()


@pytest.fixture
def session(headless: Headless, folder: Path) -> Iterator[str]:
    """A real session that runs; it is stopped after the test, and must have gone on all the time."""
    name = headless("run", "demo-matmul", "-d", "CPU", "--rate", "200", "--detach").stdout.strip()
    yield name
    with RawClient(name) as client:
        client.send({"command": "ask"})
        before = client.receive_kind("status")["submitted"]
        while True:
            client.send({"command": "ask"})
            if client.receive_kind("status")["submitted"] > before + 20:
                break
    AttachedSession(name).end()


NESTED = b"\x82\xa7command\xa3ask\xa1x" + b"\x91" * 100_000


def test_a_real_host_bears_them_all(session: str) -> None:
    host = psutil.Process(status_of(session).pid)
    with RawClient(session) as client:
        client.send({"command": "ask"})
        client.receive_kind("status")
        descriptors = host.num_fds()  # with two for this connection
    for garbage in (NESTED, b"\x91" * 100_000, b"y" * (128 << 10), b"\x82\xa7command"):
        with RawClient(session) as client:
            client.send(garbage)
            assert client.receive() is None
    with RawClient(session) as client:
        client.send({"command": "start", "settings": {}, "origin_ns": 1})
        denied = client.receive()
        assert denied is not None
        assert denied["reason"] == "this session has begun already; a session has one start"
        for _ in range(10):
            socket.send_fds(client.socket, [b"\x81\xa7command\xa3ask"], [0] * 200)
            client.receive_kind("status")
        client.send({"command": "attach", "protocol": 2, "read_only": True})
        client.receive_kind("welcome")
        client.send({"command": "attach"})
        assert client.receive_kind("denied")["reason"] == "this client is attached already"
        more = [RawClient(session) for _ in range(MAX_OF_ONE_PROCESS - 1)]
        for each in more:
            each.send({"command": "attach", "protocol": 2, "read_only": True})
            each.receive_kind("welcome")
        with pytest.raises(SessionSocketError, match="is attached 8 times already"):
            AttachedSession(session)
    for client in more:
        client.socket.close()
    while status_of(session).clients:
        pass
    end_s = time.monotonic() + LIMIT_S
    # Each of ten messages came with 200. Its recorder may have opened its files meanwhile, and it closes what is closed
    # at this end when it comes to that.
    while host.num_fds() > descriptors + 6:
        assert time.monotonic() < end_s, (descriptors, host.num_fds())


def test_sockets_of_killed_hosts_go_with_the_next_command(headless: Headless, folder: Path) -> None:
    for command, code, told in [
        (["sessions"], 0, "no session is running"),
        (["attach", "abc"], 1, "no session abc"),
        (["stop", "abc"], 1, "no session abc"),
        (["stop"], 1, "no session is running"),
        (["run", "demo-matmul", "-d", "CPU", "--requests", "5"], 0, ""),
    ]:
        for _ in range(200 if command == ["sessions"] else 2):
            SessionSocket()._listener.close()
        foreign = folder / "notes.sock"
        foreign.write_text("not a socket")
        result = headless(*command)
        assert (result.returncode, told in result.stderr) == (code, True), result.stderr
        assert list(folder.iterdir()) == [foreign]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_socket_of_another_user_is_left_alone(folder: Path) -> None:
    dead = SessionSocket()
    dead._listener.close()
    os.chown(dead.path, 65534, 65534)
    session_socket.remove_dead_sockets()
    assert dead.path.exists()
    dead.path.unlink()


def test_a_living_socket_stays_and_its_host_notices_nothing(folder: Path) -> None:
    living = SessionSocket()
    with contextlib.suppress(BlockingIOError):
        while True:  # its queue is full, too
            one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            one.setblocking(False)
            one.connect(str(living.path))
    for _ in range(20):
        session_socket.remove_dead_sockets()
    assert session_socket.session_names() == [living.name]
    assert session_socket.is_listened_to(living.name)
    with pytest.raises(SessionSocketError, match="does not answer"):
        session_socket.connect(living.name, 0.05)
    living.close()


def test_a_session_without_its_folder_goes_on(session: str, headless: Headless, folder: Path) -> None:
    owner = AttachedSession(session)
    path = folder / f"{session}.sock"
    moved = folder.with_name("elsewhere")
    folder.rename(moved)
    assert headless("sessions").stderr == "ovtui: no session is running\n"
    assert not owner.poll().host_gone
    assert headless("stop", session).returncode == 1
    moved.rename(folder)
    assert path.exists()
    owner.detach(hangup=False)


def test_a_long_path(headless: Headless, program_env: dict[str, str], tmp_path: Path) -> None:
    runtime = tmp_path / ("long" * 30)
    runtime.mkdir(mode=0o700)
    env = {**program_env, "XDG_RUNTIME_DIR": str(runtime)}
    name = headless("run", "demo-matmul", "-d", "CPU", "--rate", "100", "--detach", env=env).stdout.strip()
    assert name in headless("sessions", env=env).stdout
    assert headless("stop", env=env).returncode == 0
    assert list((runtime / "ovtui").iterdir()) == []


def _settings() -> object:
    from ovtui.settings.schema.settings import Settings

    return Settings()
