"""No value, no size and no jump takes the process down: plotext would, with a signal, hence the process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_no_data_aborts_the_process() -> None:
    fuzz = Path(__file__).with_name("charts_fuzz.py")
    command = [sys.executable, "-W", "error", str(fuzz)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert (done.returncode, done.stdout) == (0, "drawn\n"), done.stderr[-4000:]
