"""The one interface between a session and whoever draws it, live or replayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ovtui.records.events import Event
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records
from ovtui.settings.schema.settings import Settings


class LossCounts(NamedTuple):
    """As they stood at a moment of the session's clock."""

    t_ns: int
    lost: int
    shed: int


@dataclass(frozen=True, slots=True)
class Update:
    """What is new since the last poll."""

    now_ns: int
    """The session's clock at this poll; a replay's own clock there."""
    records: Records
    """Oldest first; completion order within one engine."""
    events: list[Event]
    submitted: int
    """Requests submitted so far, all engines."""
    lost: int
    """Records overwritten before this view read them, so far."""
    shed: int = 0
    """Requests that were due, found the backlog full and were never sent, so far."""
    finished: bool = False
    """Nothing more will be measured."""
    host_gone: bool = False
    restarted: bool = False
    """A replay went back: everything so far is void, this update begins anew."""
    readings: Sequence[MachineReading] = ()
    """Of the machine, oldest first."""
    counts: Sequence[LossCounts] | None = None
    """How `lost` and `shed` stood at moments since the last poll, oldest first; None: nothing more is known than now.
    What is said of a span of time rests on these, so that it is the same for a whole history in one update."""
    has_lag_detail: bool = True
    """Records tell what lies between due and submitted apart. Those of files of before ovtui kept that do not."""

    def is_unchanged_since(self, last: Update) -> bool:
        """Whether a session that has finished has nothing to tell that the update before did not."""
        return (
            self.finished
            and last.finished
            and last.host_gone == self.host_gone
            and last.submitted == self.submitted
            and last.lost == self.lost
            and not self.events
            and len(self.records) == 0
        )


class Source(Protocol):
    replayed: bool
    read_only: bool
    """Nothing can be changed: a replay, or somebody else's session."""
    unreachable: str
    """Why nobody could come back to it after a detach; empty where one can."""

    def poll(self) -> Update:
        """Never blocks."""

    def apply(self, settings: Settings) -> None: ...

    def cancel_change(self) -> None:
        """The settings in force stay: what compiles to take over is let go."""

    def restart(self) -> None: ...

    def stop(self) -> None:
        """End the load; `finished` comes true once it has drained."""

    def close(self) -> None:
        """End the session (live) or the playing (replay). Idempotent."""
