"""What was measured before a client attached: reads it from the session file, a piece at each poll."""

from __future__ import annotations

import time

from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records, join_records
from ovtui.records.session_file.reader import SessionFileError, SessionReader
from ovtui.records.source import LossCounts

READ_BUDGET_S = 0.12
"""Time spent reading at one poll: half of the dashboard's tick, 70,000 records."""


class BackfillReader:
    """Reads the records before those of the rings, so that records come in order: the rings' wait until the file is
    read. Owner: the client's thread."""

    def __init__(self, path: str, rows: int) -> None:
        """Reads `rows` rows of the session file at `path`; an empty path reads nothing."""
        self._rows = rows
        self._next = 0
        self._live: list[Records] = []
        self.dropped = 0
        """Rows that retention has removed or that cannot be read: to be counted as lost."""
        self.readings: list[MachineReading] = []
        """All readings of the machine in the file: one a second."""
        self.counts: list[LossCounts] = []
        """The counts of lost and shed requests over time."""
        self._file: SessionReader | None = None
        if path:
            try:
                self._file = SessionReader(path)
                self._next = self.dropped = min(self._file.first_row, rows)
                self.readings = list(self._file.readings(-1, self._file.end_ns))
                self.counts = self._file.counts(-1, self._file.end_ns)
            except SessionFileError:
                self.dropped = rows
                self._close()  # all rows count as lost, so none may be read

    @property
    def ended(self) -> bool:
        return self._file is None

    @property
    def read_share(self) -> float:
        """The share of the file's rows that has been read."""
        return self._next / max(self._rows, 1)

    def next_piece(self, live: Records) -> Records:
        """The next records of the file. `live` are new records of the rings, which are kept and follow the file's last
        piece."""
        self._live.append(live)
        parts: list[Records] = []
        until_s = time.monotonic() + READ_BUDGET_S
        while self._file is not None and time.monotonic() < until_s:
            try:
                records, row = self._file.records(self._next)
            except SessionFileError:  # damaged from here on
                self.dropped += self._rows - self._next
                self._close()
                break
            kept = records[: max(len(records) - (row - self._rows), 0)] if row > self._rows else records
            parts.append(kept)
            self.dropped += min(row, self._rows) - self._next - len(kept)  # damaged, or removed by retention meanwhile
            self._next = row
            if row >= self._rows or not len(records):
                self.dropped += max(self._rows - row, 0)
                self._close()
        if self._file is None:
            parts += self._live
            self._live = []
        return join_records(parts)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
