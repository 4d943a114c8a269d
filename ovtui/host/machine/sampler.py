"""Reads the machine once a second, on a thread of its own: a slow sensor holds nothing else up. A reading takes 0.2 ms
of CPU without sensors, and a small file more for each sensor (tests/benchmarks/telemetry_cost.py)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from ovtui.host.machine.sensors import Sensors
from ovtui.records.events import Note
from ovtui.records.machine_readings import MachineReading

SAMPLE_PERIOD_S = 1.0


class MachineSampler:
    """Owner: the host's loop. The sampler's thread calls `clock` and the three callbacks, which must be callable from
    any thread."""

    def __init__(
        self,
        recording: str,
        clock: Callable[[], int],
        pids: Callable[[], Sequence[int]],
        publish_reading: Callable[[MachineReading], None],
        publish_note: Callable[[Note], None],
    ) -> None:
        """`recording` is the session file's path, empty for none. `pids` returns the process ids of the engines; while
        there are none, nothing is measured and the machine is not read."""
        self._recording, self._clock, self._pids, self._publish_readings, self._publish_note = (
            recording,
            clock,
            pids,
            publish_reading,
            publish_note,
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
                self._publish_note(Note(t_ns=self._clock(), severity="warning", text=text))

    def _read(self) -> None:
        from ovtui.host.machine.process_usage import ProcessUsageMeter

        sensors, processes = Sensors(), ProcessUsageMeter()
        while not self._stop.wait(SAMPLE_PERIOD_S):
            engines = self._pids()
            if not engines:
                continue
            t_ns = self._clock()
            engine, host = processes.use(engines), processes.use([os.getpid()])
            self._publish_readings(
                MachineReading(
                    t_ns=t_ns,
                    cpu_percent=processes.machine_percent(),
                    cpu_mhz=sensors.cpu_mhz(),
                    cpu_temperature_c=sensors.cpu_temperature_c(),
                    throttled_percent=sensors.throttled_percent(),
                    engine_cores=engine.cores,
                    engine_rss_bytes=engine.rss_bytes,
                    host_cores=host.cores,
                    host_rss_bytes=host.rss_bytes,
                    gpu_mhz=sensors.gpu_mhz(),
                    npu_percent=sensors.npu_percent(),
                    recording_bytes=_size(self._recording),
                )
            )


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size if path else None  # noqa: PTH116
    except OSError:
        return None
