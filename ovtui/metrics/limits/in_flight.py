"""The requests of the segment in force that were submitted and are not back, and since when at the latest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ovtui.records.arrays import Floats, Ints
from ovtui.records.record import Records
from ovtui.records.source import LossCounts

KEPT = 100_000
"""At most so many, the newest: more are in flight only where records were lost."""
_NO_SEQ = 1 << 62


class InFlight:
    """Which numbers are missing among those that came back. Nothing tells when a request was submitted before it comes
    back, but it was by then where a later one was, or where that many had been counted. Costs 0.1 ms for 12,500
    records. Owner: the Digest."""

    def __init__(self) -> None:
        self._first_seq: int | None = None
        """The first request of the segment; None before it begins, and where no limit asks."""
        self._end_seq = 0
        """The number after the newest that is known to be submitted."""
        self._seqs: Ints = np.zeros(0, np.int64)
        self._since_ns: Ints = np.zeros(0, np.int64)
        """By the same index: submitted by then at the latest."""
        self._any_back = False
        self._others_seq = _NO_SEQ

    def begin_segment(self, first_seq: int | None) -> None:
        """`first_seq`: None where nobody asks."""
        self._first_seq = first_seq
        self._end_seq = first_seq or 0
        self._seqs = self._since_ns = np.zeros(0, np.int64)
        self._any_back = False
        self._others_seq = _NO_SEQ

    def end_segment(self, first_seq: int) -> None:
        """Requests from this number on belong to others: to the sides of a trial."""
        self._others_seq = min(self._others_seq, first_seq)

    def add(self, counts: Sequence[LossCounts], records: Records) -> None:
        """What was counted, oldest first, and [n] records that came back."""
        if self._first_seq is None:
            return
        for count in counts:
            self._submitted(count.submitted, count.t_ns)
        seqs = records["seq"].astype(np.int64)
        ours = (seqs >= self._first_seq) & (seqs < self._others_seq)
        if not ours.any():
            return
        self._any_back = True
        seqs, submit_ns = seqs[ours], records["submit_ns"][ours].astype(np.int64)
        self._submitted(int(seqs.max()) + 1, int(submit_ns[seqs.argmax()]))
        in_order = np.argsort(seqs)
        seqs, submit_ns = seqs[in_order], submit_ns[in_order]
        keep = ~np.isin(self._seqs, seqs)
        self._seqs, since_ns = self._seqs[keep], self._since_ns[keep]
        # Numbers are given in the order of submission: whatever is before one of these was submitted before it.
        later = np.searchsorted(seqs, self._seqs)
        earliest_ns = np.minimum.accumulate(submit_ns[::-1])[::-1]
        known = later < len(seqs)
        since_ns[known] = np.minimum(since_ns[known], earliest_ns[later[known]])
        self._since_ns = since_ns

    def waits_ms(self, end_ns: int, lost: int) -> Floats:
        """How long each had waited at `end_ns`, at the least, ascending. `lost`: so many are back, and their records
        are lost: the oldest. Nothing before the first of the segment is back: the first inference of an engine is no
        part of the figures, and nobody knows yet what follows it."""
        if not self._any_back:
            return np.zeros(0)
        since_ns = self._since_ns[lost:]
        return np.sort(np.maximum(end_ns - since_ns, 0) / 1e6)

    def _submitted(self, end_seq: int, by_ns: int) -> None:
        end_seq = min(end_seq, self._others_seq)
        new = np.arange(max(self._end_seq, end_seq - KEPT), end_seq, dtype=np.int64)
        if not len(new):
            return
        self._end_seq = end_seq
        self._seqs = np.concatenate((self._seqs, new))[-KEPT:]
        self._since_ns = np.concatenate((self._since_ns, np.full(len(new), by_ns, np.int64)))[-KEPT:]
