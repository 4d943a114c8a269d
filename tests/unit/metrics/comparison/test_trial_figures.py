"""The figures of trials: blocks by hand, any cut into updates, and what the pairs say together."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from ovtui.metrics.comparison.trial_figures import TrialCollector, TrialFigures
from ovtui.metrics.comparison.trial_text import (
    outcome_text,
    progress_text,
    side_names,
    trial_text,
    verdict_text,
    verdict_words,
)
from ovtui.metrics.session.machine_stats import MachineStats
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Event, TrialBegan, TrialBlock, TrialEnded, TrialTurn
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import RECORD, Flag, Records, join_records
from ovtui.settings.schema.settings import Settings

S, MS = 1_000_000_000, 1_000_000
A, B = Settings(nireq=3), Settings(nireq=4)
GUARD, BLOCK = 0.1, 1.0


def turns_of(pairs: int) -> list[TrialTurn]:
    """A, B B, A A, ..., each turn after a guard time, from second 10 on."""
    found, at_s, done = [], 10.0, 0
    while done < 2 * pairs:
        count = 1 if done == 0 else min(2, 2 * pairs - done)
        side = "B" if done and (done - 1) // 2 % 2 == 0 else "A"
        begins = [at_s + GUARD + k * BLOCK for k in range(count)]
        found.append(
            TrialTurn(
                t_ns=int(at_s * S), trial=1, side=side, engine=1 + (side == "B"), segment=3 if side == "A" else 2,
                blocks=[TrialBlock(int(x * S), int((x + BLOCK) * S)) for x in begins],
                first_block=done + 1, planned_blocks=2 * pairs, ends_ns=60 * S,
            )
        )  # fmt: skip
        at_s, done = begins[-1] + BLOCK + 0.05, done + count
    return found


def load_of(turn: TrialTurn, latency_ms: float, in_flight: int, rng: np.random.Generator) -> Records:
    """A closed loop from the turn's begin to the end of its last block, then drained."""
    parts = []
    for _ in range(in_flight):
        length_ns = int(latency_ms * MS)
        count = (turn.blocks[-1].until_ns - turn.t_ns) // length_ns + 1
        rows = np.zeros(count, RECORD)
        gaps = rng.normal(length_ns, length_ns / 20, count).astype(np.int64)
        done = turn.t_ns + np.cumsum(gaps)
        rows["submit_ns"] = rows["due_ns"] = done - gaps
        rows["done_ns"], rows["segment"], rows["batch_size"] = done, turn.segment, 1
        parts.append(rows[rows["submit_ns"] < turn.blocks[-1].until_ns])
    records = join_records(parts)
    return records[np.argsort(records["done_ns"])]


def session(pairs: int, a_ms: float, b_ms: float) -> tuple[list[Event], Records]:
    rng = np.random.default_rng(1)
    turns = turns_of(pairs)
    began = TrialBegan(t_ns=9 * S, trial=1, engine=2, a=A, b=B, changes=["in flight 3→4"], limit_s=30)
    ended = TrialEnded(t_ns=turns[-1].blocks[-1].until_ns, trial=1, reason="done")
    parts = [load_of(turn, a_ms if turn.side == "A" else b_ms, 4, rng) for turn in turns]
    return [began, *turns, ended], join_records(parts)


def figures_of(events: list[Event], records: Records, cut_ns: int, lag_ns: int = 0) -> TrialFigures:
    """In updates of `cut_ns`, events `lag_ns` later than the records of their time."""
    collector, state = TrialCollector(), SessionState()
    for begin in range(0, 60 * S, cut_ns):
        news = [event for event in events if begin <= event.t_ns + lag_ns < begin + cut_ns]
        for event in news:
            state.fold(event)
        done = records["done_ns"].astype(np.int64)
        collector.feed(news, records[(done >= begin) & (done < begin + cut_ns)])
        if state.trials:
            collector.figures(state.trials[0], begin + cut_ns)  # as a screen asks while it runs
    return collector.figures(state.trials[0], 60 * S)


