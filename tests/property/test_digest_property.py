"""A Digest's figures do not depend on how the records were cut into updates, and no record is counted twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.digest import Digest
from ovtui.records.record import Flag, empty_records
from ovtui.records.source import Update

RECORDS = st.lists(
    st.tuples(
        st.integers(1, 10_000),
        st.integers(0, 5_000),
        st.integers(1, 5),
        st.sampled_from([0x10, 0x11, 0x20, 0xFF]),
        st.sampled_from([0, Flag.WARM_UP, Flag.ERROR, Flag.LATE, Flag.LATE | Flag.ERROR]),
        st.sampled_from([0, 1, 4]),
    ),
    max_size=80,
)
NAMES = ("service_ms", "done_ms", "segment", "device", "flags", "batch_size")


@settings(max_examples=80)
@given(RECORDS, st.lists(st.integers(0, 80), max_size=6))
def test_figures_do_not_depend_on_the_updates(requests: list, cuts: list[int]) -> None:
    rows = empty_records(len(requests))
    for i, (service_ms, done_ms, segment, device, flags, size) in enumerate(requests):
        rows["done_ns"][i], rows["submit_ns"][i] = done_ms * 1_000_000, (done_ms - service_ms) * 1_000_000
        rows["due_ns"][i], rows["infer_us"][i] = rows["submit_ns"][i], service_ms * 1e3
        rows["segment"][i], rows["device"][i], rows["flags"][i], rows["batch_size"][i] = segment, device, flags, size
    whole, parts = Digest(), Digest()
    whole.feed(Update(6 * 10**9, rows, [], len(rows), 0))
    for part in np.split(rows, sorted(min(cut, len(rows)) for cut in cuts)):
        parts.feed(Update(6 * 10**9, part, [], len(rows), 0))
    one, other = whole.snapshot(), parts.snapshot()
    assert one.completed == other.completed == len(rows)
    assert (one.errors, one.late, one.throughput) == (other.errors, other.late, other.throughput)
    assert one.latency == other.latency
    devices = {code: group.latency for code, group in whole.devices.items()}
    assert devices == {code: group.latency for code, group in parts.devices.items()}
    good = [request for request in requests if not request[4] & (Flag.WARM_UP | Flag.ERROR)]
    assert one.latency["service"].count == len(good)
    assert sum(latency["response"].count for latency in devices.values()) == len(good)
    assert sum(group.measured for group in whole.segments.values()) == len(good)
    for number, group in whole.segments.items():
        assert group.measured == sum(request[2] == number for request in good)
        assert group.batches == parts.segments[number].batches
    if good:
        assert one.latency["service"].max == max(request[0] for request in good)
        assert one.latency["service"].min == min(request[0] for request in good)
