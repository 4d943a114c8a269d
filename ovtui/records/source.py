"""The interface between a session, live or replayed, and the dashboard or the headless run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ovtui.records.engine_counts import EngineCounts
from ovtui.records.events import Event
from ovtui.records.machine_readings import MachineReading
from ovtui.records.record import Records
from ovtui.records.recording_state import RecordingState
from ovtui.records.study_events import StudySpec
from ovtui.settings.schema.settings import Settings


class LossCounts(NamedTuple):
    """Lost records, shed and submitted requests, counted from the session's start to `t_ns` on the session clock."""

    t_ns: int
    lost: int
    shed: int
    submitted: int = 0
    waiting: int | None = None
    """Requests that were due at that time and waited to be sent; None where nothing tells: session files do not."""


@dataclass(frozen=True, slots=True)
class HostState:
    """How a session's host stands, as this client sees it; each a sentence for a person, empty where it does not
    hold."""

    ended: str = ""
    """The session has ended in order, and not by this client."""
    signalled: bool = False
    """It did so by a signal to its host."""
    silent: str = ""
    """The host has not answered for some seconds."""
    unreadable: str = ""
    """The host sends what this version cannot read; `host_gone` is true then."""


@dataclass(frozen=True, slots=True)
class Update:
    """The news of one poll."""

    now_ns: int
    """The session clock at this poll; for a replay the position of the playhead."""
    records: Records
    """New records, in the order in which the completions were seen; for the order in which they happened see
    records.completion_order."""
    events: list[Event]
    submitted: int
    """Requests submitted so far by all engines."""
    lost: int
    """Records overwritten before this client read them, so far."""
    shed: int = 0
    """Requests that were due but never sent because the backlog was full, so far."""
    finished: bool = False
    """True when nothing more will be measured."""
    host_gone: bool = False
    """The connection to the host broke off: it died, or this client cannot go on with it."""
    host: HostState = HostState()
    restarted: bool = False
    """True when a replay went back: all previous updates are void, and this one starts from the beginning."""
    readings: Sequence[MachineReading] = ()
    """Machine readings since the last poll, oldest first."""
    counts: Sequence[LossCounts] | None = None
    """`lost` and `shed` at points in time since the last poll, oldest first; None where only the current values are
    known. Statements about a span of time use them, so that one update with a whole history gives the same result."""
    engines: Mapping[int, EngineCounts] | None = None
    """What the engines have counted that have not told their end, by number, as last seen: of dead ones it is the last
    that is known. None where nothing tells: recordings of an older ovtui."""
    read_share: float | None = None
    """While a recording is read on to a playhead that is far ahead, or the history of a session that a client attached
    to: the share of it that has been read, from 0 to 1. Figures are of that part. None once all of it has been."""
    recording: RecordingState | None = None
    """Of a replay: whether the recording reaches to the end of its session, and what of it cannot be read."""
    recording_end: RecordingState | None = None
    """Of a live session that is over: the same of the recording that was made of it. None before, and where nothing
    tells."""
    has_lag_detail: bool = True
    """True when records separate the wait for an idle infer request from the filling in of the input; files of older
    versions lack that."""

    def is_unchanged_since(self, last: Update) -> bool:
        """True when the session has finished and this update adds nothing to `last`."""
        return (
            self.finished
            and last.finished
            and last.host_gone == self.host_gone
            and last.host == self.host
            and last.submitted == self.submitted
            and last.lost == self.lost
            and not self.events
            and len(self.records) == 0
        )


class Source(Protocol):
    replayed: bool
    read_only: bool
    """True for a replay, and for a session of another user: nothing can be changed."""
    unreachable: str
    """Reason why the session cannot be attached to again after a detach; empty where it can."""

    def poll(self) -> Update:
        """The news since the last call. Never blocks."""

    def apply(self, settings: Settings) -> None: ...

    def cancel_change(self) -> None:
        """Cancels the change of settings whose engine is compiling. The settings in force stay."""

    def try_settings(self, settings: Settings, *, pinned: bool = False) -> None:
        """Begins a trial of these settings against those in force. `pinned`: these are A, and B, held against them, is
        what is in force; it stays in force."""

    def end_trial(self, *, narrow: bool = False) -> None:
        """Ends the trial that runs: because its intervals are `narrow` enough, or because a person cancels it. After a
        trial: gives up the engine that waits with the tried settings."""

    def begin_study(self, spec: StudySpec) -> None:
        """Begins a study over the settings in force: StudyBegan follows, or Refused."""

    def end_study(self) -> None:
        """Ends the study that runs, with what it has."""

    def measure_idle(self) -> None:
        """Measures the power of the idle machine, for which the load pauses for 5 s. IdleMeasured follows."""

    def restart(self) -> None: ...

    def ask_stuck(self, *, native: bool) -> None:
        """Has the host look at its engines: EngineDiagnosed follows for each. `native`: with native stacks, for which
        an engine stands still a moment. A replay only shows what was found."""

    def stop(self) -> None:
        """Ends the load. `finished` becomes true when it has drained."""

    def leave(self) -> None:
        """Begins to leave, and with that to end the session where it is this one's to end. Poll until `left`."""

    @property
    def left(self) -> bool:
        """After `leave`: whatever was in flight is back, or was given up, or the host was."""

    @property
    def silence(self) -> str:
        """After `leave`: that the host does not answer, as a sentence; empty where it does."""

    def close(self) -> None:
        """Ends the session (live) or the playback (replay). Idempotent."""
