"""A load beyond what the load thread can do, in a real engine: which requests waited for an idle infer request, against
the rows alone."""

from __future__ import annotations

import numpy as np
import pytest
from driven import driven
from harness.queued_rows import queued_by_rows

from ovtui.records.record import Flag


@pytest.mark.parametrize(("model", "rate", "requests"), [("demo-matmul", 20_000.0, 2_500), ("demo-cnn", 10_000.0, 150)])
def test_queued_is_what_the_rows_say(model: str, rate: float, requests: int) -> None:
    """A model so small that the thread is the limit, where it hangs on the machine whether any has to wait; and one
    where the device is, at a rate beyond any machine's."""
    nireq = 4
    with driven(model=model, device="CPU", rate=rate, nireq=nireq, backlog=10_000_000) as run:
        run.wait_completed(requests)
        if model == "demo-cnn":  # what came due while the thread was kept from running waited for the thread
            run.wait_for(lambda: (run.records()["flags"] & Flag.QUEUED).any(), "one that waited for the device")
        rows = np.sort(run.records(), order="seq")
    rows = rows[: int(np.flatnonzero(np.diff(rows["seq"].astype(np.int64)) != 1).min(initial=len(rows) - 1)) + 1]
    # What was last in flight when the records were read is missing from the end; nothing before it hangs on that.
    flagged = rows["flags"] & Flag.QUEUED != 0
    by_rows = queued_by_rows(rows, nireq)
    differ = np.flatnonzero(flagged != by_rows)
    assert not len(differ), f"{len(differ)} of {len(rows)}, the first: {rows[differ[:3]]}"
    assert model != "demo-cnn" or (rows["flags"] & Flag.LATE != 0).any()
