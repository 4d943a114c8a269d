"""The messages between clients and the host. A client is a process that polls: dashboard, headless run, exporter.

Client and host may be of different versions, because a host lives on while ovtui is updated. The rule, which
docs/sessions.md has in words: a type, and a field of a type, is only ever added; an added field has the default that a
message without it means; each side skips types that it does not know. What breaks that, in a message or in the ring's
memory, raises PROTOCOL, and OLDEST_PROTOCOL where this version cannot deal with the older one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ovtui import __version__
from ovtui.records.diagnosis import StuckAnswer
from ovtui.records.events import (
    BesideSecond,
    EngineDiagnosed,
    EngineResumed,
    EngineStalled,
    Event,
    Experiment,
    IdleMeasured,
    LoadPaused,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    ThrottleBegan,
    ThrottleEnded,
    TrialBegan,
    TrialEnded,
    TrialTurn,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.machine_readings import MachineReading
from ovtui.records.study_events import LayersAnswer, LayersSpec, RankAnswer, RankSpec, StudySpec
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.schema.settings import Settings

PROTOCOL = 5
"""Of this version. 1 had no number: a message without one comes from it."""
OLDEST_PROTOCOL = 1
"""The oldest that this version can deal with, as a client and as a host. The newer side decides."""
TRIAL_LIMIT_S = 30.0
"""The longest time of a trial where nothing else is asked for."""


class _Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="command"):
    pass


class SessionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the host keeps a session. Fixed when the session begins, and without effect on the measurement."""

    record: str = ""
    """Absolute path of the session file to write; empty for none."""
    record_limit_bytes: int = 1 << 30
    """Limit of the session file's size; the oldest requests are dropped to stay below it."""
    on_hangup: Literal["auto", "keep", "stop"] = "auto"
    """What happens when the terminal of the last client vanishes: auto and keep let the session run on for `keep_s`;
    keep does so also when the client was killed."""
    keep_s: float = 1800.0
    """How long a session runs on after a hang-up, and how long a finished session waits for a client."""
    prometheus: str = ""
    """HOST:PORT to serve metrics on; empty for none."""
    measure_idle: bool = False
    """After the load has ended, the engine stays for 5 s with its model loaded, and the idle machine is measured."""
    driven: bool = False
    """The client that began the session may send what else is of a study's process alone: TakeTurn and Rest."""
    command: str = ""
    """The command line that began the session, for readers of the session file."""
    experiment: Experiment | None = None
    """Which experiment of the presets the session is."""


class Start(_Command, frozen=True, tag="start"):
    """The first command of the client that started the host: begins the session. `origin_ns` is on CLOCK_MONOTONIC."""

    settings: Settings
    origin_ns: int
    options: SessionOptions = SessionOptions()
    protocol: int = 1
    version: str = ""


class Attach(_Command, frozen=True, tag="attach"):
    """The first command of a client that comes later. A read-only client is sent everything, and its commands are
    ignored."""

    read_only: bool = False
    protocol: int = 1
    version: str = ""


class AskStatus(_Command, frozen=True, tag="ask"):
    """Answered with Status, also to an attached client, which so finds out whether the host still answers. The sender
    is not attached by it."""

    protocol: int = 1
    version: str = ""


class AskStuck(_Command, frozen=True, tag="ask-stuck"):
    """Has the host look at its engines: where they stand, and whether they go on. Answered with StuckAnswer, after half
    a second or more, also to a client that is not attached; EngineDiagnosed tells the others. `native`: with native
    stacks, for which an engine stands still a moment; not for a read-only client."""

    native: bool = False
    protocol: int = 3
    version: str = ""


class Apply(_Command, frozen=True, tag="apply"):
    """New settings. Live changes act at once, others start a second engine. SegmentBegan or Refused follows."""

    settings: Settings


class CancelChange(_Command, frozen=True, tag="call-off"):
    """Cancels a change whose engine still compiles: the settings in force stay. Refused follows; nothing follows where
    no engine compiles, or where the serving engine has halted for it already."""


class Try(_Command, frozen=True, tag="try"):
    """Begins a trial of these settings against those in force. TrialBegan follows, or Refused."""

    settings: Settings
    limit_s: float = TRIAL_LIMIT_S
    """How long it lasts at most, the compile included."""
    pinned: bool = False
    """These settings are A and those in force are B: a person has pinned A before."""
    terms: TrialTerms = TrialTerms()


