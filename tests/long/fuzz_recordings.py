"""Damages recordings by chance and reads each in all ways that commands read one; counts what came of it.

    python tests/long/fuzz_recordings.py [--files 1000] [--first 0] [--programs 20] [RECORDING ...]

Without RECORDING those that come with ovtui are damaged, and four that are made for it (whole and cut off, of an open
loop and of a closed one). Each file is read in 12 ways
in this process (replay, JSON, report as Markdown and HTML, four exports, the jumps of a replay, what a client that
attaches reads, a trace of due times, `compare`); of the first ones also by the program itself. 1,000 files take some 5
minutes.
Exit code 1 where a reader ended in anything but a sentence."""

from __future__ import annotations

import argparse
import collections
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "unit"), str(TESTS.parent)]

from harness.broken_recordings import broken  # noqa: E402
from harness.reading_recordings import read_in_each_way  # noqa: E402
from harness.small_recordings import each_kind  # noqa: E402

from ovtui.records.session_file.shipped import shipped_recordings  # noqa: E402

READS = 12
COMMANDS = (
    ["replay"], ["replay", "--json", "-"], ["report", "-o", "-"], ["export", "--to", "csv"],
    ["export", "--to", "trace"],
)  # fmt: skip
LONG_S = 5.0
"""CPU time of all reads of one file above which it is named."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--programs", type=int, default=20, help="files that the program itself reads, too")
    parser.add_argument("recordings", nargs="*", type=Path)
    given = parser.parse_args()
    warnings.simplefilter("error")
    outcomes: collections.Counter[str] = collections.Counter()
    wrong: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "broken.ovtui"
        sources = given.recordings or [*each_kind(Path(folder)), *shipped_recordings().values()]
        for seed in range(given.first, given.first + given.files):
            ways = broken(sources[seed % len(sources)], target, seed)
            began_s = time.process_time()
            try:
                outcomes[kind_of(read_in_each_way(target))] += 1
            except Exception as error:
                frames = traceback.extract_tb(error.__traceback__)
                place = [frame for frame in frames if "/ovtui/" in frame.filename or "/harness/" in frame.filename][-1]
                what = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
                wrong[what] += 1
                print(f"seed {seed}, {ways}: {what}", flush=True)
            took_s = time.process_time() - began_s
            if took_s > LONG_S:
                print(f"seed {seed}, {ways}: {took_s:.1f} s of CPU", flush=True)
            if seed - given.first < given.programs:
                wrong.update(read_by_the_program(target, f"seed {seed}, {ways}"))
    read = f"{given.files:,} files, {given.files * READS:,} reads, {given.programs * len(COMMANDS)} by the program"
    print(f"{read}: {', '.join(f'{count:,} {kind}' for kind, count in outcomes.most_common())}; {wrong.total()} wrong")
    return 1 if wrong else 0


def kind_of(told: str) -> str:
    if told.startswith("refused: "):
        return "refused in a sentence"
    return "read in part, with the damage" if "damaged: " in told else "read" if not told else "read, with a remark"


def read_by_the_program(path: Path, what: str) -> list[str]:
    """What is wrong with how the program ended."""
    found = []
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "ovtui", *command, str(path)], capture_output=True, stdin=subprocess.DEVNULL
        )
        if done.returncode not in (0, 1) or b"Traceback" in done.stderr or (done.returncode and not done.stderr):
            found.append(f"{what}, {' '.join(command)}: code {done.returncode}, {done.stderr[-200:].decode()}")
            print(found[-1], flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
