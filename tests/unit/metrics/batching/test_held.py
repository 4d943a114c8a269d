"""Full batches that were held until the timer, in every figure of batching."""

from __future__ import annotations

import numpy as np
import pytest
from samples import MS, SECOND, records, started, update

from ovtui.metrics.batching.batch_runs import Certainty, RunReason, batches_of
from ovtui.metrics.batching.run_kind import histograms_by_run_kind
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.records.record import Flag, Records, flags_text, join_records
from ovtui.settings.schema.settings import Settings

TIMEOUT_MS = 200


def batch(number: int, at_ms: float, *, held: bool = False) -> Records:
    """Four requests, submitted 1 ms apart, which run for 5 ms: at once, or after the timeout."""
    submit_ms = at_ms + np.arange(4)
    done_ms = submit_ms[-1] + 5 + (TIMEOUT_MS if held else 0)
    rows = records(
        [done_ms] * 4, done_ms - submit_ms, batch_id=number, batch_size=4, segment=1,
        flags=int(Flag.HELD) if held else 0,
    )  # fmt: skip
    rows["seq"] = 4 * number + np.arange(4)
    return rows


def run() -> Records:
    """Nine batches, of which one was held, and four requests that the timer ran alone."""
    parts = [batch(number, 400.0 + 300 * number, held=number == 5) for number in range(1, 10)]
    alone = records(3800 + np.arange(4), 105.0, flags=int(Flag.TIMED_OUT), segment=1)
    return join_records([*parts, alone])


def digest() -> Digest:
    settings = Settings(device="BATCH:CPU(4)", batch_timeout_ms=TIMEOUT_MS, warm_up="first")
    found = Digest()
    found.feed(update(run(), *started(settings, device="BATCH:CPU(4)", execution=["CPU"]), now_s=5, submitted=40))
    return found


def test_the_shares_add_up_and_the_held_ones_are_a_class_of_their_own() -> None:
    shares = digest().in_force.group.batches
    assert (shares.known, shares.full, shares.held, shares.timed_out, shares.single) == (40, 32, 4, 4, 0)
    assert (shares.batched, shares.batches, shares.held_batches) == (36, 9, 1)
    assert shares.full + shares.held + shares.timed_out + shares.single == shares.known


def test_the_waiting_cost_and_the_first_wait_hold_the_timer() -> None:
    shares = digest().run.batches
    # 3 + 2 + 1 ms in each batch, the timeout for four, and 100 of 105 ms for each timer run.
    assert shares.cost_ms == pytest.approx((9 * 6 + 4 * TIMEOUT_MS + 4 * 100) / 40)
    assert shares.cost_certainty is Certainty.ESTIMATED
    assert shares.first_wait.max == pytest.approx(3 + TIMEOUT_MS)
    assert shares.first_wait.p50 == pytest.approx(3, rel=0.01)
    assert shares.held_wait_ms == pytest.approx(TIMEOUT_MS + 1.5)
    held = build_result(digest()).batching.held
    assert held is not None
    assert (held.batches, held.requests, held.wait_ms) == (1, 4, shares.held_wait_ms)


def test_the_runs_of_the_lanes_say_the_same() -> None:
    rows, timeouts_ms = run(), digest().batch_timeouts_ms
    runs = batches_of(rows, None, timeouts_ms)
    (index,) = np.flatnonzero(runs.reason == RunReason.HELD)
    held = runs.batch(int(index), rows)
    assert (held.id, held.size, held.certainty) == (5, 4, Certainty.ESTIMATED)
    assert held.first_wait_ms == pytest.approx(3 + TIMEOUT_MS)
    assert held.run_ms == pytest.approx(5)
    assert held.hold_ns == TIMEOUT_MS * MS
    other = runs.batch(0, rows)
    assert (other.reason, other.hold_ns, other.run_ms) == (RunReason.FULL, 0, pytest.approx(5))


def test_a_second_with_a_held_batch_shows_it() -> None:
    series = digest().per_second_batching.series(3 * SECOND, 2)
    assert series.t_s.tolist() == [1, 2]
    assert series.held.tolist() == pytest.approx([0, 1 / 4])
    assert (series.full + series.held + series.timer).tolist() == pytest.approx([1, 1])
    assert series.max_ms.tolist() == pytest.approx([3, 3 + TIMEOUT_MS])


def test_the_distribution_and_the_table_name_them() -> None:
    rows = run()
    counts = {name: histogram.count for name, histogram in histograms_by_run_kind(rows, "service").items()}
    assert counts == {"timer runs": 4, "full batches": 32, "full, held": 4}
    assert {flags_text(int(flags)) for flags in rows["flags"]} == {"", "held", "timer"}
