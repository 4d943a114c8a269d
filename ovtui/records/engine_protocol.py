"""The messages between host and engine: commands to the engine; events, Halted and Drained from it."""

from __future__ import annotations

import msgspec

from ovtui.records.events import Event, TrialMark
from ovtui.settings.schema.settings import Settings


class _EngineCommand(msgspec.Struct, frozen=True, kw_only=True, tag_field="order"):
    pass


class Prepare(_EngineCommand, frozen=True, tag="prepare"):
    """The first command: read and compile the model. Answered by ModelRead and Compiled, or by EngineFailed."""

    engine: int
    origin_ns: int
    spawned_ns: int
    settings: Settings


class TakeOver(_EngineCommand, frozen=True, tag="go"):
    """Take over the stream of requests: number them from `first_seq`, label them `segment`, run until the limits.

    An engine that has halted and drained may be told so again: its schedule then begins anew, and there is no second
    SegmentBegan where the label is the one it had. Settings that it cannot apply are answered by Refused, and it stays
    halted."""

    segment: int
    first_seq: int
    changes: list[str] = []
    trial: TrialMark = ""
    """For SegmentBegan."""
    requests_left: int | None = None
    sent: int = 0
    """Requests of the load that were sent before and count for its end, where whole rounds end it
    (engine.load.whole_rounds)."""
    load_began_ns: int | None = None
    """When the first request of the load was due, for an engine that goes on with it; None for the first engine."""
    until_ns: int | None = None
    """When the load ends; None where the duration of the engine's settings, if they have one, begins now."""
    due_from_ns: int | None = None
    """Open loop: start of the schedule, on the session clock; None for now. After another engine it is the due time of
    that engine's next request, so that requests that came due during the switch are sent late and not skipped."""
    settings: Settings | None = None
    """Live changes, in force before the load begins, so that nothing is sent with the old ones; None for none."""


class ApplyLive(_EngineCommand, frozen=True, tag="change"):
    """Apply settings that need no recompile (rate, requests in flight, batch timeout), as a new segment. Answered by
    SegmentBegan, or by Refused when the old settings stay."""

    segment: int
    settings: Settings
    changes: list[str]


class Halt(_EngineCommand, frozen=True, tag="halt"):
    """Submit no more requests. Answered by Halted at once, and by Drained when the last request has completed."""

    over: bool = False
    """True when the load ends: requests that are due and still wait then count as unsent, not as shed."""


EngineCommand = Prepare | TakeOver | ApplyLive | Halt


class _EngineReply(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    engine: int


class Halted(_EngineReply, frozen=True, tag="halted"):
    next_seq: int
    next_due_ns: int | None = None
    """Open loop: due time of the first request that this engine did not send."""
    dropped: int = 0
    """Open loop: requests that were due and waited, and were shed."""


class Drained(_EngineReply, frozen=True, tag="drained"):
    unsent: int = 0
    """Requests that were due and still waited when the load ended."""
    unsent_due_ns: list[int] = []
    """As LoadEnded.unsent_due_ns."""
    unsent_step: int = 1
    ended_ns: int | None = None
    """When the engine was told to halt."""


EngineMessage = Event | Halted | Drained
