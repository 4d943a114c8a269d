"""What a study does with its session: it has points served in turns, looks at their figures, and tells what it found.

A study is a client in a process of its own, started by the host: it goes on when the view vanishes, and ends with the
session. All that it knows is in the events of the session, so that another process can go on from them."""

from __future__ import annotations

import select
from collections import deque
from dataclasses import dataclass
from typing import Literal

from ovtui.host.client import InheritedSession, wait_for_message
from ovtui.metrics.digest import Digest
from ovtui.records.events import (
    Event,
    StudyBegan,
    StudyLayers,
    StudyPoint,
    StudyStep,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import empty_records
from ovtui.records.source import Update
from ovtui.records.study_events import Doing, StudyAnswer
from ovtui.settings.schema.settings import Settings

LOOK_S = 0.25
NICE = 5
"""What a study's process computes has time; the load that it measures has not."""


_ROOM_S = 5.0
"""The longest that a host is waited for that does not read."""
_READINGS = 128
"""One a second: more than a point lasts, or what was in flight at its end takes to come back."""


class StudyStopped(Exception):
    """A person has stopped the study, or its time is over."""


class SessionGone(Exception):
    """The host is gone, or the session has ended: nobody is left to tell anything."""


class TurnFailed(Exception):
    """A turn cannot be served. The text is the reason; `died`: its engine had served, and died."""

    def __init__(self, reason: str, *, died: bool) -> None:
        super().__init__(reason)
        self.died = died


@dataclass(frozen=True, slots=True)
class Found:
    """How a study ends."""

    text: str
    """The answer in one line."""
    answer: StudyAnswer | None
    failed: bool = False
    """It could not be made; `text` says why."""


class Conductor:
    """Owner: the study's process, which has one thread."""

    def __init__(self, session: InheritedSession, digest: Digest, began: StudyBegan) -> None:
        """`digest` has been fed with the session so far."""
        self.session, self.digest, self.began = session, digest, began
        self.now_ns = began.t_ns
        """The session clock at the last look."""
        self.update = Update(began.t_ns, empty_records(), [], 0, 0)
        """The news of the last look."""
        self.readings: deque[MachineReading] = deque(maxlen=_READINGS)
        """Of the machine, the newest last."""
        self.stopped: Literal["", "stopped", "time"] = ""
        self._turn = 0
        self._limit_ns = began.t_ns + int(began.spec.limit_s * 1e9) if began.spec.limit_s else None

    def look(self, timeout_s: float = LOOK_S) -> Update:
        """Waits for news, at most so long, and feeds them to the digest. Raises StudyStopped once, and SessionGone."""
        wait_for_message(self.session, timeout_s)
        update = self.session.poll()
        self.digest.feed(update)
        self.now_ns, self.update = update.now_ns, update
        self.readings.extend(update.readings)
        if update.host_gone or update.host.ended:
            raise SessionGone
        # Not by the event: it may have come before the process of the study was there.
        study = self.digest.session_state.study
        if study is not None and study.began.study == self.began.study and study.stopping:
            self._stop("stopped")
        if self._limit_ns is not None and update.now_ns >= self._limit_ns:
            self._stop("time")
        return update

    def serve(
        self, settings: Settings, changes: list[str], *, keep: int = 0, limit_s: float = 0.0, at_once: bool = False
    ) -> TurnBegan:
        """Has these settings serve. Returns once their load has begun; `at_once`: with AUTO's stand-in, too. Raises
        TurnFailed, StudyStopped, SessionGone."""
        self._turn += 1
        self.session.take_turn(self._turn, settings, changes, keep=keep, limit_s=limit_s, at_once=at_once)
        while True:
            for event in self.look().events:
                if isinstance(event, TurnBegan) and event.turn == self._turn:
                    return event
                self._raise_if_refused(event)

    def measure(self, for_s: float) -> list[Event]:
        """Looks once, at most `for_s` later. Raises TurnFailed where the engine of the turn has died."""
        events = self.look(min(for_s, LOOK_S)).events
        for event in events:
            self._raise_if_refused(event)
        return events

    def rest(self) -> TurnEnded:
        """Halts the load. Returns once it has drained."""
        self.session.rest()
        while True:
            for event in self.look().events:
                if isinstance(event, TurnEnded) and event.turn == self._turn:
                    return event
                self._raise_if_refused(event)

    def step(
        self, doing: Doing, text: str, *, point: int = 0, planned: int | None = None, left_s: float | None = None
    ) -> None:
        """Tells what it does now."""
        ends_ns = None if left_s is None else self.now_ns + int(left_s * 1e9)
        if ends_ns is not None and self._limit_ns is not None:
            ends_ns = min(ends_ns, self._limit_ns)
        self.session.tell(
            StudyStep(
                t_ns=self.now_ns, study=self.began.study, doing=doing, text=text, point=point, planned=planned,
                ends_ns=ends_ns,
            )
        )  # fmt: skip

    def tell(self, point: StudyPoint) -> None:
        self.session.tell(point)

    def tell_layers(self, part: StudyLayers) -> None:
        """Of up to records.wire.MESSAGE_BYTES: returns once the host has taken most of it, or what is told next would
        be lost where the wire is full."""
        self.session.tell(part)
        select.select([], [self.session], [], _ROOM_S)

    def _raise_if_refused(self, event: Event) -> None:
        if isinstance(event, TurnRefused) and event.turn == self._turn:
            raise TurnFailed(event.reason, died=event.died)

    def _stop(self, why: Literal["stopped", "time"]) -> None:
        """From now on no exception is raised for it: the study has to rest, and to tell what it has."""
        if not self.stopped:
            self.stopped, self._limit_ns = why, None
            raise StudyStopped
