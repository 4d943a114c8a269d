"""Exporting a large recording: `python tests/benchmarks/export_memory.py [ROWS]`. Prints each form's peak memory
(budget: 200 MB for 10 million requests), size and speed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from large_recording import make
from pairs import report

sys.path.insert(0, str(Path(__file__).parents[1]))


BUDGET_MB = 200


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "large.ovtui")
        make(path, rows)
        print(f"{rows:,} requests, {Path(path).stat().st_size / 1e6:,.0f} MB")
        for form in ("csv", "jsonl", "trace", "hgrm"):
            out = Path(folder) / form
            began_s = time.monotonic()
            child = subprocess.Popen([sys.executable, "-m", "ovtui", "export", path, "--to", form, "-o", str(out)])
            _, status, usage = os.wait4(child.pid, 0)
            took_s = time.monotonic() - began_s
            peak_mb = usage.ru_maxrss / 1024
            exit_code = os.waitstatus_to_exitcode(status)
            size_mb = out.stat().st_size / 1e6 if out.exists() else 0
            figure = f"{peak_mb:.0f} MB, {size_mb:,.1f} MB written, {rows / took_s:,.0f} requests/s"
            failed = f", exit {exit_code}" if exit_code else ""
            met = peak_mb <= BUDGET_MB and exit_code == 0
            report(f"export of {rows:,} to {form}, peak memory", figure + failed, f"<= {BUDGET_MB} MB", met)
            out.unlink(missing_ok=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 2_000_000)
