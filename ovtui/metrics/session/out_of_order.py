"""How many requests came back out of order: see records.completion_order."""

from __future__ import annotations

import numpy as np

from ovtui.records.completion_order import SEEN_WITHIN, batch_keys, completion_order, overtaken
from ovtui.records.record import Records


class OutOfOrderCounter:
    """Exact and independent of how the records are cut into updates, as CompletionOrder is. Keeps the columns of up to
    2 * SEEN_WITHIN requests between updates: 12,500 records cost 0.4 ms, a fifth of what CompletionOrder would. Owner:
    the Digest."""

    def __init__(self) -> None:
        self._seq = self._done_ns = self._batch = np.zeros(0, np.int64)
        """Requests in the order of completion. The first `_counted` are counted: they are kept for batches' members."""
        self._counted = 0
        self._highest = -1
        """The highest `seq` of those that are no longer kept."""
        self.settled = 0
        """Those whose place is certain: never falls."""
        self._pending = 0

    @property
    def total(self) -> int:
        """As far as the records so far tell."""
        return self.settled + self._pending

    def add(self, records: Records) -> None:
        if not len(records):
            return
        seq = np.concatenate((self._seq, records["seq"].astype(np.int64)))
        done_ns = np.concatenate((self._done_ns, records["done_ns"]))
        batch = np.concatenate((self._batch, batch_keys(records)))
        late = overtaken(seq, done_ns, batch, self._highest)
        order = completion_order(done_ns, seq)
        seq, late = seq[order], late[order]
        end = max(len(seq) - SEEN_WITHIN, self._counted)
        self.settled += int(np.count_nonzero(late[self._counted : end]))
        self._pending = int(np.count_nonzero(late[end:]))
        kept_from = max(end - SEEN_WITHIN, 0)
        self._highest = max(self._highest, int(seq[:kept_from].max(initial=-1)))
        self._seq, self._done_ns, self._batch = seq[kept_from:], done_ns[order][kept_from:], batch[order][kept_from:]
        self._counted = end - kept_from

    def end(self) -> None:
        """Settles the rest: no more records will come."""
        self.settled, self._pending = self.total, 0
        self._counted = len(self._seq)
