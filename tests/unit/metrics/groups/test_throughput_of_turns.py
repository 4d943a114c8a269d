"""Throughput of the turns of a study: each is a segment that ends with the halt of its load, and the time in between
belongs to none."""

from __future__ import annotations

import numpy as np
import pytest
from samples import SECOND
from test_throughput import begun, closed_loop, digest_of, due_at, load

from ovtui.metrics.result.build import build_result
from ovtui.records.events import Event, TurnBegan, TurnEnded
from ovtui.records.record import Records, join_records
from ovtui.settings.schema.settings import Settings

CUTS = pytest.mark.parametrize("seed", [None, *range(6)])


def turn(settings: Settings, number: int, from_s: float, until_s: float, *, drained_s: float, dropped: int = 0,
         engine: int = 1) -> list[Event]:  # fmt: skip
    """Served as segment `number + 1`."""
    return [
        begun(settings, number + 1, t_s=from_s, engine=engine),
        TurnBegan(t_ns=round(from_s * SECOND) + 1, turn=number, segment=number + 1, engine=engine),
        TurnEnded(t_ns=round(drained_s * SECOND), turn=number, halted_ns=round(until_s * SECOND), dropped=dropped),
    ]


def of_segments(events: list[Event], rows: Records, seed: int | None) -> dict[int, tuple[float | None, float | None]]:
    result = build_result(digest_of(events, rows, seed))
    return {segment.segment: (segment.duration_s, segment.throughput) for segment in result.segments}


def moved(rows: Records, by_s: float) -> Records:
    for name in ("done_ns", "submit_ns", "due_ns"):
        rows[name] += round(by_s * SECOND)
    return rows


@CUTS
def test_of_a_closed_loop_what_came_back_until_the_halt(seed: int | None) -> None:
    """Rounds of 4 in 100 ms. Turn 1 halts at 3.05 s, in the middle of a round, which comes back at 3.1 s."""
    settings = Settings(nireq=4)
    events = [
        *load(settings),
        TurnEnded(t_ns=2 * SECOND, turn=0, halted_ns=2 * SECOND),
        *turn(settings, 1, 2.0, 3.05, drained_s=3.1),
        *turn(settings, 2, 8.0, 9.0, drained_s=9.0),
    ]
    rows = join_records([
        closed_loop(10, 4, 100),
        moved(closed_loop(11, 4, 100, segment=2), 1.0),
        moved(closed_loop(10, 4, 100, segment=3), 7.0),
    ])  # fmt: skip
    found = of_segments(events, rows, seed)
    assert found[1] == (1.0, 40.0)
    assert found[2] == (1.05, pytest.approx(40 / 1.05, abs=1e-3)), "what drained is no part of it, nor of the next"
    assert found[3] == (1.0, 40.0)
    result = build_result(digest_of(events, rows, seed))
    assert (result.duration_s, result.throughput) == (3.05, pytest.approx(120 / 3.05, abs=1e-3)), "not the rest"


@CUTS
@pytest.mark.parametrize("dropped", [0, 50])
def test_of_an_open_loop_what_came_due_or_what_came_back_where_some_waited(seed: int | None, dropped: int) -> None:
    settings = Settings(rate=100.0)
    events = [
        *load(settings),
        TurnEnded(t_ns=round(2.001 * SECOND), turn=0, halted_ns=2 * SECOND, dropped=dropped),
        *turn(settings, 1, 4.0, 5.0, drained_s=5.001),
    ]
    rows = join_records([due_at(1 + np.arange(100) / 100, 35.0), due_at(4 + np.arange(100) / 100, 15.0, segment=2)])
    found = of_segments(events, rows, seed)
    assert found[1] == (1.0, 97.0 if dropped else 100.0), "three were in flight at the halt"
    assert found[2] == (1.0, 100.0), "nothing of the turn before"


def test_an_engine_that_dies_while_it_waits_for_its_turn_ends_no_span() -> None:
    settings = Settings(nireq=4)
    events = [*load(settings), TurnEnded(t_ns=2 * SECOND, turn=0, halted_ns=2 * SECOND)]
    again = TurnEnded(t_ns=9 * SECOND, turn=0, halted_ns=2 * SECOND)
    assert of_segments([*events, again], closed_loop(10, 4, 100), None)[1] == (1.0, 40.0)
