"""The studies of a session: whether one may begin, the process that carries it out, and how it ends. What its turns
mean for the engines: host.turns."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from ovtui.host import study_process
from ovtui.host.client_protocol import Apply, Command, MeasureIdle, Rest, Restart, TakeTurn, Tell, Try
from ovtui.host.connections import Connection
from ovtui.host.study_process import StudyProcess
from ovtui.host.supervisor import Supervisor
from ovtui.host.turns import why_not_in_turns
from ovtui.records.events import (
    BesideSecond,
    Event,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    TrialBegan,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.study_events import LayersSpec, StudyEnding, StudySpec
from ovtui.settings.changes import describe_changes

STOP_S = 10.0
"""How long a study that is stopped may take to tell what it has; the drain of the turn in force comes on top."""
RUNS = "a study runs; end it first"

StudyCommand = TakeTurn | Rest | Tell
"""What the process of a study alone may send."""


class StudyHost(Protocol):
    """What studies need of the server."""

    def publish(self, event: Event) -> None: ...

    def connect_study(self, sock: socket.socket, pid: int) -> Connection:
        """Takes over the host's end of the wire to a study's process."""


class Studies:
    """Owner: the server's loop."""

    def __init__(self, host: StudyHost, supervisor: Supervisor, now_ns: Callable[[], int]) -> None:
        """`now_ns` is the session clock."""
        self._host, self._supervisor, self._now_ns = host, supervisor, now_ns
        self._count = 0
        self._running: StudyBegan | None = None
        self._connection: Connection | None = None
        """Of the newest study's process, until it has left."""
        self._processes: dict[int, StudyProcess] = {}
        """By process id: those that have not left, also of studies that have ended."""
        self._kill_at_s: float | None = None
        """When a study that is stopped is killed, on the monotonic clock."""

    @property
    def running(self) -> bool:
        """Also while the settings from before it are about to serve again."""
        return self._running is not None or self._supervisor.turns.active

    # Commands of persons

    def begin(self, spec: StudySpec) -> None:
        """StudyBegan follows, or Refused with one sentence."""
        supervisor, serving = self._supervisor, self._supervisor.serving_engine
        settings, kind = supervisor.ordered, str(spec.__struct_config__.tag)
        reason = self._why_not(spec)
        if serving is None or reason:
            supervisor.refuse(settings, [kind], reason)
            return
        try:
            ours, process = study_process.spawn(self._count + 1)
        except OSError as error:
            supervisor.refuse(settings, [kind], f"no process can be started for it: {error.strerror or error}")
            return
        supervisor.trials.forget()
        self._count += 1
        self._running = StudyBegan(t_ns=self._now_ns(), study=self._count, spec=spec, settings=settings)
        supervisor.turns.begin(serving, settings)
        self._host.publish(self._running)
        self._processes[process.pid] = process
        self._connection = self._host.connect_study(ours, process.pid)

    def _why_not(self, spec: StudySpec) -> str:
        supervisor, serving = self._supervisor, self._supervisor.serving_engine
        if self.running:
            return "a study runs already; another can begin after it"
        if serving is None or serving.load_over:
            return "a study needs a load that runs"
        if supervisor.trials.idle.holds:
            return "the idle machine is being measured; a study can begin after it"
        if supervisor.trials.running:
            return "a trial runs; a study can begin after it"
        if serving.stands_in:
            return "the stand-in serves: a study can begin once the accelerator does"
        if supervisor.changing:
            return "another change is being applied; a study can begin after it"
        reason = why_not_in_turns(supervisor.ordered)
        if reason and isinstance(spec, LayersSpec):
            return (
                "the load rests while layers are profiled, and one with --duration, --requests or a schedule that "
                "changes with time would begin anew after it: leave that away, or use ovtui layers"
            )
        return reason

    def end(self) -> None:
        """A person stops it: it is told, and ends with what it has, or is killed."""
        if self._running is not None and self._kill_at_s is None:
            self._kill_at_s = time.monotonic() + STOP_S
            self._host.publish(StudyStopping(t_ns=self._now_ns(), study=self._running.study))

    def refuses(self, command: Command) -> bool:
        """Refuses a person's command that would disturb the study that runs, with a sentence."""
        if not self.running:
            return False
        supervisor = self._supervisor
        match command:
            case Apply() | Try():
                changes = describe_changes(supervisor.ordered, command.settings)
                supervisor.refuse(command.settings, changes, RUNS)
            case Restart():
                supervisor.refuse(supervisor.ordered, [], RUNS)
            case MeasureIdle():
                supervisor.trials.idle.refuse("a study runs; the idle machine can be measured after it")
            case _:
                return False
        return True

    # Commands of the study's process

    def execute(self, connection: Connection, command: StudyCommand) -> None:
        if not connection.is_study:
            self._drive(command)
            return
        if self._running is None or connection is not self._connection:
            return  # it has ended
        match command:
            case TakeTurn():
                self._supervisor.turns.take(command)
            case Rest():
                self._supervisor.turns.rest()
            case Tell(event=StudyEnded() as event):
                self._end(event.reason, event.text, event)
            case Tell(event=StudyStep() | StudyPoint() | StudyLayers() as event):
                self._host.publish(msgspec.structs.replace(event, t_ns=self._now_ns()))
            case Tell(event=TrialBegan() as event):
                self._supervisor.trials.number = max(self._supervisor.trials.number, event.trial)
                self._host.publish(event)
            case Tell(event=TrialTurn() | TrialEnded() | BesideSecond() as event):
                self._host.publish(event)

    def _drive(self, command: StudyCommand) -> None:
        """A turn of a session that its first client drives, without a study (SessionOptions.driven)."""
        turns, serving = self._supervisor.turns, self._supervisor.serving_engine
        if not turns.active and serving is not None:
            turns.begin(serving, self._supervisor.ordered)
        match command:
            case TakeTurn():
                turns.take(command)
            case Rest():
                turns.rest()

    def left(self, connection: Connection) -> None:
        """The wire of a study's process is closed: it has exited, or is about to."""
        process = self._processes.pop(connection.use.pid, None)
        if process is None:
            return
        if connection is self._connection:
            self._connection = None
            if self._running is not None:
                self._died(process.end_text())
        process.close()

    def _died(self, how: str) -> None:
        if self._kill_at_s is not None:
            self._end("stopped", f"its process ended before it had told what it found: {how}")
        else:
            self._end("failed", f"the study's process died: {how}")

    # The end

    def stop(self, text: str) -> None:
        """The load or the session ends, and the study with it, at once."""
        running, self._running, self._kill_at_s = self._running, None, None
        for process in self._processes.values():
            process.kill()
        if running is not None:
            self._host.publish(StudyEnded(t_ns=self._now_ns(), study=running.study, reason="stopped", text=text))

    def _end(self, reason: StudyEnding, text: str, told: StudyEnded | None = None) -> None:
        running, self._running, self._kill_at_s = self._running, None, None
        if running is None:
            return
        now_ns, answer = self._now_ns(), told.answer if told is not None else None
        self._host.publish(StudyEnded(t_ns=now_ns, study=running.study, reason=reason, text=text, answer=answer))
        self._supervisor.turns.end()

    def deadline_s(self) -> float | None:
        """When `enforce_deadlines` has to be called, on the monotonic clock; None for never."""
        return self._kill_at_s

    def enforce_deadlines(self) -> None:
        """Kills a study that was stopped and has not told what it has."""
        now_s = time.monotonic()
        if self._kill_at_s is None or now_s < self._kill_at_s:
            return
        if self._supervisor.turns.halting:
            self._kill_at_s = now_s + 1.0  # the turn in force drains still
            return
        if self._connection is not None and (process := self._processes.get(self._connection.use.pid)):
            process.kill()
        self._end("stopped", f"it did not end within {STOP_S:.0f} s and was killed")
