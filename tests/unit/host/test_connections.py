"""The host's connections to its clients, over real sockets and without a host."""

from __future__ import annotations

import os
import selectors
import socket
from pathlib import Path

from samples import MS

from ovtui.host.client_protocol import (
    PROTOCOL,
    Apply,
    AskStuck,
    Attach,
    Command,
    Denied,
    Detach,
    HostMessage,
    Quit,
    Rest,
    Stop,
    TakeTurn,
)
from ovtui.host.connections import MAX_UNREAD, Connection, Connections, Departure
from ovtui.records.diagnosis import StuckAnswer
from ovtui.records.events import Note
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.schema.settings import Settings


class Handler:
    def __init__(self) -> None:
        self.asked: list[tuple[Connection, bool]] = []
        self.executed: list[Command] = []
        self.departures: list[Departure] = []
        self.of_study: list[Command] = []
        self.studies_left: list[Connection] = []

    def begin(self, connection: Connection, command: object) -> None: ...

    def attach(self, connection: Connection) -> None:
        connection.subscribed = True

    def send_status(self, connection: Connection) -> None: ...

    def ask_stuck(self, connection: Connection, *, native: bool) -> None:
        self.asked.append((connection, native))

    def execute(self, command: Command) -> None:
        self.executed.append(command)

    def execute_for_study(self, connection: Connection, command: Command) -> None:
        assert connection.is_study
        self.of_study.append(command)

    def study_left(self, connection: Connection) -> None:
        self.studies_left.append(connection)

    def commander_left(self, how: Departure) -> None:
        self.departures.append(how)


class Clients:
    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.handler = Handler()
        self.connections = Connections(self.selector, self.handler)

    def attach_new(self, *, read_only: bool = False, protocol: int = 1) -> Wire[HostMessage, Command]:
        ours, theirs = wire_pair()
        self.connections.add(theirs)
        wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
        wire.set_timeout(5)
        wire.send(Attach(read_only=read_only, protocol=protocol))
        self.run_loop()
        return wire

    def run_loop(self) -> None:
        """Handles everything that is ready, until nothing is."""
        while ready := self.selector.select(0):
            for key, events in ready:
                key.data(events)


def open_descriptors(name: str) -> int:
    """Of one memfd. Those of the process as a whole would depend on what other tests have left to be collected."""
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return sum(link.startswith(f"/memfd:{name}") for link in links)


def note(number: int) -> Note:
    return Note(t_ns=number * MS, severity="info", text="x" * 500)


def test_a_long_backfill_does_not_cut_off_the_client_that_attaches() -> None:
    clients = Clients()
    wire = clients.attach_new()
    (connection,) = clients.connections
    clients.connections.post(connection, note(0))
    clients.connections.post_many(connection, map(note, range(1, 2 * MAX_UNREAD)))
    clients.connections.post(connection, note(2 * MAX_UNREAD))
    for number in range(2 * MAX_UNREAD + 1):
        clients.run_loop()
        assert wire.receive()[0] == note(number)
    assert clients.handler.departures == []
    assert not connection.backlog


def test_the_messages_of_a_backfill_are_made_when_they_are_sent() -> None:
    """Those of a session of hours would take 10 MB."""
    clients = Clients()
    wire = clients.attach_new()
    (connection,) = clients.connections
    made: list[int] = []
    clients.connections.post_many(connection, (made.append(number) or note(number) for number in range(MAX_UNREAD)))  # type: ignore[func-returns-value]
    assert len(made) < MAX_UNREAD / 2
    for _ in range(MAX_UNREAD):
        wire.receive()
        clients.run_loop()
    assert made == list(range(MAX_UNREAD))


def test_a_client_that_does_not_read_is_cut_off_and_the_others_are_served() -> None:
    clients = Clients()
    lazy, keen = clients.attach_new(), clients.attach_new()
    for number in range(MAX_UNREAD + 2000):
        clients.connections.post_all(note(number))
        clients.run_loop()
        message, _ = keen.receive()
        assert message == note(number)
    assert clients.connections.watching_count == 1
    assert clients.handler.departures == ["gone"]
    lazy.close()


def test_what_a_slow_client_has_not_read_comes_when_it_reads_on() -> None:
    clients = Clients()
    slow = clients.attach_new()
    for number in range(3000):
        clients.connections.post_all(note(number))
    got = []
    while len(got) < 3000:
        got.append(slow.receive()[0])
        clients.run_loop()
    assert got == [note(number) for number in range(3000)]


def test_descriptors_that_were_never_sent_are_closed() -> None:
    clients = Clients()
    slow = clients.attach_new()
    for number in range(2000):
        clients.connections.post_all(note(number))
    connection = next(iter(clients.connections))
    fd = os.memfd_create("never-sent")
    clients.connections.post(connection, note(0), fd)
    os.close(fd)
    assert open_descriptors("never-sent") == 1
    slow.close()
    clients.run_loop()
    assert open_descriptors("never-sent") == 0


