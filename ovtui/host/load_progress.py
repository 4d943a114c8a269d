"""How far the load has come over all engines, and what its limits still allow."""

from __future__ import annotations

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.records.engine_protocol import TakeOver
from ovtui.records.events import SegmentBegan, TrialMark
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings


class LoadProgress:
    """Owner: the Supervisor. A load lasts until a limit is reached or it is stopped. The limits count anew for the next
    load, while request numbers go on over the session."""

    def __init__(self) -> None:
        self.next_seq = 0
        self.due_count = 0
        """Requests that were due, of all engines: submitted, shed or left waiting. `requests` limits these."""
        self.began_ns: int | None = None
        """When the load's first request was due, on the session clock; None before its first engine has told."""
        self.until_ns: int | None = None
        """When the load is to end, on the session clock; None before its begin and without `duration_s`."""
        self.due_from_ns: int | None = None
        """When the next request of the engine that halted was due: the schedule of the next engine begins there."""
        self._due_before = 0
        self._uncounted = 0
        """Requests that count for no limit: of earlier loads, and first inferences that come before a load."""
        self._with_first: set[int] = set()
        """Numbers of the engines whose first inference is among them."""
        self._over_at_count: int | None = None

    def begin(self, duration_s: float, now_ns: int) -> int | None:
        """An engine is told to serve. Returns when the load of the engines before it ends. `duration_s` counts from the
        first request of the first of them; until that one tells when it was due, from now."""
        before_ns = self.until_ns
        if duration_s and before_ns is None:
            self.until_ns = now_ns + int(duration_s * 1e9)
        return before_ns

    def follow(self, event: SegmentBegan) -> None:
        """Takes the beginning and the end of the load as the engine has set them."""
        if self.began_ns is None:
            self.began_ns = event.load_began_ns
        if event.until_ns is not None:
            self.until_ns = event.until_ns

    def take_over(
        self,
        engine: EngineProcess,
        segment: int,
        changes: list[str],
        trial: TrialMark,
        now_ns: int,
        live: Settings | None = None,
    ) -> TakeOver:
        """The command by which an engine goes on with the load, and from which on its own counts go on from here.
        `live`: the settings to be set before."""
        sent = self._sent_before(engine)
        engine.take_up(self.next_seq, self.due_count, now_ns)
        return TakeOver(
            segment=segment,
            first_seq=self.next_seq,
            changes=changes,
            trial=trial,
            requests_left=self.requests_left(engine.settings.requests),
            sent=sent,
            load_began_ns=self.began_ns,
            until_ns=self.begin(engine.settings.duration_s, now_ns),
            due_from_ns=self.take_due_from(engine.settings),
            settings=live,
        )

    def _sent_before(self, engine: EngineProcess) -> int:
        """TakeOver.sent. Counts the engine's first inference as none of the load, once, also where it was halted before
        it made one."""
        sent = self.next_seq - self._uncounted
        if not engine.settings.first_inference_apart or engine.counters.submitted:
            return sent
        if engine.number in self._with_first:
            return sent + 1
        self._with_first.add(engine.number)
        self._uncounted += 1
        return sent

    def resume(self, paused_ns: int) -> None:
        """After a trial's change of turn, or after a pause of the load: its schedule begins anew, its end moves."""
        self.due_from_ns = None
        if self.until_ns is not None:
            self.until_ns += paused_ns

    def take_due_from(self, settings: Settings) -> int | None:
        """When the schedule of the engine that takes over begins; None for now. The value is used up, also by an engine
        in a closed loop: a schedule that starts later does not continue that of the halted engine."""
        due_from_ns, self.due_from_ns = self.due_from_ns, None
        return None if is_closed_loop(settings) else due_from_ns

    def requests_left(self, limit: int) -> int | None:
        """How many of `limit` requests are left; None without a limit (0)."""
        return max(limit - (self.due_count - self._due_before), 0) if limit else None

    def take_over_from(self, engine: EngineProcess) -> None:
        """Takes over the counts of an engine that submits nothing more."""
        self.next_seq, self.due_count = engine.next_seq, engine.due_count

    def mark_over(self) -> None:
        """The load has ended: the next one has limits of its own, and its schedule starts anew."""
        self._over_at_count, self.due_from_ns = self.due_count, None

    def restart_if_over(self) -> None:
        """Before an engine starts: where the load is over, a new one begins."""
        if self._over_at_count is not None:
            self._due_before, self._over_at_count = self._over_at_count, None
            self._uncounted = self.next_seq
            self.began_ns = self.until_ns = None
