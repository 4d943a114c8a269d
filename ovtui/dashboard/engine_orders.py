"""What keys ask of the host about its engine beside settings: to start it again, to measure the idle machine. Each
gives the answer to the key, also why nothing was asked."""

from __future__ import annotations

from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.digest import Digest
from ovtui.metrics.energy.unreadable import why_no_watts
from ovtui.records.source import Source


class EngineOrders:
    """Owner: the dashboard."""

    def __init__(self, source: Source, digest: Digest, keys: KeyBindings) -> None:
        self._source, self._digest, self._keys = source, digest, keys

    def restart(self) -> str:
        if self._source.replayed:
            return "a recording shows what was measured: no engine can be started in it"
        if self._source.read_only:
            return "read-only: the engine can be started again by whoever owns the session"
        if self._digest.session_state.phase not in ("died", "failed"):
            return f"the engine is alive; {self._keys.first('restart')} is for an engine that has died"
        self._source.restart()
        return "starting the engine again"

    def measure_idle(self) -> str:
        if self._source.replayed:
            return "a recording shows what was measured: nothing can be measured in it"
        if self._source.read_only:
            return "read-only: the load cannot pause for a measurement"
        self._source.measure_idle()
        why = why_no_watts(self._digest.session_state.disturbances.power)
        return why or "asked for a measurement of the idle machine, which takes 5 s"
