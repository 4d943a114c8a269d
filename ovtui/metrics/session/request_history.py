"""The newest records, for the request table: a ring of fixed size, read by absolute index."""

from __future__ import annotations

import numpy as np

from ovtui.records.record import RECORD, Records, empty_records

HISTORY_RECORDS = 1 << 17
"""Records kept: 8 MiB, 13 times the 10,000 that the table promises to scroll back over."""
_RAW = np.dtype((np.void, RECORD.itemsize))
"""A record as bare bytes: numpy copies 12,500 of them in 0.02 ms, and in 0.4 ms field by field as RECORD."""


class RequestHistory:
    """Records in the order of arrival. A record's index counts from 0 over the session and never changes, so
    that a frozen or scrolled table stays on its rows while newer ones arrive."""

    def __init__(self, capacity: int = HISTORY_RECORDS) -> None:
        self._slots = np.zeros(capacity, _RAW)
        self.total = 0
        """Records ever added."""

    def __len__(self) -> int:
        """Records kept."""
        return min(self.total, len(self._slots))

    @property
    def first_kept(self) -> int:
        """The index of the oldest record that is still here."""
        return self.total - len(self)

    def add(self, records: Records) -> None:
        capacity = len(self._slots)
        start = self.total + max(len(records) - capacity, 0)
        kept = records[-capacity:].view(_RAW)
        low = start % capacity
        until_wrap = min(len(kept), capacity - low)
        self._slots[low : low + until_wrap] = kept[:until_wrap]
        self._slots[: len(kept) - until_wrap] = kept[until_wrap:]
        self.total += len(records)

    def view(self, first: int, count: int) -> Records:
        """A copy of the records `first` to `first + count - 1`, less those no longer or not yet here."""
        start, end = max(first, self.first_kept), min(first + count, self.total)
        if end <= start:
            return empty_records()
        capacity = len(self._slots)
        low, high = start % capacity, (end - 1) % capacity + 1
        if low < high:
            return self._slots[low:high].copy().view(RECORD)
        return np.concatenate((self._slots[low:], self._slots[:high])).view(RECORD)

    def tail(self, count: int) -> Records:
        """A copy of the newest `count` records, oldest first."""
        return self.view(self.total - count, count)
