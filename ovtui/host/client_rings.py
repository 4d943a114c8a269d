"""The rings that a client reads, and the counts of all engines: of those that run from their rings, of those that have
exited from what these told last. Imports numpy only once there is something to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ovtui.records.engine_counts import EngineCounts
    from ovtui.records.record import Records
    from ovtui.records.ring.ring import RingReader


class ClientRings:
    """Owner: the client's session."""

    def __init__(self) -> None:
        self._rings: dict[int, RingReader] = {}
        """By engine. The ring of an engine that has exited is read to its end, then dropped."""
        self._exited: list[int] = []
        self.gone_submitted = self.gone_lost = self.gone_shed = 0
        """Of engines whose rings are not there any more."""
        self.pids: dict[int, int] = {}
        """Of the engines that have not exited, by number."""

    def open(self, engine: int, fd: int, first: int) -> None:
        """Takes ownership of `fd`."""
        from ovtui.records.ring.ring import RingReader

        self._rings[engine] = RingReader(fd, first)

    def exited(self, engine: int) -> None:
        """Its ring is read once more."""
        self.pids.pop(engine, None)
        self._exited.append(engine)

    def read(self) -> Records:
        """The new records of all rings."""
        from ovtui.records.record import join_records

        parts = [ring.read() for ring in self._rings.values()]
        while self._exited:
            ring = self._rings.pop(self._exited.pop(), None)
            if ring is not None:
                self.gone_submitted += ring.submitted
                self.gone_shed += ring.shed
                self.gone_lost += ring.lost
        return join_records(parts)

    @property
    def submitted_as_read(self) -> int:
        """Requests submitted at the time of the last records read."""
        return self.gone_submitted + sum(ring.submitted_as_read for ring in self._rings.values())

    @property
    def submitted(self) -> int:
        return self.gone_submitted + sum(ring.submitted for ring in self._rings.values())

    @property
    def waiting(self) -> int:
        return sum(ring.waiting for ring in self._rings.values())

    @property
    def shed(self) -> int:
        return self.gone_shed + sum(ring.shed for ring in self._rings.values())

    @property
    def lost(self) -> int:
        return self.gone_lost + sum(ring.lost for ring in self._rings.values())

    def counts(self, t_ns: int) -> dict[int, EngineCounts]:
        """Of each engine that has not exited."""
        return {number: ring.counts(t_ns) for number, ring in self._rings.items()}
