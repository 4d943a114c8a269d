"""What the controller of many boxes costs, while all of them run: its CPU over wall time, and its memory.

    python tests/benchmarks/fleet_200.py [--boxes 200] [--seconds 30] [--every 5]

The boxes are real sshds (several names each) with a fake ovtui that costs them next to nothing. First without a screen,
then on a terminal of 120x40, which is in the same process."""

from __future__ import annotations

import argparse
import fcntl
import math
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from harness.fake_ovtui import running, write_fake_ovtui
from harness.many_boxes import ManyBoxes
from harness.ssh_boxes import PROGRAMS
from harness.terminal import STATUS_ASKED, STATUS_WELL
from pairs import report, say

BEGIN_S = 280.0
SETTLE_S = 5.0
MOST_RSS_MB, MOST_CORE_PERCENT = 300, 5.0
NAMES_OF_AN_SSHD = 16
"""An sshd listens at no more ports."""


def answer(terminal: int) -> None:
    """As a terminal does, until it is closed."""
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:
            return
        if not data:
            return
        os.write(terminal, STATUS_WELL * data.count(STATUS_ASKED))


def start(many: ManyBoxes, every_s: float, log: Path, *, screen: bool) -> subprocess.Popen[bytes]:
    command = [
        str(PROGRAMS / "ovtui"), "fleet", "run", "--hosts", str(many.hosts_file), "demo-mlp", "-d", "CPU", "-n", "20",
        "--jobs", str(len(many.names)), "--every", f"{every_s:g}s",
    ]  # fmt: skip
    env = {**many.boxes.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    if not screen:
        return subprocess.Popen([*command, "--no-screen"], env=env, stdout=subprocess.DEVNULL, stderr=log.open("w"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    process = subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    threading.Thread(target=answer, args=(ours,), daemon=True).start()
    return process


def cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return used.user + used.system


def measure(count: int, seconds: float, every_s: float, *, screen: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        program, log = Path(folder) / "bin" / "ovtui", Path(folder) / "stderr"
        program.parent.mkdir()
        log.touch()
        write_fake_ovtui(program, every_s=every_s)
        with ManyBoxes(Path(folder), count, math.ceil(count / NAMES_OF_AN_SSHD), ovtui=program) as many:
            began_s = time.monotonic()
            process = start(many, every_s, log, screen=screen)
            controller = psutil.Process(process.pid)
            while (begun := sum(bool(running(many.home(name))) for name in many.names)) < count:
                if process.poll() is not None or time.monotonic() - began_s > BEGIN_S:
                    process.kill()
                    sys.exit(f"{begun} of {count} begun: {log.read_text()[-4000:]}")
                time.sleep(0.5)
            begun_s, begin_cpu_s = time.monotonic() - began_s, cpu_s(controller)
            time.sleep(SETTLE_S)
            before_s, at_s = cpu_s(controller), time.monotonic()
            time.sleep(seconds)
            percent = 100 * (cpu_s(controller) - before_s) / (time.monotonic() - at_s)
            rss_mb = controller.memory_info().rss / 1e6
            for name in many.names:
                (many.home(name) / ".fake" / "end").touch()
            ending_s = time.monotonic()
            if screen:
                process.terminate()
            peak_mb = rss_mb
            while process.poll() is None:
                try:
                    peak_mb = max(peak_mb, controller.memory_info().rss / 1e6)
                except psutil.Error:
                    break
                time.sleep(0.2)
            code = process.wait()
            told = log.read_text()
    how = f"{count} boxes, {'on a screen' if screen else 'no screen'}"
    over_s = time.monotonic() - ending_s
    say(f"{how}: all begun after {begun_s:.1f} s, over {over_s:.1f} s after their end, exit {code}")
    if code and not screen:
        say(told[-600:])
    report(f"{how}: CPU of a core", f"{percent:.2f} %", f"<= {MOST_CORE_PERCENT:g} %", percent <= MOST_CORE_PERCENT)
    report(f"{how}: memory at the most", f"{peak_mb:.0f} MB", f"<= {MOST_RSS_MB} MB", peak_mb <= MOST_RSS_MB)
    report(f"{how}: CPU until all had begun", f"{begin_cpu_s:.1f} s", "none", None)
    return percent <= MOST_CORE_PERCENT and peak_mb <= MOST_RSS_MB and (screen or code == 0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boxes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--every", type=float, default=5.0, help="a box tells how it stands so often, in seconds")
    parser.add_argument("--only", choices=("screen", "lines"), help="one of the two")
    given = parser.parse_args()
    screens = {"screen": (True,), "lines": (False,), None: (False, True)}[given.only]
    met = [measure(given.boxes, given.seconds, given.every, screen=screen) for screen in screens]
    return int(not all(met))


if __name__ == "__main__":
    sys.exit(main())
