"""A change of device as requests felt it: before, during and after it, and the glitch between.

`During` begins with the first request that was in flight when the device changed, and lasts until latency has settled:
until SETTLED_RUN requests in a row lie near the usual ones, those being the later half of all that have come since the
change; the run comes before that half. Near is from their 5th percentile / NEAR to their 95th * NEAR. Nothing is asked
of the new device but that it keeps to itself: it may be slower than the old one, and may spread as widely as requests
that wait for a batch do. It goes by response latency, so that the queue a glitch left behind is part of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.metrics.groups.tally import Tally
from ovtui.metrics.latency.latency import Latency, LatencyKind
from ovtui.metrics.latency.samples import measured_records
from ovtui.records.device_codes import AMBIGUOUS, code_of
from ovtui.records.events import DeviceChanged
from ovtui.records.record import Flag, Records, response_ms

SETTLED_RUN = 20
NEAR = 1.5
SEEN_WITHIN_NS = 100_000_000
"""A request may have completed this long before its change was seen, and yet been recorded after it."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HandoverPhase:
    requests: int
    """Measured ones: warm-ups and errors are left out."""
    errors: int
    latency: dict[LatencyKind, Latency]
    throughput: float | None
    """Measured completions a second."""

    @property
    def typical_ms(self) -> float | None:
        """The median response."""
        return self.latency["response"].p50


@dataclass(frozen=True, slots=True)
class HandoverPhases:
    """Around one change of device, of the requests of its engine."""

    change: DeviceChanged
    before: HandoverPhase
    during: HandoverPhase
    after: HandoverPhase
    """Empty until latency has settled."""
    first_served_ns: int | None
    """When the first request that the new device is known to have served came back."""
    settled_ns: int | None
    """When the last request of `during` came back, not before the change; None while latency has not settled. It may
    move while more requests come."""

    @property
    def worst_ms(self) -> float | None:
        """The longest response at the change."""
        return self.during.latency["response"].max

    @property
    def glitch_ms(self) -> float | None:
        """By how much that is longer than a usual response of the slower phase beside it."""
        usual = [typical for typical in (self.before.typical_ms, self.after.typical_ms) if typical is not None]
        if self.worst_ms is None or not usual:
            return None
        return max(self.worst_ms - max(usual), 0.0)


def phases_of(records: Records, change: DeviceChanged) -> HandoverPhases:
    """`records` [n]: of the engine that changed, by completion, from some time before the change until some time after
    it, the next change at most."""
    begin = _first_affected(records, change)
    rest = records[begin:]
    good = measured_records(rest)
    in_flight = np.flatnonzero(good["submit_ns"] <= change.t_ns)
    # At least one request is `during`, and all that were in flight are.
    least = max(int(in_flight[-1]) + 1 if len(in_flight) else 0, 1)
    settled = settled_at(response_ms(good), least)
    # The last one can have come back before the change was seen.
    last_ns = None if settled is None else max(int(good["done_ns"][settled - 1]), change.t_ns)
    split = len(rest) if settled is None else _position(rest, settled)
    served = np.flatnonzero(rest["device"] == code_of(change.after))
    return HandoverPhases(
        change=change,
        before=phase_of(records[:begin]),
        during=phase_of(rest[:split]),
        after=phase_of(rest[split:]),
        first_served_ns=int(rest["done_ns"][served[0]]) if len(served) and len(change.after) == 1 else None,
        settled_ns=last_ns,
    )


def phase_of(records: Records) -> HandoverPhase:
    tally = Tally()
    tally.add(records)
    return HandoverPhase(tally.measured, tally.errors, tally.latency(), tally.throughput)


def settled_at(latency_ms: Floats, first: int) -> int | None:
    """The first index from `first` on at which [n] latencies, by completion, have settled; None where they have not."""
    half = len(latency_ms) // 2
    if half < first + SETTLED_RUN:
        return None
    low, high = np.quantile(latency_ms[half:], (0.05, 0.95))
    near = (latency_ms[first:half] * NEAR >= low) & (latency_ms[first:half] <= NEAR * high)
    runs = np.lib.stride_tricks.sliding_window_view(near, SETTLED_RUN).all(axis=1)
    return first + int(runs.argmax()) if runs.any() else None


def _first_affected(records: Records, change: DeviceChanged) -> int:
    """The index of the first request that was in flight at the change, or came after it."""
    touched = records["done_ns"] >= change.t_ns
    if code_of(change.before) != AMBIGUOUS:
        near = records["done_ns"] >= change.t_ns - SEEN_WITHIN_NS
        touched |= near & (records["flags"] & Flag.AMBIGUOUS_DEVICE != 0)
    return int(touched.argmax()) if touched.any() else len(records)


def _position(records: Records, measured_before: int) -> int:
    """Where the measured request number `measured_before` stands among all of the records."""
    good = np.flatnonzero((records["flags"] & (Flag.WARM_UP | Flag.ERROR)) == 0)
    return int(good[measured_before]) if measured_before < len(good) else len(records)
