"""The host's loop: one thread that waits for the clients, for the engines' messages, output and exits, for signals and
for calls from other threads. When the session ends: host.session_end."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Mapping
from functools import partial

from ovtui import __version__
from ovtui.host import prometheus_process, state_paths
from ovtui.host.client_protocol import (
    DRAIN_S,
    PROTOCOL,
    Apply,
    Backfill,
    BeginStudy,
    CancelChange,
    Command,
    End,
    EndStudy,
    EndTrial,
    Finished,
    MeasureIdle,
    Restart,
    RingOpened,
    SessionEnded,
    Start,
    Status,
    Stop,
    Try,
    Welcome,
)
from ovtui.host.connections import Connection, Connections, Departure
from ovtui.host.diagnosis.diagnosis_desk import DiagnosisDesk
from ovtui.host.engine_reader import EngineReader
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.event_log import EventLog
from ovtui.host.loop_calls import LoopCalls
from ovtui.host.machine.machine_reader import SessionProcesses
from ovtui.host.machine.sampler import MachineSampler
from ovtui.host.session_end import SessionEnd
from ovtui.host.session_recorder import SessionRecorder
from ovtui.host.session_socket import SessionSocket, SessionSocketError, new_session_name
from ovtui.host.standstill_watch import StandstillWatch
from ovtui.host.studies import Studies, StudyCommand
from ovtui.host.supervisor import Supervisor
from ovtui.records.clock import SessionClock
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.engine_protocol import EngineMessage
from ovtui.records.events import EngineSpawned, Event, ModelRead, Note, PowerSources
from ovtui.records.machine_readings import MachineReading

_LONGEST_WAIT_S = 3600.0
"""poll(2) takes a C int of ms, 24 days, and refuses more: a deadline may lie further off."""


class Server:
    """Owns everything in the host process except what the recorder's and the sampler's threads own. All methods run on
    the loop's thread; another has it make a call by `_run_on_loop`."""

    def __init__(self, first_client: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._loop_calls = LoopCalls()
        self._run_on_loop = self._loop_calls.add
        self._connections = Connections(self._selector, self)
        self._events = EventLog()
        self._engines: list[EngineProcess] = []
        self._reader = EngineReader(self._engines, self)
        self._supervisor: Supervisor | None = None
        self._studies: Studies | None = None
        self._recorder: SessionRecorder | None = None
        self._sampler: MachineSampler | None = None
        self._standstill_watch: StandstillWatch | None = None
        self._exporter: prometheus_process.Exporter | None = None
        self._diagnoses = DiagnosisDesk(
            self._engines, lambda: self._clock(), lambda: self._standstill_watch, self._run_on_loop, self.publish
        )
        self._readings: MachineReading | None = None
        """The newest readings."""
        self._socket: SessionSocket | None = None
        self._end = SessionEnd(self._stop_load)
        self._session = ""
        self._unreachable = ""
        """Why no other client can attach, as a sentence; empty where one can."""
        self._clock = SessionClock(0)
        self._finished = False
        self._catch_signals()
        self._connections.add(first_client, begins=True)

    def run(self) -> None:
        try:
            while self._end.reason is None:
                for key, events in self._selector.select(self._timeout_s()):
                    key.data(events)
                self._reader.flush_if_due()
                for owner in self._with_deadlines():
                    if (deadline_s := owner.deadline_s()) is not None and time.monotonic() >= deadline_s:
                        owner.enforce_deadlines()
                self._end.check(commanded=self._commanded)
        finally:
            self._close()

    @property
    def _commanded(self) -> bool:
        return bool(self._connections.commanding_count)

    def _with_deadlines(self) -> list[Supervisor | Connections | Studies]:
        return [owner for owner in (self._connections, self._supervisor, self._studies) if owner is not None]

    def _timeout_s(self) -> float | None:
        deadlines_s = [owner.deadline_s() for owner in self._with_deadlines()]
        end_s = self._end.at_s(commanded=self._commanded)
        times_s = [at_s for at_s in (self._reader.flush_at_s, end_s, *deadlines_s) if at_s is not None]
        return min(max(min(times_s) - time.monotonic(), 0), _LONGEST_WAIT_S) if times_s else None

    def _close(self) -> None:
        for part in (self._socket, self._standstill_watch, self._sampler):
            if part is not None:
                part.close()
        self._stop_study("the session ended")
        if self._supervisor is not None:
            self._supervisor.kill_all()
            self._reader.read_last()
            self._supervisor.close()
        # After the engines: their last records are in the rings.
        recorded = self._recorder is not None and self._recorder.close()
        self._connections.post_everyone(SessionEnded(reason=self._end.reason or "", recorded=recorded))

    def _catch_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: self._run_on_loop(lambda: self._end.drain("signal")))
        self._watch(self._loop_calls.fileno(), self._loop_calls.make)

    def _stop_load(self) -> bool:
        """Ends the load, for a session that is to end; returns False where no engine runs."""
        self._stop_study("the session ended")
        if self._supervisor is None or not self._engines:
            return False
        self._supervisor.stop(DRAIN_S)
        return True

    def _stop_study(self, why: str) -> None:
        if self._studies is not None:
            self._studies.stop(why)

    def _end_if_drained(self) -> None:
        if self._finished and not self._engines:
            self._end.drained()

    def _watch(self, fd: int, then: Callable[[], object]) -> None:
        self._selector.register(fd, selectors.EVENT_READ, lambda _: then())

    # Called by the connections

    def begin(self, connection: Connection, command: Start) -> None:
        self._end.options, self._clock = command.options, SessionClock(command.origin_ns)
        self._open_socket()
        self._connections.post(connection, self._welcome())
        self._recorder = SessionRecorder(
            command.options.record,
            {"session": self._session, "ovtui": __version__, "command": command.options.command},
            command.options.record_limit_bytes,
            self._clock,
            lambda event: self._run_on_loop(lambda: self.publish(event)),
        )
        self._supervisor = Supervisor(command.settings, self._session, command.origin_ns, self)
        self._studies = Studies(self, self._supervisor, self._clock)
        self._supervisor.trials.idle.after_load = command.options.measure_idle
        self._supervisor.start(command.options.experiment)
        self._sampler = MachineSampler(
            command.options.record,
            self._clock,
            self._processes,
            lambda readings: self._run_on_loop(lambda: self._publish_readings(readings)),
            lambda event: self._run_on_loop(lambda: self.publish(event)),
        )
        self._standstill_watch = StandstillWatch(
            lambda: tuple(self._engines), self._clock, lambda event: self._run_on_loop(lambda: self.publish(event))
        )
        if self._unreachable:
            self._note(f"no other client can attach to this session: {self._unreachable}")
        if command.options.prometheus:
            self._start_prometheus(command.options.prometheus)

    def _open_socket(self) -> None:
        """Opens the session socket, which names the session. Without one the session has a name and runs alone."""
        try:
            self._socket = SessionSocket()
        except SessionSocketError as error:
            self._session, self._unreachable = new_session_name(), str(error)
            return
        self._session = self._socket.name
        self._watch(self._socket.fileno(), self._accept)

    def attach(self, connection: Connection) -> None:
        self._connections.post(connection, self._welcome())
        self._request_history(connection)

    def _request_history(self, connection: Connection) -> None:
        if self._recorder is not None:
            self._recorder.request_backfill(
                lambda backfill, positions: self._run_on_loop(
                    lambda: self._complete_attach(connection, backfill, positions)
                )
            )

    def _complete_attach(self, connection: Connection, backfill: Backfill, positions: Mapping[int, int]) -> None:
        """Sends a new client everything so far. Records are in the session file up to `positions`, by
        engine, and in the rings from there."""
        if not self._connections.is_connected(connection):
            return  # the client has left meanwhile
        if not {engine.number for engine in self._engines} >= set(positions):
            # An engine and its ring are gone meanwhile; its records are in the file now.
            self._request_history(connection)
            return
        self._connections.post(connection, backfill)
        self._connections.post_many(connection, iter(self._events))
        for engine in self._engines:
            ring = RingOpened(engine=engine.number, first=positions.get(engine.number, 0))
            self._connections.post(connection, ring, engine.ring_fd)
        if self._readings is not None:  # it may not be in the file yet
            self._connections.post(connection, self._readings)
        if self._finished:
            self._connections.post(connection, Finished())
        connection.subscribed = True

    def send_status(self, connection: Connection) -> None:
        if self._supervisor is None:
            return
        settings, serving = self._supervisor.settings, self._supervisor.serving_engine
        end_s = self._end.at_s(commanded=self._commanded)
        self._connections.post(
            connection,
            Status(
                session=self._session,
                pid=os.getpid(),
                model=settings.model,
                device=(serving.compiled_for if serving else "") or settings.device,
                state="finished" if self._finished else "running" if serving else "starting",
                elapsed_s=self._clock() / 1e9,
                submitted=self._supervisor.submitted,
                clients=self._connections.watching_count,
                record=self._end.options.record,
                ends_in_s=None if end_s is None else max(end_s - time.monotonic(), 0),
                version=__version__,
                protocol=PROTOCOL,
                driven=self._end.options.driven,
                prometheus=self._exporter.address if self._exporter else "",
            ),
        )

    def ask_stuck(self, connection: Connection, *, native: bool) -> None:
        self._diagnoses.answer(self._session, partial(self._connections.post, connection), native=native)

    def execute(self, command: Command) -> None:
        if self._supervisor is None or self._studies is None or self._studies.refuses(command):
            return
        match command:
            case BeginStudy():
                self._studies.begin(command.spec)
            case EndStudy():
                self._studies.end()
            case Apply():
                self._supervisor.apply(command.settings)
            case CancelChange():
                self._supervisor.cancel_change()
            case Try():
                self._supervisor.trials.begin(command.settings, command.limit_s, command.terms, pinned=command.pinned)
            case EndTrial():
                self._supervisor.trials.end(narrow=command.narrow)
            case MeasureIdle():
                self._supervisor.trials.measure_idle()
            case Restart():
                self._supervisor.restart()
            case Stop():
                self._stop_study("the load was stopped")
                self._supervisor.stop(command.within_s)
            case End():
                self._end.end("client")
            case _:
                pass

    def execute_for_study(self, connection: Connection, command: StudyCommand) -> None:
        if self._studies is not None:
            self._studies.execute(connection, command)

    def study_left(self, connection: Connection) -> None:
        if self._studies is not None:
            self._studies.left(connection)

    def connect_study(self, sock: socket.socket, pid: int) -> Connection:
        return self._connections.add(sock, person=False, study_pid=pid)

    def commander_left(self, how: Departure) -> None:
        if not self._commanded:
            reachable = self._supervisor is not None and self._socket is not None
            self._end.commander_left(how, reachable=reachable, finished=self._finished)

    def _welcome(self) -> Welcome:
        return Welcome(
            version=__version__,
            session=self._session,
            origin_ns=self._clock.origin_ns,
            unreachable=self._unreachable,
            protocol=PROTOCOL,
        )

    def _accept(self) -> None:
        assert self._socket is not None
        connection = self._socket.accept()
        if connection is not None:
            self._connections.add(connection)

    def _start_prometheus(self, address: str) -> None:
        if isinstance(exporter := prometheus_process.spawn(address), str):
            self._note(exporter)
        else:
            self._exporter = exporter
            self._connections.add(exporter.wire, person=False)

    def _processes(self) -> SessionProcesses:
        """Called on the sampler's thread."""
        engines = [engine.process.pid for engine in tuple(self._engines)]
        others = [*self._connections.client_pids, *([self._exporter.pid] if self._exporter else [])]
        idle = self._supervisor is not None and self._supervisor.trials.idle.measuring
        return SessionProcesses(engines, others, read_idle=idle)

    def _publish_readings(self, readings: MachineReading) -> None:
        self._readings = readings
        if self._supervisor is not None:
            self._supervisor.trials.idle.add(readings)
        if self._recorder is not None:
            self._recorder.readings(readings)
        self._connections.post_all(readings)

    def _note(self, text: str) -> None:
        self.publish(Note(t_ns=self._clock(), severity="warning", text=text))

    # Called by the supervisor

    def publish(self, event: Event) -> None:
        if isinstance(event, EngineSpawned):
            self._finished = False
        elif isinstance(event, ModelRead):
            state_paths.remember_devices(event.available)
        elif isinstance(event, PowerSources) and self._supervisor is not None:
            self._supervisor.trials.idle.know(event)
        self._diagnoses.follow(event)
        self._events.append(event)
        if self._recorder is not None:
            self._recorder.event(event)
        self._connections.post_all(event)

    def engine_opened(self, engine: EngineProcess) -> None:
        self._engines.append(engine)
        self._watch(engine.wire.fileno(), lambda: self._reader.read_messages(engine))
        self._watch(engine.output_fd, lambda: self._reader.read_output(engine))
        self._watch(engine.pidfd, lambda: self._reader.exited(engine))
        if self._recorder is not None:
            self._recorder.ring_opened(engine.number, engine.ring_fd)
        self._connections.post_all(RingOpened(engine=engine.number), engine.ring_fd)

    def engine_closed(self, engine: EngineProcess) -> None:
        self._engines.remove(engine)
        self._reader.gone_shed += engine.counters.shed
        for fd in (engine.wire.fileno(), engine.output_fd, engine.pidfd):
            self.unwatch(fd)
        engine.close()
        if self._recorder is not None:
            self._recorder.ring_closed(engine.number)
        os.close(engine.ring_fd)
        self._end_if_drained()

    def diagnose_overdue(self, engine: EngineProcess, then: Callable[[Diagnosis], None]) -> None:
        self._diagnoses.overdue(engine, then)

    def engine_sent(self, engine: EngineProcess, message: EngineMessage) -> None:
        if self._supervisor is not None:
            self._supervisor.handle_message(engine, message)

    def engine_exited(self, engine: EngineProcess) -> None:
        if self._supervisor is not None:
            self._supervisor.engine_exited(engine)

    def unwatch(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(fd)

    def finished(self) -> None:
        self._finished = True
        self._end.finished(commanded=self._commanded)
        if not self._end.draining:  # then SessionEnded follows, with its reason
            self._connections.post_all(Finished())
        self._end_if_drained()
