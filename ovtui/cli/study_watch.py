"""Watches a study in a script: a session is started for it, the study begins once the engine serves, its progress goes
to stderr, and with its end the session ends. ctrl+c ends the study with what it has; a second one leaves at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovtui.cli.exits import Exit, code_of_failure, notify
from ovtui.cli.headless import POLL_S
from ovtui.cli.interrupts import INTERRUPTS
from ovtui.cli.run import start_session
from ovtui.cli.session_exit import code_at_leaving, session_exit

if TYPE_CHECKING:
    from ovtui.cli.study_progress import StudyProgress
    from ovtui.host.client import LiveSession
    from ovtui.host.client_protocol import SessionOptions
    from ovtui.metrics.digest import Digest
    from ovtui.metrics.session.session_state import SessionState
    from ovtui.metrics.session.study_state import StudyState
    from ovtui.records.events import StudyPoint
    from ovtui.records.source import Update
    from ovtui.records.study_events import StudySpec
    from ovtui.settings.schema.settings import Settings

ENDS_WITHIN_S = 30.0
"""A study that was told to end rests and tells what it has; after this time it is left."""


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    study: StudyState | None
    """None where it never began."""
    code: Exit
    """FINE where it came to its end by itself: what it found is for the caller to judge."""
    recording: str
    """Absolute path; empty where nothing was recorded."""
    state: SessionState
    failure: str = ""
    """Why the engine could not start, where the caller is to tell it."""


def watch_study(
    settings: Settings,
    spec: StudySpec,
    options: SessionOptions,
    *,
    on_point: Callable[[StudyPoint], str],
    verbose: bool = False,
    tell_failure: bool = True,
) -> StudyOutcome:
    """Returns once the study has ended, or cannot go on. `on_point`: the line for a point that has been measured; of
    one of an earlier recording nothing is told. `verbose`: OpenVINO's whole texts, too. `tell_failure`: why the engine
    could not start is told on stderr; else by the caller, from the outcome."""
    with INTERRUPTS.held():
        session = start_session(settings, options)
        try:
            keep = options.on_hangup == "keep"
            watch = _Watch(session, on_point, keep=keep, verbose=verbose, tell_failure=tell_failure)
            code = watch.follow(spec)
        finally:
            session.close()
        if not watch.detached:
            for update in session.last_updates():
                watch.take(update)
        state = watch.digest.session_state
        failure = "" if tell_failure or state.phase != "failed" else state.failure
        return StudyOutcome(watch.study, Exit(code_at_leaving(session, code)), watch.recording, state, failure)


class _Watch:
    def __init__(
        self,
        session: LiveSession,
        on_point: Callable[[StudyPoint], str],
        *,
        keep: bool,
        verbose: bool,
        tell_failure: bool,
    ) -> None:
        # Imported while the engine compiles.
        from ovtui.cli.study_progress import StudyProgress
        from ovtui.metrics.digest import Digest

        self.session, self._on_point, self._keep, self._verbose = session, on_point, keep, verbose
        self._tell_failure = tell_failure
        self.digest: Digest = Digest()
        self.progress: StudyProgress = StudyProgress(sys.stderr)
        self._told = 0
        self.detached = False
        """It goes on without this view."""
        self.refused = ""

    @property
    def study(self) -> StudyState | None:
        studies = self.digest.session_state.studies
        return studies[-1] if studies else None

    @property
    def recording(self) -> str:
        began = self.digest.session_state.recording
        return began.path if began is not None else ""

    def follow(self, spec: StudySpec) -> int:
        from ovtui.cli.study_progress import progress_text
        from ovtui.host.client import wait_for_message

        begun, asked_ns, now_ns = False, 0, 0
        while True:
            update = self.session.poll()
            self.take(update)
            now_ns, study, state = update.now_ns, self.study, self.digest.session_state
            if study is not None:
                self.progress.show(progress_text(study, update.now_ns))
            over = (study is not None and study.ended is not None) or self.refused
            if over or update.host_gone or update.host.ended or (study is None and state.phase in ("failed", "died")):
                break
            if INTERRUPTS.hung_up and self._keep:
                self.progress.end()
                self.session.detach(hangup=True)
                self.detached = True
                return Exit.INTERRUPTED
            if INTERRUPTS.count and not asked_ns:
                if study is None:
                    break
                asked_ns = now_ns
                self.session.end_study()
            if INTERRUPTS.count > 1 or (asked_ns and now_ns - asked_ns > ENDS_WITHIN_S * 1e9):
                break
            if state.phase == "serving" and not begun and not self._stands_in(now_ns):
                begun = True
                self.session.begin_study(spec)
            wait_for_message(self.session, POLL_S)
        self.progress.end()
        return self._code()

    def _stands_in(self, now_ns: int) -> bool:
        """A study is of the accelerator, not of what serves until that is ready."""
        from ovtui.metrics.handover.device_state import device_indicator

        indicator = device_indicator(self.digest.session_state, now_ns)
        if indicator.state == "standing-in":
            self.progress.show(f"{indicator.device}: {indicator.sentence}")
        return indicator.state == "standing-in"

    def take(self, update: Update) -> None:
        from ovtui.records.events import Note, Refused

        self.digest.feed(update)
        for event in update.events:
            if isinstance(event, Note):
                self.progress.note(event.text, event.detail if self._verbose else "")
            elif isinstance(event, Refused) and self.study is None:
                self.refused = event.reason
        study = self.study
        if study is not None:
            for point in study.points[self._told :]:
                text = "" if point.recording else self._on_point(point)
                if text:
                    self.progress.line(text)
            self._told = len(study.points)

    def _code(self) -> int:
        interrupted = bool(INTERRUPTS.count)
        if self.refused:
            notify(self.refused)
            return Exit.INTERRUPTED if interrupted else Exit.FAILED
        study = self.study
        ended = study.ended if study is not None else None
        if ended is not None:
            if ended.reason == "failed":
                notify(ended.text)
                return Exit.INTERRUPTED if interrupted else Exit.FAILED
            return Exit.INTERRUPTED if interrupted or ended.reason == "stopped" else Exit.FINE
        if not self._tell_failure and not interrupted and self.digest.session_state.phase == "failed":
            return code_of_failure(self.digest.session_state)
        until_then = (
            "what was measured until then follows" if study and study.points else "nothing was measured to its end"
        )
        code = session_exit(
            self.digest, interrupted=interrupted, stops=False, verbose=self._verbose, measured=until_then
        )
        return code or Exit.FAILED
