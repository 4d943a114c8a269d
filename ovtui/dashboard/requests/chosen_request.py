"""What is known of the request under the cursor, for the panel under the table and for the one beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ovtui.metrics import number_format
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.device_state import possible_devices
from ovtui.metrics.handover.event_text import EventText, describe_event
from ovtui.metrics.queries.why_slow import NOTHING_KNOWN, NOTHING_TO_EXPLAIN, REACH, SLOW_FROM, times_median, why_slow
from ovtui.records.device_codes import AMBIGUOUS
from ovtui.records.events import LogLine
from ovtui.records.record import Records

_NEAR_NS = 2_000_000_000
"""Events that happened so shortly before or after it are near it."""


_ABOUT_FROM, _MORE_FROM = 0.95, 1.05
"""So many times the median are called about the median."""


@dataclass(frozen=True, slots=True)
class ChosenRequest:
    records: Records
    """[1]."""
    devices: Sequence[str] = ()
    """Those that may have served it, where its device is ambiguous."""
    data_shape: str = ""
    median_ms: float | None = None
    """Of the responses of its segment on its device; None where too few count."""
    reasons: Sequence[str] = ()
    """Why it took so long; see metrics.queries.why_slow."""
    around: Records | None = None
    """What completed just before and after it; None where that is not known."""
    events: Sequence[EventText] = ()
    """Near it."""

    @property
    def near(self) -> Records:
        return self.records if self.around is None else self.around

    @property
    def compared(self) -> str:
        """'3.2 times the median of 6.5 ms', 'about the median of 6.5 ms', '60 % of the median of 6.5 ms'."""
        times = times_median(self.records, self.median_ms)
        if times is None:
            return "no median yet to compare it with"
        share = f"{number_format.significant(times, 3)} times"
        if times < _ABOUT_FROM:
            share = f"{times * 100:.0f} % of"
        elif times < _MORE_FROM:
            share = "about"
        return f"{share} the median of {number_format.milliseconds(self.median_ms)} ms"

    @property
    def unexplained(self) -> str:
        """That nothing is known, where it was slow; that it needs no reason, where it was not; else empty."""
        if self.reasons:
            return ""
        times = times_median(self.records, self.median_ms)
        return NOTHING_KNOWN if times is None or times >= SLOW_FROM else NOTHING_TO_EXPLAIN


def choose_request(
    record: np.void, place: int | None, digest: Digest, around: Callable[[int, int], Records]
) -> ChosenRequest:
    """`place`: its place in the session, if it is known; `around`: what completed around a place."""
    records, state = np.array([record]), digest.session_state
    segment, device = int(record["segment"]), int(record["device"])
    group = digest.part(segment, device).latency["response"]
    near = around(place, REACH) if place is not None else records
    since_ns, until_ns = int(record["due_ns"]) - _NEAR_NS, int(record["done_ns"]) + _NEAR_NS
    return ChosenRequest(
        records,
        possible_devices(state, segment, int(record["done_ns"])) if device == AMBIGUOUS else (),
        digest.by_shape.known.text(segment, int(record["data_shape"])),
        group.p50,
        why_slow(records, state, near, group.p50),
        near,
        [
            describe_event(event, state)
            for event in state.log
            if since_ns <= event.t_ns <= until_ns and not isinstance(event, LogLine)
        ],
    )
