"""How the dashboard leaves a session: it waits for the requests in flight, for as long as the host does, says
so where that takes longer than a moment, and ends at once where it is asked again."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Protocol

from textual.timer import Timer

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.host.client_protocol import leave_limit_s
from ovtui.metrics.digest import Digest
from ovtui.metrics.number_format import quantity
from ovtui.records.source import Source

DETACHED = -1
"""The result of an app that a person left with the detach command."""
LOOK_S = 0.05
TOLD_AFTER_S = 0.3
STUDY_WAIT_S = 5.0
"""How long a study has to end with what it has before the session ends: its answer belongs into the recording."""


class LeavingApp(Protocol):
    """What Leaving needs of the dashboard."""

    source: Source
    digest: Digest
    keys: KeyBindings

    def poll(self) -> None: ...

    def show_answer(self, text: str) -> None: ...

    def set_interval(self, interval: float, callback: Callable[[], object]) -> Timer: ...


class Leaving:
    """Owner: the dashboard."""

    def __init__(self, app: LeavingApp, exit_with: Callable[[int], None]) -> None:
        self._app, self._exit_with = app, exit_with
        self._code: int | None = None
        self._began_s = self._limit_s = 0.0
        self._waits_for_study = False

    def begin(self, code: int) -> None:
        """Leaves with this result once the session has drained; the second time at once. After a hang-up the session
        goes on, or ends without this view."""
        if self._code is not None or code == signal.SIGHUP:
            self._exit_with(code)
            return
        self._code, self._began_s = code, time.monotonic()
        self._limit_s = leave_limit_s(self._app.digest.session_state.settings)
        self._waits_for_study = self._stops_a_study()
        if not self._waits_for_study:
            self._app.source.leave()
        if not self._look():
            self._app.set_interval(LOOK_S, self._look)

    def _look(self) -> bool:
        assert self._code is not None
        waited_s, app = time.monotonic() - self._began_s, self._app
        if self._waits_for_study and app.digest.session_state.study is not None and waited_s < STUDY_WAIT_S:
            app.poll()
            app.show_answer(f"the study ends with what it has; {app.keys.first('quit')} again ends at once")
            return False
        if self._waits_for_study:
            self._waits_for_study, self._began_s, waited_s = False, time.monotonic(), 0.0
            app.source.leave()
        if app.source.left or waited_s > self._limit_s:
            self._exit_with(self._code)
            return True
        app.poll()
        if waited_s > TOLD_AFTER_S and not app.source.left:
            again, in_flight = f"{app.keys.first('quit')} again ends at once", app.digest.snapshot().in_flight
            if app.source.silence:
                app.show_answer(f"{again}; {one_line(app.source.silence)}")
            elif in_flight:
                app.show_answer(f"waiting for {quantity(in_flight, 'request')} in flight; {again}")
            else:
                app.show_answer(f"the session ends; {again}")
        return False

    def _stops_a_study(self) -> bool:
        """Whether one runs that this view may end."""
        source, study = self._app.source, self._app.digest.session_state.study
        if study is None or source.replayed or source.read_only or self._app.digest.snapshot().host_gone:
            return False
        if not study.stopping:
            source.end_study()
        return True

    def detach(self) -> None:
        """Leaves and lets the session go on."""
        source = self._app.source
        if source.unreachable:
            self._app.show_answer(f"this session could not be attached to again: {one_line(source.unreachable)}")
            return
        self._exit_with(0 if source.replayed else DETACHED)
