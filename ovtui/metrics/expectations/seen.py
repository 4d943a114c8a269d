"""What a check saw, and how the requests of a session ran, the first inference of each engine included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.metrics.digest import Digest
from ovtui.records.record import Flag


@dataclass(frozen=True, slots=True)
class Seen:
    text: str
    ok: bool | None
    """None where it is not known, or this machine cannot show it."""


@dataclass(frozen=True, slots=True)
class Ran:
    """Counts of the requests that are kept (the newest 131,072). `batching` in the JSON leaves out first inferences."""

    total: int
    timer: int
    """Ran alone because the timer ran out."""
    alone: int
    """Ran alone without the timer, those that the stand-in served included."""
    batched: int
    batches: int
    unknown: int
    """Of unknown batch size, or failed."""


def how_they_ran(digest: Digest) -> Ran:
    rows = digest.history.tail(len(digest.history))
    flags, size = rows["flags"], np.where(rows["flags"] & Flag.ERROR != 0, 0, rows["batch_size"])
    waited = (size == 1) & (flags & Flag.TIMED_OUT != 0)
    together = size > 1
    # A batch whose id is not known counts by its members.
    ids = rows["batch_id"][together]
    batches = len(np.unique(ids[ids > 0])) + round(float((1.0 / size[together][ids == 0]).sum()))
    return Ran(
        total=len(rows),
        timer=int(waited.sum()),
        alone=int(((size == 1) & ~waited).sum()),
        batched=int(together.sum()),
        batches=batches,
        unknown=int((size == 0).sum()),
    )


def so_far(digest: Digest) -> str:
    """' so far' while the load goes on."""
    return "" if is_over(digest) else " so far"


def is_over(digest: Digest) -> bool:
    return digest.session_state.ended is not None or digest.finished
