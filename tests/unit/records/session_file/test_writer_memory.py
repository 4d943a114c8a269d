"""What the writer of a recording keeps in memory."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest
from samples import records

from ovtui.records.session_file.writer import RecordingProgress, SessionWriter

TICK_NS, ROWS, TICKS = 250_000_000, 12, 1500
"""At 50 requests a second; some six minutes."""


class _MallInfo(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


def bytes_used() -> int:
    """By C, for SQLite above all."""
    info = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if info is None:
        pytest.skip("needs glibc's mallinfo2")
    info.restype = _MallInfo
    return int(info().uordblks)


def test_pages_that_were_written_are_not_kept(tmp_path: Path) -> None:
    writer, rows, used = SessionWriter(str(tmp_path / "a.ovtui"), {}, 1 << 40), records(np.arange(ROWS) + 1.0), []
    for tick in range(2 * TICKS):
        rows["seq"] += ROWS
        for name in ("due_ns", "submit_ns", "done_ns"):
            rows[name] += TICK_NS
        writer.write([], [rows.tobytes()], RecordingProgress(tick * TICK_NS, 0, tick * ROWS, 0))
        if tick + 1 in (TICKS, 2 * TICKS):
            used.append(bytes_used())
    writer.close()
    assert used[1] - used[0] < 200_000
