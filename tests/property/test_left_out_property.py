"""What the warm-up rule leaves out follows from the requests alone: for any cut into updates, and with requests that
are seen late, held up for seconds, or failed, the counted latencies are those of the requests that are not marked."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SECOND, started, update

from ovtui.metrics.digest import Digest
from ovtui.records.record import Flag, Records, empty_records, join_records, response_ms

COUNT = 1200


def cold_start(seed: int, cold: float, held: int, late: int) -> Records:
    """16 infer requests on an engine that gets `cold` times faster within 0.6 s. Of its first requests some are `held`
    for seconds; completions are seen up to `late` ms late."""
    rng = np.random.default_rng(seed)
    rows = empty_records(COUNT)
    n = np.arange(COUNT)
    rows["seq"] = rows["order"] = n
    rows["submit_ns"] = rows["due_ns"] = 360_000_000 + n * 2_500_000 - np.minimum(n, 16) * 2_400_000
    took_ms = 5 * (1 + cold * np.exp(-n / 60)) * rng.lognormal(0, 0.05, COUNT)
    took_ms[rng.integers(0, 16, held)] = 2_400
    rows["done_ns"] = rows["submit_ns"] + (took_ms * 1e6).astype(np.int64)
    rows["infer_us"] = took_ms * 1e3
    rows["segment"], rows["device"], rows["batch_size"] = 1, 16, 1
    rows["flags"][rng.integers(0, COUNT, 5)] = Flag.ERROR
    rows["flags"][0] = Flag.WARM_UP
    return join_records([rows[np.argsort(rows["done_ns"] + rng.integers(0, late * 1_000_000 + 1, COUNT))]])


@settings(max_examples=60)
@given(
    st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 4.0]), st.integers(0, 3), st.sampled_from([0, 10, 60]),
    st.lists(st.integers(0, COUNT), max_size=12),
)  # fmt: skip
def test_the_marked_requests_are_those_left_out(seed: int, cold: float, held: int, late: int, cuts: list) -> None:
    rows = cold_start(seed, cold, held, late)
    end_s = int(rows["done_ns"].max()) / SECOND
    live, recorded = Digest(), Digest()
    live.feed(update(None, *started(device="CPU", execution=["CPU"]), now_s=0.36))
    for part in np.split(rows, sorted(cuts)):
        live.feed(update(part, now_s=end_s, submitted=COUNT))
    live.feed(update(now_s=end_s, submitted=COUNT, finished=True))
    recorded.feed(update(rows, *started(device="CPU", execution=["CPU"]), now_s=end_s, submitted=COUNT, finished=True))
    assert live.snapshot().warm_up == recorded.snapshot().warm_up
    assert live.run.latency == recorded.run.latency
    for digest in (live, recorded):
        marked = rows.copy()
        digest.mark_left_out(marked)
        kept = response_ms(rows[marked["flags"] & (Flag.LEFT_OUT | Flag.ERROR) == 0])
        latency = digest.run.latency["response"]
        assert (latency.count, latency.max) == (len(kept), round(float(kept.max()), 6))
        assert np.count_nonzero(marked["flags"] & Flag.LEFT_OUT) == digest.snapshot().warm_up.requests
        assert len(digest.newest_requests(None)) == len(kept)