def test_a_block_counts_what_it_served_and_the_latency_of_what_came_due_in_it() -> None:
    events, records = session(8, 10.0, 5.0)
    found = figures_of(events, records, 60 * S)
    assert found.pairs == 8
    assert found.sides["A"].throughput == pytest.approx(400, rel=0.01)
    assert found.sides["B"].throughput == pytest.approx(800, rel=0.01)
    assert found.sides["A"].requests == pytest.approx(8 * 400, rel=0.01)
    assert found.sides["A"].response.p50 == pytest.approx(10, rel=0.02)
    assert found.verdicts["throughput"].ratio.estimate == pytest.approx(2, rel=0.01)
    assert found.verdicts["p50"].ratio.estimate == pytest.approx(0.5, rel=0.02)
    assert found.outcome == "better"


def test_a_burst_at_the_edge_of_a_block_counts_by_its_share() -> None:
    """Four requests that come back together every 0.8 s: 5 a second, however blocks of a second cut them."""
    events, records = session(6, 800.0, 800.0)
    records["done_ns"] = records["submit_ns"] + 800 * MS
    found = figures_of(events, records, 60 * S)
    assert found.sides["A"].throughput == pytest.approx(5, rel=0.06)


@pytest.mark.parametrize("latency_ms", [10.0, 1700.0])
@pytest.mark.parametrize(
    ("cut_ns", "lag_ns"),
    [(S, 0), (250 * MS, 0), (97 * MS, 0), (250 * MS, 240 * MS), (S, 900 * MS), (97 * MS, 900 * MS)],
)
def test_the_figures_do_not_depend_on_how_a_session_is_cut(cut_ns: int, lag_ns: int, latency_ms: float) -> None:
    """Also of requests that last longer than a block, so that in some blocks none comes due."""
    events, records = session(8, latency_ms, 9.0)
    whole, cut = figures_of(events, records, 60 * S), figures_of(events, records, cut_ns, lag_ns)
    assert cut.sides["A"].requests == whole.sides["A"].requests
    assert cut.sides == whole.sides
    assert cut.verdicts == whole.verdicts


def test_failed_requests_and_first_inferences_count_for_neither_side() -> None:
    events, records = session(6, 10.0, 10.0)
    records["flags"][::2] = Flag.ERROR
    assert figures_of(events, records, S).sides["B"].throughput == pytest.approx(200, rel=0.02)


def test_a_block_that_was_cut_short_does_not_count() -> None:
    events, records = session(6, 10.0, 5.0)
    last = events[-2]
    assert isinstance(last, TrialTurn)
    broken = TrialEnded(t_ns=last.blocks[-1].until_ns - 1, trial=1, reason="failed", text="the load has ended")
    found = figures_of([*events[:-1], broken], records, S)
    assert found.pairs == 5
    assert {verdict.finding for verdict in found.verdicts.values()} == {"unknown"}
    assert outcome_text(found) == "5 pairs of blocks: too few to compare"
    assert (
        trial_text(found) == "in flight 3→4: the trial ended: the load has ended; 5 pairs of blocks: too few to compare"
    )


def test_a_trial_that_broke_off_says_so_first_and_promises_nothing_more() -> None:
    events, records = session(8, 10.0, 10.2)
    broken = msgspec.structs.replace(events[-1], reason="failed", text="engine 2 died: SIGKILL")
    running, ended = figures_of(events[:-1], records, S), figures_of([*events[:-1], broken], records, S)
    assert outcome_text(running) != "nothing was compared"
    assert trial_text(ended).startswith("in flight 3→4: the trial ended: engine 2 died: SIGKILL; throughput ")
    assert " more)" not in trial_text(ended)
    none = figures_of([events[0], broken], records, S)
    assert trial_text(none) == "in flight 3→4: the trial ended: engine 2 died: SIGKILL; nothing was compared"


