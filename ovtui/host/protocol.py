"""Messages between a view and the host."""

from __future__ import annotations

import msgspec

from ovtui.records.events import Event
from ovtui.settings.schema import Settings


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    pass


class Start(_Command, frozen=True, tag="start"):
    """The first command of the view that made the host: begin the session. `origin_ns` is CLOCK_MONOTONIC."""

    settings: Settings
    origin_ns: int


class Apply(_Command, frozen=True, tag="apply"):
    """New settings. Live ones act at once, others start a second engine; either a SegmentBegan or a Refused follows."""

    settings: Settings


class Restart(_Command, frozen=True, tag="restart"):
    """Start a new engine with the settings in force, after one has died."""


class Stop(_Command, frozen=True, tag="stop"):
    """End the load and drain it; the host answers Finished once nothing more will be measured."""


class Quit(_Command, frozen=True, tag="quit"):
    """End the session now."""


Command = Start | Apply | Restart | Stop | Quit


class _Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class Welcome(_Reply, frozen=True, tag="welcome"):
    """First message to a view; the event log so far follows, then the rings, then what happens."""

    version: str
    session: str
    origin_ns: int


class RingOpened(_Reply, frozen=True, tag="ring"):
    """A descriptor of an engine's ring comes with this message."""

    engine: int


class Finished(_Reply, frozen=True, tag="finished"):
    """Nothing more will be measured: the load ended and was drained, or the engine ended and will not come back."""


HostMessage = Event | Welcome | RingOpened | Finished
