"""Runs from records: which requests shared a batch, why each run began (full, timer, alone), and how
long its first member waited.

A full batch fired at the submission of its last member, which is exact, unless it was held until the batch timer ran
out: then that timeout later. Where the timer finds a batch that is not full, each queued request runs alone, and
OpenVINO does not report how much of its latency was waiting: that wait is an estimate, and is marked as such
(Certainty)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt

from ovtui.metrics.batching.batch_assembly import (
    BatchTimeouts,
    fired_batches,
    group_members,
    hold_ns,
    segment_device_keys,
)
from ovtui.records.arrays import Bools, Floats, Ints
from ovtui.records.record import UNMEASURED, Flag, Records

LoneRunTimes = Mapping[int, float]
"""Estimated run time of a lone request, ms, by segment_device_key. A key is missing if all its lone requests waited for
the timer."""


class Certainty(StrEnum):
    """How exact a wait, or a sum of waits, is."""

    EXACT = "exact"
    ESTIMATED = "estimated"
    """For runs after the timer: their latency minus the shortest run that is known to have begun without waiting.
    Queueing behind other runs is part of it. For full batches that were held: the batch timeout is taken for what they
    waited after their last member came."""
    AT_MOST = "at_most"
    """No run is known to have begun without waiting, so the run time is unknown: the whole latency of runs after the
    timer, an upper bound."""

    @property
    def sign(self) -> str:
        """The sign to be shown before the wait."""
        return _SIGNS[self]


_SIGNS = {Certainty.EXACT: "", Certainty.ESTIMATED: "≈", Certainty.AT_MOST: "≤"}


class RunReason(IntEnum):
    """Why a run began."""

    FULL = 0
    TIMER = 1
    """A request alone, because the batch timer ran out."""
    ALONE = 2
    """A request alone, without the timer."""
    UNKNOWN = 3
    """It is not known how many requests ran together."""
    FAILED = 4
    HELD = 5
    """A full batch that was held until the batch timer ran out."""

    @property
    def is_batch(self) -> bool:
        return self in (RunReason.FULL, RunReason.HELD)


@dataclass(frozen=True, slots=True)
class Batch:
    """One run: a full batch, or a single request."""

    id: int
    """0 for a single request."""
    size: int
    """Requests that ran together; 0 if unknown."""
    members: Ints
    """Indices into the records, in order of submission."""
    first_submit_ns: int
    last_submit_ns: int
    done_ns: int
    """Completion of the first member; the callbacks of one batch run one after another."""
    reason: RunReason
    first_wait_ms: float | None
    """How long the first member waited until the batch fired; None if unknown."""
    hold_ns: int
    """How long a full batch was held after its last member came; 0 for every other run."""
    certainty: Certainty
    """How exact the wait is. The wait of a timer run is its latency minus the shortest lone run, if one is known."""
    inferred: bool
    """True if the members were deduced from times, because the batch ids are not known."""
    segment: int
    whole: bool
    """True if all members are among the records."""

    @property
    def run_ms(self) -> float | None:
        """From firing to the first completion, including queueing behind other runs; None if unknown."""
        if self.first_wait_ms is None or self.certainty is Certainty.AT_MOST:
            return None
        waited_ms = self.first_wait_ms if self.reason is RunReason.TIMER else self.hold_ns / 1e6
        return max((self.done_ns - self.last_submit_ns) / 1e6 - waited_ms, 0.0)


@dataclass(frozen=True, slots=True)
class Batches:
    """Columns [n] of the runs, in order of completion."""

    id: Ints
    size: Ints
    count: Ints
    """Members among the records; fewer than `size` if a run was cut off by the first or last record."""
    start: Ints
    """The members of run i are members[start[i] : start[i] + count[i]]."""
    members: Ints
    """[m] indices into the records, grouped by run."""
    first_submit_ns: Ints
    last_submit_ns: Ints
    done_ns: Ints
    segment: Ints
    reason: npt.NDArray[np.uint8]
    first_wait_ms: Floats
    """NaN if unknown. For RunReason.TIMER an estimate, or an upper bound: see run_time_unknown."""
    hold_ns: Ints
    """How long a full batch was held after its last member came; 0 for every other run."""
    run_time_unknown: Bools
    """True for a timer run if no request of its segment and device is known to have run without waiting."""
    inferred: Bools

    def __len__(self) -> int:
        return len(self.id)

    def flat(self) -> tuple[Ints, Ints]:
        """Two columns [m] with one row per member: its run, and its index into the records."""
        run = np.repeat(np.arange(len(self)), self.count)
        behind = np.cumsum(self.count) - self.count
        return run, self.members[np.arange(len(run)) + np.repeat(self.start - behind, self.count)]

    def batch(self, index: int, records: Records) -> Batch:
        """Run `index`. `records`: those that these columns were made from."""
        start, count = int(self.start[index]), int(self.count[index])
        members = self.members[start : start + count]
        wait_ms = float(self.first_wait_ms[index])
        reason = RunReason(int(self.reason[index]))
        return Batch(
            id=int(self.id[index]),
            size=int(self.size[index]),
            members=members[np.argsort(records["seq"][members], kind="stable")],
            first_submit_ns=int(self.first_submit_ns[index]),
            last_submit_ns=int(self.last_submit_ns[index]),
            done_ns=int(self.done_ns[index]),
            reason=reason,
            first_wait_ms=wait_ms if np.isfinite(wait_ms) else None,
            hold_ns=int(self.hold_ns[index]),
            certainty=self._certainty(index),
            inferred=bool(self.inferred[index]),
            segment=int(self.segment[index]),
            whole=count == max(int(self.size[index]), 1),
        )

    def _certainty(self, index: int) -> Certainty:
        if self.reason[index] == RunReason.HELD:
            return Certainty.ESTIMATED
        if self.reason[index] != RunReason.TIMER:
            return Certainty.EXACT
        return Certainty.AT_MOST if self.run_time_unknown[index] else Certainty.ESTIMATED


def batches_of(
    records: Records, lone_runs: LoneRunTimes | None = None, timeouts_ms: BatchTimeouts | None = None
) -> Batches:
    """The runs of [n] records, which may be in any order.

    `lone_runs`: run times of lone requests, if the caller knows more than these records show."""
    columns = {name: records[name].astype(np.int64) for name in ("submit_ns", "done_ns", "batch_size", "batch_id")}
    together = (columns["batch_size"] > 1) & (columns["batch_id"] > 0)
    members, start, count = group_members(columns["batch_id"], together)
    submit_ns, done_ns = columns["submit_ns"][members], columns["done_ns"][members]
    first_ns, last_ns, done_ns = (
        ufunc.reduceat(values, start) if len(start) else start
        for ufunc, values in ((np.minimum, submit_ns), (np.maximum, submit_ns), (np.minimum, done_ns))
    )
    by_done = np.argsort(done_ns, kind="stable")
    start, count = start[by_done], count[by_done]
    first_ns, last_ns, done_ns = first_ns[by_done], last_ns[by_done], done_ns[by_done]
    lead = members[start]
    size, flags = columns["batch_size"][lead], records["flags"][lead]
    reason = _reasons(together[lead], size, flags)
    wait_ms = np.full(len(lead), np.nan)
    wait_ms[reason == RunReason.ALONE] = 0.0
    full = (reason == RunReason.FULL) | (reason == RunReason.HELD)
    segment = records["segment"][lead].astype(np.int64)
    held_ns = hold_ns(reason == RunReason.HELD, segment, done_ns - last_ns, timeouts_ms or {})
    wait_ms = np.where(full & (count == size), (last_ns - first_ns + held_ns) / 1e6, wait_ms)
    run_time_unknown = np.zeros(len(lead), bool)
    timer = np.flatnonzero(reason == RunReason.TIMER)
    if len(timer):
        known = lone_run_times(records) if lone_runs is None else lone_runs
        rows = records[lead[timer]]
        keys = segment_device_keys(rows).tolist()
        wait_ms[timer] = np.maximum(inference_ns(rows) / 1e6 - np.array([known.get(key, 0.0) for key in keys]), 0)
        run_time_unknown[timer] = [key not in known for key in keys]
    return Batches(
        id=np.where(full, columns["batch_id"][lead], 0),
        size=size,
        count=count,
        start=start,
        members=members,
        first_submit_ns=first_ns,
        last_submit_ns=last_ns,
        done_ns=done_ns,
        segment=segment,
        reason=reason,
        first_wait_ms=wait_ms,
        hold_ns=held_ns,
        run_time_unknown=run_time_unknown,
        inferred=full & (flags & Flag.INFERRED_BATCH != 0),
    )


def lone_run_times(records: Records) -> dict[int, float]:
    """The shortest latency of a request that ran alone, ms, by segment_device_key. A key is missing if all its lone
    requests waited for the timer.

    The quickest batch counts too, as an upper bound: one request is less work than many."""
    alone = records[(records["batch_size"] == 1) & (records["flags"] & UNMEASURED == 0)]
    keys, took_ns, waited = segment_device_keys(alone), inference_ns(alone), alone["flags"] & Flag.TIMED_OUT != 0
    fired = fired_batches(records)
    if fired is not None:
        ran = (fired.run_ns > 0) & ~fired.held  # deduced members may not belong to one batch
        keys, took_ns = np.concatenate((keys, fired.key[ran])), np.concatenate((took_ns, fired.run_ns[ran]))
        waited = np.concatenate((waited, np.zeros(int(ran.sum()), bool)))
    return {int(key): float(took_ns[keys == key].min()) / 1e6 for key in np.unique(keys[~waited])}


def inference_ns(records: Records) -> Ints:
    """[n] OpenVINO's own latency in whole ns, so that sums do not depend on the order of addition."""
    return np.rint(records["infer_us"].astype(np.float64) * 1e3).astype(np.int64)


def _reasons(together: Bools, size: Ints, flags: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
    return np.select(
        [
            flags & Flag.ERROR != 0,
            together & (flags & Flag.HELD != 0),
            together,
            size != 1,
            flags & Flag.TIMED_OUT != 0,
        ],
        [RunReason.FAILED, RunReason.HELD, RunReason.FULL, RunReason.UNKNOWN, RunReason.TIMER],
        RunReason.ALONE,
    ).astype(np.uint8)
