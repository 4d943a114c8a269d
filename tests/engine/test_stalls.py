"""An engine that the kernel stops for a while: what came due meanwhile is late because the load thread was, and found
idle infer requests when it came due."""

from __future__ import annotations

import os
import signal

import numpy as np
from driven import driven
from harness.signals import stop

from ovtui.records.events import EngineSpawned
from ovtui.records.record import Flag

STALL_NS = 400_000_000


def test_what_came_due_while_the_engine_was_stopped_is_schedule_error() -> None:
    # More are overdue than there are infer requests, of which even a busy machine never has all in flight.
    with driven(model="demo-matmul", device="CPU", rate=200.0, nireq=48) as run:
        pid = run.wait_event(EngineSpawned).pid
        run.wait_completed(100)
        stop(pid)
        run.poll()
        stopped_ns = run.last.now_ns
        run.wait_for(lambda: run.last.now_ns >= stopped_ns + STALL_NS, "the stall")
        os.kill(pid, signal.SIGCONT)
        run.wait_completed(200)
        rows = np.sort(run.records(), order="due_ns")
    lag_ns = rows["submit_ns"] - rows["due_ns"]
    worst = int(lag_ns.argmax())
    woke_ns = int(rows["submit_ns"][worst])
    overdue = rows[(rows["due_ns"] >= rows["due_ns"][worst]) & (rows["due_ns"] < woke_ns - 2_000_000)]
    assert len(overdue) >= 0.9 * STALL_NS / 5_000_000
    assert (overdue["flags"] & Flag.LATE != 0).all()
    queued = int((overdue["flags"] & Flag.QUEUED != 0).sum())
    assert queued == 0, f"{queued} of {len(overdue)} are said to have waited for an idle infer request"
