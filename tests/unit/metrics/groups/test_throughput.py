"""Throughput over the span of the load: its ends by the kind of load, what counts in it, and that neither depends on
how a session is cut into updates."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import numpy as np
import pytest
from samples import SECOND, began, compiled, device_changed, model_read, records, segment, spawned, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.device_codes import CPU, STAND_IN, code_of
from ovtui.records.events import EngineExited, Event, LoadEnded, SegmentBegan
from ovtui.records.record import Flag, Records, join_records
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

BEGAN_S = 1.0


def load(settings: Settings, *, nireq: int = 4, t_s: float = BEGAN_S, **rest: Any) -> list[Event]:
    """A session whose load begins at `t_s`."""
    return [
        began(settings),
        spawned(settings=settings),
        model_read(),
        compiled(device="CPU", execution=["CPU"]),
        begun(settings, 1, t_s=t_s, nireq=nireq, **rest),
    ]


def begun(settings: Settings, number: int, *, t_s: float, nireq: int = 4, engine: int = 1, **rest: Any) -> SegmentBegan:
    until_ns = int((BEGAN_S + settings.duration_s) * SECOND) if settings.duration_s else None
    return SegmentBegan(
        t_ns=int(t_s * SECOND), segment=number, engine=engine, first_seq=0, nireq=nireq, settings=settings,
        load_began_ns=int(BEGAN_S * SECOND), until_ns=until_ns, **rest,
    )  # fmt: skip


def over(ended_s: float | None, reason: Any = "requests", t_s: float = 90.0, **rest: Any) -> LoadEnded:
    ended_ns = None if ended_s is None else round(ended_s * SECOND)
    return LoadEnded(t_ns=int(t_s * SECOND), engine=1, reason=reason, submitted=0, ended_ns=ended_ns, **rest)


def due_at(due_s: Any, response_ms: Any = 5.0, **columns: Any) -> Records:
    """Requests of an open loop that are sent when they are due."""
    due_ms = np.asarray(due_s) * 1e3
    return records(due_ms + response_ms, response_ms, **{"segment": 1, **columns})


def closed_loop(rounds: int, in_flight: int, round_ms: float, jitter_ms: float = 0.0, **columns: Any) -> Records:
    """Rounds of infer requests that run side by side and come back together, but for `jitter_ms` between them."""
    number = np.arange(rounds * in_flight)
    done_ms = BEGAN_S * 1e3 + (number // in_flight + 1) * round_ms + number % in_flight * jitter_ms
    return records(done_ms, round_ms, **{"segment": 1, **columns})


def figures(events: list[Event], rows: Records, seed: int | None = None) -> tuple[Any, Any]:
    """Duration and throughput in the result, see `digest_of`."""
    digest = digest_of(events, rows, seed)
    result, snapshot = build_result(digest), digest.snapshot()
    assert (snapshot.elapsed_s, snapshot.mean_throughput) == (result.duration_s, result.throughput)
    if len(result.segments) == 1:
        assert (result.segments[0].duration_s, result.segments[0].throughput) == (result.duration_s, result.throughput)
        if len(result.segments[0].devices) == 1:
            assert result.segments[0].devices[0].throughput == result.throughput
    return result.duration_s, result.throughput


def digest_of(events: list[Event], rows: Records, seed: int | None = None) -> Digest:
    """Of one update or, with a seed, of random ones in which records and the events that end a segment or a load come
    in any order."""
    digest = Digest()
    if seed is None:
        digest.feed(update(rows, *events, now_s=100, submitted=len(rows), finished=True))
    else:
        dice = random.Random(seed)
        digest.feed(update(None, *events[:5], now_s=BEGAN_S))
        cuts = sorted(dice.randint(0, len(rows)) for _ in range(dice.randint(0, 9)))
        at = sorted(dice.randint(0, len(cuts)) for _ in events[5:])
        for number, part in enumerate(np.split(rows, cuts)):
            shown = [event for event, place in zip(events[5:], at, strict=True) if place == number]
            digest.feed(update(part, *shown, now_s=50, submitted=len(rows)))
        digest.feed(update(None, now_s=100, submitted=len(rows), finished=True))
    return digest


OPEN = Settings(rate=10.0, device="CPU")
CASES: dict[str, tuple[list[Event], Records, float, float | None]] = {
    "one a second, three of them": (
        [*load(Settings(rate=1.0)), over(4.0)], due_at([1, 2, 3], flags=[Flag.WARM_UP, 0, 0]), 3.0, 1.0,
    ),
    "10/s for 12 s": (
        [*load(with_changes(OPEN, {"duration_s": 12.0})), over(13.0, "duration")], due_at(1 + np.arange(120) / 10),
        12.0, 10.0,
    ),
    "answers that take longer than the span has left": (
        [*load(with_changes(OPEN, {"duration_s": 2.0})), over(3.0, "duration")],
        due_at(1 + np.arange(20) / 10, 700.0), 2.0, 10.0,
    ),
    "what an overload leaves is no throughput": (
        [*load(with_changes(OPEN, {"duration_s": 2.0})), over(3.0, "duration", unsent=8)],
        due_at(1 + np.arange(12) / 10, 300 + 200.0 * np.arange(12)), 2.0, 3.0,
    ),
    "failed requests take their time": (
        [*load(with_changes(OPEN, {"duration_s": 2.0})), over(3.0, "duration")],
        due_at(1 + np.arange(20) / 10, flags=[int(Flag.ERROR)] * 18 + [0, 0]), 2.0, 1.0,
    ),
    "every request fails": (
        [*load(with_changes(OPEN, {"duration_s": 2.0})), over(3.0, "duration")],
        due_at(1 + np.arange(20) / 10, flags=Flag.ERROR), 2.0, 0.0,
    ),
    "a closed loop counts what is back when its duration is over": (
        [*load(Settings(duration_s=0.95)), over(1.95, "duration")], closed_loop(10, 4, 100.0), 0.95, 36 / 0.95,
    ),
    "one in flight, without the first": (
        [*load(Settings(), nireq=1), over(None)], closed_loop(11, 1, 100.0), 1.0, 10.0,
    ),
    "four side by side, without the first of each": (
        [*load(Settings()), over(None)], closed_loop(11, 4, 100.0, 1.0), 1.0, 40.0,
    ),
    "whole batches: six in flight, four a batch": (
        [*load(Settings(), nireq=6), over(None)], closed_loop(12, 4, 100.0, batch_size=4), 1.0, 40.0,
    ),
    "fewer than two rounds": ([*load(Settings()), over(None)], closed_loop(1, 4, 100.0), 0.1, None),
    "one request": ([*load(Settings(), nireq=1), over(None)], closed_loop(1, 1, 100.0), 0.1, None),
    "two rounds": ([*load(Settings(), nireq=1), over(None)], closed_loop(2, 1, 100.0), 0.1, 10.0),
    "the engine dies": (
        [*load(Settings()), EngineExited(t_ns=2 * SECOND, engine=1, expected=False, code=-9)],
        closed_loop(10, 4, 100.0), 1.0, 40.0,
    ),
    "the recording breaks off in an open loop": (load(OPEN), due_at(1 + np.arange(30) / 10), 3.0, 10.0),
    "the recording breaks off in a closed loop": (load(Settings()), closed_loop(10, 4, 100.0), 1.0, 40.0),
}  # fmt: skip


@pytest.mark.parametrize("seed", [None, *range(6)])
@pytest.mark.parametrize("case", CASES)
def test_a_load(case: str, seed: int | None) -> None:
    events, rows, duration_s, throughput = CASES[case]
    assert figures(events, rows, seed) == (
        pytest.approx(duration_s), None if throughput is None else pytest.approx(throughput, abs=1e-3)
    )  # fmt: skip


def old(event: Event) -> Event:
    """As an ovtui wrote it that did not tell when loads begin and end."""
    if isinstance(event, SegmentBegan):
        return segment(event.segment, t_s=event.t_ns / SECOND - 0.01, settings=event.settings)
    return over(None, event.reason, unsent=event.unsent) if isinstance(event, LoadEnded) else event


@pytest.mark.parametrize("case", list(CASES)[:6])
def test_an_older_recording_of_an_open_loop_has_the_same_rate(case: str) -> None:
    events, rows, duration_s, throughput = CASES[case]
    found_s, rate = figures([old(event) for event in events], rows)
    assert found_s == pytest.approx(duration_s, rel=0.01)
    assert rate == pytest.approx(throughput, rel=0.01)


def two_segments() -> tuple[list[Event], Records]:
    """Four in flight, 100 ms each; after 2.05 s of them only 50 ms each. What is in flight at the change comes back
    after it and keeps the old number."""
    one, two = Settings(device="CPU"), Settings(device="CPU", nireq=4)
    before = closed_loop(21, 4, 100.0)
    after = closed_loop(40, 4, 50.0, segment=2)
    for name in ("done_ns", "submit_ns", "due_ns"):
        after[name] += int(2.1 * SECOND)
    end = over(BEGAN_S + 4.05, "stopped")
    events = [*load(one), begun(two, 2, t_s=BEGAN_S + 2.05, changes=["in flight 4→4"]), end]
    return events, join_records((before, after))


@pytest.mark.parametrize("seed", range(6))
def test_a_segment_ends_at_the_change_and_the_run_is_the_sum_of_its_segments(seed: int) -> None:
    events, rows = two_segments()
    duration_s, throughput = figures(events, rows, seed)
    digest = Digest()
    digest.feed(update(rows, *events, now_s=100, finished=True))
    one, two = build_result(digest).segments
    assert (one.duration_s, one.throughput) == (2.05, pytest.approx(80 / 2.05, abs=1e-3))
    assert (two.duration_s, two.throughput) == (2.0, pytest.approx((4 + 4 * 39) / 2.0, abs=1e-3))
    assert duration_s == 4.05
    assert throughput == pytest.approx((80 + 4 + 4 * 39) / 4.05, abs=1e-3)


def test_the_time_in_which_no_load_runs_is_no_part_of_the_run() -> None:
    settings = Settings(device="CPU", rate=10.0)
    again = segment(2, t_s=20.0, settings=settings, engine=2)
    events = [*load(settings), over(3.0, "stopped", t_s=3.0), spawned(2, 4.0), again,
              LoadEnded(t_ns=22 * SECOND, engine=2, reason="stopped", submitted=0, ended_ns=22 * SECOND)]  # fmt: skip
    rows = join_records((due_at(1 + np.arange(20) / 10), due_at(20 + np.arange(20) / 10, segment=2)))
    assert figures(events, rows) == (pytest.approx(4.0), pytest.approx(10.0))


def test_while_it_runs_the_span_ends_now() -> None:
    digest = Digest()
    digest.feed(update(due_at(1 + np.arange(20) / 10), *load(OPEN), now_s=3.0, submitted=20))
    assert (digest.snapshot().elapsed_s, digest.snapshot().mean_throughput) == (2.0, 10.0)
    digest.feed(update(None, now_s=5.0, submitted=20))
    assert (digest.snapshot().elapsed_s, digest.snapshot().mean_throughput) == (4.0, 5.0)


def test_each_device_has_the_time_in_which_it_served() -> None:
    events = load(OPEN)
    events[3] = compiled(execution=["(CPU)"])
    rows = due_at(1 + np.arange(40) / 10, device=np.where(np.arange(40) < 10, STAND_IN, code_of(["GPU.0"])))
    digest = Digest()
    events.append(device_changed(["(CPU)"], ["GPU.0"], 2.0))
    digest.feed(update(rows, *events, over(5.0), now_s=9, finished=True))
    devices = build_result(digest).segments[0].devices
    assert [(device.device, device.throughput) for device in devices] == [("(CPU)", 10.0), ("GPU.0", 10.0)]


def test_more_segments_than_are_kept_still_count_for_the_run() -> None:
    settings = Settings(device="CPU", rate=10.0)
    events = [*load(settings), *(begun(settings, n, t_s=float(n)) for n in range(2, 101)), over(101.0, t_s=101.0)]
    rows = due_at(1 + np.arange(1000) / 10, segment=1 + np.arange(1000) // 10, device=CPU)
    digest = Digest()
    for number, part in enumerate(np.split(rows, 20)):
        shown = [event for event in events if event.t_ns <= int((6 + 5 * number) * SECOND) or number == 19]
        events = [event for event in events if event not in shown]
        digest.feed(update(part, *shown, now_s=6 + 5.0 * number, finished=number == 19))
    result = build_result(digest)
    assert len(result.segments) < 100
    assert (result.duration_s, result.throughput) == (100.0, 10.0)


def test_what_was_in_flight_at_the_end_is_unfinished_however_that_came() -> None:
    rows = closed_loop(10, 4, 100.0)
    for events in (load(Settings()), [*load(Settings()), over(None, "stopped")]):
        digest = Digest()
        digest.feed(update(rows, *events, now_s=3, submitted=43, finished=True))
        assert (digest.unfinished, build_result(digest).requests.unfinished) == (3, 3)


def test_a_load_that_tells_no_rate_has_a_word_for_it_and_takes_nothing_from_another() -> None:
    short = closed_loop(1, 4, 100.0)
    digest = digest_of([*load(Settings(slo="throughput>1/s")), over(None)], short)
    result, snapshot = build_result(digest), digest.snapshot()
    told = next(line for line in summary_lines(result) if line.startswith("throughput"))
    assert told == "throughput   – /s (fewer than two rounds of the infer requests)"
    assert (result.slo[0].verdict, result.slo[0].why) == ("unknown", "fewer than two rounds of the infer requests")
    assert (snapshot.throughput, snapshot.mean_throughput, snapshot.segment_throughput) == (None, None, None)
    long = begun(Settings(duration_s=2.0), 2, t_s=50.0)
    long = msgspec.structs.replace(long, load_began_ns=50 * SECOND, until_ns=52 * SECOND)
    rows = closed_loop(20, 4, 100.0, segment=2)
    for name in ("due_ns", "submit_ns", "done_ns"):
        rows[name] += 49 * SECOND
    both = figures([*load(Settings()), over(None, t_s=2.0), long, over(52.0, "duration")], join_records((short, rows)))
    assert both == (pytest.approx(2.1), pytest.approx(40.0))
