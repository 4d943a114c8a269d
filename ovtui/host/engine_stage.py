"""What the host does with engines: it halts one, has another serve, starts one, gives one up. What is to be done is
decided by the Supervisor, by a trial or by a study's turns."""

from __future__ import annotations

import time
from typing import Protocol

from ovtui.host import engine_deadlines
from ovtui.host.engine_pool import EngineHandler, EnginePool
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.load_progress import LoadProgress
from ovtui.records.clock import SessionClock
from ovtui.records.engine_protocol import ApplyLive
from ovtui.records.events import Refused, TrialMark
from ovtui.settings.schema.settings import Settings


class StageHandler(EngineHandler, Protocol):
    """What the engines need of the server, and who is told that nothing serves any more."""

    def finished(self) -> None: ...


class EngineStage:
    """Owner: the host's loop. At most one engine serves; it may have halted."""

    def __init__(self, settings: Settings, origin_ns: int, handler: StageHandler) -> None:
        self._clock = SessionClock(origin_ns)
        self._origin_ns = origin_ns
        self._handler = handler
        self._pool = EnginePool(origin_ns, self._clock, handler)
        self._settings = settings
        """In force, or to be while the first engine starts."""
        self._serving: EngineProcess | None = None
        self._coming: EngineProcess | None = None
        """The engine that is to take over, from its start until it serves."""
        self._segment = 0
        self._progress = LoadProgress()
        self._stopping = False
        self._halting = False
        """The serving engine has been sent Halt, to let the coming one take over or to end the load."""
        self._halted = False
        """The serving engine has halted and submits nothing more; the coming one takes over once it is compiled."""
        self._ordered = settings
        """The settings as last sent to the serving engine, with which the next change is compared. Those in force once
        the engine has answered all changes."""
        self._unanswered = 0
        """Live changes that the serving engine has not answered yet."""

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def submitted(self) -> int:
        """Requests, by all engines."""
        return self._progress.next_seq if self._serving is None else self._serving.next_seq

    @property
    def serving_engine(self) -> EngineProcess | None:
        return self._serving

    @property
    def ordered(self) -> Settings:
        return self._ordered

    @property
    def changing(self) -> bool:
        return self._coming is not None or self._halting or self._unanswered > 0

    # For a trial, a pause, a turn

    def halt_serving(self) -> None:
        if self._serving is not None:
            self._halt(self._serving)

    def let_serve(
        self, engine: EngineProcess, segment: int | None, changes: list[str], side: TrialMark, paused_ns: int = 0
    ) -> int:
        self._progress.resume(paused_ns)
        return self._take_over(engine, segment, changes, side)

    def let_serve_with(self, engine: EngineProcess, settings: Settings, changes: list[str]) -> int:
        """Has an engine serve as a new segment that is compiled for these settings; the live ones among them are set
        before its load begins. Returns the segment. SegmentBegan follows, or Refused, and then it stays halted."""
        self._progress.resume(0)
        engine.settings = settings
        self._unanswered, self._ordered = 1, settings
        return self._take_over(engine, None, changes, "", settings)

    def label_anew(self, changes: list[str]) -> None:
        self._change_live(self._ordered, changes)

    def give_up(self, engine: EngineProcess) -> None:
        """Kills an engine that has halted or has never served."""
        if engine is self._serving:
            self._leave_serving(engine)
        self._pool.dismiss(engine)

    def serve_anew(self, settings: Settings, changes: list[str]) -> None:
        """Starts an engine with these settings, while nothing serves."""
        self._settings = self._ordered = settings
        self._unanswered = 0
        self._spawn_and_announce(settings, changes)

    def refuse(self, settings: Settings, changes: list[str], reason: str, *, called_off: bool = False) -> None:
        refused = Refused(t_ns=self._clock(), settings=settings, changes=changes, reason=reason, called_off=called_off)
        self._handler.publish(refused)

    # Steps of a change

    def _take_over(
        self,
        engine: EngineProcess,
        segment: int | None,
        changes: list[str],
        side: TrialMark,
        live: Settings | None = None,
    ) -> int:
        """Has an engine serve, as `segment` or as a new one, which it returns."""
        self._serving = engine
        self._halting = self._halted = False
        if segment is None:
            segment = self._segment = self._segment + 1
        engine.send(self._progress.take_over(engine, segment, changes, side, self._clock(), live))
        return segment

    def _leave_serving(self, engine: EngineProcess) -> None:
        """The serving engine is gone, or about to be."""
        self._progress.take_over_from(engine)
        self._progress.due_from_ns = None
        self._serving = None
        self._halting = self._halted = False

    def _halt(self, engine: EngineProcess) -> None:
        self._halting = True
        engine.kill_at_s = engine_deadlines.halt_deadline_s(engine, time.monotonic())
        engine.halt(over=self._stopping, now_ns=self._clock())

    def _change_live(self, wanted: Settings, changes: list[str]) -> None:
        if self._halting and self._coming is None:
            self._settings = self._ordered = wanted
        if self._serving is None or self._halting:
            return  # the coming engine applies it when it serves
        self._segment += 1
        self._unanswered += 1
        self._ordered = wanted
        self._serving.send(ApplyLive(segment=self._segment, settings=wanted, changes=changes))

    def _change_answered(self) -> None:
        self._unanswered = max(self._unanswered - 1, 0)
        self._ordered = self._ordered if self._unanswered else self._settings

    def _spawn_and_announce(self, settings: Settings, changes: list[str]) -> None:
        self._spawn(settings, changes)
        if self._coming is not None:
            self._pool.announce(self._coming)

    def _spawn(self, settings: Settings, changes: list[str]) -> None:
        engine = self._pool.start(settings, changes)
        if engine is not None:
            self._coming = engine
        elif self._serving is None:
            self._finish()

    def _dismiss(self, engine: EngineProcess) -> None:
        self._pool.dismiss(engine)
        self._coming = None if engine is self._coming else self._coming

    def _finish(self) -> None:
        """Nothing serves and nothing is coming. A schedule that starts later does not continue the last one."""
        self._progress.due_from_ns = None
        self._handler.finished()
