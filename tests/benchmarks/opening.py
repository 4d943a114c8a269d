"""Opening a large recording: `python tests/benchmarks/opening.py [ROWS]`, by default 10 million.

The real program on a pty at 120x40: until the first frame of the recording (budget: 2 s); from a jump to the end until
the last request is read, and whether the screen told its progress; until `q`, pressed while it reads, ends it."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from harness.program import Program, ovtui
from large_recording import RATE, make
from pairs import environment, report, say

FIRST_FRAME_S, QUIT_S = 2.0, 1.0
SEEK_S = 10
"""What the key > moves by."""


def opened(path: str) -> tuple[Program, float]:
    """The program with its first frame on the screen, and the seconds that it took."""
    began_s = time.monotonic()
    program = Program(ovtui("replay", path), environment(), 120, 40)
    program.wait_for("REPLAY")
    return program, time.monotonic() - began_s


def jump_to_end(program: Program, rows: int) -> None:
    program.keys(*[">"] * (rows // RATE // SEEK_S + 2))


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "large.ovtui")
        make(path, rows)
        say(f"{rows:,} requests, {Path(path).stat().st_size / 1e6:,.0f} MB")
        program, first_s = opened(path)
        with program:
            report("opening: first frame", f"{first_s:.2f} s", f"<= {FIRST_FRAME_S:g} s", first_s <= FIRST_FRAME_S)
            began_s = time.monotonic()
            jump_to_end(program, rows)
            program.wait_for("reading")
            report("opening: progress shown", f"after {time.monotonic() - began_s:.2f} s", "shown", True)
            program.wait_for("ended")
            report("opening: read to the end", f"{time.monotonic() - began_s:.1f} s", "none", None)
        program, _ = opened(path)
        with program:
            jump_to_end(program, rows)
            program.wait_for("reading")
            began_s = time.monotonic()
            program.keys("q")
            program.wait()
            quit_s = time.monotonic() - began_s
            report("opening: q while it reads", f"{quit_s:.2f} s", f"<= {QUIT_S:g} s", quit_s <= QUIT_S)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000_000)
