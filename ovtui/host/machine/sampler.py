"""Reads the machine once a second, on a thread of its own: a slow sensor holds nothing else up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ovtui.host.machine.machine_reader import MachineReader, SessionProcesses
from ovtui.host.machine.machine_watch import MachineWatch
from ovtui.records.events import Event, Note
from ovtui.records.machine_readings import MachineReading

SAMPLE_PERIOD_S = 1.0


class MachineSampler:
    """Owner: the host's loop. The sampler's thread calls `clock` and the three callbacks, which must be callable from
    any thread."""

    def __init__(
        self,
        recording: str,
        clock: Callable[[], int],
        session: Callable[[], SessionProcesses],
        publish_reading: Callable[[MachineReading], None],
        publish: Callable[[Event], None],
    ) -> None:
        """`recording` is the session file's path, empty for none. `session` returns the session's processes; while
        there are no engines, nothing is measured and the machine is not read, unless they say so."""
        self._recording, self._clock, self._session, self._publish_reading, self._publish = (
            recording,
            clock,
            session,
            publish_reading,
            publish,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops the thread without waiting for it: a sensor that hangs would hold up the end of the session."""
        self._stop.set()

    def _run(self) -> None:
        """An unexpected error of a sensor ends the readings with a note; the session goes on."""
        try:
            self._read()
        except Exception as error:
            if not self._stop.is_set():
                text = f"no more readings of the machine: {type(error).__name__}: {error}"
                self._publish(Note(t_ns=self._clock(), severity="warning", text=text))

    def _read(self) -> None:
        reader, resumes = MachineReader(), False
        watch = MachineWatch(reader)
        while not self._stop.wait(SAMPLE_PERIOD_S):
            session = self._session()
            if not session.engines and not session.read_idle:
                resumes = True
                for event in watch.end():
                    self._publish(event)
                continue
            reading = reader.read(self._clock(), session, self._recording)
            if resumes:  # its rates are over the time in which nothing was read
                resumes = False
                continue
            self._publish_reading(reading)
            for event in watch.look(reading, session):
                self._publish(event)
