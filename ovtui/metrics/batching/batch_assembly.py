"""Assembles full batches from records that arrive in pieces, and computes when each batch fired.

A worker of OpenVINO's automatic batching is to fire when the last of its requests is queued. So a full batch fired at
the submission of its last member, and each member waited from its own submission until then: as exact as the batch ids
are. Now and then a worker misses its last request, and the full batch is held until the timer runs out (Flag.HELD): it
fired the batch timeout after its last submission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ovtui.records.arrays import Bools, Ints
from ovtui.records.record import UNMEASURED, Flag, Records, empty_records

BatchTimeouts = Mapping[int, int]
"""AUTO_BATCH_TIMEOUT in ms, by segment."""

MAX_OPEN_MEMBERS = 4096
"""Members of incomplete batches that are kept. The limit is needed because a batch with a failed member never becomes
complete."""


@dataclass(frozen=True, slots=True)
class FiredBatches:
    """Columns [n] of full batches; all of their members are known and measured."""

    key: Ints
    """segment_device_key of the member that completed first."""
    size: Ints
    first_wait_ns: Ints
    """From the first submission until it fired."""
    waited_ns: Ints
    """Sum over all members."""
    run_ns: Ints
    """From firing to the first completion: queueing behind other runs, and the run itself."""
    done_ns: Ints
    """Completion of the first member."""
    held: Bools
    """True if it was full and yet held until the timer."""

    def where(self, chosen: Bools) -> FiredBatches:
        if chosen.all():
            return self
        return FiredBatches(
            self.key[chosen], self.size[chosen], self.first_wait_ns[chosen], self.waited_ns[chosen],
            self.run_ns[chosen], self.done_ns[chosen], self.held[chosen],
        )  # fmt: skip


class BatchAssembler:
    """Takes records in order of arrival and returns each batch once, when it is complete. Owner: Breakdowns."""

    def __init__(self, timeouts_ms: BatchTimeouts | None = None) -> None:
        """`timeouts_ms` may grow."""
        self._timeouts_ms = {} if timeouts_ms is None else timeouts_ms
        self._open = _columns(empty_records())

    def add(self, records: Records) -> FiredBatches | None:
        """The batches that these records complete, or None. 12,500 records cost 0.5 ms."""
        together = (records["batch_size"] > 1) & (records["batch_id"] > 0)
        if not together.any():
            return None
        new = _columns(records)
        if not together.all():
            new = {name: column[together] for name, column in new.items()}
        if len(self._open["batch_id"]):
            new = {name: np.concatenate((self._open[name], column)) for name, column in new.items()}
        fired, left = _assemble(new, self._timeouts_ms)
        self._open = {name: column[left[-MAX_OPEN_MEMBERS:]] for name, column in new.items()}
        return fired


def _columns(records: Records) -> dict[str, Ints]:
    """The columns that batches are assembled from. Copying whole records of an update (800 kB) costs twice as much."""
    names = ("batch_id", "batch_size", "submit_ns", "done_ns", "flags")
    return {**{name: records[name].astype(np.int64) for name in names}, "key": segment_device_keys(records)}


def fired_batches(records: Records, timeouts_ms: BatchTimeouts | None = None) -> FiredBatches | None:
    """The full batches among [n] records."""
    return BatchAssembler(timeouts_ms).add(records)


def hold_ns(held: Bools, segment: Ints, until_done_ns: Ints, timeouts_ms: BatchTimeouts) -> Ints:
    """[n] how long full batches waited after their last submission: not at all, or as long as the timer runs where they
    were held. The timer began with the last submission, or very soon after, and the rest of the time until completion
    is late waking, queueing and the run.

    `until_done_ns`: from the last submission to the first completion; the wait where the timeout is not known."""
    found = np.zeros(len(held), np.int64)
    for at in np.flatnonzero(held).tolist():
        timeout_ms = timeouts_ms.get(int(segment[at]))
        most_ns = int(until_done_ns[at])
        found[at] = most_ns if timeout_ms is None else min(timeout_ms * 1_000_000, most_ns)
    return found


def segment_device_key(segment: int, device: int) -> int:
    """One number for segment and device. The time of a lone run is kept per key, because it differs between devices and
    between settings."""
    return segment << 8 | device


def segment_device_keys(records: Records) -> Ints:
    """[n] segment_device_key of each record."""
    keys: Ints = records["segment"].astype(np.int64) << 8 | records["device"]
    return keys


def group_members(ids: Ints, together: Bools) -> tuple[Ints, Ints, Ints]:
    """Groups [n] requests by run. Returns the indices [n] of the requests, run after run, and for each run [runs] its
    start in them and its number of members.

    Requests marked in `together` [n] share a run if their ids are equal; every other request is a run of its own, and
    comes after them."""
    shared = np.flatnonzero(together)
    # Ids come nearly sorted, which makes a stable sort cheap: 0.1 ms for 12,500.
    shared = shared[np.argsort(ids[shared], kind="stable")]
    ordered = ids[shared]
    first = np.ones(len(shared), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    single = np.flatnonzero(~together)
    members = np.concatenate((shared, single))
    start = np.concatenate((np.flatnonzero(first), np.arange(len(shared), len(members))))
    return members, start, np.diff(np.append(start, len(members)))


def _assemble(rows: dict[str, Ints], timeouts_ms: BatchTimeouts) -> tuple[FiredBatches, Ints]:
    """The complete batches among [n] members of batches, and the indices of the members left over, oldest first."""
    members, start, count = group_members(rows["batch_id"], np.ones(len(rows["batch_id"]), bool))
    submit_ns = rows["submit_ns"][members]
    size = rows["batch_size"][members[start]]
    last_ns = np.maximum.reduceat(submit_ns, start)
    waited_ns = count * last_ns - np.add.reduceat(submit_ns, start)
    first_wait_ns = last_ns - np.minimum.reduceat(submit_ns, start)
    done_ns = np.minimum.reduceat(rows["done_ns"][members], start)
    flags = np.bitwise_or.reduceat(rows["flags"][members], start)
    key = rows["key"][members[start]]
    complete = count == size
    held = flags & Flag.HELD != 0
    held_ns = hold_ns(held, key >> 8, done_ns - last_ns, timeouts_ms)
    fired = FiredBatches(
        key, size, first_wait_ns + held_ns, waited_ns + count * held_ns, done_ns - last_ns - held_ns, done_ns, held
    ).where(complete & (flags & UNMEASURED == 0))
    return fired, np.sort(members[np.repeat(~complete, count)])
