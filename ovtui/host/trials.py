"""The trials of a session, and the pauses of its load: whether one may begin, and what commands and ends of engines
mean for it. Both have the serving engine halt for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ovtui.host.engine_pool import EnginePool
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.idle_pause import IdlePause, IdleStage
from ovtui.host.trial import Trial, TrialStage
from ovtui.records.engine_protocol import Drained
from ovtui.records.events import Event, TrialMark
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.changes import changed_fields, describe_changes, effect_of
from ovtui.settings.schema.arrival import changes_with_time
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings, fields

STAND_IN_SERVES = "the stand-in serves: a trial can begin once the accelerator does"


class TrialHost(TrialStage, IdleStage, Protocol):
    """What trials need of the supervisor beyond the stage of one."""

    @property
    def serving_engine(self) -> EngineProcess | None: ...

    @property
    def ordered(self) -> Settings:
        """The settings in force, or sent to the serving engine."""

    @property
    def changing(self) -> bool:
        """True while a change of settings is being applied."""

    def refuse(self, settings: Settings, changes: list[str], reason: str) -> None: ...


class Trials:
    """Owner: the Supervisor, which asks `running` before it acts on commands and messages itself."""

    def __init__(
        self, host: TrialHost, pool: EnginePool, publish: Callable[[Event], None], now_ns: Callable[[], int]
    ) -> None:
        self._host, self._pool, self._publish, self._now_ns = host, pool, publish, now_ns
        self.number = 0
        """Of the newest trial, also of one that a study tells of."""
        self._trial: Trial | None = None
        """The newest, until its engine B is given up or put in force."""
        self.idle = IdlePause(host, publish, now_ns)

    @property
    def running(self) -> bool:
        """Also while the load pauses, or an engine is kept to measure the idle machine."""
        return self.trial_runs or self.idle.holds

    @property
    def trial_runs(self) -> bool:
        return self._trial is not None and self._trial.running

    @property
    def waiting(self) -> list[EngineProcess]:
        """Engines of a trial that do not serve now."""
        trial, serving = self._trial, self._host.serving_engine
        return [engine for engine in (trial.a, trial.b) if engine and engine is not serving] if trial else []

    @property
    def due_ns(self) -> int | None:
        """When `step` is to be called, on the session clock."""
        times = (self.idle.due_ns, self._trial.due_ns() if self._trial is not None else None)
        return min((t_ns for t_ns in times if t_ns is not None), default=None)

    def step(self) -> None:
        self.idle.step()
        if self._trial is not None:
            self._trial.step()

    # Commands

    def begin(self, wanted: Settings, limit_s: float, terms: TrialTerms | None = None, *, pinned: bool = False) -> None:
        """Begins a trial of `wanted` against the settings in force, or refuses it with a sentence. It lasts `limit_s`
        at most. `pinned`: what is in force is held against `wanted`."""
        ordered, serving = self._host.ordered, self._host.serving_engine
        changes, reason = describe_changes(ordered, wanted), ""
        if serving is None or serving.load_over:
            reason = "a trial needs a load that runs"
        elif self.idle.holds:
            reason = "the idle machine is being measured; a trial can begin after it"
        elif self.running:
            reason = "a trial runs already"
        elif serving.stands_in:
            reason = STAND_IN_SERVES
        elif self._host.changing:
            reason = "another change is being applied; a trial can begin after it"
        else:
            reason = why_not(ordered, wanted)
        if serving is None or reason:
            self._host.refuse(wanted, changes, reason)
            return
        self.forget()
        tried = self._pool.start(wanted, changes)
        if tried is None:
            self._host.refuse(wanted, changes, "no engine process can be started for it")
            return
        self.number += 1
        self._trial = Trial(
            self.number, serving, tried, limit_s, self._host, self._publish, self._dismiss, self._now_ns, terms,
            pinned=pinned,
        )  # fmt: skip
        self._trial.announce(describe_changes(wanted, ordered) if pinned else changes)
        self._pool.announce(tried)

    def measure_idle(self) -> None:
        """Answered by IdleMeasured, at once where it cannot be."""
        self.idle.ask(trial=self.trial_runs)

    def end(self, *, narrow: bool = False, failure: str = "", then: Settings | None = None) -> None:
        """Ends the trial that runs: its intervals are narrow enough, it cannot go on because of `failure`, or a person
        cancels it; `then` is applied once the settings A serve again. Where a person does, gives up the engine that
        waits after a trial that is over."""
        if self.idle.holds and not narrow and not failure:
            self.idle.end(then)
        elif self._trial is None:
            return
        elif self._trial.running:
            self._trial.end("narrow" if narrow else "failed" if failure else "cancelled", failure, then)
        elif not narrow and not failure:
            self.forget()

    def take(self, wanted: Settings) -> EngineProcess | None:
        """The engine that waits with just these settings, from now on the caller's; one with others is given up. Also
        before the serving engine has answered that the trial is over."""
        trial = self._trial
        if trial is None or trial.running:
            return None
        if trial.b is None or trial.b.settings != wanted:
            self.forget()
            return None
        self._trial = None
        return trial.b

    def stop(self) -> Drained | None:
        """The load is stopped. Returns what the engine said when it drained for a pause of the load, where one was."""
        drained = self.idle.drained_with
        self.idle.stop()
        self.forget("the load was stopped")
        return drained

    def forget(self, why: str = "") -> None:
        """Gives up the trial and its engines, but the one that serves; `why`: what ends one that runs. A pause is over,
        too."""
        self.idle.forget()
        if self._trial is not None:
            self._trial.abandon(why)
            self._trial = None

    def _dismiss(self, engine: EngineProcess) -> None:
        if engine is not self._host.serving_engine and engine.process.returncode is None:
            self._pool.dismiss(engine)

    # What happens to engines

    def look_at(self, engine: EngineProcess) -> None:
        """It has compiled, or its device has changed."""
        if self._trial is not None and engine is self._trial.b:
            self._trial.look_at_b()

    def drained(self, drained: Drained) -> None:
        """The serving engine has halted for the trial or a pause and drained."""
        self.idle.drained(drained)
        if self._trial is not None:
            self._trial.drained()

    def lost(self, engine: EngineProcess, signal_name: str, *, served: bool = False) -> TrialMark:
        """An engine has exited. Returns its side in the trial: after the loss of B, A serves or goes on; after that of
        A the trial is over, and the supervisor has to start its settings anew."""
        if served or engine is self._host.serving_engine:
            self.idle.forget()
        trial = self._trial
        if trial is None or (engine is not trial.a and engine is not trial.b):
            return ""
        if engine is trial.b:
            trial.lost_b(engine.exit_reason_text(signal_name), served=served)
            return "B"
        self.forget(f"the engine with the settings in force died: {signal_name or 'it exited'}")
        return "A"


def why_not(old: Settings, new: Settings) -> str:
    """Why these settings cannot be tried against each other, as a sentence; empty where they can. They may differ in
    what is asked of the device, too: the model, the rate, the shapes."""
    fixed = [name for name in changed_fields(old, new) if effect_of(name, old) is Effect.START]
    if fixed:
        labels = ", ".join(fields()[name].label for name in fixed)
        return f"a trial divides one load into blocks, and {labels} would end it; give both sides the same"
    for settings in (old, new):
        if changes_with_time(settings):
            return "a trial divides the load into equal blocks, and this schedule changes with time"
    return ""
