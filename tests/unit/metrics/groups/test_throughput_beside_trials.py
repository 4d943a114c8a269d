"""Throughput of a run in which a trial served: the segments before and after it have none of its time, and the run has
all of it."""

from __future__ import annotations

import numpy as np
import pytest
from samples import SECOND, compiled, spawned, update
from test_throughput import begun, closed_loop, digest_of, due_at, load, over

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Result
from ovtui.records.events import EngineExited, Event, LoadEnded, TrialBegan, TrialEnded, TrialSide, TrialTurn
from ovtui.records.record import Records, join_records
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

CUTS = pytest.mark.parametrize("seed", [None, *range(6)])


def turns(settings: Settings, *began_s: float) -> list[Event]:
    """A trial whose sides B (segment 2, engine 2) and A (segment 3, engine 1) begin a turn at each of these times. The
    host tells of a turn, then the engine of its segment."""
    b = with_changes(settings, {"hint": "latency"})
    found: list[Event] = [
        spawned(2, 2.0, b),
        TrialBegan(t_ns=2 * SECOND, trial=1, engine=2, a=settings, b=b, changes=["hint"], limit_s=30),
        compiled(2, 2.5, device="CPU", execution=["CPU"]),
    ]
    for number, t_s in enumerate(began_s):
        side: TrialSide = "A" if number % 2 else "B"
        engine, segment = (1, 3) if side == "A" else (2, 2)
        found.append(TrialTurn(t_ns=round(t_s * SECOND), trial=1, side=side, engine=engine, segment=segment))
        found.append(begun(b if side == "B" else settings, segment, t_s=t_s, engine=engine, trial=side))
    return found


def trial_over(t_s: float) -> TrialEnded:
    return TrialEnded(t_ns=round(t_s * SECOND), trial=1, reason="done")


def rounds(count: int, round_ms: float, from_s: float, segment: int) -> Records:
    """Four in flight, from `from_s` on."""
    rows = closed_loop(count, 4, round_ms, segment=segment)
    for name in ("done_ns", "submit_ns", "due_ns"):
        rows[name] += round((from_s - 1) * SECOND)
    return rows


def segments_of(result: Result) -> list[tuple[int, float | None, float | None]]:
    return [(segment.segment, segment.duration_s, segment.throughput) for segment in result.segments]


def run_of(result: Result) -> tuple[float | None, float | None]:
    """Checked against its device's, which served all of it."""
    (device,) = result.by_device.values()
    assert device.throughput == result.throughput
    return result.duration_s, result.throughput


@CUTS
def test_a_closed_loop_around_a_trial(seed: int | None) -> None:
    """Turns B A B A from second 3 to 7.05. At its end four of A's requests are in flight: they come back in the segment
    that follows. Four more are in flight at the end of the load."""
    settings = Settings(device="CPU")
    events = [
        *load(settings), *turns(settings, 3.0, 4.0, 5.0, 6.0), trial_over(7.0), begun(settings, 4, t_s=7.05),
        over(9.05, "stopped"),
    ]  # fmt: skip
    rows = join_records([
        rounds(20, 100.0, 1.0, 1),
        rounds(20, 50.0, 3.0, 2), rounds(10, 100.0, 4.0, 3), rounds(20, 50.0, 5.0, 2), rounds(11, 100.0, 6.0, 3),
        rounds(20, 100.0, 7.1, 4),
    ])  # fmt: skip
    digest = digest_of(events, rows, seed)
    result = build_result(digest)
    assert segments_of(result) == [(1, 2.0, 40.0), (4, 2.0, 40.0)]
    a, b = digest.segment(3), digest.segment(2)
    assert (b.span_s, b.throughput) == (2.0, 80.0)
    assert (a.span_s, a.throughput) == (2.05, pytest.approx(80 / 2.05, abs=1e-3))
    assert run_of(result) == (8.05, pytest.approx((80 + 160 + 80 + 80) / 8.05, abs=1e-3))


@CUTS
def test_an_open_loop_around_a_trial(seed: int | None) -> None:
    settings = Settings(device="CPU", rate=10.0)
    events = [
        *load(settings), *turns(settings, 3.0, 4.0), trial_over(5.0), begun(settings, 4, t_s=5.0),
        over(6.0, "stopped"),
    ]  # fmt: skip
    due_s = 1 + np.arange(50) / 10
    digest = digest_of(events, due_at(due_s, segment=np.repeat([1, 2, 3, 4], [20, 10, 10, 10])), seed)
    result = build_result(digest)
    assert segments_of(result) == [(1, 2.0, 10.0), (4, 1.0, 10.0)]
    assert run_of(result) == (5.0, 10.0)


@CUTS
@pytest.mark.parametrize(("ended_s", "count"), [(3.93, 80 + 72), (None, 76 + 80)], ids=["by time", "by count"])
def test_a_load_that_ends_within_a_trial(ended_s: float | None, count: int, seed: int | None) -> None:
    """In B's turn: what is in flight at its end does not count. A number of requests ends with the last completion, and
    begins with the first of each infer request."""
    settings = Settings(device="CPU")
    end = over(ended_s, "duration" if ended_s else "requests")
    rows = join_records([rounds(20, 100.0, 1.0, 1), rounds(20, 50.0, 3.0, 2)])
    result = build_result(digest_of([*load(settings), *turns(settings, 3.0), end, trial_over(4.0)], rows, seed))
    span_s = 2.93 if ended_s else 2.9
    assert segments_of(result) == [(1, 2.0, 40.0)] if ended_s else [(1, 1.9, 40.0)]
    assert run_of(result) == (pytest.approx(span_s), pytest.approx(count / span_s, abs=1e-3))


def test_while_a_trial_runs_the_segment_in_force_stands_still() -> None:
    settings = Settings(device="CPU", slo="p99<150ms,throughput>30/s")
    digest = Digest()
    digest.feed(update(rounds(20, 100.0, 1.0, 1), *load(settings), now_s=3.0))
    before = digest.snapshot()
    rows = rounds(10, 400.0, 3.0, 2)
    digest.feed(update(rows, *turns(settings, 3.0), now_s=7.0))
    now = digest.snapshot()
    assert (now.segment_throughput, before.segment_throughput) == (40.0, 40.0)
    assert (now.elapsed_s, now.mean_throughput) == (6.0, 20.0)
    # Limits are held against the segment in force, not against what is tried.
    p99, throughput, _ = digest.slo()
    assert (p99.check.requests, p99.check.over, throughput.value) == (80, 0, 40.0)


def test_an_engine_that_dies_in_its_turn() -> None:
    """The time until A serves again is no part of the run, as after any engine that died."""
    settings = Settings(device="CPU")
    died = EngineExited(t_ns=round(3.5 * SECOND), engine=2, expected=False, code=-9)
    events = [
        *load(settings), *turns(settings, 3.0), died, trial_over(3.5), begun(settings, 4, t_s=4.0),
        LoadEnded(t_ns=9 * SECOND, engine=1, reason="stopped", submitted=0, ended_ns=6 * SECOND),
    ]  # fmt: skip
    rows = join_records([rounds(20, 100.0, 1.0, 1), rounds(10, 50.0, 3.0, 2), rounds(20, 100.0, 4.0, 4)])
    result = build_result(digest_of(events, rows))
    assert segments_of(result) == [(1, 2.0, 40.0), (4, 2.0, 40.0)]
    assert run_of(result) == (4.5, pytest.approx(200 / 4.5, abs=1e-3))
