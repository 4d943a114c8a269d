"""What the fleet's screen costs: CPU and bytes to a terminal of 120x40, over boxes that are made up.

    python tests/benchmarks/fleet_screen.py [--seconds 20] [--size 120x40] [--keys j]

200 boxes that each tell every 5 s, and 20 that tell every 2 s; each row changes each time. The making of the boxes'
figures is in it, the SSH lines of a controller are not."""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.fake_fleet import FakeFleet
from harness.terminal import STATUS_ASKED, STATUS_WELL
from pairs import report

CPU_BUDGET = 5.0
"""Percent of a core."""
FLEETS = ((200, 5.0), (20, 2.0))
"""Boxes, and how often each tells, in seconds."""
_TICK_S, _START_S = 0.25, 8.0


class Running(FakeFleet):
    """On the real clock."""

    async def run(self) -> object:
        while not self.finished:
            await asyncio.sleep(_TICK_S)
            self.advance(_TICK_S)
        return None

    def stop(self, *names: str) -> None:
        super().stop(*names)
        self.finish()


def child(boxes: int, every_s: float) -> None:
    from ovtui.dashboard.fleet.run_fleet_screen import run_fleet_screen
    from ovtui.dashboard.preferences import Preferences

    fleet = Running(boxes, every_s=every_s)
    fleet.began_s = time.time()
    run_fleet_screen(fleet, Preferences(), attach_command=lambda name: ["true", name])


def measure(boxes: int, every_s: float, seconds: float, size: tuple[int, int], keys: str) -> tuple[float, float, float]:
    """Percent of a core, bytes a second, MB of memory: of the last `seconds`, after the start."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        child(boxes, every_s)
        os._exit(0)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process, began_s = psutil.Process(pid), time.monotonic()
    marks: list[tuple[float, int, float]] = []
    total, typed = 0, not keys
    while (passed_s := time.monotonic() - began_s) < _START_S + seconds:
        if select.select([terminal], [], [], 0.2)[0]:
            data = os.read(terminal, 1 << 16)
            total += len(data)
            os.write(terminal, STATUS_WELL * data.count(STATUS_ASKED))
        if not typed and passed_s > _START_S / 2:
            os.write(terminal, keys.encode())
            typed = True
        if passed_s > _START_S:
            used = process.cpu_times()
            marks.append((passed_s, total, used.user + used.system))
    memory_mb = process.memory_info().rss / 1e6
    os.write(terminal, b"qe")
    while True:
        try:
            if not os.read(terminal, 1 << 16):
                break
        except OSError:
            break
    os.waitpid(pid, 0)
    (first_s, first_bytes, first_cpu_s), (last_s, last_bytes, last_cpu_s) = marks[0], marks[-1]
    lasted_s = last_s - first_s
    return 100 * (last_cpu_s - first_cpu_s) / lasted_s, (last_bytes - first_bytes) / lasted_s, memory_mb


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--size", default="120x40")
    parser.add_argument("--keys", default="", help="typed after the start, such as j to choose a box")
    given = parser.parse_args()
    width, height = (int(part) for part in given.size.split("x"))
    for boxes, every_s in FLEETS:
        percent, bytes_s, memory_mb = measure(boxes, every_s, given.seconds, (width, height), given.keys)
        what = f"{boxes} boxes, each every {every_s:g} s, {given.size}"
        report(f"{what}: CPU of a core", f"{percent:.2f} %", f"<= {CPU_BUDGET:g} %", percent <= CPU_BUDGET)
        report(f"{what}: to the terminal", f"{bytes_s:,.0f} B/s", "none", None)
        report(f"{what}: memory", f"{memory_mb:.0f} MB", "none", None)


if __name__ == "__main__":
    main()
