"""The dashboard over a real SSH connection through a line with delay and rate: bytes and time of the first paint and of
the first figures, how long keys take, how long the longest queue on the line is.

python tests/benchmarks/slow_line.py [--rate 30000] [--delay-ms 100] [--size 120x40] [--keys 20] [--tmux]"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from harness.reading import completed
from harness.slow_line import SlowLine
from harness.sshd import Sshd
from pairs import environment, report

FIRST_PAINT_BYTES, OWN_S, KEY_MS = 20_000, 1.0, 300.0
SETTLE_S, SECONDS = 8.0, 20.0
KEY_GAPS_S = (0.6, 2.3)
BEGUN = "begun-now"
LOADS = {"100/s": ["-d", "CPU", "--nireq", "2", "--rate", "100"], "saturated": ["-d", "CPU", "--nireq", "4"]}


class Seen(NamedTuple):
    """Of one session."""

    paint_s: float
    paint_bytes: int
    figures_s: float
    figures_bytes: int
    keys_ms: list[float]
    bytes_per_s: float
    backlog_s: float
    header: str


def over_ssh(load: list[str], size: tuple[int, int], line: SlowLine, sshd: Sshd, keys: int, in_tmux: bool) -> Seen:
    """Times from when the terminal shows that the command begins."""
    command = ["sh", "-c", f'echo {BEGUN}; exec "$@"', "sh", *ovtui(*load)]
    if in_tmux:
        command = ["tmux", "-L", f"slow-line-{line.port}", "-f", "/dev/null", "new", *command]
    with Program(sshd.command(command, environment(), line.port), environment(), *size) as program:
        begun_s, begun_bytes = _when(program, lambda text: BEGUN in text or "throughput" in text)
        line.longest_backlog_s = 0
        paint_s, paint_bytes = _when(program, lambda text: "p99" in text)
        figures_s, figures_bytes = _when(program, lambda text: completed(text) > 0)
        time.sleep(SETTLE_S)
        before, before_s = program.received, time.monotonic()
        line.longest_backlog_s = 0
        time.sleep(SECONDS)
        rate = (program.received - before) / (time.monotonic() - before_s)
        backlog_s = line.longest_backlog_s
        taken = [_key_ms(program, number) for number in range(keys)]
        header = program.terminal.lines[0]
        program.keys("q")
        program.wait()
    return Seen(
        paint_s - begun_s, paint_bytes - begun_bytes, figures_s - begun_s, figures_bytes - begun_bytes, taken, rate,
        backlog_s, header,
    )  # fmt: skip


def _when(program: Program, met: Callable[[str], object]) -> tuple[float, int]:
    program.wait_for(met)
    return time.monotonic(), program.received


def _key_ms(program: Program, number: int) -> float:
    kind = ("inference", "service", "response")[number % 3]
    began_s = time.monotonic()
    program.keys("m")
    program.wait_for(f"latency shown: {kind}")
    taken_s = time.monotonic() - began_s
    time.sleep(KEY_GAPS_S[number % 2])
    return taken_s * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=30_000, help="bytes a second")
    parser.add_argument("--delay-ms", type=float, default=100, help="of each direction")
    parser.add_argument("--size", action="append")
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--tmux", action="store_true", help="tmux runs at the far end")
    parser.add_argument("--only", default="", help="a part of a load's name")
    given = parser.parse_args()
    delay_s = given.delay_ms / 1e3
    with tempfile.TemporaryDirectory() as folder, Sshd(Path(folder)) as sshd:
        for size in given.size or ["80x24", "120x40", "200x60"]:
            columns, rows = (int(part) for part in size.split("x"))
            for name, load in LOADS.items():
                if given.only not in name:
                    continue
                with SlowLine(sshd.port, given.rate, delay_s) as line:
                    seen = over_ssh(load, (columns, rows), line, sshd, given.keys, given.tmux)
                _report(f"{size}, {name}{', in tmux' if given.tmux else ''}", seen, size, given.rate, delay_s)


def _report(what: str, seen: Seen, size: str, rate: float, delay_s: float) -> None:
    most_s = 2 * delay_s + seen.paint_bytes / rate + OWN_S
    report(f"{what}: first paint", f"{seen.paint_s:.2f} s", f"<= {most_s:.2f} s", seen.paint_s <= most_s)
    met = seen.paint_bytes <= FIRST_PAINT_BYTES if size == "120x40" else None
    report(f"{what}: bytes of it", f"{seen.paint_bytes:,}", f"<= {FIRST_PAINT_BYTES:,} at 120x40", met)
    report(f"{what}: first figures", f"{seen.figures_s:.2f} s, {seen.figures_bytes:,} bytes", "none", None)
    most_ms = KEY_MS + 2e3 * delay_s
    longest = max(seen.keys_ms, default=0)
    shown = f"median {statistics.median(seen.keys_ms or [0]):.0f} ms, longest {longest:.0f} ms"
    report(f"{what}: from a key to its answer", shown, f"<= {most_ms:.0f} ms", longest <= most_ms)
    report(f"{what}: to the terminal", f"{seen.bytes_per_s:,.0f} B/s", f"<= {rate:,.0f}", seen.bytes_per_s <= rate)
    report(f"{what}: longest queue on the line", f"{seen.backlog_s * 1e3:.0f} ms", "none", None)
    print(f"   {seen.header.strip()}")


if __name__ == "__main__":
    main()
