"""Tells how long the state of a stateful model grows, and whether the model's own variables agree."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import openvino as ov

from ovtui.engine.load.preparation import Preparation
from ovtui.records.events import Event, Note, StateGrew, Variable

POLL_S = 0.25
GROWN = 1.02
"""A state that has grown by less is not told again before the load or the segment ends: a state of a million tokens
takes 700 events."""
_LOOKED_AT = 4
"""Variables whose length is read at the end. Each reading copies a variable."""


class StateWatch:
    """Reads the length that the load thread counts, and publishes it. `report` and `verify` are for the load thread."""

    def __init__(
        self,
        preparation: Preparation,
        variables: Sequence[Variable],
        engine: int,
        session_ns: Callable[[], int],
        send: Callable[[Event], None],
    ) -> None:
        self._preparation = preparation
        self._growing = {each.id: axis for each in variables if (axis := _open_axis(each.shape))}
        """The axis of each variable that has one of open length."""
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

    def verify(self, requests: Sequence[ov.InferRequest]) -> None:
        """At the end of a load, with nothing in flight: compares what was counted with the length of the variables, by
        the infer request that holds most, and warns where none has it."""
        held = {k: tokens for k in range(len(requests)) if (tokens := self._preparation.held(k))}
        if not held or not self._growing:
            return
        k = max(held, key=lambda each: held[each])
        try:
            states = [state for state in requests[k].query_state() if state.name in self._growing][:_LOOKED_AT]
            lengths = [int(state.state.shape[self._growing[state.name]]) for state in states]
        except RuntimeError:
            return
        if lengths and held[k] not in lengths:
            text = (
                f"the state of infer request {k} has a length of {max(lengths):,} by OpenVINO, and requests gave it "
                f"{held[k]:,} tokens since its last reset: the device did not reset it, or this model counts otherwise"
            )
            self._send(Note(t_ns=self._session_ns(), severity="warning", text=text, engine=self._engine))

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


def _open_axis(shape: str) -> int | None:
    """The first axis of open length behind the batch's; None where there is none. A blob's variables have 0 there."""
    sizes = shape.strip("[]").split(",")
    return next((axis for axis, size in enumerate(sizes) if axis and (size in ("?", "0") or ".." in size)), None)