def test_equal_sides_are_the_same_and_narrow() -> None:
    found = figures_of(*session(8, 10.0, 10.0), S)
    assert (found.outcome, found.narrow) == ("same", True)
    assert verdict_text("p50", found.verdicts["p50"]) == "p50 same within 3 %"


def test_words() -> None:
    found = figures_of(*session(8, 10.0, 8.6), S)
    assert verdict_text("throughput", found.verdicts["throughput"]).startswith("throughput +16.")
    assert outcome_text(found) == "the settings on trial are better"
    assert progress_text(found, 59 * S) == "trial: block 16 of 16 · A, as it was, now · about 1 s left"
    assert trial_text(found).startswith("in flight 3→4: throughput +16.")


def test_an_open_loop_that_keeps_up_serves_what_came_due() -> None:
    """Also where its first requests after each pause wait longer than the others, for a batch timer."""
    events, records = session(6, 10.0, 10.0)
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    events[0] = msgspec.structs.replace(began, a=Settings(rate=400.0), b=Settings(rate=400.0, nireq=4))
    slow = records["segment"] == 3
    records["done_ns"][slow] += 300 * MS
    found = figures_of(events, records, S)
    assert found.sides["A"].throughput == pytest.approx(400, rel=0.01)
    assert found.verdicts["throughput"].finding == "same"
    assert found.verdicts["p50"].finding == "faster"


class Known:
    """What a digest knows beside the events: how many items requests hold, and the watts of the CPU packages."""

    def __init__(self, items: dict[int, float], watts: dict[str, float]) -> None:
        self._items, self._watts = items, watts
        self.telemetry = MachineStats()

    def segment(self, number: int) -> Any:
        return SimpleNamespace(items_per_request=self._items.get(number))

    def read_watts(self, turns: list[TrialTurn]) -> None:
        """A reading a second, each a mean since the one before: those that lie over a change of turn say nothing of
        either side."""
        for second in range(9, 70):
            span = (second - 1) * S, second * S
            side = next(
                (t.side for t in turns if t.blocks[0].begin_ns <= span[0] and span[1] <= t.blocks[-1].until_ns), ""
            )
            self.telemetry.add(MachineReading(t_ns=second * S, cpu_watts=self._watts[side] if side else 500.0))


def collected(events: list[Event], records: Records, known: Known | None = None) -> tuple[TrialCollector, TrialFigures]:
    collector, state = TrialCollector(), SessionState()
    for event in events:
        state.fold(event)
    collector.feed(events, records)
    return collector, collector.figures(state.trials[0], 60 * S, known)


def test_each_side_is_counted_by_its_own_kind_of_loop() -> None:
    """B is an open loop whose requests wait for a batch after each pause; A a closed one."""
    events, records = session(6, 10.0, 10.0)
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    events[0] = msgspec.structs.replace(began, b=Settings(rate=400.0, nireq=4))
    for segment in (2, 3):
        records["done_ns"][records["segment"] == segment] += 300 * MS
    _, found = collected(events, records)
    assert found.sides["B"].throughput == pytest.approx(400, rel=0.01), "what came due"
    assert (found.sides["A"].throughput or 0) < 390, "what was served within the blocks"


def test_requests_of_different_size_are_compared_in_items_too() -> None:
    known = Known({2: 4.0, 3: 1.0}, {})
    _, found = collected(*session(8, 10.0, 20.0), known)
    assert (found.sides["A"].items_per_s, found.sides["B"].items_per_s) == (
        pytest.approx(400, rel=0.01), pytest.approx(800, rel=0.01),
    )  # fmt: skip
    assert found.verdicts["items"].ratio.estimate == pytest.approx(2, rel=0.01)
    assert (found.verdicts["throughput"].finding, found.verdicts["items"].finding) == ("slower", "faster")
    _, same = collected(*session(8, 10.0, 20.0), Known({2: 4.0, 3: 4.0}, {}))
    assert "items" not in same.verdicts
    assert same.sides["A"].items_per_s is None


