"""The second model's own session, as the study drives it: a host, an engine, rings and a recording apart from those of
the session that it is compared with.

Its host ends with this process: its one client is gone then, and it was begun with on_hangup 'stop'. What its records
say is told on the clock of the first session: both run on CLOCK_MONOTONIC, from different moments on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ovtui.host.client import LiveSession
from ovtui.host.client_protocol import SessionOptions
from ovtui.metrics.digest import Digest
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.samples import measured_records
from ovtui.metrics.session.session_state import STAND_IN_DEVICES
from ovtui.records.arrays import Bools
from ovtui.records.events import BesideSecond, TrialBlock, TurnBegan, TurnEnded, TurnRefused
from ovtui.records.record import LATENCY_MS, Flag, Records, empty_records, join_records
from ovtui.records.study_events import BesideSpec, PointFigures

SECOND_NS = 1_000_000_000
LATE_NS = 250_000_000
"""A second is told this long after its end: records come some 0.1 s after their requests are back."""


class SecondSession:
    """Owner: the study's process, which has one thread."""

    def __init__(self, spec: BesideSpec, origin_ns: int, beside: str) -> None:
        """`origin_ns`: time 0 of the first session, on CLOCK_MONOTONIC; `beside`: its name. Starts the host; raises
        OSError where none can be started."""
        options = SessionOptions(
            record=spec.record, on_hangup="stop", driven=True, command=f"(beside the session {beside})"
        )  # fmt: skip
        self.session = LiveSession(spec.settings, options)
        self.settings = spec.settings
        self.digest = Digest()
        self._origin_ns = origin_ns
        self._turn = 0
        self._wants_load = False
        self.switched = False
        """The last turn or rest that was asked for has begun."""
        self.switched_ns = 0
        """When, on the clock of the first session."""
        self.serving = False
        """It makes its load, or may do so: until it is known to rest."""
        self.refused = ""
        """Why it cannot serve, as a sentence; empty where it can."""
        self.blocks: list[TrialBlock] = []
        """Spans in which its requests are counted, on the first session's clock."""
        self._in_blocks = Histogram()
        """Of the responses of what came due in them."""
        self._done_in_blocks = 0
        """What came back in them."""
        self._errors_in_blocks = 0
        self.overload = ""
        self._fresh = empty_records()
        """Records that no second has told yet."""

    @property
    def offset_ns(self) -> int:
        """What a time of this session has more on the clock of the first one."""
        return self.session.origin_ns - self._origin_ns

    @property
    def name(self) -> str:
        return self.session.session

    @property
    def ready(self) -> bool:
        """It serves, from the accelerator where it is to."""
        state = self.digest.session_state
        return state.phase == "serving" and (state.engine is None or state.engine.devices != STAND_IN_DEVICES)

    @property
    def failure(self) -> str:
        """Why it does not go on, as a sentence; empty while it does."""
        state, snapshot = self.digest.session_state, self.digest.snapshot()
        if self.refused:
            return self.refused
        if state.phase == "failed":
            return state.failure
        if state.phase == "died" and state.died is not None:
            how = state.died.signal or f"exit code {state.died.code}"
            return f"its engine died: {how}"
        if snapshot.host_gone or snapshot.host.ended:
            return snapshot.host.ended or "its host process died"
        if state.phase == "ended" or snapshot.finished:
            return "its load has ended"
        return ""

    def poll(self) -> None:
        update = self.session.poll()
        self.digest.feed(update)
        for event in update.events:
            if isinstance(event, TurnBegan | TurnEnded) and event.turn == self._turn:
                began = isinstance(event, TurnBegan)
                if began == self._wants_load:
                    self.switched, self.switched_ns = True, event.t_ns + self.offset_ns
                    self.serving = began
            elif isinstance(event, TurnRefused) and event.turn == self._turn:
                self.refused = event.reason
        if len(update.records):
            self._count(update.records)
            self._fresh = join_records([self._fresh, update.records])
        queue = self.digest.queue() if self.serving else None
        if queue is not None and queue.overloaded:
            self.overload = queue.sentence

    def begin(self) -> None:
        """Has it make its load. `switched` becomes true once it does."""
        self._turn += 1
        self._wants_load, self.switched, self.serving = True, False, True
        self.session.take_turn(self._turn, self.settings, ["beside"])

    def rest(self) -> None:
        """Halts its load. `switched` becomes true once everything in flight is back."""
        self._wants_load, self.switched = False, False
        self.session.rest()

    def tell(self, study: int, end_ns: int, *, rested: bool) -> BesideSecond:
        """The second that ended at `end_ns` of the first session's clock, with what came back in it. `rested`: there
        was no load in all of it."""
        done_ns = self._fresh["done_ns"].astype(np.int64) + self.offset_ns
        here, self._fresh = self._fresh[done_ns < end_ns], self._fresh[done_ns >= end_ns]
        measured = measured_records(here)
        response = _latency(measured, "response")
        return BesideSecond(
            t_ns=end_ns,
            study=study,
            serving=not rested,
            completed=len(here),
            throughput=float(len(measured)),
            errors=int(((here["flags"] & Flag.ERROR) != 0).sum()),
            p50_ms=response.p50,
            p99_ms=response.p99,
            service_p50_ms=_latency(measured, "service").p50,
            inference_p50_ms=_latency(measured, "inference").p50,
        )

    def add_blocks(self, blocks: list[TrialBlock]) -> None:
        """To be called before their requests can have come back."""
        self.blocks += blocks

    def figures(self, now_ns: int) -> PointFigures | None:
        """Of the blocks that were over by then: the throughput of what came back in them, the latencies of what came
        due in them; None without any."""
        over = [block for block in self.blocks if block.until_ns <= now_ns]
        length_s = sum(block.until_ns - block.begin_ns for block in over) / 1e9
        if not over or not self._in_blocks.count:
            return None
        response = self._in_blocks.latency()
        return PointFigures(
            requests=response.count,
            measured_s=round(length_s, 6),
            throughput=round(self._done_in_blocks / length_s, 3),
            p50_ms=response.p50,
            p90_ms=response.p90,
            p99_ms=response.p99,
            errors=self._errors_in_blocks,
        )

    def close(self) -> None:
        """Ends its session, engine and recording with it."""
        self.session.end()
        self.session.close()

    def _count(self, records: Records) -> None:
        here = records[self._inside(records["due_ns"])]
        self._in_blocks.add(LATENCY_MS["response"](measured_records(here)))
        self._done_in_blocks += len(measured_records(records[self._inside(records["done_ns"])]))
        self._errors_in_blocks += int(((here["flags"] & Flag.ERROR) != 0).sum())

    def _inside(self, times_ns: npt.NDArray[np.unsignedinteger[Any]]) -> Bools:
        """[n] whether a time of this session lies in one of the newest blocks."""
        at_ns = times_ns.astype(np.int64) + self.offset_ns
        inside = np.zeros(len(at_ns), bool)
        for block in self.blocks[-4:]:
            inside |= (at_ns >= block.begin_ns) & (at_ns < block.until_ns)
        return inside


def _latency(measured: Records, kind: LatencyKind) -> Latency:
    histogram = Histogram()
    histogram.add(LATENCY_MS[kind](measured))
    return histogram.latency()
