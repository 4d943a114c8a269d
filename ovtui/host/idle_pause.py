"""The power of the idle machine, measured: the load pauses for it, or the engine stays a while once the load is over.

While the load pauses nothing comes due: the engine halts and drains as for a trial, and after the pause its schedule
begins anew and a load with a duration lasts that much longer. The time in between belongs to no segment (LoadPaused,
IdleMeasured, then another SegmentBegan), so it counts neither in a throughput nor as requests that are late. A schedule
that changes with time (trace, ramp, steps) cannot pause without becoming another one: there the pause is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.metrics.energy.unreadable import why_no_watts
from ovtui.metrics.energy.watt_line import length_ns
from ovtui.metrics.energy.watt_lines import WattLines
from ovtui.records.engine_protocol import Drained
from ovtui.records.events import Event, IdleMeasured, LoadPaused, PowerSources, TrialMark
from ovtui.records.machine_readings import MachineReading
from ovtui.settings.schema.arrival import changes_with_time
from ovtui.settings.schema.settings import Settings

IDLE_S = 5.0
WATT_DECIMALS = 3
STANDS_IN = "the accelerator compiles still: the machine is not idle, and can be measured once that serves"
Reason = Literal["asked", "load ended", "paused"]


class IdleStage(Protocol):
    """What a pause needs of the supervisor."""

    @property
    def serving_engine(self) -> EngineProcess | None: ...

    @property
    def changing(self) -> bool: ...

    def halt_serving(self) -> None: ...

    def let_serve(
        self, engine: EngineProcess, segment: int | None, changes: list[str], side: TrialMark, paused_ns: int = 0
    ) -> int: ...

    def apply(self, wanted: Settings) -> None: ...


class IdlePause:
    """Owner: Trials, which passes on what happens to the engines."""

    def __init__(self, stage: IdleStage, publish: Callable[[Event], None], now_ns: Callable[[], int]) -> None:
        self._stage, self._publish, self._now_ns = stage, publish, now_ns
        self.after_load = False
        """Measure, too, when a load has ended, with its engine still there."""
        self.sources: PowerSources | None = None
        """What can be read; None until that is known, by `know`."""
        self._reason: Reason = "asked"
        self._engine: EngineProcess | None = None
        """The one that pauses, or that is killed afterwards."""
        self._halting = False
        self._halted_ns = 0
        self._since_ns = 0
        self._due_ns: int | None = None
        """When the measurement is over, on the session clock; None while none runs."""
        self._lines = WattLines()
        self.drained_with: Drained | None = None
        """What the engine said when it had drained for the pause."""
        self._called_off = False
        """It ended before the engine had drained."""
        self._then: Settings | None = None

    @property
    def holds(self) -> bool:
        return self._halting or self._due_ns is not None

    @property
    def measuring(self) -> bool:
        """While the machine has to be read also without an engine."""
        return self._due_ns is not None

    @property
    def due_ns(self) -> int | None:
        """When `step` is to be called, on the session clock."""
        return self._due_ns

    def ask(self, *, trial: bool) -> None:
        """A person asks for it. Answered by IdleMeasured: with a sentence at once where it cannot be. `trial`: one
        runs."""
        serving = self._stage.serving_engine
        if text := self._why_not(serving, trial=trial):
            self.refuse(text)
        elif serving is None:
            self._measure("paused", None)
        elif serving.load_over:
            self._measure("load ended", serving)
        else:
            self._reason, self._engine, self._halting, self._halted_ns = "asked", serving, True, self._now_ns()
            self._stage.halt_serving()

    def _why_not(self, serving: EngineProcess | None, *, trial: bool) -> str:
        if self.holds:
            return "the idle machine is being measured already"
        starting = serving is None and self._stage.changing
        if starting or (serving is not None and not serving.counters.written):
            return "the idle machine is measured once a first inference has come back"
        if serving is not None and serving.stands_in:
            return STANDS_IN
        if trial:
            return "a trial runs; the idle machine can be measured after it"
        if self._stage.changing:
            return "a change of settings is being applied; the idle machine can be measured after it"
        if text := why_no_watts(self.sources):
            return text
        if serving is None or serving.load_over:
            return ""
        if changes_with_time(serving.settings):
            return "this schedule changes with time and cannot pause; --measure-idle measures after the load"
        return ""

    def drained(self, drained: Drained) -> None:
        """The serving engine has halted and drained."""
        if self._halting and self._engine is not None:
            self._halting, self.drained_with = False, drained
            length_s = 0.0 if self._called_off else IDLE_S
            self._measure("asked", self._engine, length_s)
            assert self._due_ns is not None
            self._publish(LoadPaused(t_ns=self._since_ns, engine=self._engine.number, until_ns=self._due_ns))
            self.step()

    def after(self, engine: EngineProcess) -> None:
        """The load of an engine has ended: it is killed, after the measurement where one is wanted and can be made."""
        why_not = STANDS_IN if engine.stands_in else why_no_watts(self.sources)
        if self.after_load and not why_not:
            self._measure("load ended", engine)
            return
        if self.after_load:
            self.refuse(why_not, "load ended")
        engine.kill()

    def _measure(self, reason: Reason, engine: EngineProcess | None, length_s: float = IDLE_S) -> None:
        self._reason, self._engine, self._lines, self._since_ns = reason, engine, WattLines(), self._now_ns()
        self._due_ns = self._since_ns + int(length_s * 1e9)

    def know(self, sources: PowerSources) -> None:
        """What can be read. A measurement that began before that was known ends where nothing can."""
        self.sources = sources
        if self._due_ns is not None and why_no_watts(sources):
            self._due_ns = self._now_ns()
            self.step()

    def add(self, reading: MachineReading) -> None:
        if self._due_ns is not None and reading.t_ns >= self._since_ns:
            self._lines.add(reading)

    def step(self) -> None:
        if self._due_ns is not None and self._now_ns() >= self._due_ns:
            self._tell()
            self._go_on()

    def end(self, then: Settings | None = None) -> None:
        """A person ends it before its time, or changes the settings: `then` is applied once the load goes on."""
        self._then = then or self._then
        if self._halting:
            self._called_off = True
            return
        self._tell()
        self._go_on()

    def stop(self) -> None:
        """The load is stopped: nothing is measured after it."""
        if self.after_load and not self.holds:
            self.refuse("the load was stopped before its end", "load ended")
        self.after_load = False

    def forget(self) -> None:
        """Its engine is gone, or its load ends: nothing goes on after it."""
        if self._due_ns is not None:
            self._tell()
        if self._reason == "load ended" and self._engine is not None:
            self._engine.kill()
        self._clear()

    def _clear(self) -> None:
        self._engine, self._halting, self._due_ns, self.drained_with = None, False, None, None
        self._called_off, self._then = False, None

    def _go_on(self) -> None:
        engine, reason, then = self._engine, self._reason, self._then
        self._clear()
        if engine is not None and reason == "asked":
            paused_ns = self._now_ns() - self._halted_ns
            self._stage.let_serve(engine, None, ["the load goes on after a pause"], "", paused_ns)
        elif engine is not None:
            engine.kill()
        if then is not None:
            self._stage.apply(then)

    def _tell(self) -> None:
        now_ns = self._now_ns()
        span = self._since_ns, now_ns
        watts = {}
        for name, line in self._lines.by_name.items():
            if seconds := length_ns(line.covered(span)) / 1e9:
                watts[name] = round(line.joules(span) / seconds, WATT_DECIMALS)
        early = self._due_ns is not None and now_ns < self._due_ns
        nothing = "it was ended before a first reading" if early else "nothing told the watts in this time"
        text = "" if watts else why_no_watts(self.sources) or nothing
        self._publish(
            IdleMeasured(
                t_ns=now_ns, since_ns=self._since_ns, watts=watts, reason=self._reason, text=text,
                loaded=self._engine is not None,
            )
        )  # fmt: skip

    def refuse(self, text: str, reason: Reason = "asked") -> None:
        """Answers that it cannot be measured."""
        now_ns = self._now_ns()
        self._publish(IdleMeasured(t_ns=now_ns, since_ns=now_ns, watts={}, reason=reason, text=text))
