"""What a session did, folded from its recording, or where it has none from the session itself."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from ovtui.records.events import Event, LogLine, SegmentBegan, SessionBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.records.session_file.excerpt import Change
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.metrics.digest import Digest
    from ovtui.records.source import Update

ATTACH_LIMIT_S = 20.0
"""How long the history of a session without a recording may take to come."""


@dataclass(slots=True)
class SessionFacts:
    digest: Digest
    meta: Mapping[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    readings: list[MachineReading] = field(default_factory=list)
    named_settings: Settings | None = None
    """Those in force at the end with the names in them, by which the model is found."""
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
        return in_force(self.events)


def in_force(events: Iterable[Event]) -> Settings | None:
    """The settings after these events."""
    found: Settings | None = None
    for event in events:
        if isinstance(event, SessionBegan) or (isinstance(event, SegmentBegan) and not event.trial):
            found = event.settings
    return found


def settings_of_recording(path: str) -> Settings | None:
    """Those in force at its end. Raises SessionFileError."""
    from ovtui.records.session_file.reader import SessionReader

    with closing(SessionReader(path)) as file:
        return in_force(event for _, event in file.events())


def facts_of_recording(path: str, change: Change, last_part: str = "") -> SessionFacts:
    """`change` leaves names out of JSON. `last_part`: a copy of its last part, from which the events are taken, without
    names: all log lines of a large recording would fill the memory. Raises SessionFileError."""
    from ovtui.metrics.digest import Digest
    from ovtui.records.session_file.reader import SessionReader
    from ovtui.records.session_file.replay import Replay

    recording = Replay(path)
    facts = SessionFacts(Digest(), change(dict(recording.meta)))
    recording.stop()
    try:
        while True:
            update = recording.poll()
            if last_part:
                update = replace(update, events=[event for event in update.events if not isinstance(event, LogLine)])
            _fold(facts, update, change)
            if update.finished:
                break
        facts.problem = recording.damage_sentence() or recording.newer
    finally:
        recording.close()
    if last_part:
        with closing(SessionReader(last_part)) as file:
            facts.events = [event for _, event in file.events()]
    return facts


def facts_of_live(session: str, change: Change) -> SessionFacts:
    """Of a session that records nothing; only looks, with `change` as above. Raises SessionSocketError."""
    from ovtui.host.client import AttachedSession, wait_for_message
    from ovtui.metrics.digest import Digest

    connection = AttachedSession(session, read_only=True)
    facts = SessionFacts(Digest())
    end_s = time.monotonic() + ATTACH_LIMIT_S
    try:
        quiet = False
        while True:
            update = connection.poll()
            _fold(facts, update, change)
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


def _fold(facts: SessionFacts, update: Update, change: Change) -> None:
    """Names are left out before figures and reports are made, in which they may have another form."""
    events = [_changed(event, change) for event in update.events]
    facts.digest.feed(replace(update, events=events))
    facts.events += events
    facts.named_settings = in_force(update.events) or facts.named_settings
    facts.readings += update.readings


def _changed(event: Event, change: Change) -> Event:
    """The event itself where it would be none any more; the texts that are made of it are looked at again."""
    fields = msgspec.to_builtins(event, str_keys=True)
    changed = {**change(fields), "kind": fields["kind"]}
    if changed == fields:
        return event
    try:
        return msgspec.convert(changed, Event, str_keys=True)  # type: ignore[no-any-return]
    except msgspec.ValidationError:
        return event
