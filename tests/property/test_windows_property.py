"""A window's figures are those of the records that lie in it, however they came."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.latency.rolling_windows import SLOT_NS, SPANS_S, RollingWindows
from ovtui.metrics.latency.samples import measured_requests
from ovtui.records.record import Records, empty_records

PART = st.lists(st.tuples(st.integers(0, 200_000), st.integers(1, 5_000)), min_size=1, max_size=12)
PARTS = st.lists(PART, max_size=8)


def records(part: list[tuple[int, int]]) -> Records:
    """One record for each (done_ms, service_ms)."""
    rows = empty_records(len(part))
    done_ms, service_ms = np.array(part, np.int64).T
    rows["done_ns"] = done_ms * 1_000_000
    rows["submit_ns"] = rows["due_ns"] = (done_ms - service_ms) * 1_000_000
    return rows


@settings(max_examples=120)
@given(PARTS, st.lists(st.integers(0, 250_000), max_size=4))
def test_a_window_is_the_records_in_it(parts: list[list[tuple[int, int]]], moves_ms: list[int]) -> None:
    windows = RollingWindows()
    newest = -1
    for number, part in enumerate(parts):
        rows = records(part)
        windows.add(measured_requests(rows))
        newest = max(newest, int(rows["done_ns"].max()) // SLOT_NS)
        if number < len(moves_ms):
            windows.move_to(moves_ms[number] * 1_000_000)
            newest = max(newest, moves_ms[number] * 1_000_000 // SLOT_NS)
    # What came when its slot had left the longest window is not kept, so only the newest part can be held to all.
    every = [(done_ms * 1_000_000 // SLOT_NS, service_ms) for part in parts[-1:] for done_ms, service_ms in part]
    for span_s in SPANS_S:
        slots = span_s * 1_000_000_000 // SLOT_NS
        latency = windows.latency("service", span_s)
        inside = [service_ms for slot, service_ms in every if slot > newest - slots]
        assert latency.count >= len(inside)
        assert windows.counts("service", span_s).sum() == latency.count
        if inside:
            assert latency.max >= max(inside)
            assert latency.min <= min(inside)
        if len(parts) == 1:
            assert latency.count == len(inside)