class EndTrial(_Command, frozen=True, tag="end-trial"):
    """Ends the trial that runs; TrialEnded follows. After it, gives up the engine that waits with the tried settings,
    which Apply of just these settings puts in force without a compile."""

    narrow: bool = False
    """Only ends a trial that runs: its intervals are narrow enough. Otherwise a person cancels it."""


class BeginStudy(_Command, frozen=True, tag="begin-study"):
    """Begins a study over the settings in force. StudyBegan follows, or Refused with the kind of study in `changes`."""

    spec: StudySpec


class EndStudy(_Command, frozen=True, tag="end-study"):
    """Ends the study that runs with what it has: StudyStopping follows, then StudyEnded."""


class TakeTurn(_Command, frozen=True, tag="take-turn"):
    """Of a study's process alone: has these settings serve from now on, as a segment of their own. The engine that
    serves halts and drains before, so that no request of one turn waits behind one of another. An engine that is
    compiled for them takes over with the live settings set anew; else one is started while nothing serves. TurnEnded of
    the turn before follows, then TurnBegan or TurnRefused."""

    turn: int
    """Numbered by the study, from 1."""
    settings: Settings
    changes: list[str] = []
    """For SegmentBegan: what makes the point."""
    keep: int = 0
    """How many other compiled engines stay resident; the one that has not served for longest is killed before another
    one is started."""
    limit_s: float = 0.0
    """The load halts by itself after this time, should the study's process not tell; 0 for no limit."""
    at_once: bool = False
    """It is served by AUTO's stand-in, too; else once the accelerator is ready."""


class Rest(_Command, frozen=True, tag="rest"):
    """Of a study's process alone: the serving engine halts and drains, and nothing serves until the next TakeTurn.
    TurnEnded follows."""


class Tell(_Command, frozen=True, tag="tell"):
    """Of a study's process alone: has the host publish an event of the study."""

    event: StudyStep | StudyPoint | StudyLayers | StudyEnded | TrialBegan | TrialTurn | TrialEnded | BesideSecond


class MeasureIdle(_Command, frozen=True, tag="measure-idle"):
    """Measures the power of the idle machine for 5 s: the load pauses for it. LoadPaused follows where it does, then
    IdleMeasured, which says so where that cannot be."""


class Restart(_Command, frozen=True, tag="restart"):
    """Starts a new engine with the settings in force, after the load has ended or the engine has died."""


class Stop(_Command, frozen=True, tag="stop"):
    """Ends the load and drains it. Finished follows once nothing more will be measured."""

    within_s: float | None = None
    """An engine that has not drained by then is killed; None for the host's own patience with a hung device."""


DRAIN_S = 5.0
"""How long a session that ends waits for the requests in flight; two batch timeouts more, where requests may wait for a
batch."""
_ANSWERS_LATE_S = 3.0


def leave_limit_s(settings: Settings | None) -> float:
    """How long a client that leaves waits for the end of the session: for as long as the host does, and somewhat longer
    for a host that does not answer. `settings`: those in force, where they are known."""
    timeout_ms = settings.batch_timeout_in_force_ms if settings is not None else 0
    return DRAIN_S + 2 * timeout_ms / 1e3 + _ANSWERS_LATE_S


class Quit(_Command, frozen=True, tag="quit"):
    """The client leaves. Unless another client that may command is attached, the load ends, drains within DRAIN_S, and
    then the session ends; until then the client receives what happens, and End ends it at once."""


class Detach(_Command, frozen=True, tag="detach"):
    """The client leaves and the session runs on: without a limit, or after a hang-up as `on_hangup` says."""

    hangup: bool = False


class End(_Command, frozen=True, tag="end"):
    """Ends the session now, also for all other clients."""


Command = (
    Start
    | Attach
    | AskStatus
    | AskStuck
    | Apply
    | CancelChange
    | Try
    | EndTrial
    | BeginStudy
    | EndStudy
    | TakeTurn
    | Rest
    | Tell
    | MeasureIdle
    | Restart
    | Stop
    | Quit
    | Detach
    | End
)


EndReason = Literal["client", "signal", "time"]
"""Why a session ended in order: a client ended it (stop, or the last one quit), a signal to the host, or its time was
over while no client was attached."""


