"""What a change of device cost requests: latency before, during and after it, and the glitch in between.

The phase `during` begins with the first request that was in flight when the device changed, and ends when response
latency has settled: when SETTLED_RUN requests in a row lie near the level of the new device. That level is the later
half of all requests since the change, and the SETTLED_RUN requests must come before that half. "Near" is from the 5th
percentile of that half / NEAR to its 95th percentile * NEAR. The new device is compared only with itself: it may be
slower than the old one, and its latencies may be spread as widely as those of requests that wait for a batch. Response
latency is used, so that the queue which a glitch leaves behind is part of `during`."""

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
"""A request may complete this long before the change is seen, and yet have run during the change."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HandoverPhase:
    requests: int
    """Measured requests: first inferences and errors are left out."""
    errors: int
    latency: dict[LatencyKind, Latency]
    throughput: float | None
    """Measured completions per second."""

    @property
    def typical_ms(self) -> float | None:
        """The median response."""
        return self.latency["response"].p50


@dataclass(frozen=True, slots=True)
class HandoverPhases:
    """The phases around one change of device, over the requests of its engine."""

    change: DeviceChanged
    before: HandoverPhase
    during: HandoverPhase
    after: HandoverPhase
    """Empty until latency has settled."""
    first_served_ns: int | None
    """Completion of the first request that is known to have run on the new device."""
    settled_ns: int | None
    """Completion of the last request of `during`, at the earliest the change itself; None while latency has not
    settled. It may move while more requests arrive."""

    @property
    def worst_ms(self) -> float | None:
        """The longest response at the change."""
        return self.during.latency["response"].max

    @property
    def glitch_ms(self) -> float | None:
        """By how much `worst_ms` exceeds the median response before or after the change, whichever is longer."""
        typical_ms = [phase.typical_ms for phase in (self.before, self.after) if phase.typical_ms is not None]
        if self.worst_ms is None or not typical_ms:
            return None
        return max(self.worst_ms - max(typical_ms), 0.0)


def phases_of(records: Records, change: DeviceChanged) -> HandoverPhases:
    """Divides [n] records into phases. `records`: those of the engine that changed, in order of completion, from some
    time before the change until some time after it, but not beyond the next change."""
    begin = _first_affected(records, change)
    rest = records[begin:]
    good = measured_records(rest)
    in_flight = np.flatnonzero(good["submit_ns"] <= change.t_ns)
    # All requests that were in flight belong to `during`, and at least one request does.
    shortest = max(int(in_flight[-1]) + 1 if len(in_flight) else 0, 1)
    settled = settled_at(response_ms(good), shortest)
    # The last request of `during` may have completed before the change was seen.
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
    """The first index, `first` or later, at which [n] latencies in order of completion have settled; None if they have
    not."""
    half = len(latency_ms) // 2
    if half < first + SETTLED_RUN:
        return None
    low, high = np.quantile(latency_ms[half:], (0.05, 0.95))
    near = (latency_ms[first:half] * NEAR >= low) & (latency_ms[first:half] <= NEAR * high)
    runs = np.lib.stride_tricks.sliding_window_view(near, SETTLED_RUN).all(axis=1)
    return first + int(runs.argmax()) if runs.any() else None


def _first_affected(records: Records, change: DeviceChanged) -> int:
    """The index of the first request that was in flight at the change or came after it."""
    affected = records["done_ns"] >= change.t_ns
    if code_of(change.before) != AMBIGUOUS:
        near = records["done_ns"] >= change.t_ns - SEEN_WITHIN_NS
        affected |= near & (records["flags"] & Flag.AMBIGUOUS_DEVICE != 0)
    return int(affected.argmax()) if affected.any() else len(records)


def _position(records: Records, measured_before: int) -> int:
    """The index, among all records, of the measured record with `measured_before` measured ones before it."""
    good = np.flatnonzero((records["flags"] & (Flag.WARM_UP | Flag.ERROR)) == 0)
    return int(good[measured_before]) if measured_before < len(good) else len(records)
