"""The host's end of its views, with sockets and without a host."""

from __future__ import annotations

import os
import selectors
import socket
from pathlib import Path

from samples import MS

from ovtui.host.client_protocol import Apply, Attach, Command, Detach, HostMessage, Quit, Stop
from ovtui.host.connections import MAX_UNREAD, Connection, Connections, Departure
from ovtui.records.events import Note
from ovtui.records.wire import Wire, wire_pair
from ovtui.settings.schema.settings import Settings


class Desk:
    def __init__(self) -> None:
        self.obeyed: list[Command] = []
        self.ways: list[Departure] = []

    def begin(self, view: Connection, command: object) -> None: ...

    def attach(self, view: Connection) -> None:
        view.subscribed = True

    def send_status(self, view: Connection) -> None: ...

    def execute(self, command: Command) -> None:
        self.obeyed.append(command)

    def commander_left(self, how: Departure) -> None:
        self.ways.append(how)


class Hall:
    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.desk = Desk()
        self.views = Connections(self.selector, self.desk)

    def enter(self, *, read_only: bool = False) -> Wire[HostMessage, Command]:
        ours, theirs = wire_pair()
        self.views.add(theirs)
        wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
        wire.set_timeout(5)
        wire.send(Attach(read_only=read_only))
        self.turn()
        return wire

    def turn(self) -> None:
        """Everything that is ready, until nothing is."""
        while ready := self.selector.select(0):
            for key, events in ready:
                key.data(events)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def note(number: int) -> Note:
    return Note(t_ns=number * MS, severity="info", text="x" * 500)


def test_a_long_history_does_not_cut_off_the_view_that_asked_for_it() -> None:
    hall = Hall()
    wire = hall.enter()
    (view,) = hall.views
    view.backfill_messages = 2 * MAX_UNREAD
    for number in range(view.backfill_messages):
        hall.views.post(view, note(number))
    for number in range(view.backfill_messages):
        hall.turn()
        assert wire.receive()[0] == note(number)
    assert hall.desk.ways == []


def test_a_view_that_does_not_read_is_cut_off_and_the_others_are_served() -> None:
    hall = Hall()
    lazy, keen = hall.enter(), hall.enter()
    for number in range(MAX_UNREAD + 2000):
        hall.views.post_all(note(number))
        hall.turn()
        message, _ = keen.receive()
        assert message == note(number)
    assert hall.views.watching_count == 1
    assert hall.desk.ways == ["gone"]
    lazy.close()


def test_what_a_slow_view_has_not_read_yet_comes_when_it_reads_on() -> None:
    hall = Hall()
    slow = hall.enter()
    for number in range(3000):
        hall.views.post_all(note(number))
    got = []
    while len(got) < 3000:
        got.append(slow.receive()[0])
        hall.turn()
    assert got == [note(number) for number in range(3000)]


def test_descriptors_that_were_never_sent_are_closed() -> None:
    hall = Hall()
    slow = hall.enter()
    for number in range(2000):
        hall.views.post_all(note(number))
    view = next(iter(hall.views))
    descriptors = open_descriptors()
    fd = os.memfd_create("test")
    hall.views.post(view, note(0), fd)
    assert open_descriptors() == descriptors + 2
    slow.close()
    hall.turn()
    os.close(fd)
    assert open_descriptors() == descriptors - 2  # the view's two ends, too


def test_a_read_only_view_is_obeyed_in_nothing_and_keeps_nothing_alive() -> None:
    hall = Hall()
    guest, owner = hall.enter(read_only=True), hall.enter()
    guest.send(Stop())
    guest.send(Apply(settings=Settings()))
    owner.send(Stop())
    hall.turn()
    assert hall.desk.obeyed == [Stop()]
    guest.send(Quit())
    hall.turn()
    assert hall.desk.ways == []
    owner.send(Quit())
    hall.turn()
    assert hall.desk.ways == ["quit"]


def test_how_a_view_left_is_told_apart() -> None:
    hall = Hall()
    for way, command in {"detached": Detach(), "hung-up": Detach(hangup=True), "gone": None}.items():
        view = hall.enter()
        if command is not None:
            view.send(command)
        else:
            view.close()
        hall.turn()
        assert hall.desk.ways[-1] == way
    assert hall.views.watching_count == hall.views.commanding_count == 0


def test_one_that_has_not_said_what_it_is_commands_nothing() -> None:
    hall = Hall()
    ours, theirs = wire_pair()
    hall.views.add(theirs)
    wire: Wire[HostMessage, Command] = Wire(ours, HostMessage)
    wire.send(Stop())
    hall.turn()
    assert hall.desk.obeyed == []


def test_a_flood_of_commands_leaves_the_others_their_turn() -> None:
    hall = Hall()
    flood, other = hall.enter(), hall.enter()
    flood._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    for _ in range(150):
        flood.send(Stop())
    other.send(Detach())
    for key, events in hall.selector.select(0):
        key.data(events)
    assert len(hall.desk.obeyed) < 150
    assert hall.desk.ways == ["detached"] or hall.views.commanding_count == 1