class _Reply(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    pass


class Welcome(_Reply, frozen=True, tag="welcome"):
    """The first message to a client. To a client that comes later, Backfill, the event log and the rings follow, then
    new events."""

    version: str
    session: str
    origin_ns: int
    unreachable: str = ""
    """Why no other client can attach, as a sentence; empty where one can."""
    protocol: int = 1


class Backfill(_Reply, frozen=True, tag="past"):
    """To a client that comes later, after Welcome: where to read what was measured before the records of the rings."""

    path: str
    """The session file; empty where nothing is recorded, and then only the records still in the rings are left."""
    rows: int
    """How many rows of the file to read; later ones are in the rings, too."""
    submitted: int
    """Requests submitted by engines that have exited."""
    lost: int
    """Records that are neither in the file nor in the rings."""
    shed: int = 0
    """Requests shed by engines that have exited."""


class Denied(_Reply, frozen=True, tag="denied"):
    """A command was refused. Before Welcome the connection is closed after it."""

    reason: str
    """One sentence for a person. Where versions do not fit it names both."""
    version: str = ""
    protocol: int = 1


class RingOpened(_Reply, frozen=True, tag="ring"):
    """Carries a read-only descriptor of an engine's ring."""

    engine: int
    first: int = 0
    """The first record to read."""


class Status(_Reply, frozen=True, tag="status"):
    """What `ovtui sessions` lists of a session."""

    session: str
    pid: int
    model: str
    device: str
    """That the serving engine compiled for: the requested one, or the fallback; the requested one while none serves."""
    state: Literal["starting", "running", "finished"]
    elapsed_s: float
    submitted: int
    clients: int
    record: str
    ends_in_s: float | None = None
    """Time until the session ends because no client is attached; None where it has no such limit."""
    version: str = ""
    """ovtui's; empty from a host of protocol 1."""
    protocol: int = 1
    driven: bool = False
    """It runs beside another session, which switches it on and off."""
    prometheus: str = ""
    """HOST:PORT at which its metrics are served; empty where they are not, and from a host that does not tell."""


class SessionEnded(_Reply, frozen=True, tag="session-ended"):
    """The last message of a session that has ended: its engines have exited and its recording is closed. The rings hold
    every record that the recording holds."""

    reason: str = ""
    """Why, one of EndReason; empty from a host of protocol 1."""
    recorded: bool | None = None
    """Whether the recording reaches to the end of the session; None from a host that does not tell. False without
    one."""


class Finished(_Reply, frozen=True, tag="finished"):
    """Nothing more will be measured: the load has ended and was drained, or the engine has exited for good."""


HostMessage = (
    Event | Welcome | Backfill | Denied | RingOpened | Finished | SessionEnded | Status | MachineReading | StuckAnswer
)
SINCE: dict[type, int] = {
    Denied: 2, EngineStalled: 2, EngineResumed: 2,
    EngineDiagnosed: 3, StuckAnswer: 3,
    ThrottleBegan: 3, ThrottleEnded: 3, OtherLoadBegan: 3, OtherLoadEnded: 3, PowerSources: 3, IdleMeasured: 3,
    LoadPaused: 3,
    StudyBegan: 4, StudyStep: 4, StudyPoint: 4, StudyStopping: 4, StudyEnded: 4,
    TurnBegan: 4, TurnRefused: 4, TurnEnded: 4, BesideSecond: 4,
    StudyLayers: 5,
}  # fmt: skip
"""The protocol in which a type of HostMessage came up. A client of an older one would take it for garbage and close:
the host does not send it to such a client. Types that are not named here are of protocol 1."""
SINCE_AS_PART: dict[type, int] = {LayersSpec: 5, LayersAnswer: 5, RankSpec: 5, RankAnswer: 5}
"""The same of what one of several types in a field of a message is: a message that holds it is as new. An older client
so hears nothing of the begin of a study that it does not know, and leaves out what follows of that one."""


def since(message: HostMessage) -> int:
    """The protocol from which on a client can read this message."""
    newest = SINCE.get(type(message), 1)
    if newest < PROTOCOL:
        parts = (getattr(message, name) for name in message.__struct_fields__)
        newest = max(newest, *(SINCE_AS_PART.get(type(part), 1) for part in parts), 1)
    return newest


def unreadable_text(what: str, fields: Mapping[str, object]) -> str:
    """One sentence: a host of another version has sent what this one cannot read. `fields` are of that message."""
    version, protocol = fields.get("version"), fields.get("protocol")
    named = versions_text(version if isinstance(version, str) else "", protocol if isinstance(protocol, int) else None)
    return f"its host is of another version: {named}; {what[:200]}"


def versions_text(version: str, protocol: int | None) -> str:
    """Both versions, for a sentence: the peer's, None and '' where it did not tell, and this one's."""
    return f"{_named(version, protocol)} and this is {_named(__version__, PROTOCOL)}"


def _named(version: str, protocol: int | None) -> str:
    number = "" if protocol is None else f" (protocol {protocol})"
    return f"ovtui {version or 'of a version that it does not tell'}{number}"
