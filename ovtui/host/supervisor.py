"""What the host decides: which engine serves, whether a change needs a new engine, when the load is over.

At most one engine serves and at most one is coming, to take over. A handover: the coming engine is compiled, the
serving one halts, the coming one takes over, the other drains and is killed. In a trial two engines serve in turns, and
none is coming: see host.trial. In a study any number does, see host.turns. How an engine is halted or has its turn:
host.engine_stage."""

from __future__ import annotations

import time

from ovtui.host import engine_deadlines
from ovtui.host.engine_stage import EngineStage, StageHandler
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.machine import machine_info
from ovtui.host.trials import Trials
from ovtui.host.turns import Turns
from ovtui.records.engine_protocol import Drained, EngineMessage, Halted
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
)
from ovtui.settings.changes import changed_fields, describe_changes, effect_of, with_changes
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.settings import Settings


class Supervisor(EngineStage):
    """Owner: the host's loop."""

    def __init__(self, settings: Settings, session: str, origin_ns: int, handler: StageHandler) -> None:
        super().__init__(settings, origin_ns, handler)
        self._session = session
        self.trials = Trials(self, self._pool, handler.publish, self._clock)
        self.turns = Turns(self, self._pool, handler.publish, self._clock)
        self._device_lists: dict[str, DeviceProperties] = {}

    def start(self, experiment: Experiment | None = None) -> None:
        self._spawn(self._settings, [])
        self._handler.publish(machine_info.session_began(self._session, self._settings, self._clock(), experiment))
        if self._coming is not None:
            self._pool.announce(self._coming)

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
        paused = self.trials.stop() or self.turns.stop()
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
                self.turns.halted(message.dropped)
                if not (self._stopping or self.trials.running or self.turns.active):
                    self._hand_over()
            case Halted():
                pass
            case SegmentBegan() if engine is not self._serving:
                pass  # a late answer of an engine that has handed over
            case Drained():
                self._drained(engine, message)
            case Refused() if engine is self._serving and self.turns.refused(message):
                self._change_answered()
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
                    self.turns.look_at(engine)
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
                self.turns.segment_began(event)
                if engine.live_changes:
                    live, engine.live_changes = engine.live_changes, {}
                    self.apply(with_changes(self._settings, live))
            case EngineFailed():
                engine.failure, engine.failure_detail = event.reason, event.detail
            case DeviceChanged():
                engine.devices = event.after
                self.trials.look_at(engine)
                self.turns.look_at(engine)
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

    def _restart_in_force(self) -> None:
        """Starts another engine with the settings in force: the coming engine has failed after the serving one had
        halted for it. That one drains, and is there until the other one takes over."""
        if self._serving is not None and not self._halting:
            self._halt(self._serving)
        self._spawn_and_announce(self._settings, [])
        if self._coming is None and self._serving is not None:
            self._serving.kill()

    def deadline_s(self) -> float | None:
        """When `enforce_deadlines` has to be called, on the monotonic clock; None for never."""
        steps_ns = [due_ns for due_ns in (self.trials.due_ns, self.turns.due_ns) if due_ns is not None]
        steps_s = [(self._origin_ns + due_ns) / 1e9 for due_ns in steps_ns]
        return engine_deadlines.earliest_deadline_s(self._alive(), self._load_end_deadline_s(), *steps_s)

    def _load_end_deadline_s(self) -> float | None:
        return engine_deadlines.load_end_deadline_s(self._serving, self._progress.until_ns, self._origin_ns)

    def enforce_deadlines(self) -> None:
        """Halts an engine that has not ended its load in time, and kills one that has not drained in time: a device
        that hangs must not hold up a run or a change for good. The next step of a trial or a turn is one, too."""
        self.trials.step()
        self.turns.step()
        now_s, serving = time.monotonic(), self._serving
        end_s = self._load_end_deadline_s()
        if serving is not None and end_s is not None and now_s >= end_s:
            self._stopping = True
            self._halt(serving)
        self._pool.kill_overdue(self._alive())

    def _alive(self) -> list[EngineProcess]:
        engines = (self._serving, self._coming, *self.trials.waiting, *self.turns.waiting, *self._pool.draining)
        return [engine for engine in engines if engine is not None]

    def _drained(self, engine: EngineProcess, drained: Drained) -> None:
        engine.drained = True
        if engine is self._serving and not self._stopping:
            engine.kill_at_s = None
            self.trials.drained(drained)
            self.turns.drained(drained)
            # Else, halted, it waits for the coming engine to take over.
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
        self.turns.exits(engine)
        signal_name = self._pool.exited(engine)
        if engine in self._pool.draining:
            self._pool.draining.remove(engine)
        elif engine is self._serving:
            self._serving_exited(engine, signal_name)
        elif self.turns.lost(engine, engine.exit_reason_text(signal_name), served=False):
            pass
        elif engine is self._coming:
            self._coming = None
            self._coming_failed(engine, signal_name)
        elif self.trials.lost(engine, signal_name) == "A" and self._serving is not None:
            self._restart_in_force()

    def _serving_exited(self, engine: EngineProcess, signal_name: str) -> None:
        self._leave_serving(engine)
        if not self._stopping and self.trials.lost(engine, signal_name, served=True) == "B":
            return
        self._unanswered, self._ordered = 0, self._settings
        if self.turns.lost(engine, engine.exit_reason_text(signal_name), served=True):
            pass
        elif self._coming is None:
            self._finish()
        else:
            self._hand_over()

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
