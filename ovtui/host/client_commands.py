"""What a client can ask of its session's host: each method sends one command and waits for nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ovtui.host.client_protocol import (
    TRIAL_LIMIT_S,
    Apply,
    AskStuck,
    BeginStudy,
    CancelChange,
    Command,
    EndStudy,
    EndTrial,
    MeasureIdle,
    Rest,
    Restart,
    Stop,
    TakeTurn,
    Tell,
    Try,
)
from ovtui.records.events import (
    BesideSecond,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    TrialBegan,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.study_events import StudySpec
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.schema.settings import Settings


class ClientCommands(ABC):
    """Owner: the client's thread."""

    @abstractmethod
    def _send(self, command: Command) -> None: ...

    def apply(self, settings: Settings) -> None:
        self._send(Apply(settings=settings))

    def cancel_change(self) -> None:
        self._send(CancelChange())

    def try_settings(
        self,
        settings: Settings,
        limit_s: float = TRIAL_LIMIT_S,
        *,
        pinned: bool = False,
        terms: TrialTerms | None = None,
    ) -> None:
        self._send(Try(settings=settings, limit_s=limit_s, pinned=pinned, terms=terms or TrialTerms()))

    def end_trial(self, *, narrow: bool = False) -> None:
        self._send(EndTrial(narrow=narrow))

    def begin_study(self, spec: StudySpec) -> None:
        self._send(BeginStudy(spec=spec))

    def end_study(self) -> None:
        self._send(EndStudy())

    def measure_idle(self) -> None:
        self._send(MeasureIdle())

    def restart(self) -> None:
        self._send(Restart())

    def ask_stuck(self, *, native: bool) -> None:
        self._send(AskStuck(native=native))

    def stop(self, within_s: float | None = None) -> None:
        self._send(Stop(within_s=within_s))

    # Of a study's process alone

    def take_turn(
        self,
        turn: int,
        settings: Settings,
        changes: list[str],
        *,
        keep: int = 0,
        limit_s: float = 0.0,
        at_once: bool = False,
    ) -> None:
        self._send(
            TakeTurn(turn=turn, settings=settings, changes=changes, keep=keep, limit_s=limit_s, at_once=at_once)
        )  # fmt: skip

    def rest(self) -> None:
        self._send(Rest())

    def tell(
        self,
        event: StudyStep | StudyPoint | StudyLayers | StudyEnded | TrialBegan | TrialTurn | TrialEnded | BesideSecond,
    ) -> None:
        self._send(Tell(event=event))
