"""What the host decides: which engine serves, whether a change needs a new engine, when the load is over.

At most one engine serves and at most one is coming, to take over. A handover: the coming engine is compiled, the
serving one halts, the coming one takes over, the other drains and is killed. In a trial two engines serve in turns, and
none is coming: see host.trial."""

from __future__ import annotations

import time
from typing import Protocol

from ovtui.host import engine_deadlines
from ovtui.host.engine_pool import EngineHandler, EnginePool
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.load_progress import LoadProgress
from ovtui.host.machine import machine_info
from ovtui.host.trials import Trials
from ovtui.records.clock import SessionClock
from ovtui.records.engine_protocol import ApplyLive, Drained, EngineMessage, Halted
from ovtui.records.events import (
    Compiled,
    DeviceChanged,
    DeviceProperties,
    EngineFailed,
    Event,
    Experiment,
    LoadEnded,
    Refused,
    SegmentBegan,
    TrialMark,
)
from ovtui.settings.changes import changed_fields, describe_changes, effect_of, with_changes
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings


class Supervisor:
    """Owner: the host's loop."""

    def __init__(self, settings: Settings, session: str, origin_ns: int, handler: SupervisorHandler) -> None:
        self._clock = SessionClock(origin_ns)
        self._origin_ns = origin_ns
        self._handler = handler
        self._pool = EnginePool(origin_ns, self._clock, handler)
        self._settings = settings
        """In force, or to be while the first engine starts."""
        self._session = session
        self._serving: EngineProcess | None = None
        self._coming: EngineProcess | None = None
        """The engine that is to take over, from its start until it serves."""
        self._segment = 0
        self.trials = Trials(self, self._pool, handler.publish, self._clock)
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
        self._device_lists: dict[str, DeviceProperties] = {}

    def start(self, experiment: Experiment | None = None) -> None:
        self._spawn(self._settings, [])
        self._handler.publish(machine_info.session_began(self._session, self._settings, self._clock(), experiment))
        if self._coming is not None:
            self._pool.announce(self._coming)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def submitted(self) -> int:
        """Requests, by all engines."""
        return self._progress.next_seq if self._serving is None else self._serving.next_seq

    def apply(self, wanted: Settings) -> None:
        if self.trials.running:
            self.trials.end(then=wanted)
            return
        if not (names := changed_fields(self._ordered, wanted)):
            return
        changes = describe_changes(self._ordered, wanted)
        fixed = [name for name in names if effect_of(name, self._ordered) is Effect.START]
        if fixed:
            self.refuse(wanted, changes, f"{', '.join(fixed)} can only be set when a session starts")
        elif self._coming is None and not self._halting and (tried := self.trials.take(wanted)) is not None:
            tried.changes, self._coming = changes, tried
            self.halt_serving()
        elif self._serving is None:
            if self._coming is not None:
                self._dismiss(self._coming)
            self._settings = self._ordered = wanted
            self._restart_if_over()
            self._spawn_and_announce(wanted, changes)
        elif all(effect_of(name, self._ordered) is Effect.LIVE for name in names):
            if self._coming is not None:
                self._coming.live_changes |= {name: getattr(wanted, name) for name in names}
            self._change_live(wanted, changes)
        elif self._coming is None or self._coming.settings != wanted:  # else it compiles for them already
            if self._coming is not None:
                self._dismiss(self._coming)
            self._spawn_and_announce(wanted, changes)

    def cancel_change(self) -> None:
        """Dismisses the engine that is to take over, unless the serving one is halting for it already."""
        self.trials.end()
        coming = self._coming
        if coming is not None and self._serving is not None and not self._halting:
            self._dismiss(coming)
            self.refuse(coming.settings, coming.changes, "the old settings serve on", called_off=True)

    def restart(self) -> None:
        if self._serving is None and self._coming is None:
            self._restart_if_over()
            self._spawn_and_announce(self._settings, [])

    def _restart_if_over(self) -> None:
        self._stopping = False
        self._progress.restart_if_over()

    def stop(self, within_s: float | None = None) -> None:
        """Ends the load and drains it; `finished` follows. Engines that have not drained `within_s` are killed."""
        paused = self.trials.stop()
        if self._coming is not None:
            self._dismiss(self._coming)
        again, self._stopping = self._stopping and self._halting, True
        if self._serving is not None and paused is not None:
            self._drained(self._serving, paused)
        elif self._serving is not None and not again:
            self._halt(self._serving)
        if within_s is not None:
            engine_deadlines.hasten(self._alive(), within_s, time.monotonic())
        if self._serving is None:
            self._finish()

    def kill_all(self) -> None:
        self._stopping = True
        for engine in self._alive():
            engine.kill()

    def close(self) -> None:
        """After `kill_all`, and with their last messages read: publishes what each of them left."""
        for engine in self._alive():
            self._pool.exited(engine)

    def handle_message(self, engine: EngineProcess, message: EngineMessage) -> None:
        match message:
            case Halted() | Drained() | LoadEnded() if engine.load_over:
                pass  # its load ended by itself, before it received Halt: LoadEnded was published then
            case Halted() if engine is self._serving:
                self._progress.next_seq, self._progress.due_count = message.next_seq, engine.due_count
                self._progress.due_from_ns = message.next_due_ns
                self._halted = True
                if not self._stopping and not self.trials.running:
                    self._hand_over()
            case Halted():
                pass
            case SegmentBegan() if engine is not self._serving:
                pass  # a late answer of an engine that has handed over
            case Drained():
                self._drained(engine, message)
            case DeviceProperties(device=name) if message.lists_as(self._device_lists.get(name)):
                pass  # every engine reports the same of the same devices
            case DeviceProperties():
                self._device_lists[message.device] = message
                self._handler.publish(message)
            case _:
                self._handler.publish(message)
                self._apply_event(engine, message)

    def _apply_event(self, engine: EngineProcess, event: Event) -> None:
        match event:
            case Compiled():
                engine.ready, engine.devices, engine.compiled_for = True, event.execution_devices, event.device
                engine.may_batch = event.batching.size != 1
                if engine is not self._coming:
                    self.trials.look_at(engine)
                elif self._serving is None or self._halted:
                    self._hand_over()
                elif not self._halting:
                    self._halt(self._serving)
            case Refused():
                self._change_answered()
            case SegmentBegan(trial="A" | "B"):
                engine.nireq = event.nireq
            case SegmentBegan():
                self._settings, engine.nireq = event.settings, event.nireq
                self._progress.follow(event)
                self._change_answered()
                if engine.live_changes:
                    live, engine.live_changes = engine.live_changes, {}
                    self.apply(with_changes(self._settings, live))
            case EngineFailed():
                engine.failure, engine.failure_detail = event.reason, event.detail
            case DeviceChanged():
                engine.devices = event.after
                self.trials.look_at(engine)
                self._follow_optimal_requests(engine, event)
            case LoadEnded():
                self._load_ended(engine)
            case _:
                pass

    def _follow_optimal_requests(self, engine: EngineProcess, event: DeviceChanged) -> None:
        """Without a number of requests in flight it is the optimum of the serving device, so it is set anew when the
        device changes."""
        if engine is self._serving:
            self.trials.end(failure="the device changed")
        unset = not self._ordered.requests_in_flight
        if engine is self._serving and unset and event.optimal_requests != engine.nireq:
            change = f"in flight {engine.nireq}→{event.optimal_requests} (optimal for {','.join(event.after)})"
            self._change_live(self._ordered, [change])

    def _hand_over(self) -> None:
        """Has the coming engine take over if it is compiled. The engine before drains, then it is killed."""
        coming = self._coming
        if coming is None and self._halted:
            self._restart_in_force()
        if coming is None or not coming.ready:
            return
        if self._serving is not None:
            self._pool.retire(self._serving)
        self._coming = None
        self._unanswered, self._ordered = 1, coming.settings
        self._take_over(coming, None, coming.changes, "")

    def _take_over(self, engine: EngineProcess, segment: int | None, changes: list[str], side: TrialMark) -> int:
        """Has an engine serve, as `segment` or as a new one, which it returns."""
        self._serving = engine
        self._halting = self._halted = False
        if segment is None:
            segment = self._segment = self._segment + 1
        engine.send(self._progress.take_over(engine, segment, changes, side, self._clock()))
        return segment

    def _restart_in_force(self) -> None:
        """Starts another engine with the settings in force: the coming engine has failed after the serving one had
        halted for it. That one drains, and is there until the other one takes over."""
        if self._serving is not None and not self._halting:
            self._halt(self._serving)
        self._spawn_and_announce(self._settings, [])
        if self._coming is None and self._serving is not None:
            self._serving.kill()

    def _halt(self, engine: EngineProcess) -> None:
        self._halting = True
        engine.kill_at_s = engine_deadlines.halt_deadline_s(engine, time.monotonic())
        engine.halt(over=self._stopping, now_ns=self._clock())

    def deadline_s(self) -> float | None:
        """When `enforce_deadlines` has to be called, on the monotonic clock; None for never."""
        step_s = None if self.trials.due_ns is None else (self._origin_ns + self.trials.due_ns) / 1e9
        return engine_deadlines.earliest_deadline_s(self._alive(), self._load_end_deadline_s(), step_s)

    def _load_end_deadline_s(self) -> float | None:
        return engine_deadlines.load_end_deadline_s(self._serving, self._progress.until_ns, self._origin_ns)

    def enforce_deadlines(self) -> None:
        """Halts an engine that has not ended its load in time, and kills an engine that has not drained in time: a
        device that hangs must not hold up a run or a change for good. The next step of a trial is one, too."""
        self.trials.step()
        now_s, serving = time.monotonic(), self._serving
        end_s = self._load_end_deadline_s()
        if serving is not None and end_s is not None and now_s >= end_s:
            self._stopping = True
            self._halt(serving)
        self._pool.kill_overdue(self._alive())

    def _alive(self) -> list[EngineProcess]:
        engines = (self._serving, self._coming, *self.trials.waiting, *self._pool.draining)
        return [engine for engine in engines if engine is not None]

    def _change_answered(self) -> None:
        self._unanswered = max(self._unanswered - 1, 0)
        self._ordered = self._ordered if self._unanswered else self._settings

    def _drained(self, engine: EngineProcess, drained: Drained) -> None:
        engine.drained = True
        if engine is self._serving and not self._stopping:
            engine.kill_at_s = None
            self.trials.drained(drained)  # else, halted, it waits for the coming engine to take over
            return
        if engine is self._serving:
            self._handler.publish(engine.stopped_event(self._clock(), drained))
            self._load_ended(engine)
        else:
            engine.kill()

    def _load_ended(self, engine: EngineProcess) -> None:
        if engine is self._serving:
            self._progress.take_over_from(engine)
            self._progress.mark_over()
            engine.load_over = True
            self.trials.forget("the load has ended")
            self.trials.idle.after(engine)
            if self._coming is not None:
                self._dismiss(self._coming)

    def engine_exited(self, engine: EngineProcess) -> None:
        """The process has exited, and its last messages and output have been read."""
        signal_name = self._pool.exited(engine)
        if engine in self._pool.draining:
            self._pool.draining.remove(engine)
        elif engine is self._serving:
            self._progress.take_over_from(engine)
            self._progress.due_from_ns = None
            self._serving = None
            self._halting = self._halted = False
            if not self._stopping and self.trials.lost(engine, signal_name, served=True) == "B":
                return
            self._unanswered, self._ordered = 0, self._settings
            if self._coming is None:
                self._finish()
            else:
                self._hand_over()
        elif engine is self._coming:
            self._coming = None
            self._coming_failed(engine, signal_name)
        elif self.trials.lost(engine, signal_name) == "A" and self._serving is not None:
            self._restart_in_force()

    def _coming_failed(self, engine: EngineProcess, signal_name: str) -> None:
        if self._serving is None:
            self._finish()
            return
        self._handler.publish(engine.refused_event(self._clock(), signal_name))
        if self._halted and not self._stopping:
            if engine.changes:
                self._restart_in_force()
            else:  # that was the other one
                self._serving.kill()

    @property
    def serving_engine(self) -> EngineProcess | None:
        return self._serving

    @property
    def ordered(self) -> Settings:
        return self._ordered

    @property
    def changing(self) -> bool:
        return self._coming is not None or self._halting or self._unanswered > 0

    def halt_serving(self) -> None:
        if self._serving is not None:
            self._halt(self._serving)

    def let_serve(
        self, engine: EngineProcess, segment: int | None, changes: list[str], side: TrialMark, paused_ns: int = 0
    ) -> int:
        self._progress.resume(paused_ns)
        return self._take_over(engine, segment, changes, side)

    def label_anew(self, changes: list[str]) -> None:
        self._change_live(self._ordered, changes)

    def _finish(self) -> None:
        """Nothing serves and nothing is coming. A schedule that starts later does not continue the last one."""
        self._progress.due_from_ns = None
        self._handler.finished()

    def _change_live(self, wanted: Settings, changes: list[str]) -> None:
        if self._halting and self._coming is None:
            self._settings = self._ordered = wanted
        if self._serving is None or self._halting:
            return  # the coming engine applies it when it serves
        self._segment += 1
        self._unanswered += 1
        self._ordered = wanted
        self._serving.send(ApplyLive(segment=self._segment, settings=wanted, changes=changes))

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

    def refuse(self, settings: Settings, changes: list[str], reason: str, *, called_off: bool = False) -> None:
        refused = Refused(t_ns=self._clock(), settings=settings, changes=changes, reason=reason, called_off=called_off)
        self._handler.publish(refused)


class SupervisorHandler(EngineHandler, Protocol):
    def finished(self) -> None: ...
