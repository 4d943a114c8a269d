"""Tells how long the state of a stateful model grows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ovtui.engine.load.preparation import Preparation
from ovtui.records.events import Event, StateGrew

POLL_S = 0.25
GROWN = 1.02
"""A state that has grown by less is not told again before the load or the segment ends: a state of a million tokens
takes 700 events."""


class StateWatch:
    """Reads the length that the load thread counts, and publishes it. `report` is for the load thread."""

    def __init__(
        self, preparation: Preparation, engine: int, session_ns: Callable[[], int], send: Callable[[Event], None]
    ) -> None:
        self._preparation = preparation
        self._engine = engine
        self._session_ns = session_ns
        self._send = send
        self._told = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        if self._preparation.stateful:
            threading.Thread(target=self._watch, name="state-watch", daemon=True).start()

    def report(self) -> None:
        """Publishes the length as it is now, unless that was told."""
        self._tell(1.0)

    def _watch(self) -> None:
        while True:
            self._tell(GROWN)
            time.sleep(POLL_S)

    def _tell(self, factor: float) -> None:
        with self._lock:
            tokens = self._preparation.longest
            if tokens and (tokens < self._told or (tokens > self._told and tokens >= self._told * factor)):
                self._told = tokens
                self._send(StateGrew(t_ns=self._session_ns(), engine=self._engine, tokens=tokens))