def test_a_read_only_client_commands_nothing_and_keeps_nothing_alive() -> None:
    clients = Clients()
    guest, owner = clients.attach_new(read_only=True), clients.attach_new()
    guest.send(Stop())
    guest.send(Apply(settings=Settings()))
    owner.send(Stop())
    clients.run_loop()
    assert clients.handler.executed == [Stop()]
    guest.send(Quit())
    clients.run_loop()
    assert clients.handler.departures == []
    owner.send(Quit())
    clients.run_loop()
    assert clients.handler.departures == ["quit"]


def test_the_ways_of_leaving_are_distinguished() -> None:
    clients = Clients()
    for departure, command in {"detached": Detach(), "hung-up": Detach(hangup=True), "gone": None}.items():
        connection = clients.attach_new()
        if command is not None:
            connection.send(command)
        else:
            connection.close()
        clients.run_loop()
        assert clients.handler.departures[-1] == departure
    assert clients.connections.watching_count == clients.connections.commanding_count == 0


def test_a_client_commands_nothing_before_it_attaches() -> None:
    clients = Clients()
    ours, theirs = wire_pair()
    clients.connections.add(theirs)
    wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    wire.send(Stop())
    clients.run_loop()
    assert clients.handler.executed == []


def test_a_flood_of_commands_leaves_the_others_their_turn() -> None:
    clients = Clients()
    flood, other = clients.attach_new(), clients.attach_new()
    flood._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    for _ in range(150):
        flood.send(Stop())
    other.send(Detach())
    for key, events in clients.selector.select(0):
        key.data(events)
    assert len(clients.handler.executed) < 150
    assert clients.handler.departures == ["detached"] or clients.connections.commanding_count == 1


def test_the_processes_of_attached_clients_are_known_and_those_of_askers_are_none_of_the_session() -> None:
    clients = Clients()
    assert clients.connections.client_pids == []
    asks, theirs = wire_pair()
    clients.connections.add(theirs)
    exporter, theirs = wire_pair()
    clients.connections.add(theirs, person=False)
    assert clients.connections.client_pids == []
    wire = clients.attach_new()
    assert clients.connections.client_pids == [os.getpid()]
    wire.close()
    clients.run_loop()
    assert clients.connections.client_pids == []
    for end in (asks, exporter):
        end.close()


def test_who_asks_where_engines_stand_need_not_be_attached() -> None:
    clients = Clients()
    ours, theirs = wire_pair()
    clients.connections.add(theirs)
    wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    wire.set_timeout(5)
    wire.send(AskStuck(native=True, protocol=3))
    clients.run_loop()
    ((connection, native),) = clients.handler.asked
    assert native
    clients.connections.enforce_deadlines()
    clients.connections.post(connection, StuckAnswer(session="a"))
    clients.run_loop()
    assert wire.receive()[0] == StuckAnswer(session="a")


def test_a_read_only_client_has_no_engine_stopped_for_native_stacks() -> None:
    clients = Clients()
    clients.attach_new()
    reader = clients.attach_new(read_only=True)
    reader.send(AskStuck(native=True))
    clients.run_loop()
    assert [native for _, native in clients.handler.asked] == [False]


def test_a_study_commands_its_turns_alone_and_counts_as_no_person() -> None:
    clients = Clients()
    person = clients.attach_new(protocol=PROTOCOL)
    ours, theirs = wire_pair()
    clients.connections.add(theirs, person=False, study_pid=os.getpid())
    study: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    study.send(Attach())
    clients.run_loop()
    assert (clients.connections.commanding_count, clients.connections.watching_count) == (1, 1)
    study.send(TakeTurn(turn=1, settings=Settings()))
    study.send(Stop())
    person.send(Rest())
    clients.run_loop()
    assert clients.handler.of_study == [TakeTurn(turn=1, settings=Settings())]
    assert clients.handler.executed == []
    reply = person.receive()[0]
    assert isinstance(reply, Denied)
    assert reply.reason == "only a study's own process takes turns and tells of them"
    person.send(Quit())
    clients.run_loop()
    assert clients.handler.departures == ["quit"], "the study keeps no session"


def test_what_a_study_said_last_is_read_before_its_end_is_told() -> None:
    clients = Clients()
    ours, theirs = wire_pair()
    connection = clients.connections.add(theirs, person=False, study_pid=os.getpid())
    study: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    study.send(Attach())
    study.send(Rest())
    study.close()
    clients.run_loop()
    assert clients.handler.of_study == [Rest()]
    assert clients.handler.studies_left == [connection]
    assert clients.handler.departures == []


def test_what_a_study_said_last_is_read_also_where_something_is_sent_to_it_after_its_end() -> None:
    clients = Clients()
    ours, theirs = wire_pair()
    connection = clients.connections.add(theirs, person=False, study_pid=os.getpid())
    study: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    study.send(Attach())
    clients.run_loop()
    study.send(Rest())
    study.close()
    for _ in range(3):
        clients.connections.post(connection, StuckAnswer(session="a"))
    assert clients.handler.studies_left == []
    clients.run_loop()
    assert clients.handler.of_study == [Rest()]
    assert clients.handler.studies_left == [connection]
