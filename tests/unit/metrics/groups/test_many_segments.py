"""A session of hours in which settings are changed all the time: what is kept of a segment is let go of, and the
figures of the run stay what they are."""

from __future__ import annotations

import gc
from types import BuiltinFunctionType, FunctionType, ModuleType

import numpy as np
import pytest
from samples import SECOND, compiled, device_changed, model_read, records, segment, spawned, started, update

from ovtui.metrics.batching.batch_wait import BatchWait
from ovtui.metrics.digest import Digest
from ovtui.metrics.groups import breakdowns
from ovtui.metrics.session import accounts
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import BatchingPlan, EngineExited, FirstInference
from ovtui.records.record import Flag
from ovtui.settings.schema.settings import Settings

KNOWN, EACH_S, REQUESTS, SEGMENTS_OF_ENGINE = 8, 0.05, 5, 4
SETTINGS = Settings(device="GPU", batch_timeout_ms=2)
PLAN = BatchingPlan(size=4, exact=False, probe=True)


class Session:
    """One whose settings are changed every 50 ms, by another engine every fourth time."""

    def __init__(self) -> None:
        self.digest = Digest()
        first = started(SETTINGS, device="GPU", execution=["GPU"], batching=PLAN)
        self.digest.feed(update(None, *first, now_s=0.4))
        self.number = self.engine = 1

    def change(self, times: int) -> None:
        for _ in range(times):
            self.number += 1
            t_s, events = self.number * EACH_S + 1, []
            if self.number % SEGMENTS_OF_ENGINE == 0:
                self.engine += 1
                events = [
                    spawned(self.engine, t_s, SETTINGS),
                    model_read(self.engine, t_s),
                    compiled(self.engine, t_s, "GPU", ["GPU"], PLAN),
                    FirstInference(t_ns=int(t_s * SECOND), engine=self.engine, since_spawn_ms=1.0, infer_ms=1.0),
                    EngineExited(t_ns=int(t_s * SECOND), engine=self.engine - 1, expected=True, code=0),
                ]
            began = segment(self.number, self.engine, t_s, SETTINGS, ["requests 3→4"], self.number * REQUESTS)
            done_ms = (t_s + np.linspace(0.002, EACH_S, REQUESTS)) * 1e3
            rows = records(done_ms, 1.0 + self.number % 3, segment=self.number, device=0x20)
            rows["seq"] += self.number * REQUESTS
            rows["order"] += self.number * REQUESTS
            rows["flags"][::2] = Flag.TIMED_OUT
            submitted = (self.number + 1) * REQUESTS
            self.digest.feed(update(rows, *events, began, now_s=t_s + EACH_S, submitted=submitted))


def objects_of(root: object) -> int:
    """How many objects it holds, itself included."""
    seen, coming = {id(root)}, [root]
    while coming:
        for thing in gc.get_referents(coming.pop()):
            if id(thing) not in seen and not isinstance(thing, (type, ModuleType, FunctionType, BuiltinFunctionType)):
                seen.add(id(thing))
                coming.append(thing)
    return len(seen)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breakdowns, "SEGMENTS", 4)
    monkeypatch.setattr(breakdowns, "SEGMENTS_KNOWN", KNOWN)
    monkeypatch.setattr(breakdowns, "ENGINES_KNOWN", KNOWN)
    monkeypatch.setattr(accounts, "ENGINES", KNOWN)
    monkeypatch.setattr(SessionState, "SEGMENTS_LIMIT", KNOWN)
    monkeypatch.setattr(SessionState, "ENGINES_LIMIT", KNOWN)
    monkeypatch.setattr(SessionState, "MARKS_LIMIT", KNOWN)
    monkeypatch.setattr(SessionState, "LOG_LIMIT", 3 * KNOWN)


@pytest.mark.usefixtures("few")
def test_no_more_objects_the_more_segments_there_are() -> None:
    session = Session()
    session.change(100)
    session.digest.snapshot()
    before = objects_of(session.digest)
    session.change(100)
    session.digest.snapshot()
    assert objects_of(session.digest) - before < 100
    state = session.digest.session_state
    assert len(state.segments) == len(state.engines) == 1 + KNOWN
    assert (min(state.engines), max(state.engines), state.engines_spawned) == (1, 51, 51)


@pytest.mark.usefixtures("few")
def test_an_engine_that_died_is_known_for_good() -> None:
    """The exit code tells of it."""
    session = Session()
    session.change(10)
    died = EngineExited(t_ns=2 * SECOND, engine=session.engine, expected=False, code=-9)
    session.digest.feed(update(None, died))
    session.engine += 1
    session.digest.feed(update(None, spawned(session.engine, 2.0, SETTINGS)))
    session.change(20 * SEGMENTS_OF_ENGINE)
    assert session.digest.session_state.engines[died.engine].exited == died


def test_the_figures_of_the_run_are_those_of_all_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures() -> tuple[object, ...]:
        session = Session()
        session.change(60)
        run, state = session.digest.run, session.digest.session_state
        newest = session.digest.segment(session.number)
        return run.batches, run.latency, run.throughput, newest.batches, newest.latency, state.segments_begun

    monkeypatch.setattr(breakdowns, "SEGMENTS", 4)
    whole = figures()
    monkeypatch.setattr(breakdowns, "SEGMENTS_KNOWN", KNOWN)
    assert figures() == whole


@pytest.mark.usefixtures("few")
def test_when_an_engine_served_first_is_known_for_good() -> None:
    session = Session()
    session.change(1)
    first_ns = session.digest.first_done_ns[2, 0x20]
    session.change(40)
    assert (2, 0x20) not in session.digest.first_done_ns
    assert session.digest.first_served_ns[1, 0x20] == first_ns
    assert (session.engine, 0x20) in session.digest.first_served_ns
    assert len(session.digest.first_served_ns) <= KNOWN + 2


@pytest.mark.usefixtures("few")
def test_the_newest_change_of_device_stays_marked() -> None:
    session = Session()
    session.digest.feed(update(None, device_changed(["(CPU)"], ["GPU"], 1.0)))
    session.change(40)
    marks = session.digest.session_state.marks
    assert len(marks) == KNOWN
    assert marks[0].kind == "handover"


def test_sums_of_old_segments_can_be_merged() -> None:
    rows = records([2.0, 4.0, 6.0], 3.0)
    rows["flags"][0] = Flag.TIMED_OUT
    whole, old = BatchWait(), BatchWait()
    for key in (1 << 8, 2 << 8):
        whole.add_lone_runs(key, rows, 2_000_000)
        old.add_lone_runs(key, rows, 2_000_000)
    old.drop_before(2, {})
    both = BatchWait()
    both.merge(old)
    assert (both.timer_runs({}), both.cost_ms({}), both.certainty({})) == (
        whole.timer_runs({}), whole.cost_ms({}), whole.certainty({})
    )  # fmt: skip
    assert list(both.lone_runs()) == [2 << 8]
