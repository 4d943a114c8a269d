"""The queue of an open loop, now or when the load ended: from what completes or, where little does, what waits."""

from __future__ import annotations

from ovtui.metrics.judgement import overload
from ovtui.metrics.judgement.overload import Queue, estimate_queue
from ovtui.metrics.judgement.sparse_queue import queue_of_counts
from ovtui.metrics.latency.rolling_windows import Flow, RollingWindows, flow_of
from ovtui.metrics.latency.samples import measured_records
from ovtui.metrics.session.loss_counters import LossCounters
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.completion_order import SEEN_WITHIN
from ovtui.records.events import SegmentBegan
from ovtui.records.recording_state import RecordingState
from ovtui.settings.schema.arrival import Constant, Poisson, is_closed_loop, parse_arrival


class LoadQueue:
    """Owner: the Digest, whose parts it reads."""

    def __init__(
        self,
        session_state: SessionState,
        windows: RollingWindows,
        history: RequestHistory,
        loss_counters: LossCounters,
    ) -> None:
        self._session_state, self._windows = session_state, windows
        self._history, self._loss_counters = history, loss_counters
        self._shed_at_end_per_s = 0.0
        self._sparse_at_end: Queue | None = None
        self._at_end: tuple[int, Queue | None] = -1, None
        """How many records it was made of, and the queue when the load ended: some records come after the event."""

    def end(self, t_ns: int) -> None:
        """The load has ended."""
        self._shed_at_end_per_s = self._loss_counters.per_s(t_ns)
        self._sparse_at_end = self._sparse_queue(t_ns)
        self._at_end = -1, None

    def at(self, now_ns: int, recording: RecordingState | None = None) -> Queue | None:
        """None in a closed loop, while the load pauses, and where too few requests came back to estimate it. At the end
        of a `recording` that broke off only those that came back tell: what was due and sent by then is not known."""
        segment, ended = self._session_state.segment, self._session_state.ended
        paused = self._session_state.disturbances.paused is not None or self._session_state.resting is not None
        if segment is None or paused or is_closed_loop(segment.settings):
            return None
        if self._session_state.phase == "serving":
            span_s = min(overload.SPAN_S, (now_ns - segment.t_ns) / 1e9)
            dense = self._queue(segment, self._windows.flow(span_s), self._loss_counters.per_s(now_ns))
            broke_off = recording is not None and recording.breaks_off
            return dense or (None if broke_off else self._sparse_queue(now_ns))
        if self._session_state.phase == "ended" and ended is not None:
            made_of, queue = self._at_end
            if made_of != self._history.total:
                flow = self._flow_before(ended.t_ns, segment)
                queue = self._queue(segment, flow, self._shed_at_end_per_s) or self._sparse_at_end
                self._at_end = self._history.total, queue
            return queue
        return None

    def _queue(self, segment: SegmentBegan, flow: Flow, shed_per_s: float) -> Queue | None:
        load = segment.settings
        return estimate_queue(flow, shed_per_s, load.rate if load.arrival == "constant" else None, load.backlog)

    def _sparse_queue(self, until_ns: int) -> Queue | None:
        """From counts of what waits, where too little comes back."""
        segment = self._session_state.segment
        if segment is None or is_closed_loop(segment.settings):
            return None
        rate = (
            segment.settings.rate if isinstance(parse_arrival(segment.settings.arrival), Constant | Poisson) else None
        )
        counts = self._loss_counters.waiting(segment.t_ns, until_ns, segment.first_seq, rate)
        return queue_of_counts(counts, segment.nireq, self._loss_counters.per_s(until_ns))

    def _flow_before(self, end_ns: int, segment: SegmentBegan) -> Flow:
        """From the requests themselves: the windows may have moved on. Costs 5 ms."""
        rows = self._history.tail(len(self._history))
        began_ns = max(end_ns - int(overload.SPAN_S * 1e9), segment.t_ns)
        if self._history.first_kept:
            # Of what completed before these, some may have been overwritten.
            began_ns = max(began_ns, int(rows["done_ns"][:SEEN_WITHIN].max()))
        return flow_of(measured_records(rows), began_ns, end_ns)
