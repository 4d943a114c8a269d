"""Timeline's columns against the same columns cut from the list of requests by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovtui.metrics.latency.samples import measured_requests
from ovtui.metrics.latency.time_bins import FINE_NS, TimeBins
from ovtui.records.record import empty_records

MS = 1_000_000
REQUESTS = st.lists(
    st.tuples(st.integers(0, 30_000), st.floats(0.02, 9_000), st.sampled_from([0x10, 0x11, 0x20])), max_size=60
)


@settings(max_examples=60)
@given(st.lists(REQUESTS, max_size=4), st.integers(1, 400), st.integers(1, 600), st.integers(1, 40))
def test_columns_agree_with_the_list(batches: list, end_bin: int, span_bins: int, n: int) -> None:
    timeline = TimeBins()
    for batch in batches:
        rows = empty_records(len(batch))
        rows["done_ns"] = [done_ms * MS for done_ms, _, _ in batch]
        rows["infer_us"] = [value_ms * 1e3 for _, value_ms, _ in batch]
        rows["device"] = [device for _, _, device in batch]
        timeline.add_measured(measured_requests(rows))
    columns = timeline.columns("inference", end_bin * FINE_NS, span_bins * FINE_NS, n)
    assert len(columns.edges_s) == n + 1
    everything = [request for batch in batches for request in batch]
    for i in range(n):
        low = round(columns.edges_s[i] * 1e9 / FINE_NS)
        high = max(round(columns.edges_s[i + 1] * 1e9 / FINE_NS), low + 1)
        mine = [one for one in everything if low <= one[0] * MS // FINE_NS < high]
        assert columns.count[i] == len(mine)
        if not mine:
            assert math.isnan(columns.p50_ms[i])
            assert math.isnan(columns.worst_ms[i])
            assert columns.device[i] == 0
            continue
        values = np.sort([np.float32(value_ms * 1e3) / 1e3 for _, value_ms, _ in mine])
        assert columns.worst_ms[i] == pytest.approx(values[-1], rel=1e-6)
        assert columns.p50_ms[i] == pytest.approx(values[(len(values) + 1) // 2 - 1], rel=0.035)
        shares = [device for _, _, device in mine]
        assert shares.count(int(columns.device[i])) == max(shares.count(device) for device in shares)
