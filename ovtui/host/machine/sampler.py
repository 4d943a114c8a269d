"""Reads the machine once a second, on a thread of its own: a sensor that is slow to answer holds nothing else up.
A reading takes 0.2 ms of CPU where there is no sensor, and a small file more for each
that there is (tests/benchmarks/telemetry_cost.py)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from ovtui.host.machine.sensors import Sensors
from ovtui.records.events import Note
from ovtui.records.machine_readings import MachineReading

SAMPLE_PERIOD_S = 1.0


class MachineSampler:
    """Owner: the host's loop. The thread calls `pids`, `tell` and `publish`, which must be safe from any thread."""

    def __init__(
        self,
        recording: str,
        clock: Callable[[], int],
        pids: Callable[[], Sequence[int]],
        tell: Callable[[MachineReading], None],
        publish: Callable[[Note], None],
    ) -> None:
        """`pids` are the engines'; while there are none, nothing is measured and nothing is read."""
        self._recording, self._clock, self._pids, self._publish_readings, self._publish_note = (
            recording,
            clock,
            pids,
            tell,
            publish,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Does not wait: a hanging sensor would hold the end up."""
        self._stop.set()

    def _run(self) -> None:
        """A sensor that cannot be read in a way that nobody thought of ends the readings; the session goes on."""
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
