"""Messages between a view and the host."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.events import Event
from ovtui.records.machine_readings import MachineReading
from ovtui.settings.schema.settings import Settings


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    pass


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the host keeps a session; fixed when it begins, and no part of what is measured."""

    record: str = ""
    """Absolute path of the session file to write; empty for none."""
    record_limit_bytes: int = 1 << 30
    """Of the session file; beyond it the oldest requests go."""
    on_hangup: Literal["auto", "keep", "stop"] = "auto"
    """What becomes of the session when the terminal of its last view vanishes: auto and keep let it run for
    `keep_s`; keep does so when the view was killed, too."""
    keep_s: float = 1800.0
    """How long a session runs on after a hang-up, and how long a finished one waits for a view."""
    prometheus: str = ""
    """HOST:PORT to serve metrics on; empty for none."""
    command: str = ""
    """The command line that made the session, for whoever reads the file."""


class Start(_Command, frozen=True, tag="start"):
    """The first command of the view that made the host: begin the session. `origin_ns` is CLOCK_MONOTONIC."""

    settings: Settings
    origin_ns: int
    options: SessionOptions = SessionOptions()


class Attach(_Command, frozen=True, tag="attach"):
    """The first command of a view that comes later. A read-only one is sent everything and obeyed in nothing."""

    read_only: bool = False


class AskStatus(_Command, frozen=True, tag="ask"):
    """Answered with Status; makes no view of who asks."""


class Apply(_Command, frozen=True, tag="apply"):
    """New settings. Live ones act at once, others start a second engine; either a SegmentBegan or a Refused follows."""

    settings: Settings


class CallOff(_Command, frozen=True, tag="call-off"):
    """The settings in force are wanted again while an engine with others compiles; a Refused follows, or nothing where
    none compiles or the engine that serves has stopped for it already."""


class Restart(_Command, frozen=True, tag="restart"):
    """Start a new engine with the settings in force, after one has died."""


class Stop(_Command, frozen=True, tag="stop"):
    """End the load and drain it; the host answers Finished once nothing more will be measured."""


class Quit(_Command, frozen=True, tag="quit"):
    """This view is done: the session ends, unless another view that is not read-only goes on."""


class Detach(_Command, frozen=True, tag="detach"):
    """This view goes and the session stays: for good when a person asked, as `on_hangup` says after a hang-up."""

    hangup: bool = False


class End(_Command, frozen=True, tag="end"):
    """End the session now, whoever looks."""


Command = Start | Attach | AskStatus | Apply | CallOff | Restart | Stop | Quit | Detach | End


class _Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class Welcome(_Reply, frozen=True, tag="welcome"):
    """First message to a view. To one that comes later the past, the event log and the rings follow, then what
    happens."""

    version: str
    session: str
    origin_ns: int
    unreachable: str = ""
    """Why no other view can attach; empty where one can."""


class Backfill(_Reply, frozen=True, tag="past"):
    """To a view that comes later, after Welcome: what was measured before the rings' places that follow."""

    path: str
    """The session file; empty where nothing was recorded, and then only what is still in the rings can be had."""
    rows: int
    """Its rows that count."""
    submitted: int
    """By engines that are gone."""
    lost: int
    """Records that are in neither."""
    shed: int = 0
    """By engines that are gone."""


class RingOpened(_Reply, frozen=True, tag="ring"):
    """A descriptor of an engine's ring comes with this message, read-only."""

    engine: int
    first: int = 0
    """The record to read from."""


class Status(_Reply, frozen=True, tag="status"):
    """A session in a line."""

    session: str
    pid: int
    model: str
    device: str
    state: Literal["starting", "running", "finished"]
    elapsed_s: float
    submitted: int
    views: int
    record: str
    ends_in_s: float | None = None
    """Until it ends for want of a view; None where it does not."""


class Finished(_Reply, frozen=True, tag="finished"):
    """Nothing more will be measured: the load ended and was drained, or the engine ended and will not come back."""


HostMessage = Event | Welcome | Backfill | RingOpened | Finished | Status | MachineReading
