"""What the host tells an engine. The engine answers with events, and with Halted once it submits no more."""

from __future__ import annotations

import msgspec

from ovtui.records.events import Event
from ovtui.settings.schema.settings import Settings


class _EngineCommand(msgspec.Struct, frozen=True, kw_only=True, tag_field="order"):
    pass


class Prepare(_EngineCommand, frozen=True, tag="prepare"):
    """The first order: read and compile. Answered by ModelRead and Compiled, or by EngineFailed."""

    engine: int
    origin_ns: int
    spawned_ns: int
    settings: Settings


class TakeOver(_EngineCommand, frozen=True, tag="go"):
    """Take over the stream: number requests from `first_seq`, label them `segment`, make load until the limits."""

    segment: int
    first_seq: int
    changes: list[str] = []
    requests_left: int | None = None
    until_ns: int | None = None
    due_from_ns: int | None = None
    """Open loop: when the schedule begins, where that is not now: when the engine before had its next request due.
    What came due while the stream was turned over waits then, and is not left out."""


class ApplyLive(_EngineCommand, frozen=True, tag="change"):
    """Settings that act at once (rate, requests in flight, batch timeout), as a segment of their own. Answered by
    SegmentBegan, or by Refused, and then nothing has changed."""

    segment: int
    settings: Settings
    changes: list[str]


class Halt(_EngineCommand, frozen=True, tag="halt"):
    """Submit no more; answered at once by Halted, then by Drained when the last request has come back."""

    over: bool = False
    """The load ends with it: what is due and waits was not shed, the end came before its turn."""


EngineCommand = Prepare | TakeOver | ApplyLive | Halt


class _EngineReply(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    engine: int


class Halted(_EngineReply, frozen=True, tag="halted"):
    next_seq: int
    next_due_ns: int | None = None
    """Open loop: when the first request that this engine did not take up is due."""


class Drained(_EngineReply, frozen=True, tag="drained"):
    unsent: int = 0
    """Requests that were due and still waited when the load ended."""


EngineMessage = Event | Halted | Drained
