"""A live session driven by a test: the real host and engine processes, and a Digest over them."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from ovtui.host.client import AttachedSession, LiveSession
from ovtui.host.client_protocol import SessionOptions
from ovtui.metrics.digest import Digest
from ovtui.records.events import Event, SegmentBegan
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records, join_records
from ovtui.records.source import Update
from ovtui.settings.changes import convert, with_changes
from ovtui.settings.schema.settings import Settings

LIMIT_S = 120.0
"""Beside fifteen other programs on two cores a GPU was there after 21 s and 3,000 requests came back a second."""
E = TypeVar("E")


class Driven:
    def __init__(self, session: LiveSession | AttachedSession) -> None:
        self.session = session
        self.digest = Digest()
        self.events: list[Event] = []
        self.parts: list[Records] = []
        self.readings: list[MachineReading] = []
        self.last: Update | None = None
        self.finished = False

    @property
    def session_state(self) -> Any:
        return self.digest.session_state

    @property
    def settings(self) -> Settings:
        assert self.session_state.settings is not None
        return self.session_state.settings

    @property
    def completed(self) -> int:
        return sum(len(part) for part in self.parts)

    def poll(self) -> None:
        update = self.session.poll()
        self.digest.feed(update)
        self.events += update.events
        self.parts.append(update.records)
        self.readings += update.readings
        self.last = update
        self.finished = update.finished and not len(update.records)
        assert update.lost == 0

    def wait_for(self, reached: Callable[[], object], what: str, limit_s: float = LIMIT_S) -> None:
        """Polls until `reached`; messages of the host wake it, the rings are read every 20 ms."""
        end = time.monotonic() + limit_s
        while not reached():
            if time.monotonic() > end:
                recent = "\n".join(str(event)[:200] for event in self.events[-12:])
                raise AssertionError(f"not within {limit_s:g} s: {what}; the last events:\n{recent}")
            select.select([self.session], [], [], 0.02)
            self.poll()

    def wait_completed(self, more: int) -> None:
        target = self.completed + more
        self.wait_for(lambda: self.completed >= target, f"{more} more requests")

    def wait_finished(self) -> None:
        self.wait_for(lambda: self.finished, "the end of the load")

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def wait_event(self, kind: type[E], count: int = 1) -> E:
        self.wait_for(lambda: len(self.of(kind)) >= count, f"{count} x {kind.__name__}")
        return self.of(kind)[count - 1]

    def apply(self, **changes: Any) -> None:
        self.wait_event(SegmentBegan)
        self.session.apply(with_changes(self.settings, changes))

    def records(self) -> Records:
        return join_records(self.parts)


@contextmanager
def driven(options: SessionOptions | None = None, **values: Any) -> Iterator[Driven]:
    run = Driven(LiveSession(convert(values), options))
    try:
        yield run
    finally:
        run.session.close()


def assert_none_lost(records: Records, submitted: int) -> None:
    """Every request was recorded once, and completions are numbered without a gap."""
    assert np.array_equal(np.sort(records["seq"]), np.arange(submitted, dtype="u8"))
    assert np.array_equal(np.sort(records["order"]), np.arange(submitted, dtype="u8"))
