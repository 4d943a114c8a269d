"""What the keys of a replay jump to: events, and requests with a flag."""

from __future__ import annotations

from typing import Literal

from ovtui.records.events import DeviceChanged, EngineExited, EngineFailed, Event, Note, Refused
from ovtui.records.record import Flag

JumpTarget = Literal["handover", "timeout", "error"]
TARGET_FLAGS: dict[JumpTarget, Flag] = {"timeout": Flag.TIMED_OUT | Flag.HELD, "error": Flag.ERROR}


def is_target(target: JumpTarget, event: Event) -> bool:
    match event:
        case DeviceChanged():
            return target == "handover"
        case EngineFailed():
            return target == "error"
        case Refused():
            return target == "error" and not event.called_off
        case EngineExited():
            return target == "error" and not event.expected
        case Note():
            return target == "error" and event.severity == "error"
        case _:
            return False
