"""What is judged of lone runs does not depend on how a session is cut into updates, nor on when B is learnt."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SECOND, compiled, records, segment, spawned, update

from ovtui.metrics.digest import Digest
from ovtui.records.device_codes import AMBIGUOUS, CPU, STAND_IN
from ovtui.records.events import BatchingLearnt, BatchingPlan, Event
from ovtui.records.record import Flag
from ovtui.settings.changes import convert

REQUESTS = st.lists(
    st.tuples(
        st.sampled_from([0.2, 4.0, 30.0, 60.0, 400.0, 990.0]),
        st.sampled_from([1, 2]),
        st.sampled_from([CPU, STAND_IN, 0x20, AMBIGUOUS]),
        st.sampled_from([0, Flag.TIMED_OUT, Flag.WARM_UP, Flag.ERROR]),
        st.sampled_from([0, 1, 1, 1, 1, 4]),
    ),
    min_size=1,
    max_size=60,
)


def events() -> list[Event]:
    load = convert({"device": "AUTO:GPU,CPU", "hint": "throughput"})
    plan = BatchingPlan(size=None, exact=False, evidence="probe")
    second = convert({"device": "AUTO:GPU,CPU", "hint": "throughput", "batch_timeout_ms": 100})
    return [spawned(settings=load), compiled(batching=plan), segment(settings=load), segment(2, settings=second)]


@settings(max_examples=60, deadline=None)
@given(REQUESTS, st.lists(st.integers(0, 60), max_size=5), st.integers(0, 5), st.sampled_from([1, 4]))
def test_verdicts_do_not_depend_on_the_updates(
    requests: list[tuple[float, int, int, int, int]], cuts: list[int], learnt_with: int, size: int
) -> None:
    took_ms, of_segment, device, flags, sizes = (np.array(column) for column in zip(*requests, strict=True))
    rows = records(1000 + 700.0 * np.arange(len(requests)), took_ms, segment=of_segment, device=device, flags=flags)
    rows["batch_size"] = sizes
    learnt = BatchingLearnt(t_ns=3 * SECOND, engine=1, device="GPU.0", size=size)
    whole, parts = Digest(), Digest()
    whole.feed(update(rows, *events(), learnt, now_s=90, submitted=len(rows), finished=True))
    pieces = np.split(rows, sorted(min(cut, len(rows)) for cut in cuts))
    for number, piece in enumerate(pieces):
        new = [*(events() if number == 0 else []), *([learnt] if number == min(learnt_with, len(pieces) - 1) else [])]
        last = number == len(pieces) - 1
        parts.feed(update(piece, *new, now_s=90, submitted=len(rows), finished=last))
    assert whole.run.batches == parts.run.batches
    assert {n: group.batches for n, group in whole.segments.items()} == {
        n: group.batches for n, group in parts.segments.items()
    }
    assert whole.run.lone_runs_ms() == parts.run.lone_runs_ms()
    assert np.array_equal(whole.history.tail(60)["flags"], parts.history.tail(60)["flags"])
    for digest in (whole, parts):
        shares = digest.run.batches
        assert shares.batched + shares.timed_out + shares.single == shares.known
        kept = digest.history.tail(len(rows))
        marked = (kept["flags"] & Flag.TIMED_OUT != 0) & (kept["flags"] & (Flag.WARM_UP | Flag.ERROR) == 0)
        assert shares.timed_out == np.count_nonzero(marked & (kept["batch_size"] == 1))
