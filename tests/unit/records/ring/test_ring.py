from __future__ import annotations

import mmap
import multiprocessing
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from ovtui.records.record import RECORD
from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import CAPACITY, HEADER_BYTES, RECORD_BYTES, RingCounters, create_memory


def ring(capacity: int = 8) -> tuple[RingWriter, RingReader]:
    fd = create_memory(capacity)
    writer = RingWriter(fd)
    return writer, RingReader(fd)


def write(writer: RingWriter, first: int, count: int) -> None:
    for n in range(first, first + count):
        writer.write(n, n, 3 * n, 5 * n, 7 * n, float(n % 1000), n % 2**32, n % 2**16, 1, 1, 0, 16, 0, 0.0, 0.0)


def test_an_empty_ring_reads_nothing() -> None:
    _, reader = ring()
    records = reader.read()
    assert len(records) == 0
    assert records.dtype == RECORD
    assert reader.lost == 0


def test_records_are_read_once_and_in_order() -> None:
    writer, reader = ring()
    write(writer, 0, 3)
    assert reader.read()["seq"].tolist() == [0, 1, 2]
    assert len(reader.read()) == 0
    write(writer, 3, 2)
    assert reader.read()["seq"].tolist() == [3, 4]


def test_a_limit_leaves_the_rest_for_the_next_read() -> None:
    writer, reader = ring()
    write(writer, 0, 5)
    assert reader.read(2)["seq"].tolist() == [0, 1]
    assert reader.read(2)["seq"].tolist() == [2, 3]
    assert reader.read()["seq"].tolist() == [4]


def test_a_read_across_the_end_of_the_memory() -> None:
    writer, reader = ring()
    write(writer, 0, 6)
    reader.read()
    write(writer, 6, 6)
    assert reader.read()["seq"].tolist() == [6, 7, 8, 9, 10, 11]
    assert reader.lost == 0


def test_a_reader_that_was_lapped_says_how_many_it_missed() -> None:
    writer, reader = ring(8)
    write(writer, 0, 20)
    records = reader.read()
    # The slot after the head may be under the writer's pen: 7 of 8 are sure.
    assert records["seq"].tolist() == list(range(13, 20))
    assert reader.lost == 13


def test_readers_do_not_know_of_each_other() -> None:
    fd = create_memory(8)
    writer, one, other = RingWriter(fd), RingReader(os.dup(fd)), RingReader(fd)
    write(writer, 0, 3)
    assert len(one.read()) == 3
    assert len(other.read()) == 3


def test_what_was_read_does_not_change_when_the_writer_goes_on() -> None:
    writer, reader = ring(8)
    write(writer, 0, 4)
    records = reader.read()
    write(writer, 4, 8)
    assert records["seq"].tolist() == [0, 1, 2, 3]


def test_submitted_and_written_are_seen_from_the_header() -> None:
    fd = create_memory(8)
    writer, counters = RingWriter(fd), RingCounters(fd)
    write(writer, 0, 3)
    writer.publish_submitted(5)
    reader = RingReader(fd)
    assert (reader.written, reader.submitted) == (3, 5)
    assert (counters.written, counters.submitted) == (3, 5)


def test_a_writer_goes_on_where_the_one_before_stopped() -> None:
    fd = create_memory(8)
    write(RingWriter(fd), 0, 3)
    write(RingWriter(fd), 3, 2)
    assert RingReader(fd).read()["seq"].tolist() == [0, 1, 2, 3, 4]


def test_the_memory_has_no_name_and_its_size_is_sealed() -> None:
    fd = create_memory(8)
    assert str(Path(f"/proc/self/fd/{fd}").readlink()).startswith("/memfd:")  # in no folder
    assert os.fstat(fd).st_size == HEADER_BYTES + 8 * RECORD_BYTES
    assert stat.S_ISREG(os.fstat(fd).st_mode)
    for size in (0, 1 << 20):
        with pytest.raises(PermissionError):
            os.ftruncate(fd, size)
    os.close(fd)


def test_a_reader_cannot_write() -> None:
    _, reader = ring()
    with pytest.raises((TypeError, ValueError)):
        reader._slots[0] = 1


@pytest.mark.parametrize("capacity", [3, 6, 1000])
def test_a_capacity_that_is_no_power_of_two_is_refused(capacity: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        create_memory(capacity)


def test_the_ring_holds_five_seconds_at_the_highest_rate() -> None:
    assert CAPACITY >= 5 * 50_000
    assert mmap.PAGESIZE <= HEADER_BYTES or HEADER_BYTES % 4096 == 0


def _write_from_another_process(fd: int, count: int) -> None:
    write(RingWriter(fd), 0, count)


@pytest.mark.parametrize("capacity", [16, 4096])
def test_a_reader_beside_a_running_writer_takes_no_torn_record(capacity: int) -> None:
    """The writer is another process and overtakes the reader. Every record read must be complete, and every record
    missed must be counted."""
    count = 30_000
    fd = create_memory(capacity)
    reader = RingReader(os.dup(fd))
    writer = multiprocessing.get_context("fork").Process(target=_write_from_another_process, args=(fd, count))
    writer.start()
    taken, newest = 0, -1
    try:
        while taken + reader.lost < count:
            ended = not writer.is_alive()
            records = reader.read()
            seq = records["seq"].astype(np.int64)
            assert (np.diff(seq) == 1).all()
            if len(seq):
                assert seq[0] > newest
                newest = int(seq[-1])
            for name, factor in {"order": 1, "due_ns": 3, "submit_ns": 5, "done_ns": 7}.items():
                assert (records[name].astype(np.int64) == seq * factor).all(), name
            assert (records["infer_us"] == seq % 1000).all()
            taken += len(records)
            assert not (ended and len(records) == 0), "the writer has ended and records are missing"
    finally:
        writer.join()
        os.close(fd)
    assert taken + reader.lost == count == reader.written


def _keep_four_in_flight(fd: int, count: int) -> None:
    """In the order of the load thread: a completion is written before the next submission is counted."""
    writer = RingWriter(fd)
    writer.publish_submitted(4)
    for n in range(count):
        writer.write(n, n, 0, 0, 0, 0.0, 0, 0, 1, 1, 0, 16, 0, 0.0, 0.0)
        writer.publish_submitted(n + 5)


@pytest.mark.parametrize("limit", [None, 7])
def test_no_more_are_in_flight_than_there_ever_were(limit: int | None) -> None:
    """The header's count goes on while records are copied; the two combined once showed 5 of 4 requests in flight."""
    count = 100_000
    fd = create_memory(1 << 17)
    reader = RingReader(os.dup(fd))
    writer = multiprocessing.get_context("fork").Process(target=_keep_four_in_flight, args=(fd, count))
    writer.start()
    try:
        while reader.position < count:
            reader.read(limit)
            assert 0 <= reader.submitted_as_read - reader.position <= 4
            assert writer.is_alive() or reader.position < count or reader.submitted_as_read == count + 4
    finally:
        writer.join()
        os.close(fd)
    reader.read()
    assert reader.submitted_as_read == reader.submitted == count + 4
