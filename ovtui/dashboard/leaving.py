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

    def begin(self, code: int) -> None:
        """Leaves with this result once the session has drained; the second time at once. After a hang-up the session
        goes on, or ends without this view."""
        if self._code is not None or code == signal.SIGHUP:
            self._exit_with(code)
            return
        self._code, self._began_s = code, time.monotonic()
        self._limit_s = leave_limit_s(self._app.digest.session_state.settings)
        self._app.source.leave()
        if not self._look():
            self._app.set_interval(LOOK_S, self._look)

    def _look(self) -> bool:
        assert self._code is not None
        waited_s, app = time.monotonic() - self._began_s, self._app
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

    def detach(self) -> None:
        """Leaves and lets the session go on."""
        source = self._app.source
        if source.unreachable:
            self._app.show_answer(f"this session could not be attached to again: {one_line(source.unreachable)}")
            return
        self._exit_with(0 if source.replayed else DETACHED)
