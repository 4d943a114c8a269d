"""The ring compared with a plain list, over random sequences of writes and reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ovtui.records.ring.ring import RingReader, RingWriter
from ovtui.records.ring.ring_memory import create_memory

CAPACITY = 8
STEPS = st.lists(
    st.tuples(st.just("write"), st.integers(0, 3 * CAPACITY))
    | st.tuples(st.just("read"), st.none() | st.integers(0, CAPACITY + 2)),
    max_size=40,
)


@given(STEPS)
def test_a_reader_takes_each_record_once_or_counts_it_as_lost(steps: list[tuple[str, int | None]]) -> None:
    fd = create_memory(CAPACITY)
    writer, reader = RingWriter(fd), RingReader(fd)
    written, passed, taken = 0, 0, 0
    for what, count in steps:
        if what == "write":
            for n in range(written, written + (count or 0)):
                writer.write(n, n + 1, -n, n, n * 2, n / 4, n % 7, n % 5, 1, 2, 3, 16, 0, 0.0, 0.0)
            written += count or 0
            continue
        records = reader.read(count)
        # All but the newest CAPACITY - 1 are overwritten, or may be at any moment.
        oldest = max(passed, written - CAPACITY + 1)
        if len(records):
            seq = records["seq"].tolist()
            assert seq == list(range(oldest, oldest + len(records)))
            assert records["order"].tolist() == [n + 1 for n in seq]
            assert records["due_ns"].tolist() == [-n for n in seq]
            assert records["infer_us"].tolist() == [n / 4 for n in seq]
            passed = oldest + len(records)
        else:
            passed = max(passed, taken + reader.lost)
        taken += len(records)
        assert len(records) <= (written if count is None else count)
        assert taken + reader.lost == passed <= written
        if count is None:
            assert passed == written
    assert reader.written == written
