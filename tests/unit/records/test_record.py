from __future__ import annotations

import numpy as np
import pytest

from ovtui.records.record import LATENCY_MS, RECORD, Flag, empty_records
from ovtui.records.ring.ring_memory import RECORD_BYTES, RECORD_STRUCT

FIELDS = {
    "seq": 2**64 - 1, "order": 2**63, "due_ns": -(2**63), "submit_ns": 2**62, "done_ns": 2**63 - 1, "infer_us": 1234.5,
    "batch_id": 2**32 - 1, "request": 2**16 - 1, "batch_size": 16, "segment": 3, "flags": int(Flag.LATE), "device": 255,
    "data_shape": 7, "reset_us": 2.25, "copy_us": 0.5,
}  # fmt: skip


def test_a_record_is_64_bytes() -> None:
    assert RECORD.itemsize == RECORD_STRUCT.size == RECORD_BYTES == 64


def test_the_packer_writes_what_numpy_reads() -> None:
    assert list(FIELDS) == list(RECORD.names or ())
    row = np.frombuffer(RECORD_STRUCT.pack(*FIELDS.values()), RECORD)[0]
    assert {name: row[name].item() for name in FIELDS} == FIELDS


def test_fields_do_not_overlap_and_are_aligned() -> None:
    end = 0
    for name in RECORD.names or ():
        dtype, offset = RECORD.fields[name][:2]
        assert offset >= end, name
        assert offset % dtype.itemsize == 0, name
        end = offset + dtype.itemsize


def test_flags_are_separate_bits_that_fit_the_field() -> None:
    recorded = [flag for flag in Flag if flag not in (Flag.OVERTAKEN, Flag.LEFT_OUT)]
    assert sum(recorded) == 511, "readers' flags lie above those of later versions"
    assert sum(Flag) <= np.iinfo(RECORD["flags"]).max
    assert all(flag.bit_count() == 1 for flag in Flag)


def test_the_three_latencies() -> None:
    rows = empty_records(2)
    rows["due_ns"], rows["submit_ns"], rows["done_ns"] = 1_000_000, 3_000_000, [10_000_000, 4_500_000]
    rows["infer_us"] = [6500, 250]
    found = {kind: latency(rows).tolist() for kind, latency in LATENCY_MS.items()}
    assert found == {"inference": [6.5, 0.25], "service": [7.0, 1.5], "response": [9.0, 3.5]}


def test_a_long_session_loses_no_precision() -> None:
    """A week in nanoseconds exceeds 2**49, so the difference must be taken before the conversion to float."""
    rows = empty_records(1)
    week_ns = 7 * 24 * 3600 * 10**9
    rows["submit_ns"], rows["done_ns"] = week_ns, week_ns + 1_000
    assert LATENCY_MS["service"](rows)[0] == pytest.approx(0.001, rel=1e-9)
