"""What the request table reads rows from: the history, which the run overwrites, or a copy of it."""

from __future__ import annotations

from typing import Protocol

from ovtui.metrics.session.request_history import HISTORY_RECORDS, RequestHistory
from ovtui.records.record import Records, empty_records


class RowSource(Protocol):
    """Records by their index over the whole session."""

    @property
    def first_kept(self) -> int: ...

    @property
    def total(self) -> int: ...

    def view(self, first: int, count: int) -> Records:
        """A copy of those of the records `first` to `first + count - 1` that are kept."""


class RecordsCopy:
    """The records that a history kept at one moment: 8 MiB and 3 ms of CPU for a full one."""

    def __init__(self, history: RequestHistory | None = None) -> None:
        self._records = history.tail(len(history)) if history is not None else empty_records()
        self.total = history.total if history is not None else 0

    @property
    def first_kept(self) -> int:
        return self.total - len(self._records)

    def view(self, first: int, count: int) -> Records:
        start = max(first - self.first_kept, 0)
        return self._records[start : max(first + count - self.first_kept, start)].copy()


def first_kept_after(history: RequestHistory, more: int) -> int:
    """The oldest record that will be kept once `more` have come."""
    capacity = len(history) if history.first_kept else HISTORY_RECORDS
    return max(history.total + more - capacity, 0)
