"""The turns of a study: settings that serve one after another, each as a segment of its own.

Between two turns the serving engine halts and drains, so that no request of one waits behind one of another. Where an
engine is compiled for the next settings it takes over, with the live ones set before its load begins; else one is
started while nothing serves. An engine that is given up is killed, and none is torn down. What a study does with its
turns: ovtui.studies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from ovtui.host.client_protocol import TakeTurn
from ovtui.host.engine_deadlines import COMPILE_S
from ovtui.host.engine_pool import EnginePool
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.engine_protocol import Drained
from ovtui.records.events import Event, Refused, SegmentBegan, TurnBegan, TurnEnded, TurnRefused
from ovtui.settings.changes import changed_fields, effect_of
from ovtui.settings.schema.arrival import changes_with_time
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings

OVER = "study over"
"""What is said of the segment in which the settings from before a study serve again."""

Phase = Literal["none", "serving", "halting", "resting", "compiling"]


class TurnStage(Protocol):
    """What turns need of the supervisor."""

    @property
    def serving_engine(self) -> EngineProcess | None: ...

    def halt_serving(self) -> None:
        """Halts the serving engine; `Turns.drained` follows."""

    def let_serve_with(self, engine: EngineProcess, settings: Settings, changes: list[str]) -> int: ...

    def give_up(self, engine: EngineProcess) -> None: ...

    def serve_anew(self, settings: Settings, changes: list[str]) -> None: ...


class Turns:
    """Owner: the Supervisor, which passes on what happens to the engines."""

    def __init__(
        self, stage: TurnStage, pool: EnginePool, publish: Callable[[Event], None], now_ns: Callable[[], int]
    ) -> None:
        """`now_ns` is the session clock."""
        self._stage, self._pool, self._publish, self._now_ns = stage, pool, publish, now_ns
        self.phase: Phase = "none"
        self._base: Settings | None = None
        """In force before the study, and again after it."""
        self._resident: list[EngineProcess] = []
        """Compiled engines, the least recently served first."""
        self._compiling: EngineProcess | None = None
        """The engine that is to serve next and is not ready yet."""
        self._spawned_ns = 0
        self._compile_ms: float | None = None
        self._turn = 0
        """The turn that serves, or has served last; 0: the settings from before the study."""
        self._segment = 0
        self._told = True
        """Its TurnBegan has been published."""
        self._limit_s = 0.0
        self._next: TakeTurn | None = None
        """The turn that is to serve once the engine has drained, or has compiled."""
        self._rest_for: int | None = None
        """Rest was asked for while this turn was still to come: it is answered as if it had served."""
        self._ending = False
        self._halted_ns = self._dropped = 0
        self._drained: Drained | None = None
        self.due_ns: int | None = None
        """When `step` is to be called, on the session clock."""

    @property
    def active(self) -> bool:
        """From the beginning of a study until the settings from before it serve again, or are about to."""
        return self.phase != "none"

    @property
    def halting(self) -> bool:
        return self.phase == "halting"

    @property
    def waiting(self) -> list[EngineProcess]:
        """Its engines that do not serve now."""
        serving = self._stage.serving_engine
        return [engine for engine in (*self._resident, self._compiling) if engine and engine is not serving]

    # Commands

    def begin(self, engine: EngineProcess, base: Settings) -> None:
        """A study begins while `engine` serves with the settings `base`."""
        self.phase, self._base, self._resident, self._turn, self._told = "serving", base, [engine], 0, True
        self._ending, self._next, self._rest_for, self._drained, self.due_ns = False, None, None, None, None

    def take(self, command: TakeTurn) -> None:
        """Answered by TurnBegan or TurnRefused."""
        if not self.active or self._ending:
            return
        self._call_off("another turn was taken before this one began")
        self._next = command
        if self.phase == "serving":
            self._halt()
        elif self.phase == "resting":
            self._serve_next()

    def rest(self) -> None:
        """Nothing serves from now on. Answered by TurnEnded of the newest turn, always."""
        if not self.active or self._ending:
            return
        self._rest_for = self._next.turn if self._next is not None else None
        self._give_up_next()
        if self.phase == "serving":
            self._halt()
        elif self.phase == "resting":
            self._tell_end(self._turn if self._rest_for is None else self._rest_for)

    def end(self) -> None:
        """The study has ended: its engines are given up, and the settings from before it serve again."""
        if not self.active or self._ending:
            return
        self._ending = True
        self._give_up_next()
        if self.phase == "serving" and self._turn:
            self._halt()
        elif self.phase == "serving":
            self._forget_engines()
        elif self.phase == "resting":
            self._restore()

    def stop(self) -> Drained | None:
        """The load is stopped. Returns what the engine said when it drained, where it has done so."""
        drained = self._drained if self.phase in ("resting", "compiling") else None
        self._forget_engines()
        return drained

    # Steps

    def step(self) -> None:
        """Does what is due: a turn's time is over, or its compile has taken too long."""
        if self.due_ns is None or self._now_ns() < self.due_ns:
            return
        self.due_ns = None
        if self.phase == "serving":
            self._halt()
        elif self.phase == "compiling":
            ready = self._compiling is not None and self._compiling.ready
            what = "waits for the accelerator" if ready else "compiles"
            self._call_off(f"it {what} for more than {COMPILE_S:.0f} s, and was given up")

    def _halt(self) -> None:
        self.phase, self.due_ns, self._dropped = "halting", None, 0
        self._stage.halt_serving()

    def _serve_next(self) -> None:
        command = self._next
        assert command is not None
        if reason := why_not_in_turns(command.settings):
            self._call_off(reason)
            return
        engine = self._compiled_for(command.settings)
        others = [each for each in self._resident if each is not engine]
        for old in others[: max(len(others) - command.keep, 0)]:
            self._give_up(old)
        self._compile_ms = None
        if engine is None:
            engine = self._pool.start(command.settings, command.changes)
            if engine is None:
                self._call_off("no engine process can be started for it")
                return
            self._pool.announce(engine)
        self._compiling, self.phase, self._spawned_ns = engine, "compiling", self._now_ns()
        self.due_ns = self._spawned_ns + int(COMPILE_S * 1e9)
        self.look_at(engine)

    def _compiled_for(self, settings: Settings) -> EngineProcess | None:
        """An engine that needs no other compile for these settings."""
        return next((each for each in reversed(self._resident) if needs_no_compile(each.settings, settings)), None)

    def _serve(self, engine: EngineProcess) -> None:
        command = self._next
        assert command is not None
        self._next = self._compiling = self._drained = None
        self._resident = [each for each in self._resident if each is not engine] + [engine]
        self._turn, self._told, self._limit_s, self.due_ns = command.turn, False, command.limit_s, None
        self.phase = "serving"
        self._segment = self._stage.let_serve_with(engine, command.settings, command.changes)

    def _call_off(self, reason: str) -> None:
        """The turn that is to come does not."""
        if self._next is not None:
            turn = self._next.turn
            self._give_up_next()
            self._publish(TurnRefused(t_ns=self._now_ns(), turn=turn, reason=reason))

    def _give_up_next(self) -> None:
        self._next = None
        engine, self._compiling = self._compiling, None
        if self.phase == "compiling":
            self.phase, self.due_ns = "resting", None
        if engine is not None and engine not in self._resident:
            self._stage.give_up(engine)

    def _give_up(self, engine: EngineProcess) -> None:
        self._resident.remove(engine)
        self._stage.give_up(engine)

    def _tell_end(self, turn: int) -> None:
        self._publish(
            TurnEnded(t_ns=self._now_ns(), turn=turn, halted_ns=self._halted_ns, dropped=self._dropped)
        )  # fmt: skip

    def _after_halt(self) -> None:
        self.phase = "resting"
        rest_for, self._rest_for = self._rest_for, None
        if self._ending:
            self._restore()
        elif self._next is not None:
            self._serve_next()
        elif rest_for is not None:
            self._tell_end(rest_for)

    def _restore(self) -> None:
        base, self.phase, self.due_ns = self._base, "none", None
        assert base is not None
        engine = self._compiled_for(base)
        for old in [each for each in self._resident if each is not engine]:
            self._give_up(old)
        self._resident = []
        if engine is not None:
            self._stage.let_serve_with(engine, base, [OVER])
        else:
            self._stage.serve_anew(base, [OVER])

    def _forget_engines(self) -> None:
        """Gives up its engines, but the one that serves."""
        waiting, self.phase, self.due_ns = self.waiting, "none", None
        self._resident, self._compiling, self._next = [], None, None
        for engine in waiting:
            self._stage.give_up(engine)

    # What happens to the engines

    def look_at(self, engine: EngineProcess) -> None:
        """It has compiled, or its device has changed."""
        if engine is not self._compiling or not engine.ready:
            return
        if engine not in self._resident and self._compile_ms is None:
            self._compile_ms = (self._now_ns() - self._spawned_ns) / 1e6
        if not engine.stands_in or (self._next is not None and self._next.at_once):  # else its accelerator compiles
            self._serve(engine)

    def segment_began(self, event: SegmentBegan) -> None:
        """The load of a turn has begun."""
        if self.active and not self._told and event.segment == self._segment:
            self._told, now_ns = True, self._now_ns()
            if self._limit_s and self.phase == "serving":
                self.due_ns = now_ns + int(self._limit_s * 1e9)
            self._publish(
                TurnBegan(
                    t_ns=now_ns, turn=self._turn, segment=event.segment, engine=event.engine,
                    compile_ms=self._compile_ms,
                )
            )  # fmt: skip

    def refused(self, refused: Refused) -> bool:
        """A live change was refused. True where that was of a turn, which is told: its engine stays halted."""
        if not self.active or self._told:
            return False
        self._told = True
        self._publish(TurnRefused(t_ns=self._now_ns(), turn=self._turn, reason=refused.reason))
        if self.phase == "serving":
            self.phase = "resting"
            self._drained = Drained(engine=0, ended_ns=self._now_ns())
        return True

    def halted(self, dropped: int) -> None:
        """The serving engine submits nothing more. `dropped`: requests that were due and waited."""
        if self.phase == "halting":
            self._dropped = dropped

    def drained(self, drained: Drained) -> None:
        """The serving engine has halted and drained."""
        if self.phase == "halting":
            self._halted_ns = self._now_ns() if drained.ended_ns is None else drained.ended_ns
            self._drained = drained
            self._tell_end(self._turn)
            self._after_halt()

    def exits(self, engine: EngineProcess) -> None:
        """An engine's process has exited, which is to be told next: the end of its turn comes before."""
        if self.phase == "halting" and engine is self._stage.serving_engine:
            self._halted_ns = engine.halt_told_ns or self._now_ns()
            self._tell_end(self._turn)

    def lost(self, engine: EngineProcess, reason: str, *, served: bool) -> bool:
        """An engine has exited; `reason` says why. `served`: it was the serving one. True where it was of a turn."""
        if not self.active or (engine is not self._compiling and engine not in self._resident):
            return False
        if engine in self._resident:
            self._resident.remove(engine)
        if engine is self._compiling:
            self._compiling = None  # it is gone, and not to be given up
            self._call_off(reason)
        elif served and self.phase == "halting":
            self._after_halt()
        elif served and self.phase == "serving":
            self.phase, self.due_ns = "resting", None
            self._halted_ns = self._now_ns()
            self._publish(TurnRefused(t_ns=self._halted_ns, turn=self._turn, reason=reason, died=self._told))
            self._told = True
        return True


def needs_no_compile(old: Settings, new: Settings) -> bool:
    """An engine that is compiled for the old settings can serve with the new ones."""
    return all(effect_of(name, new) is Effect.LIVE for name in changed_fields(old, new))


def why_not_in_turns(settings: Settings) -> str:
    """Why settings cannot serve in turns, as a sentence; empty where they can."""
    if settings.duration_s or settings.requests:
        return "a study says itself how long each point serves; leave --duration and --requests away"
    if changes_with_time(settings):
        return "a study begins the load anew at each point, and this schedule changes with time"
    return ""
