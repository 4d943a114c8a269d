"""How the states of stateful models grew, and what that did to latency."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from ovtui.metrics.judgement.state_growth import StateGrowth, assess_state_growth
from ovtui.metrics.latency.per_second import PerSecondHistory
from ovtui.metrics.session.machine_stats import MachineStats
from ovtui.metrics.session.model_state import model_state
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.arrays import Floats
from ovtui.records.events import StateGrew

TOKENS_KEPT = 2048
"""Lengths of a state that are kept; where there are more, every second one goes."""
ENGINES_KEPT = 4
"""The newest; asked for is the one that serves, beside which a trial's may run. 150 KB each."""


class StateHistory:
    """How the states of the engines grew. Owner: the Digest. Takes a bounded amount of memory."""

    def __init__(self) -> None:
        self._lengths: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        """(t_ns, tokens) by engine."""

    def add(self, event: StateGrew) -> None:
        lengths = self._lengths[event.engine]
        lengths.append((event.t_ns, event.tokens))
        if len(lengths) > TOKENS_KEPT:
            del lengths[1:-1:2]
        if len(self._lengths) > ENGINES_KEPT:
            del self._lengths[min(self._lengths)]

    def tokens_at(self, engine: int, t_s: Floats) -> Floats:
        """The length of the state at [n] session times, between the lengths that are known; zeros without any."""
        lengths = self._lengths.get(engine)
        if not lengths:
            return np.zeros(len(t_s))
        known = np.array(lengths, np.float64)
        return np.interp(t_s, known[:, 0] / 1e9, known[:, 1])

    def growth(
        self, session_state: SessionState, seconds: PerSecondHistory, telemetry: MachineStats
    ) -> StateGrowth | None:
        """Of a stateful model whose state grows in the segment in force; else None."""
        segment, state = session_state.segment, model_state(session_state)
        if segment is None or state is None or not state.grows:
            return None
        series = seconds.since(segment.t_ns / 1e9)
        memory = telemetry.by_name["engine_rss_bytes"]
        newest = telemetry.newest.engine_rss_bytes if telemetry.newest else None
        return assess_state_growth(
            series,
            self.tokens_at(segment.engine, series.t_s + 0.5),
            state.tokens or 0,
            (memory.min, newest) if memory is not None and newest is not None else None,
        )
