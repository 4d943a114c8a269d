"""What the dashboard costs: CPU and bytes to a terminal of 120x40, over made-up requests on a real clock.

    python tests/benchmarks/dashboard_cost.py [--rate 400] [--seconds 15] [--size 120x40] [--keys s] [--low-bandwidth]

The making of the requests is measured apart and left out."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.terminal import STATUS_ASKED, STATUS_WELL

CPU_BUDGET, BYTES_BUDGET, LOW_BYTES_BUDGET, IDLE_BUDGET = 4.0, 15_000, 4_000, 0.2


def child(rate: float, report_fd: int, idle: bool, low: bool) -> None:
    from fake_source import FakeSource

    from ovtui.dashboard.preferences import Preferences
    from ovtui.dashboard.run_dashboard import run_dashboard
    from ovtui.records.source import Update
    from ovtui.settings.schema.display_settings import DisplaySettings

    class Timed(FakeSource):
        spent_s = 0.0

        def poll(self) -> Update:
            before = time.process_time()
            update = super().poll()
            self.spent_s += time.process_time() - before
            os.write(report_fd, json.dumps([time.process_time() - self.spent_s]).encode() + b"\n")
            return update

    origin = time.monotonic_ns()
    source = Timed(rate=rate, clock=lambda: time.monotonic_ns() - origin)
    source.finished = idle
    run_dashboard(source, Preferences(look=DisplaySettings(low_bandwidth=low)))


def measure(
    rate: float, seconds: float, size: tuple[int, int], keys: str, idle: bool, low: bool = False
) -> dict[str, Any]:
    """Runs the dashboard on a pty; figures of the last `seconds`, after 6 s of start and of the handover."""
    read_end, write_end = os.pipe()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        child(rate, write_end, idle, low)
        os._exit(0)
    os.close(write_end)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = psutil.Process(pid)
    began = time.monotonic()
    marks: list[tuple[float, int, float, float]] = []
    total, own_s, sent_keys = 0, 0.0, False
    while time.monotonic() - began < 6 + seconds:
        ready, _, _ = select.select([terminal, read_end], [], [], 0.5)
        if terminal in ready:
            data = os.read(terminal, 1 << 16)
            total += len(data)
            os.write(terminal, STATUS_WELL * data.count(STATUS_ASKED))
        if read_end in ready:
            lines = os.read(read_end, 1 << 16).splitlines()
            if lines:
                own_s = json.loads(lines[-1])[0]
        if keys and not sent_keys and time.monotonic() - began > 4:
            os.write(terminal, keys.encode())
            sent_keys = True
        if time.monotonic() - began > 6:
            used = process.cpu_times()
            marks.append((time.monotonic(), total, own_s, used.user + used.system))
    os.write(terminal, b"q")
    rss = process.memory_info().rss
    while True:
        try:
            if not os.read(terminal, 1 << 16):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    (t0, bytes0, own0, cpu0), (t1, bytes1, own1, cpu1) = marks[0], marks[-1]
    wall = t1 - t0
    return {
        "cpu_percent": 100 * (own1 - own0) / wall,
        "with_source_percent": 100 * (cpu1 - cpu0) / wall,
        "bytes_per_s": (bytes1 - bytes0) / wall,
        "rss_mb": rss / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, action="append")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--keys", default="", help="typed at 4 s, such as s to open the settings")
    parser.add_argument("--low-bandwidth", action="store_true")
    given = parser.parse_args()
    budget = LOW_BYTES_BUDGET if given.low_bandwidth else BYTES_BUDGET
    width, height = (int(part) for part in given.size.split("x"))
    for rate in given.rate or [400.0, 50_000.0]:
        found = measure(rate, given.seconds, (width, height), given.keys, idle=False, low=given.low_bandwidth)
        print(
            f"{given.size} at {rate:,.0f}/s: {found['cpu_percent']:.2f} % of a core (budget {CPU_BUDGET} %), "
            f"{found['bytes_per_s'] / 1e3:.1f} kB/s (budget {budget / 1e3:.0f}), "
            f"with the making of requests {found['with_source_percent']:.2f} %, {found['rss_mb']:.0f} MB"
        )
    found = measure(400, given.seconds, (width, height), given.keys, idle=True)
    print(
        f"{given.size} idle: {found['with_source_percent']:.2f} % (budget {IDLE_BUDGET} %), "
        f"{found['bytes_per_s']:.0f} B/s"
    )


if __name__ == "__main__":
    main()
