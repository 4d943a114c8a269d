"""The one interface between a session and whoever draws it, live or replayed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ovtui.records.events import Event
from ovtui.records.layout import Records
from ovtui.settings.schema import Settings


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


class Source(Protocol):
    replayed: bool
    read_only: bool
    """Nothing can be changed: a replay, or somebody else's session."""

    def poll(self) -> Update:
        """Never blocks."""

    def apply(self, settings: Settings) -> None: ...

    def restart(self) -> None: ...

    def stop(self) -> None:
        """End the load; `finished` comes true once it has drained."""

    def close(self) -> None:
        """End the session (live) or the playing (replay). Idempotent."""
