"""Where the load stands, over all engines, and what its limits still allow."""

from __future__ import annotations

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings


class LoadProgress:
    """Owner: the Supervisor. A run lasts until its limits are reached or it is stopped; what starts then is another."""

    def __init__(self) -> None:
        self.next_seq = 0
        self.due_count = 0
        """Requests that have been sent or shed, by all engines: what `requests` limits."""
        self.until_ns: int | None = None
        """When the load is to end, on the session's clock; None before it began and without `duration_s`."""
        self.due_from_ns: int | None = None
        """When the engine that halted had its next request due: the coming one goes on from there."""
        self._due_before = 0
        self._over_at_count: int | None = None

    def begin(self, duration_s: float, now_ns: int) -> None:
        """An engine begins to serve; the first one's begin is the run's."""
        if duration_s and self.until_ns is None:
            self.until_ns = now_ns + int(duration_s * 1e9)

    def take_due_from(self, settings: Settings) -> int | None:
        """Once: when the schedule of the engine that takes over begins. None for now, and for one without a schedule:
        a schedule that it is given later is not the halted one going on."""
        due_from_ns, self.due_from_ns = self.due_from_ns, None
        return None if is_closed_loop(settings) else due_from_ns

    def requests_left(self, limit: int) -> int | None:
        """Of `requests`; None where that sets no limit."""
        return max(limit - (self.due_count - self._due_before), 0) if limit else None

    def take_over_from(self, engine: EngineProcess) -> None:
        """The engine submits nothing more."""
        self.next_seq, self.due_count = engine.next_seq, engine.due_count

    def mark_over(self) -> None:
        self._over_at_count, self.due_from_ns = self.due_count, None

    def restart_if_over(self) -> None:
        if self._over_at_count is not None:
            self._due_before, self._over_at_count, self.until_ns = self._over_at_count, None, None
