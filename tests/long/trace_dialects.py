"""Writes random lists of times in random dialects of spreadsheets, and looks whether each is read as these times or
refused: `python tests/long/trace_dialects.py [TRIES]`; 20,000 tries take two minutes."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "property")]

from harness.trace_dialects import DIALECTS, Dialect  # noqa: E402
from hypothesis import given, settings  # noqa: E402
from test_traces_property import TIMES, read_or_refused  # noqa: E402

USUAL_TRIES = 20_000


def main(tries: int) -> None:
    outcomes: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:

        @given(TIMES, DIALECTS)
        @settings(max_examples=tries, database=None, deadline=None)
        def try_one(times: list[int], dialect: Dialect) -> None:
            if dialect.header or dialect.stamps or dialect.unit == "s":  # nobody could know the unit of the others
                outcomes["read" if read_or_refused(Path(folder) / "t.csv", times, dialect) else "refused"] += 1

        try_one()
    print(f"none was read as other times: {outcomes['read']:,} read, {outcomes['refused']:,} refused")


if __name__ == "__main__":
    if "--help" in sys.argv:
        print(__doc__)
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL_TRIES)
