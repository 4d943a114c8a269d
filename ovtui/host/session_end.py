"""When a session ends, and why: its clients leave, a signal comes, or its time is over. docs/sessions.md has a table of
how a client leaves and what becomes of the session."""

from __future__ import annotations

import time
from collections.abc import Callable

from ovtui.host.client_protocol import EndReason, SessionOptions
from ovtui.host.connections import Departure


class SessionEnd:
    """Owner: the server's loop."""

    def __init__(self, stop_load: Callable[[], bool]) -> None:
        """`stop_load` begins to end the load and to drain it, within a limit; False where there is nothing to drain."""
        self._stop_load = stop_load
        self._draining: EndReason | None = None
        """Why the load drains: the session ends after it."""
        self.options = SessionOptions()
        self.reason: EndReason | None = None
        """Why the session ends; None while it goes on."""
        self._keep_until_s: float | None = None
        """When the session ends because no client may command it, on the monotonic clock; counts only while there is no
        such client."""

    def end(self, reason: EndReason) -> None:
        """Ends the session in this turn of the loop; the first reason counts."""
        self.reason = self.reason or reason

    def drain(self, reason: EndReason) -> None:
        """Ends the session once its load has drained; asked for a second time, at once."""
        if self._draining is not None:
            self.end(self._draining)
            return
        self._draining = reason
        if not self._stop_load():
            self.end(reason)

    @property
    def draining(self) -> bool:
        return self._draining is not None

    def drained(self) -> None:
        """Nothing is in flight, and no engine runs."""
        if self._draining is not None:
            self.end(self._draining)

    def commander_left(self, how: Departure, *, reachable: bool, finished: bool) -> None:
        """The last client that may command has left. `reachable`: the session has begun, and another one can come.
        `finished`: nothing more is measured."""
        policy = self.options.on_hangup
        keeps = {"quit": False, "detached": True, "hung-up": policy != "stop", "gone": policy == "keep"}
        if not reachable or not keeps[how]:
            self.drain("client")
        else:
            waits = how != "detached" or finished
            self._keep_until_s = time.monotonic() + self.options.keep_s if waits else None

    def finished(self, *, commanded: bool) -> None:
        """Nothing more will be measured. `commanded`: a client that may command is there."""
        if not commanded and self._keep_until_s is None:
            self._keep_until_s = time.monotonic() + self.options.keep_s

    def at_s(self, *, commanded: bool) -> float | None:
        """When the session ends, on the monotonic clock; None for never."""
        return None if commanded or self._draining is not None else self._keep_until_s

    def check(self, *, commanded: bool) -> None:
        """Ends the session where its time is over."""
        at_s = self.at_s(commanded=commanded)
        if at_s is not None and time.monotonic() >= at_s:
            self.drain("time")