def test_joules_are_those_of_the_readings_that_lie_within_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.BLOCK", 3.2)
    events, records = session(6, 10.0, 5.0)
    turns = [event for event in events if isinstance(event, TrialTurn)]
    known = Known({}, {"A": 40.0, "B": 60.0})
    known.read_watts(turns)
    _, found = collected(events, records, known)
    assert found.power_source == "cpu_watts"
    assert found.sides["A"].joules == pytest.approx(40 / 400, rel=0.02)
    assert found.sides["B"].joules == pytest.approx(60 / 800, rel=0.02)
    assert found.verdicts["energy"].ratio.estimate == pytest.approx(0.75, rel=0.02)
    assert verdict_words("energy", found.verdicts["energy"]).startswith("less by 2")


def test_blocks_too_short_for_readings_have_no_joules() -> None:
    events, records = session(6, 10.0, 5.0)
    known = Known({}, {"A": 40.0, "B": 60.0})
    known.read_watts([event for event in events if isinstance(event, TrialTurn)])
    _, found = collected(events, records, known)
    assert "energy" not in found.verdicts
    assert (found.power_source, found.sides["A"].joules) == ("", None)


def test_blocks_of_a_trial_that_broke_off_count_on() -> None:
    earlier, figures = collected(*session(5, 10.0, 5.0))
    events, records = session(7, 10.0, 5.0)
    collector, state = TrialCollector(), SessionState()
    collector.count_on(earlier.blocks(1, 60 * S))
    for event in events:
        state.fold(event)
    collector.feed(events, records)
    found = collector.figures(state.trials[0], 60 * S)
    assert found.pairs == 12
    assert found.sides["A"].requests == pytest.approx(12 * 400, rel=0.01)
    assert found.measured_s == pytest.approx(figures.measured_s + collected(events, records)[1].measured_s)


def test_fixed_blocks_are_never_ended_early() -> None:
    events, records = session(12, 10.0, 10.0)
    assert collected(events, records)[1].narrow
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    events[0] = msgspec.structs.replace(began, limit_s=0.0)
    assert not collected(events, records)[1].narrow


def test_p99_decides_where_it_was_asked_for_and_can_be_had() -> None:
    events, records = session(12, 10.0, 10.0)
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    assert collected(events, records)[1].deciding == ("throughput", "p50")
    events[0] = msgspec.structs.replace(began, for_p99=True)
    assert collected(events, records)[1].deciding == ("throughput", "p50", "p99")
    slow_events, slow = session(12, 100.0, 100.0)
    slow_events[0] = events[0]
    assert collected(slow_events, slow)[1].deciding == ("throughput", "p50"), "40 requests in a block"


def test_the_width_and_the_confidence_are_those_that_were_asked_for() -> None:
    events, records = session(8, 10.0, 10.0)
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    events[0] = msgspec.structs.replace(began, within=0.0001, confidence=0.9875)
    _, found = collected(events, records)
    assert not found.narrow
    assert found.verdicts["p50"].within == 0.0001
    events[0] = msgspec.structs.replace(began, confidence=0.995)
    assert collected(events, records)[1].verdicts["p50"].ratio.low is None, "nine pairs are needed"


def test_pinned_settings_have_words_of_their_own() -> None:
    events, records = session(8, 10.0, 8.6)
    (began,) = (event for event in events if isinstance(event, TrialBegan))
    events[0] = msgspec.structs.replace(began, pinned=True)
    _, found = collected(events, records)
    assert side_names(found.state.began) == ("A, pinned", "B, now")
    assert outcome_text(found) == "the settings in force are better"
    assert "B, now" not in progress_text(found, 59 * S)
    assert "A, pinned" in progress_text(found, 59 * S)
