"""What a change of device cost requests: latency before, during and after it, and the glitch in between.

The phase `during` begins with the first request that was in flight when the device changed, and ends when response
latency has settled: when SETTLED_RUN requests in a row lie near the level of the new device. That level is the later
half of all requests since the change, and the SETTLED_RUN requests must come before that half. "Near" is from the 5th
percentile of that half / NEAR to its 95th percentile * NEAR. The new device is compared only with itself: it may be
slower than the old one, and its latencies may be spread as widely as those of requests that wait for a batch. Response
latency is used, so that the queue which a glitch leaves behind is part of `during`.

The glitch is by how much the longest response of `during` exceeds what is usual. Where the new device gathers batches
or waits for the batch timer, latencies are a sawtooth, whose peaks are usual: so the longest of m responses is compared
with the level that the longest of m would exceed in one of a hundred cases, by the responses of the other phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.throughputs import Throughput
from ovtui.metrics.latency.histogram import Histogram
from ovtui.metrics.latency.latency import Latency, LatencyKind, rounded_ms
from ovtui.metrics.latency.samples import KINDS, measured_records
from ovtui.records.arrays import Floats
from ovtui.records.device_codes import AMBIGUOUS, code_of
from ovtui.records.events import DeviceChanged
from ovtui.records.record import LATENCY_MS, Flag, Records, response_ms
from ovtui.settings.schema.settings import WarmUpRule

SETTLED_RUN = 20
NEAR = 1.5
CHANCE = 0.99
"""The longest response of `during` is a glitch where as many of the usual ones would stay below it with this
probability."""
SEEN_WITHIN_NS = 100_000_000
"""A request may complete this long before the change is seen, and yet have run during the change."""

Counted = Callable[[Records, WarmUpRule], Records]
"""Those of [n] records whose latencies count under a rule: Breakdowns.counted."""
LEAST_RATED = 2
"""Completions from which a phase has a rate."""
RULES: tuple[WarmUpRule, ...] = ("rule", "first", "none")


@dataclass(frozen=True, slots=True)
class HandoverPhase:
    requests: int
    """Measured requests: first inferences and errors are left out."""
    errors: int
    throughput: float | None
    """Measured completions per second, from the last one of the phase before. None for fewer than two: the time of a
    single request is no rate."""
    latency_by_rule: dict[WarmUpRule, dict[LatencyKind, Latency]]
    rule: WarmUpRule = "rule"
    """The warm-up rule that `latency` follows."""

    @property
    def latency(self) -> dict[LatencyKind, Latency]:
        return self.latency_by_rule[self.rule]

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

    worst_ms: float | None
    """The longest response of a measured request of `during`, whatever the warm-up rule."""
    usual_worst_ms: float | None
    """What the longest of as many responses before or after the change stays below with CHANCE, whichever is longer."""

    def under(self, rule: WarmUpRule) -> HandoverPhases:
        """The same with the latencies that count under a rule."""
        before, during, after = (replace(phase, rule=rule) for phase in (self.before, self.during, self.after))
        return replace(self, before=before, during=during, after=after)

    @property
    def glitch_ms(self) -> float | None:
        """By how much `worst_ms` exceeds `usual_worst_ms`."""
        if self.worst_ms is None or self.usual_worst_ms is None:
            return None
        return rounded_ms(max(self.worst_ms - self.usual_worst_ms, 0.0))


def phases_of(records: Records, change: DeviceChanged, counted: Counted) -> HandoverPhases:
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
    during_ms = response_ms(measured_records(rest[:split]))
    usual_ms = [
        _usual_worst_ms(response_ms(measured_records(side)), len(during_ms)) for side in (records[:begin], rest[split:])
    ]
    began_ns = _last_done_ns(records[:begin])
    ended_ns = _last_done_ns(rest[:split]) or began_ns
    return HandoverPhases(
        change=change,
        before=_phase(records[:begin], counted, None),
        during=_phase(rest[:split], counted, began_ns),
        after=_phase(rest[split:], counted, ended_ns),
        first_served_ns=int(rest["done_ns"][served[0]]) if len(served) and len(change.after) == 1 else None,
        settled_ns=last_ns,
        worst_ms=rounded_ms(float(during_ms.max())) if len(during_ms) else None,
        usual_worst_ms=rounded_ms(max((ms for ms in usual_ms if ms is not None), default=None)),
    )


def _usual_worst_ms(latency_ms: Floats, count: int) -> float | None:
    """The level that `count` of [n] latencies stay below with CHANCE; None of none."""
    if not len(latency_ms) or not count:
        return None
    return float(np.quantile(latency_ms, CHANCE ** (1 / count), method="higher"))


def _phase(records: Records, counted: Counted, since_ns: int | None) -> HandoverPhase:
    """`since_ns`: the last completion of the phase before; None where there was none."""
    group = GroupFigures.of_records(records, "first")
    by_rule: dict[WarmUpRule, dict[LatencyKind, Latency]] = {}
    by_count: dict[int, dict[LatencyKind, Latency]] = {}
    for rule in RULES:
        rows = counted(records, rule)
        # A rule leaves out what the next one leaves out, and more: as many requests are the same ones.
        if len(rows) not in by_count:
            by_count[len(rows)] = _latency(rows)
        by_rule[rule] = by_count[len(rows)]
    return HandoverPhase(group.measured, group.errors, _throughput(records, since_ns), by_rule)


def _throughput(records: Records, since_ns: int | None) -> float | None:
    """Phases follow each other, so each lasts from the last completion before it to its own last one. The first phase
    begins with a completion, whose batch does not count: that came before the span."""
    last_ns, good = _last_done_ns(records), measured_records(records)
    if last_ns is None or len(good) < LEAST_RATED:
        return None
    if since_ns is not None:
        return Throughput(len(good), last_ns - since_ns).per_s
    first = records[records["done_ns"].argmin()]
    same_batch = (good["batch_id"] == first["batch_id"]) if first["batch_id"] else good["seq"] == first["seq"]
    return Throughput(len(good) - int(np.count_nonzero(same_batch)), last_ns - int(first["done_ns"])).per_s


def _last_done_ns(records: Records) -> int | None:
    return int(records["done_ns"].max()) if len(records) else None


def _latency(rows: Records) -> dict[LatencyKind, Latency]:
    found: dict[LatencyKind, Latency] = {}
    for kind in KINDS:
        histogram = Histogram()
        histogram.add(LATENCY_MS[kind](rows))
        found[kind] = histogram.latency()
    return found


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
