"""Diagnoses at the host's loop: made where an engine stands still, where a client asks, and before an engine is killed
for being overdue. They are published as events, so that every view, the recording and a replay have them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ovtui.host.diagnosis.diagnoser import Diagnoser
from ovtui.host.diagnosis.engine_phases import EnginePhases
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.standstill_watch import StandstillWatch
from ovtui.records.diagnosis import EVENT_BYTES, Diagnosis, DiagnosisOccasion, EngineDiagnosed, StuckAnswer, within
from ovtui.records.events import EngineStalled, Event

BEFORE_KILL_S = 0.3
"""An engine that is about to be killed is looked at for so long."""


class DiagnosisDesk:
    """Owner: the server's loop. Nothing here waits."""

    def __init__(
        self,
        engines: Sequence[EngineProcess],
        clock: Callable[[], int],
        watch: Callable[[], StandstillWatch | None],
        run_on_loop: Callable[[Callable[[], None]], None],
        publish: Callable[[Event], None],
    ) -> None:
        """`engines`: those that there are now; the server changes the list. `clock`: the session's, ns."""
        self._engines, self._clock, self._run_on_loop, self._publish = engines, clock, run_on_loop, publish
        self._phases = EnginePhases()
        self._diagnoser = Diagnoser(self._phases, clock, watch)

    def follow(self, event: Event) -> None:
        """To be called with every event of the session."""
        self._phases.follow(event)
        if isinstance(event, EngineStalled):
            for engine in self._engines:
                if engine.number == event.engine:
                    self._diagnoser.ask(engine, lambda found: self._tell(found, "stalled"))

    def answer(self, session: str, then: Callable[[StuckAnswer], None], *, native: bool) -> None:
        """Of all engines, the newest last; `then` is called on the loop."""

        def take(answer: StuckAnswer) -> None:
            for found in answer.diagnoses:
                self._tell(found, "asked")
            self._run_on_loop(lambda: then(answer))

        self._diagnoser.ask_all(tuple(self._engines), session, take, native=native)

    def overdue(self, engine: EngineProcess, then: Callable[[Diagnosis], None]) -> None:
        """`then` is called on the loop. It is stuck unless requests still come back: it did not end in time."""
        returned = engine.counters.written

        def take(found: Diagnosis) -> None:
            judged = msgspec.structs.replace(found, stuck=engine.counters.written == returned)
            self._tell(judged, "overdue")
            self._run_on_loop(lambda: then(judged))

        self._diagnoser.ask(engine, take, look_s=BEFORE_KILL_S)

    def _tell(self, found: Diagnosis, occasion: DiagnosisOccasion) -> None:
        # On the diagnoser's thread.
        short = within([found], EVENT_BYTES)[0]
        self._run_on_loop(
            lambda: self._publish(
                EngineDiagnosed(t_ns=self._clock(), engine=found.engine, occasion=occasion, diagnosis=short)
            )
        )
