"""The recorder against a synthetic engine: a process that writes 50,000 records a second into a ring, and the host's
recorder that copies them into a session file, beside the readings of the machine:
`python tests/benchmarks/recorder.py [SECONDS] [RATE]`.

Prints what was lost (budget: 0 of 50,000/s for a minute), bytes a request (budget: 44) and the recorder's CPU."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from pairs import report

from ovtui.host.machine.sampler import MachineSampler
from ovtui.host.session_recorder import SessionRecorder
from ovtui.records.clock import SessionClock, now_ns
from ovtui.records.ring.ring import RingWriter
from ovtui.records.ring.ring_memory import create_memory
from ovtui.records.session_file.reader import SessionReader

TICK_S = 0.005
BYTES_BUDGET = 44
CPU_BUDGET = 0.07
RATE_KEPT = 0.999
"""The writer stops in the middle of a tick."""


def write(fd: int, seconds: float, rate: int, origin_ns: int) -> None:
    """As a GPU with batches of 16 would fill the ring: 16 requests in flight, completions a little out of order."""
    ring, clock = RingWriter(fd), SessionClock(origin_ns)
    jitter = np.random.default_rng(1).integers(-8, 9, 4096).tolist()
    written, began_s = 0, time.monotonic()
    while (passed_s := time.monotonic() - began_s) < seconds:
        for n in range(written, int(passed_s * rate)):
            done_ns = clock()
            service_ns = 3_000_000 + jitter[n & 4095] * 100_000
            submit_ns = done_ns - service_ns
            seq = max(n + jitter[n & 4095], 0)
            infer_us = (service_ns - 20_000) / 1e3
            ring.write(seq, n, submit_ns, submit_ns, done_ns, infer_us, n // 16, n % 16, 16, 1, 0, 0x20, 0, 0.0)
            ring.publish_submitted(n + 1)
            written = n + 1
        time.sleep(TICK_S)


def main(seconds: float, rate: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "session.ovtui")
        fd = create_memory()
        origin_ns = now_ns()
        engine = multiprocessing.get_context("spawn").Process(
            target=_engine, args=(os.getpid(), fd, seconds, rate, origin_ns)
        )
        engine.start()
        recorder = SessionRecorder(path, {}, 1 << 34, SessionClock(origin_ns), lambda event: print(event))
        cpu_s, began_s = time.process_time(), time.monotonic()
        recorder.ring_opened(1, fd)
        telemetry = MachineSampler(path, SessionClock(origin_ns), lambda: [engine.pid or 0], recorder.readings, print)
        engine.join()
        telemetry.close()
        recorder.ring_closed(1)
        recorder.close()
        cpu_s, took_s = time.process_time() - cpu_s, time.monotonic() - began_s
        file = SessionReader(path)
        rows, lost = file.end_row, file.progress_at(file.end_ns).lost
        size = Path(path).stat().st_size
        per_s, cpu_us = rows / seconds, cpu_s / rows * 1e6
        figure = f"{rows:,} in {took_s:.1f} s, {per_s:,.0f}/s"
        report("recorder: records", figure, f"{rate:,}/s", per_s >= rate * RATE_KEPT)
        report("recorder: records lost", f"{lost}", "0", lost == 0)
        report("recorder: bytes a request", f"{size / rows:.1f} B", f"<= {BYTES_BUDGET}", size / rows <= BYTES_BUDGET)
        cpu = cpu_s / took_s
        report("recorder: CPU", f"{cpu:.1%} of a core, {cpu_us:.2f} us a record", "<= 7 %", cpu <= CPU_BUDGET)
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        report("recorder: peak memory", f"{peak_mb:.0f} MB", "none", None)


def _engine(parent: int, fd: int, seconds: float, rate: int, origin_ns: int) -> None:
    write(os.open(f"/proc/{parent}/fd/{fd}", os.O_RDWR), seconds, rate, origin_ns)


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 60.0, int(sys.argv[2]) if sys.argv[2:] else 50_000)
