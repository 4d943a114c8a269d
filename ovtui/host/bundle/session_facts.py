"""What a session did, folded from its recording, or where it has none from the session itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ovtui.records.events import Event, SegmentBegan, SessionBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest

ATTACH_LIMIT_S = 20.0
"""How long the history of a session without a recording may take to come."""


@dataclass(slots=True)
class SessionFacts:
    digest: Digest
    meta: Mapping[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    readings: list[MachineReading] = field(default_factory=list)
    problem: str = ""
    """What of it could not be read, as a sentence; empty where all could."""

    @property
    def began(self) -> SessionBegan | None:
        return next((event for event in self.events if isinstance(event, SessionBegan)), None)

    @property
    def first_settings(self) -> Settings | None:
        return self.began.settings if self.began is not None else None

    @property
    def settings(self) -> Settings | None:
        """In force at the end."""
        segments = [event.settings for event in self.events if isinstance(event, SegmentBegan) and not event.trial]
        return segments[-1] if segments else self.first_settings


def facts_of_recording(path: str) -> SessionFacts:
    """Raises SessionFileError."""
    from ovtui.metrics.digest import Digest
    from ovtui.records.session_file.replay import Replay

    recording = Replay(path)
    facts = SessionFacts(Digest(), dict(recording.meta))
    recording.stop()
    try:
        while True:
            update = recording.poll()
            facts.digest.feed(update)
            facts.events += update.events
            facts.readings += update.readings
            if update.finished:
                break
        facts.problem = recording.damage_sentence() or recording.newer
    finally:
        recording.close()
    return facts


def facts_of_live(session: str) -> SessionFacts:
    """Of a session that records nothing; only looks. Raises SessionSocketError."""
    from ovtui.host.client import AttachedSession, wait_for_message
    from ovtui.metrics.digest import Digest

    connection = AttachedSession(session, read_only=True)
    facts = SessionFacts(Digest())
    end_s = time.monotonic() + ATTACH_LIMIT_S
    try:
        quiet = False
        while True:
            update = connection.poll()
            facts.digest.feed(update)
            facts.events += update.events
            facts.readings += update.readings
            is_read = facts.began is not None and update.read_share is None
            if update.host_gone or update.finished or (is_read and quiet and not update.events):
                break
            if time.monotonic() > end_s:
                facts.problem = f"not all of the session's history came within {ATTACH_LIMIT_S:g} s"
                break
            quiet = is_read
            wait_for_message(connection, 0.2)
    finally:
        connection.close()
    return facts
