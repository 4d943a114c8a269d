"""Diagnoses of a session's engines, each on a thread of its own: the host's loop asks and goes on. Those who ask for
the same while it is made share it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from ovtui.host.diagnosis.diagnose import LOOK_S, diagnose
from ovtui.host.diagnosis.engine_phases import EnginePhases
from ovtui.host.diagnosis.judgement import Seen
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.standstill_watch import StandstillWatch
from ovtui.records.diagnosis import Diagnosis, StuckAnswer, within

Then = Callable[[Diagnosis], None]


class Diagnoser:
    """Any thread may call `ask`."""

    def __init__(
        self, phases: EnginePhases, clock: Callable[[], int], watch: Callable[[], StandstillWatch | None]
    ) -> None:
        """`clock`: the session's, in nanoseconds."""
        self._phases, self._clock, self._watch = phases, clock, watch
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, bool], list[Then]] = {}
        """By process, and whether with native stacks: who waits for the diagnosis that is being made."""

    def ask(self, engine: EngineProcess, then: Then, *, native: bool = False, look_s: float = LOOK_S) -> None:
        """`then` is called on another thread. Does not wait."""
        key = engine.process.pid, native
        with self._lock:
            if key in self._waiting:
                self._waiting[key].append(then)
                return
            self._waiting[key] = [then]
        threading.Thread(
            target=self._make, args=(engine, key, look_s), name=f"diagnosis-{engine.number}", daemon=True
        ).start()

    def ask_all(
        self, engines: Sequence[EngineProcess], session: str, then: Callable[[StuckAnswer], None], *, native: bool
    ) -> None:
        """Of all of them, in this order; `then` is called once, on another thread."""
        gathered = _Gathered(len(engines), session, then)
        for at, engine in enumerate(engines):
            self.ask(engine, gathered.taker(at), native=native)

    def _make(self, engine: EngineProcess, key: tuple[int, bool], look_s: float) -> None:
        try:
            engine.debugged = engine.debugged or key[1]
            found = diagnose(engine.number, lambda: self._seen(engine), native=key[1], look_s=look_s)
        except Exception as error:  # the one who asks waits for an answer, whatever /proc may hold
            text = f"the diagnosis failed: {type(error).__name__}: {error}"
            found = Diagnosis(
                engine=engine.number, pid=key[0], phase="unknown", doing="not known what it was doing", where=text
            )
        finally:
            engine.debugged = engine.debugged and not key[1]
        with self._lock:
            waiting = self._waiting.pop(key)
        for then in waiting:
            then(found)

    def _seen(self, engine: EngineProcess) -> Seen:
        state, now_ns, watch = self._phases.of(engine), self._clock(), self._watch()
        counters = engine.counters
        standing = watch.standing(engine.number) if watch is not None else None
        since_s = max(now_ns - state.since_ns, 0) / 1e9 if state.since_ns is not None else None
        in_flight = max(counters.submitted - counters.written, 0)
        return Seen(
            pid=engine.process.pid,
            phase=state,
            phase_s=since_s,
            accelerator_s=max(now_ns - state.accelerator_ns, 0) / 1e9 if state.accelerator else None,
            in_flight=in_flight,
            newest=engine.next_seq - 1 if counters.submitted else None,
            returned=counters.written,
            quiet_s=time.monotonic() - standing.since_s if standing is not None and in_flight else None,
            stalled=standing is not None and standing.told,
        )


class _Gathered:
    """The diagnoses of several engines, until all are there."""

    def __init__(self, count: int, session: str, then: Callable[[StuckAnswer], None]) -> None:
        self._found: list[Diagnosis | None] = [None] * count
        self._session, self._then = session, then
        self._lock = threading.Lock()
        if not count:
            then(StuckAnswer(session=session))

    def taker(self, at: int) -> Then:
        def take(found: Diagnosis) -> None:
            with self._lock:
                self._found[at] = found
                there = [each for each in self._found if each is not None]
            if len(there) == len(self._found):
                self._then(StuckAnswer(session=self._session, diagnoses=within(there)))

        return take
