"""Which requests of an open loop were queued, worked out from the rows alone, as docs/statistics.md has it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ovtui.records.record import Records

LATE_NS = 1_000_000
Times = npt.NDArray[np.int64]


def queued_by_rows(rows: Records, nireq: int) -> npt.NDArray[np.bool_]:
    """[n] for the rows of one open loop in the order of their submission."""
    due, submit, done = (rows[name].astype(np.int64) for name in ("due_ns", "submit_ns", "done_ns"))
    taken = submit.copy()
    for k in np.unique(rows["request"]):
        own = np.flatnonzero(rows["request"] == k)
        came_back = np.concatenate([[0], done[own][:-1]])
        punctual = submit[own] - due[own] <= LATE_NS
        taken[own] = np.where(punctual, np.maximum(due[own], came_back), submit[own])
    # A completion that was found after a later one counts from then on.
    found = np.argsort(rows["order"], kind="stable")
    done[found] = np.maximum.accumulate(done[found])
    queued = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        then = done[:i] > due[i]
        in_flight = int((then & (taken[:i] <= due[i])).sum())
        queued[i] = in_flight >= nireq
        if not queued[i] and i and queued[i - 1] and submit[i - 1] > due[i]:
            none_idle = _time_with_none_idle(taken[:i][then], done[:i][then], nireq, due[i], submit[i])
            queued[i] = 2 * none_idle > submit[i] - due[i]
    return queued


def _time_with_none_idle(taken: Times, done: Times, nireq: int, since: int, until: int) -> int:
    """For how long between two times all infer requests were in flight."""
    times, steps = np.concatenate([done, taken]), np.repeat([-1, 1], len(taken))
    order = np.argsort(times, kind="stable")  # at one time first what comes back
    full = np.cumsum(steps[order]) >= nireq
    times = np.clip(times[order], since, until)
    return int((np.diff(times) * full[:-1]).sum())
