from __future__ import annotations

import contextlib
import gc
import os
import socket
from pathlib import Path

import msgspec
import pytest

from ovtui.records.wire import MESSAGE_BYTES, UnknownMessage, UnreadableMessage, Wire, WireClosed, wire_pair


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    text: str


class Count(msgspec.Struct, frozen=True, tag="count"):
    number: int


Message = Hello | Count
LARGEST = MESSAGE_BYTES - len(msgspec.msgpack.encode(Hello(text="x" * 70_000))) + 70_000
"""Length of a text that makes a message of exactly MESSAGE_BYTES."""


@pytest.fixture
def ends():
    ours, theirs = wire_pair()
    with contextlib.closing(ours), contextlib.closing(theirs):
        yield ours, theirs


def wires(ends: tuple[socket.socket, socket.socket]) -> tuple[Wire, Wire]:
    one, other = (Wire(end, Message) for end in ends)
    for wire in (one, other):
        wire.set_timeout(0)
    return one, other


def open_descriptors() -> int:
    gc.collect()  # what other tests have left would be closed in between
    return len(list(Path("/proc/self/fd").iterdir()))


def test_messages_arrive_whole_typed_and_in_order(ends) -> None:
    one, other = wires(ends)
    sent = [Hello(text="a"), Count(number=7), Hello(text="")]
    for message in sent:
        one.send(message)
    assert [other.receive() for _ in sent] == [(message, None) for message in sent]


def test_both_sides_may_speak(ends) -> None:
    one, other = wires(ends)
    one.send(Count(number=1))
    other.send(Count(number=2))
    assert one.receive() == (Count(number=2), None)
    assert other.receive() == (Count(number=1), None)


def test_nothing_to_receive_does_not_block(ends) -> None:
    with pytest.raises(BlockingIOError):
        wires(ends)[0].receive()


def test_a_wait_that_is_too_long_ends(ends) -> None:
    one, _ = wires(ends)
    one.set_timeout(0.001)
    with pytest.raises(TimeoutError):
        one.receive()


def test_the_largest_message_passes_and_one_byte_more_is_refused_before_it_is_sent(ends) -> None:
    one, other = wires(ends)
    largest = Hello(text="x" * LARGEST)
    one.send(largest)
    assert other.receive() == (largest, None)
    with pytest.raises(ValueError, match="over the limit"):
        one.send(Hello(text="x" * (LARGEST + 1)))
    with pytest.raises(BlockingIOError):
        other.receive()


def test_a_peer_that_does_not_read_never_blocks_the_sender(ends) -> None:
    one, _ = wires(ends)
    sent = 0
    with contextlib.suppress(BlockingIOError):
        for sent in range(10_000):  # noqa: B007
            one.send(Hello(text="x" * 1000))
    assert 10 < sent < 9_999
    with pytest.raises(BlockingIOError):
        one.send(Hello(text="x" * 1000))


def test_a_descriptor_travels_with_its_message(ends) -> None:
    one, other = wires(ends)
    read_end, write_end = os.pipe()
    one.send(Count(number=1), fd=write_end)
    os.close(write_end)
    message, fd = other.receive()
    assert message == Count(number=1)
    assert fd is not None
    os.write(fd, b"through")
    os.close(fd)
    assert os.read(read_end, 100) == b"through"
    os.close(read_end)


def test_a_received_descriptor_is_not_inherited(ends) -> None:
    one, other = wires(ends)
    one.send(Count(number=1), fd=0)
    _, fd = other.receive()
    assert fd is not None
    assert not os.get_inheritable(fd)
    os.close(fd)


def test_a_closed_peer_is_told_on_both_ways(ends) -> None:
    one, other = wires(ends)
    one.send(Count(number=1))
    one.close()
    assert other.receive() == (Count(number=1), None)
    with pytest.raises(WireClosed):
        other.receive()
    with pytest.raises(WireClosed):
        other.send(Count(number=2))


def test_a_peer_that_dies_with_unread_messages_is_closed_too(ends) -> None:
    one, other = wires(ends)
    other.send(Count(number=1))
    one.send(Hello(text="the last"))
    one.close()
    assert other.receive() == (Hello(text="the last"), None)
    with pytest.raises(WireClosed):
        other.receive()


@pytest.mark.parametrize(
    "data",
    [
        b"\x00",
        b"not msgpack at all",
        msgspec.msgpack.encode({"type": "hello"}),
        msgspec.msgpack.encode({"type": "x"}),
        b"\x91" * 100_000,
        b"\x82\xa4type\xa5hello\xa1y" + b"\x91" * 100_000,
        b"\x81\x81\x01\x01\x01",
    ],
    ids=["number", "text", "without-fields", "unknown-type", "nested", "nested-field", "map-as-key"],
)
def test_what_is_not_a_message_is_refused_and_its_descriptor_closed(ends, data: bytes) -> None:
    ours, _ = ends
    _, other = wires(ends)
    before = open_descriptors()
    socket.send_fds(ours, [data], [0])
    with pytest.raises(ValueError):  # noqa: PT011
        other.receive()
    assert open_descriptors() == before


def test_what_a_peer_of_another_version_sends_is_told_apart(ends) -> None:
    ours, _ = ends
    _, other = wires(ends)
    ours.send(msgspec.msgpack.encode({"type": "newer", "text": "a"}))
    with pytest.raises(UnknownMessage, match=r"^newer$"):
        other.receive()
    ours.send(msgspec.msgpack.encode({"type": "hello", "version": "9"}))
    with pytest.raises(UnreadableMessage, match=r"hello: .*text") as refused:
        other.receive()
    assert refused.value.fields["version"] == "9"
    ours.send(msgspec.msgpack.encode({"type": "hello", "text": "a", "more": [1]}))
    assert other.receive() == (Hello(text="a"), None)


def test_descriptors_that_are_not_taken_are_dropped(ends) -> None:
    ours, theirs = ends
    other: Wire = Wire(theirs, Message, takes_fds=False)
    before = open_descriptors()
    socket.send_fds(ours, [msgspec.msgpack.encode(Count(number=1))], [0] * 100)
    assert other.receive() == (Count(number=1), None)
    assert open_descriptors() == before


def test_an_oversized_message_is_refused_and_the_next_one_is_whole(ends) -> None:
    ours, _ = ends
    one, other = wires(ends)
    ours.send(b"x" * (MESSAGE_BYTES + 1))
    one.send(Count(number=3))
    with pytest.raises(ValueError, match="oversized"):
        other.receive()
    assert other.receive() == (Count(number=3), None)


def test_a_wire_can_wait_in_a_selector(ends) -> None:
    one, other = wires(ends)
    assert one.fileno() == ends[0].fileno()
    assert other.fileno() == ends[1].fileno()
